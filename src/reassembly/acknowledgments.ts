// What the peer's acknowledgments tell of a stream beyond what was captured of it (tcp.md §3.7): one
// far ahead waits for a second witness, and a SACK block (RFC 2018) tells what the peer holds.

import { boundEvidence } from "./gap-walk.ts";
import type { ReassemblyLimits } from "./reassembly-limits.ts";
import { sequenceDistance } from "./sequence.ts";
import type { StreamCursor } from "./stream-cursor.ts";
import { Mark } from "./stream-cursor.ts";

/** An acknowledgment too far ahead to be believed alone: the one that waits is its second witness. */
export function doubtAck(stream: StreamCursor, position: number): void {
  const { side } = stream;
  if (side.doubtedAck >= 0 && position >= side.doubtedAck) {
    stream.acked = position;
    side.doubtedAck = -1;
    return;
  }
  side.doubtedAck = position;
}

/** The highest end moved: at or beyond an acknowledgment that waits it is the second witness. */
export function confirmDoubtedAck(stream: StreamCursor): void {
  const side = stream.sideIfAny;
  if (side === null || side.doubtedAck < 0 || stream.highest < side.doubtedAck) return;
  stream.acked = Math.max(stream.acked, side.doubtedAck);
  side.doubtedAck = -1;
}

/** Keeps a block `[left, right)` that the peer holds selectively (RFC 2018 §3); not a D-SACK. */
export function keepSackBlock(
  stream: StreamCursor,
  left: number,
  right: number,
  limits: ReassemblyLimits,
): void {
  if (!stream.has(Mark.ORIGIN)) return;
  const start = stream.highest + sequenceDistance(stream.nextSeq, left);
  const end = stream.highest + sequenceDistance(stream.nextSeq, right);
  if (start < 0 || end <= start || end <= stream.acked) return;
  if (end - stream.highest > limits.maxJump) return;
  // Only where something may be missing: below the highest end the holes tell, beyond it all is.
  const side = stream.sideIfAny;
  if (end <= stream.highest && (side === null || side.holes.count === 0)) return;
  const { sacked } = stream.side;
  sacked.add(start, end);
  if (sacked.count < limits.maxRanges) return;
  sacked.remove(0, stream.acked);
  boundEvidence(sacked, stream, limits.maxRanges);
}
