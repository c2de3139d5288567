import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TcpxError } from "../../src/errors.ts";
import { parseFlowNumbers } from "../../src/filter/flow-numbers.ts";

/** The numbers up to 12 that are in the set. */
function upTo12(text: string): string {
  const numbers = parseFlowNumbers(text);
  return Array.from({ length: 13 }, (_, number) => number)
    .filter((number) => numbers.has(number))
    .join(" ");
}

describe("flow numbers: one line a case", () => {
  test.each([
    ["1", "1"],
    ["1,2,5-9", "1 2 5 6 7 8 9"],
    ["5-9,2,1", "1 2 5 6 7 8 9"],
    [" 1 , 3 - 4 ", "1 3 4"],
    ["3-3", "3"],
    ["3,3,3", "3"],
    ["1-3,2-6,6-7", "1 2 3 4 5 6 7"],
    ["2-9,4-5", "2 3 4 5 6 7 8 9"],
    ["1-2,4-5", "1 2 4 5"],
    ["007", "7"],
    ["11-9007199254740991", "11 12"],
  ])("%j has %s", (text, expected) => {
    expect(upTo12(text)).toBe(expected);
  });

  test.each([
    ["1,7-9", 9],
    ["7-9,1", 9],
    ["5-9,6-7", 9],
    ["9007199254740991", 9_007_199_254_740_991],
  ])("the highest of %j is %i", (text, expected) => {
    expect(parseFlowNumbers(text).highest).toBe(expected);
    expect(parseFlowNumbers(text).has(expected)).toBe(true);
    expect(parseFlowNumbers(text).has(expected + 2)).toBe(false);
  });

  test.each([
    "",
    " ",
    ",",
    "1,",
    ",1",
    "1,,2",
    "0",
    "0-5",
    "-1",
    "1-",
    "-",
    "5-4",
    "1-2-3",
    "1.5",
    "1e3",
    "0x1",
    "one",
    "1 2",
    "9007199254740992",
    "99999999999999999",
    "1-99999999999999999",
    "1;2",
  ])("%j is refused", (text) => {
    expect(() => parseFlowNumbers(text)).toThrow(TcpxError);
    expect(() => parseFlowNumbers(text)).toThrow(/^--flow: ".*" is no flow number and no range/);
  });

  test("length is bounded", () => {
    expect(() => parseFlowNumbers("1,".repeat(50_000))).toThrow('"" is no flow number');
    expect(() => parseFlowNumbers("1,".repeat(50_001))).toThrow("longer than 100000 characters");
  });

  test("agrees with a set of numbers", () => {
    const range = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat({ max: 8 }));
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 12 }), (ranges) => {
        const text = ranges.map(([first, more]) => `${first}-${first + more}`).join(",");
        const slow = new Set(
          ranges.flatMap(([first, more]) =>
            Array.from({ length: more + 1 }, (_, index) => first + index),
          ),
        );
        const numbers = parseFlowNumbers(text);
        for (let number = 0; number <= 70; number++) {
          expect(numbers.has(number), `${number} in ${text}`).toBe(slow.has(number));
        }
        expect(numbers.highest).toBe(Math.max(...slow));
      }),
      { seed: 20260810, numRuns: 2000 },
    );
  });
});
