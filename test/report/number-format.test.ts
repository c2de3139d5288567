import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatCount,
  formatCountAndShare,
  formatShare,
  formatTwoDecimals,
} from "../../src/report/number-format.ts";

describe("counts", () => {
  test.each([
    [0, "0"],
    [999, "999"],
    [1000, "1000"],
    [1023, "1023"],
    [1024, "1024 (1.02 K)"],
    [1125, "1125 (1.12 K)"],
    [1375, "1375 (1.38 K)"],
    [7668, "7668 (7.67 K)"],
    [65_535, "65535 (65.53 K)"],
    [98_357, "98357 (98.36 K)"],
    [999_999, "999999 (1000.00 K)"],
    [1_048_575, "1048575 (1048.58 K)"],
    [1_048_576, "1048576 (1.05 M)"],
    [2 ** 30, "1073741824 (1.07 G)"],
    [42_085_954_664, "42085954664 (42.09 G)"],
    [2 ** 40, "1099511627776 (1.10 T)"],
    [2 ** 50, "1125899906842624 (1.13 P)"],
    [Number.MAX_SAFE_INTEGER, "9007199254740991 (9.01 P)"],
  ])("%i is %s", (count, expected) => {
    expect(formatCount(count)).toBe(expected);
  });
});

describe("shares", () => {
  test.each([
    [0, 0, "[0.00%]"],
    [7, 0, "[0.00%]"],
    [0, 7, "[0.00%]"],
    [259, 260, "[99.62%]"],
    [1, 17, "[5.88%]"],
    [1, 800, "[0.12%]"],
    [3, 800, "[0.38%]"],
    [7, 7, "[100.00%]"],
    [14, 7, "[200.00%]"],
  ])("%i of %i is %s", (part, whole, expected) => {
    expect(formatShare(part, whole)).toBe(expected);
  });

  test("stand behind their count", () => {
    expect(formatCountAndShare(5902, 17_540)).toBe("5902 (5.90 K) [33.65%]");
  });
});

/** printf("%.2f") by its definition: the exact value of the double, to the nearest, ties to even. */
function slowTwoDecimals(value: number): string {
  const words = new DataView(new ArrayBuffer(8));
  words.setFloat64(0, value);
  const bits = words.getBigUint64(0);
  const exponent = Number(bits >> 52n);
  const fraction = bits & (2n ** 52n - 1n);
  const mantissa = exponent === 0 ? fraction : fraction + 2n ** 52n;
  const shift = BigInt(Math.max(exponent, 1) - 1075);
  const numerator = mantissa * 100n * (shift > 0n ? 2n ** shift : 1n);
  const denominator = shift < 0n ? 2n ** -shift : 1n;
  let hundredths = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  const isTie = twice === denominator;
  if (twice > denominator || (isTie && hundredths % 2n === 1n)) hundredths++;
  const digits = String(hundredths).padStart(3, "0");
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

describe("two decimals round as printf does", () => {
  test.each([
    [0.125, "0.12"],
    [0.375, "0.38"],
    [0.625, "0.62"],
    [0.875, "0.88"],
    [1.005, "1.00"],
    [2.675, "2.67"],
    [65.535, "65.53"],
    [999.995, "1000.00"],
    [1048.125, "1048.12"],
  ])("%f is %s", (value, expected) => {
    expect(slowTwoDecimals(value)).toBe(expected);
    expect(formatTwoDecimals(value)).toBe(expected);
  });

  test("for every double that a report can hold", () => {
    const values = fc.oneof(
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      fc.integer({ min: 0, max: 8_000_000 }).map((eighths) => eighths / 8),
      fc.integer({ min: 0, max: 2 ** 40 }).map((count) => count / 1000),
    );
    fc.assert(
      fc.property(values, (value) => {
        expect(formatTwoDecimals(value)).toBe(slowTwoDecimals(value));
      }),
      { seed: 65_535, numRuns: 5000 },
    );
  });
});
