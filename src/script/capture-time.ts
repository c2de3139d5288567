// A capture time as scripts see it: exact to the nanosecond, unlike a number of seconds. Immutable,
// safe to keep.

import { timeText } from "../report/time-format.ts";

const NANOS_PER_SECOND = 1_000_000_000;

export class CaptureTime {
  /** Whole seconds since 1970. */
  readonly seconds: number;
  /** Nanoseconds within the second. */
  readonly nanos: number;

  constructor(seconds: number, nanos: number) {
    this.seconds = seconds;
    this.nanos = nanos;
  }

  /** Seconds since 1970 with a fraction; exact to about a quarter of a microsecond. */
  toNumber(): number {
    return this.seconds + this.nanos / NANOS_PER_SECOND;
  }

  /** Seconds from `earlier` to this time; negative where it lies after it. */
  since(earlier: CaptureTime): number {
    return this.seconds - earlier.seconds + (this.nanos - earlier.nanos) / NANOS_PER_SECOND;
  }

  /** `1258544215.037210000`: nine decimals, always. */
  toString(): string {
    return timeText(this.seconds, this.nanos);
  }

  toJSON(): string {
    return this.toString();
  }

  /** So that `later - earlier` and comparisons work, in seconds. */
  valueOf(): number {
    return this.toNumber();
  }
}
