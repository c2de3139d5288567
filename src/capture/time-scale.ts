// pcapng times to seconds and nanoseconds, exactly: 64-bit counts of 10^-N or 2^-N seconds since an
// offset (if_tsresol, if_tsoffset; draft-ietf-opsawg-pcapng §4.2). Runs once a packet.
//
// Above 2^53 a double is not exact (10^-9 has been since 1970), and a BigInt would be allocated, so
// the division is done by hand, in two digits of 16 bits:
//
//     count      = high * 2^32 + low
//     quotient   = (high / d) * 2^32 + (r1 * 2^16 + low / 2^16) / d * 2^16 + ...      r1 = high % d
//
// Every intermediate is below d * 2^16, hence exact for d <= 2^37; finer resolutions take BigInt.
// Most packets fall into the second of the one before, which needs no division at all.

import type { PacketCursor } from "./packet-cursor.ts";

const LAST_SECOND = 0xffffffff;
const LARGEST_PLAIN_DIVISOR = 2 ** 37;
const NANOS = 1_000_000_000n;

/** if_tsresol where an interface states none. */
export const DEFAULT_RESOLUTION = 6;

/** The scale of one interface. */
export class TimeScale {
  /** Counts in a second; above 2^53 rounded, for display only. */
  readonly ticksPerSecond: number;
  readonly #divisor: bigint;
  readonly offsetSeconds: number;
  readonly #isPlain: boolean;
  /** Nanoseconds of a count, where that is a whole number; else 0. */
  readonly nanosPerTick: number;
  /** Counts of a nanosecond, where that is a whole number; else 0. */
  readonly #ticksPerNano: number;
  // The second met last: its value, and the count at which it began as far as the high half agrees.
  #second = 0;
  #secondHigh = -1;
  #secondLow = 0;

  /**
   * `resolution` is if_tsresol's octet: N for 10^-N, 128 + N for 2^-N. `offsetSeconds` is added to
   * every time; it may be any number, times outside of 0 to 2^32 - 1 are clamped.
   */
  constructor(resolution: number = DEFAULT_RESOLUTION, offsetSeconds = 0) {
    const exponent = resolution & 0x7f;
    const isBinary = (resolution & 0x80) !== 0;
    this.#divisor = (isBinary ? 2n : 10n) ** BigInt(exponent);
    this.ticksPerSecond = Number(this.#divisor);
    this.offsetSeconds = offsetSeconds;
    this.#isPlain = this.ticksPerSecond <= LARGEST_PLAIN_DIVISOR;
    this.nanosPerTick = !isBinary && exponent <= 9 ? 10 ** (9 - exponent) : 0;
    this.#ticksPerNano = !isBinary && exponent > 9 ? 10 ** (exponent - 9) : 0;
  }

  /** Sets the cursor's time to a count given as two unsigned halves. Allocates nothing up to 10^-9. */
  set(cursor: PacketCursor, high: number, low: number): void {
    const divisor = this.ticksPerSecond;
    const sinceSecond = low - this.#secondLow;
    if (high === this.#secondHigh && sinceSecond >= 0 && sinceSecond < divisor) {
      cursor.seconds = this.#second;
      cursor.nanos = this.#nanosOf(sinceSecond);
      return;
    }
    if (!this.#isPlain) return this.#setExactly(cursor, high, low);
    const first = Math.floor(high / divisor);
    const middle = (high - first * divisor) * 0x10000 + (low >>> 16);
    const second = quotient(middle, divisor);
    const last = (middle - second * divisor) * 0x10000 + (low & 0xffff);
    const third = quotient(last, divisor);
    const ticks = last - third * divisor;
    const seconds = first * 0x100000000 + second * 0x10000 + third + this.offsetSeconds;
    if (!(seconds >= 0 && seconds <= LAST_SECOND)) return clamp(cursor, seconds < 0);
    cursor.seconds = seconds;
    cursor.nanos = this.#nanosOf(ticks);
    if (ticks > low) return;
    this.#second = seconds;
    this.#secondHigh = high;
    this.#secondLow = low - ticks;
  }

  /** Seconds of a count, rounded: for comparisons that can bear it. */
  secondsOf(high: number, low: number): number {
    const seconds = (high * 0x100000000 + low) / this.ticksPerSecond + this.offsetSeconds;
    return Math.min(Math.max(seconds, 0), LAST_SECOND);
  }

  #nanosOf(ticks: number): number {
    if (this.nanosPerTick > 0) return ticks * this.nanosPerTick;
    if (this.#ticksPerNano > 0) return Math.floor(ticks / this.#ticksPerNano);
    // 2^-N: the product is exact as long as N is at most 23
    if (this.ticksPerSecond <= 2 ** 23) return Math.floor((ticks * 1e9) / this.ticksPerSecond);
    return Number((BigInt(ticks) * NANOS) / this.#divisor);
  }

  /** Picoseconds and the like: the plain division, with integers of any size. */
  #setExactly(cursor: PacketCursor, high: number, low: number): void {
    const count = (BigInt(high) << 32n) | BigInt(low);
    const seconds = Number(count / this.#divisor) + this.offsetSeconds;
    if (!(seconds >= 0 && seconds <= LAST_SECOND)) return clamp(cursor, seconds < 0);
    cursor.seconds = seconds;
    cursor.nanos = Number(((count % this.#divisor) * NANOS) / this.#divisor);
  }
}

/** Whole quotient of exact integers below 2^53: the rounded one, put right. */
function quotient(dividend: number, divisor: number): number {
  const rounded = Math.floor(dividend / divisor);
  return rounded * divisor > dividend ? rounded - 1 : rounded;
}

function clamp(cursor: PacketCursor, isBefore: boolean): void {
  cursor.seconds = isBefore ? 0 : LAST_SECOND;
  cursor.nanos = isBefore ? 0 : 999_999_999;
}
