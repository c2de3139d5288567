// Holes -> gaps. When a flow ends, each missing octet gets the first cause that fits (tcp.md §4.2);
// a gap is a maximal run of one cause. Also settles the oldest holes of a stream that has too many.

import type { RangeList } from "./range-list.ts";
import type { StreamCursor } from "./stream-cursor.ts";
import { Mark } from "./stream-cursor.ts";

/** Why octets are missing; index into GAP_CAUSES of the report, in the order they are tried. */
export const Cause = { DISCARDED: 0, SNAPPED: 1, ACKED_UNSEEN: 2, NEVER_ACKED: 3 } as const;
export type Cause = (typeof Cause)[keyof typeof Cause];

export interface GapVisitor {
  gap(stream: StreamCursor, start: number, length: number, cause: Cause): void;
}

/** What is known of a stream's length once its flow ends (report.md: stream bytes). */
export interface StreamEnd {
  /** Octets from position 0 to the highest end, acknowledgment or FIN. */
  length: number;
  /** The peer acknowledged one octet more than was sent: a FIN that was not captured. */
  finUnseen: boolean;
}

const END: StreamEnd = { length: 0, finUnseen: false };

/** One reused object. */
export function streamEnd(stream: StreamCursor): StreamEnd {
  END.length = 0;
  END.finUnseen = false;
  // A direction of which no packet was captured has no stream, whatever the peer acknowledged.
  if (!stream.has(Mark.ORIGIN) || stream.packets === 0) return END;
  const { highest, finPosition } = stream;
  END.length = Math.max(highest, finPosition, 0);
  const acked = Math.max(stream.acked, sackedEnd(stream));
  if (acked > END.length) {
    // One beyond the end is the acknowledgment of the FIN, captured or not.
    if (acked !== END.length + 1) END.length = acked;
    else if (finPosition < END.length) END.finUnseen = true;
  }
  return END;
}

/** The right edge of the farthest SACK block counts as an acknowledgment (tcp.md §3.7). */
function sackedEnd(stream: StreamCursor): number {
  const sacked = stream.sideIfAny?.sacked;
  return sacked === undefined || sacked.count === 0 ? -1 : sacked.end(sacked.count - 1);
}

/** True where nothing of the stream can be missing: the common case, judged without its side. */
export function isWhole(stream: StreamCursor, length: number): boolean {
  return stream.highest === length && (stream.sideIfAny?.holes.count ?? 0) === 0;
}

/**
 * Walks over the gaps of an ended stream in order of position. `length` is its `streamEnd`. Octets
 * below `settledEnd` were settled before.
 */
export function walkGaps(stream: StreamCursor, length: number, visitor: GapVisitor): void {
  const side = stream.sideIfAny;
  const run = new GapRun(stream, visitor);
  if (side !== null) {
    for (let i = 0; i < side.holes.count; i++) run.hole(side.holes.start(i), side.holes.end(i));
  }
  if (length > stream.highest) run.hole(stream.highest, length);
  run.flush();
}

/** Gives the missing range `[start, end)` of a stream to the visitor, split by cause. */
export function walkRange(
  stream: StreamCursor,
  start: number,
  end: number,
  visitor: GapVisitor,
): void {
  const run = new GapRun(stream, visitor);
  run.hole(start, end);
  run.flush();
}

/**
 * Gives the older holes of a stream to the visitor as gaps and forgets them: the list is bounded
 * (tcp.md §4.3). Half of them at most, so that it is rare, and only those behind the acknowledged
 * point, which nothing will fill, unless these are few. What comes later for them counts as
 * retransmitted and is not compared: there is nothing to compare it with.
 */
export function settleOldest(stream: StreamCursor, visitor: GapVisitor): void {
  const { side } = stream;
  const run = new GapRun(stream, visitor);
  const half = Math.max(1, side.holes.count >> 1);
  const acknowledged = side.holes.indexBehind(stream.acked);
  const count = acknowledged * 4 > half ? Math.min(acknowledged, half) : half;
  let end = 0;
  for (let i = 0; i < count; i++) {
    run.hole(side.holes.start(i), side.holes.end(i));
    end = side.holes.end(i);
  }
  run.flush();
  side.holes.dropFirst(count);
  side.settledEnd = end;
  for (const list of [side.snapped, side.discarded, side.sacked]) list.remove(0, end);
}

/**
 * Bounds a list of what explains holes: drops what no hole asks for, then, if too many are left all
 * the same, the older ones.
 */
export function boundEvidence(evidence: RangeList, stream: StreamCursor, most: number): void {
  if (evidence.count < most) return;
  const { holes } = stream.side;
  let at = 0;
  for (let i = 0; i < holes.count; i++) {
    evidence.remove(at, holes.start(i));
    at = holes.end(i);
  }
  evidence.remove(at, stream.highest);
  // Room for as many again before the next walk over all holes: it stays rare.
  const half = most >> 1;
  if (evidence.count > half + (half >> 1)) evidence.dropFirst(evidence.count - half);
}

/** Splits holes by cause and joins touching pieces of one cause. */
class GapRun {
  readonly #stream: StreamCursor;
  readonly #visitor: GapVisitor;
  readonly #acked: number;
  #start = 0;
  #end = 0;
  #cause: Cause = Cause.NEVER_ACKED;

  constructor(stream: StreamCursor, visitor: GapVisitor) {
    this.#stream = stream;
    this.#visitor = visitor;
    this.#acked = stream.acked;
  }

  hole(start: number, end: number): void {
    const side = this.#stream.sideIfAny;
    let at = start;
    while (at < end) {
      let cause: Cause = at < this.#acked ? Cause.ACKED_UNSEEN : Cause.NEVER_ACKED;
      let to = at < this.#acked ? Math.min(end, this.#acked) : end;
      if (side !== null) {
        // mostly all three are empty
        if (cause === Cause.NEVER_ACKED && side.sacked.count > 0) {
          if (side.sacked.contains(at)) cause = Cause.ACKED_UNSEEN;
          to = boundary(side.sacked, at, to);
        }
        if (side.snapped.count > 0) {
          if (side.snapped.contains(at)) cause = Cause.SNAPPED;
          to = boundary(side.snapped, at, to);
        }
        if (side.discarded.count > 0) {
          if (side.discarded.contains(at)) cause = Cause.DISCARDED;
          to = boundary(side.discarded, at, to);
        }
      }
      this.#piece(at, to, cause);
      at = to;
    }
  }

  flush(): void {
    if (this.#end > this.#start) {
      this.#visitor.gap(this.#stream, this.#start, this.#end - this.#start, this.#cause);
    }
    this.#start = 0;
    this.#end = 0;
  }

  #piece(start: number, end: number, cause: Cause): void {
    if (this.#end === start && this.#cause === cause && this.#end > this.#start) {
      this.#end = end;
      return;
    }
    this.flush();
    this.#start = start;
    this.#end = end;
    this.#cause = cause;
  }
}

/** The next position behind `at`, at most `to`, where the membership in `ranges` changes. */
function boundary(ranges: RangeList, at: number, to: number): number {
  const index = ranges.indexBehind(at);
  if (index === ranges.count) return to;
  const start = ranges.start(index);
  return Math.min(to, start > at ? start : ranges.end(index));
}
