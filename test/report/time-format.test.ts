import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatDuration,
  formatShortDuration,
  formatTimestamp,
  spanText,
  timeText,
} from "../../src/report/time-format.ts";

describe("times", () => {
  test("have nine decimals, padded", () => {
    expect(timeText(1_258_544_215, 37_210_000)).toBe("1258544215.037210000");
    expect(timeText(0, 0)).toBe("0.000000000");
  });

  test("are the plain text of both numbers, one after the other, broken ones too", () => {
    const seconds = fc.oneof(fc.constantFrom(0, 1, 1_700_000_000), fc.nat({ max: 0xffff_ffff }));
    const nanos = fc.oneof(
      fc.constantFrom(0, 1, 999, 1000, 999_999, 1_000_000, 999_999_999, 1_000_000_000, -1),
      fc.nat({ max: 999_999_999 }),
      fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
    );
    fc.assert(
      fc.property(seconds, nanos, (second, nano) => {
        expect(timeText(second, nano)).toBe(`${second}.${String(nano).padStart(9, "0")}`);
      }),
      { seed: 4, numRuns: 2000 },
    );
  });

  test.each([
    ["1258544215.000000000", "Wed 18 Nov 2009 11:36:55 UTC"],
    ["1258544928.100000000", "Wed 18 Nov 2009 11:48:48 UTC"],
    ["0.999999999", "Thu 01 Jan 1970 00:00:00 UTC"],
    ["1709251199.000000000", "Thu 29 Feb 2024 23:59:59 UTC"],
    ["4294967295.999999999", "Sun 07 Feb 2106 06:28:15 UTC"],
  ])("%s is %s", (text, readable) => {
    expect(formatTimestamp(text)).toBe(`${text} sec (${readable})`);
  });
});

describe("the time between two moments", () => {
  test.each([
    [5, 0, 5, 0, "0.000000000"],
    [5, 100, 6, 50, "0.999999950"],
    [5, 50, 6, 100, "1.000000050"],
    [0, 1, 4_294_967_295, 0, "4294967294.999999999"],
    [6, 0, 5, 999_999_999, "0.000000000"],
  ])("from %i.%i to %i.%i is %s", (fromSeconds, fromNanos, toSeconds, toNanos, expected) => {
    expect(spanText(fromSeconds, fromNanos, toSeconds, toNanos)).toBe(expected);
  });

  test("is the difference of their nanoseconds, and never negative", () => {
    const second = fc.oneof(fc.constantFrom(5, 6), fc.nat({ max: 0xffff_ffff }));
    const nano = fc.oneof(fc.constantFrom(0, 999_999_999), fc.nat({ max: 999_999_999 }));
    fc.assert(
      fc.property(second, nano, second, nano, (fromSecond, fromNano, toSecond, toNano) => {
        const billion = 1_000_000_000n;
        const difference =
          BigInt(toSecond - fromSecond) * billion + BigInt(toNano) - BigInt(fromNano);
        const span = difference < 0n ? 0n : difference;
        const expected = `${span / billion}.${String(span % billion).padStart(9, "0")}`;
        expect(spanText(fromSecond, fromNano, toSecond, toNano)).toBe(expected);
      }),
      { seed: 6, numRuns: 1000 },
    );
  });
});

describe("durations", () => {
  test.each([
    ["0.000000000", "0s"],
    ["0.999999999", "0s"],
    ["12.500000000", "12s"],
    ["59.999999999", "59s"],
    ["60.000000000", "1m 0s"],
    ["713.100000000", "11m 53s"],
    ["3600.000000000", "1h 0m 0s"],
    ["50276.646078000", "13h 57m 56s"],
    ["86399.000000000", "23h 59m 59s"],
    ["86400.000000000", "1d 0h 0m 0s"],
    ["183845.000000000", "2d 3h 4m 5s"],
  ])("%s reads %s", (text, readable) => {
    expect(formatDuration(text)).toBe(`${text} sec (${readable})`);
  });

  test("below a minute speak for themselves where that is asked for", () => {
    expect(formatShortDuration("4.990000000")).toBe("4.990000000 sec");
    expect(formatShortDuration("59.999")).toBe("59.999 sec");
    expect(formatShortDuration("75.250")).toBe("75.250 sec (1m 15s)");
  });
});
