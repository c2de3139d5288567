import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TcpxError } from "../../src/errors.ts";
import { isAtOrAfter, parseTimeLimit } from "../../src/filter/time-limit.ts";

/** Seconds and nanoseconds as one text, "1258544215.250000000". */
function timeOf(text: string): string {
  const { seconds, nanos } = parseTimeLimit(text);
  return `${seconds}.${String(nanos).padStart(9, "0")}`;
}

describe("time limits: one line a case", () => {
  test.each([
    ["0", "0.000000000"],
    ["1258544215", "1258544215.000000000"],
    ["1258544215.25", "1258544215.250000000"],
    ["1258544215.000000001", "1258544215.000000001"],
    ["1258544215.999999999", "1258544215.999999999"],
    ["0001.1", "1.100000000"],
    ["4294967295", "4294967295.000000000"],
    ["2009-11-18T11:36:55Z", "1258544215.000000000"],
    ["2009-11-18T11:36:55", "1258544215.000000000"],
    ["2009-11-18 11:36:55", "1258544215.000000000"],
    ["2009-11-18 11:36:55.5", "1258544215.500000000"],
    ["2009-11-18t11:36:55.000000001z", "1258544215.000000001"],
    ["1970-01-01T00:00:00Z", "0.000000000"],
    ["2000-02-29T23:59:59Z", "951868799.000000000"],
    ["2106-02-07T06:28:15.999999999Z", "4294967295.999999999"],
  ])("%s is %s", (text, expected) => {
    expect(timeOf(text)).toBe(expected);
  });

  test.each([
    "",
    " ",
    "-1",
    "+1",
    "1e9",
    "0x10",
    "now",
    "1.",
    ".5",
    "1,5",
    "1.1234567890",
    " 1",
    "1 ",
    "4294967296",
    "99999999999",
    "NaN",
    "2009-11-18",
    "2009-11-18T11:36",
    "2009-11-18T11:36:55+01:00",
    "2009-11-18T11:36:55.Z",
    "2009-11-18T11:36:55.1234567890Z",
    "2009-02-29T00:00:00Z",
    "2009-13-01T00:00:00Z",
    "2009-00-01T00:00:00Z",
    "2009-01-00T00:00:00Z",
    "2009-01-01T24:00:00Z",
    "2009-01-01T00:60:00Z",
    "2016-12-31T23:59:60Z",
    "1969-12-31T23:59:59Z",
    "0050-01-01T00:00:00Z",
    "2106-02-07T06:28:16Z",
    "9999-99-99T99:99:99Z",
    "2009-11-18  11:36:55",
    "2009-11-18T11:36:55Z\n",
  ])("%j is no time", (text) => {
    expect(() => parseTimeLimit(text, "--after")).toThrow(TcpxError);
    expect(() => parseTimeLimit(text, "--after")).toThrow(/^--after: ".*" is no time from 1970 to/);
  });

  test("a long text is cut in the message", () => {
    expect(() => parseTimeLimit("9".repeat(5000))).toThrow(/^.{1,250}$/);
  });

  test("agrees with Date on every second, any text is a time or is refused", () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 32 - 1 }), fc.nat({ max: 999 }), (seconds, millis) => {
        const iso = new Date(seconds * 1000 + millis).toISOString();
        expect(parseTimeLimit(iso)).toEqual({ seconds, nanos: millis * 1_000_000 });
      }),
      { seed: 20260808, numRuns: 1000 },
    );
    fc.assert(
      fc.property(fc.stringMatching(/^[-0-9T:. Z]{0,25}$/), (text) => {
        try {
          const { seconds, nanos } = parseTimeLimit(text);
          expect(seconds).toBe(Math.min(Math.max(Math.trunc(seconds), 0), 2 ** 32 - 1));
          expect(nanos).toBe(Math.min(Math.max(Math.trunc(nanos), 0), 999_999_999));
        } catch (error) {
          expect(error).toHaveProperty("code", "BAD_OPTION");
        }
      }),
      { seed: 20260809, numRuns: 5000 },
    );
  });
});

describe("a packet and a limit of 100.5 s", () => {
  test.each([
    [99, 999_999_999, false],
    [100, 0, false],
    [100, 499_999_999, false],
    [100, 500_000_000, true],
    [100, 500_000_001, true],
    [101, 0, true],
  ])("%i s and %i ns: at or after it is %s", (seconds, nanos, expected) => {
    expect(isAtOrAfter(seconds, nanos, parseTimeLimit("100.5"))).toBe(expected);
  });
});
