// What bounds a stream: how far evidence reaches, how many octets are taken, how many ranges are kept.
// Every one of them acts before memory is spent.

import type { OverlapPolicy } from "./overlap-policy.ts";

/** A jump beyond this is no gap, whatever confirms it (tcp.md §3.6), unless `maxJump` is larger. */
const FARTHEST_JUMP: number = 2 ** 30;

export interface ReassemblyLimits {
  /** Octets a segment may lie ahead without a second witness. */
  readonly maxJump: number;
  /** Octets taken of a stream, and of all streams together; what lies beyond is `discarded`. */
  readonly maxStreamBytes: number;
  readonly maxTotalBytes: number;
  readonly overlap: OverlapPolicy;
  /** Ranges of a stream in memory, at most. */
  readonly maxRanges: number;
}

/** Distance beyond which a segment fits no sequence space. */
export function farthestJump(limits: ReassemblyLimits): number {
  return Math.max(FARTHEST_JUMP, limits.maxJump);
}
