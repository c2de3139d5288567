// What a streamed reader gives back. Plain objects that may be kept.

import type { GapCause } from "../report/report.ts";

/** Octets that are missing at a seek position, and why. */
export interface ReadGap {
  readonly position: number;
  readonly length: number;
  readonly cause: GapCause;
}

export interface ReadResult {
  /** A copy, without the octets of gaps. */
  readonly bytes: Buffer;
  /** Seek position of the first octet, gaps before it included. */
  readonly position: number;
  /** Gaps before or, for `all()`, among the octets; in order of position. */
  readonly gaps: readonly ReadGap[];
  /** True where `all()` or `until()` stopped because a reader may hold no more. */
  readonly isCut: boolean;
}

export interface UntilResult extends ReadResult {
  /** False where a gap, the end or the bound came before the pattern. */
  readonly found: boolean;
}

export interface SkipResult {
  /** Positions passed over. */
  readonly length: number;
  /** Of them in gaps. */
  readonly missing: number;
}
