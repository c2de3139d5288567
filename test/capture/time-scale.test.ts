import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PacketCursor } from "../../src/capture/packet-cursor.ts";
import { TimeScale } from "../../src/capture/time-scale.ts";

interface Time {
  readonly seconds: number;
  readonly nanos: number;
}

/** The slow twin: integers of any size. */
function exactly(resolution: number, offset: number, high: number, low: number): Time {
  const exponent = BigInt(resolution & 0x7f);
  const divisor = (resolution & 0x80) === 0 ? 10n ** exponent : 2n ** exponent;
  const count = BigInt(high) * 2n ** 32n + BigInt(low);
  const seconds = count / divisor + BigInt(offset);
  if (seconds < 0n) return { seconds: 0, nanos: 0 };
  if (seconds > 0xffffffffn) return { seconds: 0xffffffff, nanos: 999_999_999 };
  const nanos = ((count % divisor) * 1_000_000_000n) / divisor;
  return { seconds: Number(seconds), nanos: Number(nanos) };
}

function scaled(scale: TimeScale, high: number, low: number): Time {
  const cursor = new PacketCursor();
  scale.set(cursor, high, low);
  return { seconds: cursor.seconds, nanos: cursor.nanos };
}

describe("TimeScale", () => {
  test.each([
    ["microseconds", 6, 0, 1_700_000_000_123_456n, 1_700_000_000, 123_456_000],
    ["nanoseconds", 9, 0, 1_700_000_000_123_456_789n, 1_700_000_000, 123_456_789],
    [
      "the last nanosecond of a second",
      9,
      0,
      1_699_999_999_999_999_999n,
      1_699_999_999,
      999_999_999,
    ],
    ["seconds", 0, 0, 1_700_000_000n, 1_700_000_000, 0],
    ["2^-20", 0x80 | 20, 0, (1_700_000_000n << 20n) | (1n << 19n), 1_700_000_000, 500_000_000],
    ["2^-32", 0x80 | 32, 0, (1_700_000_000n << 32n) | 1n, 1_700_000_000, 0],
    ["picoseconds", 12, 0, 1_700_000_000_123_456_789n, 1_700_000, 123_456],
    ["10^-10", 10, 0, 1_234_567_890_123n, 123, 456_789_012],
    ["an offset", 6, 1000, 5_000_001n, 1005, 1000],
    ["a negative offset", 6, -3, 5_000_001n, 2, 1000],
    ["before 1970", 6, -100, 5_000_001n, 0, 0],
    ["beyond 2^32 seconds", 6, 0, 18_446_744_073_204_126_329n, 0xffffffff, 999_999_999],
  ])("%s", (_name, resolution, offset, count, seconds, nanos) => {
    const high = Number(count >> 32n);
    const low = Number(count & 0xffffffffn);
    expect(scaled(new TimeScale(resolution, offset), high, low)).toEqual({ seconds, nanos });
  });

  test("is exact for every resolution, as integers of any size are", () => {
    const uint32 = fc.oneof(
      fc.integer({ min: 0, max: 0xffffffff }),
      fc.integer({ min: 0, max: 99 }),
    );
    const times = fc.array(fc.tuple(uint32, uint32), { minLength: 1, maxLength: 8 });
    const resolution = fc.oneof(fc.constantFrom(6, 9, 0x80 | 20), fc.integer({ min: 0, max: 255 }));
    const offset = fc.constantFrom(0, 1, -1, 3600, -1_000_000);
    fc.assert(
      fc.property(resolution, offset, times, (resolution, offset, times) => {
        // one scale for all of them: it remembers the second met last
        const scale = new TimeScale(resolution, offset);
        for (const [high, low] of times) {
          // 2^64 seconds are no exact double; such times are clamped anyway
          if ((resolution & 0x7f) === 0 && high > 0) continue;
          expect(scaled(scale, high, low)).toEqual(exactly(resolution, offset, high, low));
        }
      }),
      { seed: 20_261, numRuns: 3000 },
    );
  });

  test("is exact on consecutive packets, over the borders of seconds and of the low half", () => {
    for (const resolution of [6, 9, 0x80 | 20]) {
      const scale = new TimeScale(resolution);
      let count = (395_812_501n << 32n) - 40_000_000n;
      for (let packet = 0; packet < 3000; packet++) {
        count += BigInt((packet * 7919) % 100_003);
        const high = Number(count >> 32n);
        const low = Number(count & 0xffffffffn);
        expect(scaled(scale, high, low)).toEqual(exactly(resolution, 0, high, low));
      }
    }
  });

  test("tells the resolution in units a second", () => {
    expect(new TimeScale().ticksPerSecond).toBe(1e6);
    expect(new TimeScale(0x8a).ticksPerSecond).toBe(1024);
  });

  test("finds rounded seconds for comparisons", () => {
    expect(Math.floor(new TimeScale(6).secondsOf(395_812, 1_000_000_000))).toBe(
      exactly(6, 0, 395_812, 1_000_000_000).seconds,
    );
    expect(new TimeScale(6, -1e9).secondsOf(0, 5)).toBe(0);
  });
});
