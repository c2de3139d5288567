// What one stream of an ending flow amounts to: its length, its gaps by cause, its status bits. One
// reused object a direction; `gaps` is a new list where there are any.

import type { GapVisitor } from "../reassembly/gap-walk.ts";
import { Cause, isWhole, streamEnd, walkGaps } from "../reassembly/gap-walk.ts";
import { Rare } from "../reassembly/rare-counters.ts";
import { sequenceWraps } from "../reassembly/sequence.ts";
import { SettledGaps } from "../reassembly/stream-side.ts";
import type { StreamCursor } from "../reassembly/stream-cursor.ts";
import { Mark } from "../reassembly/stream-cursor.ts";
import type { Gap } from "../report/flow-summary.ts";
import { GAP_CAUSES } from "../report/report.ts";
import { StatusBit } from "../report/status-word.ts";

/** Gaps a summary lists; the rest is spilled (tcp.md §4.3). */
const MOST_GAPS_LISTED = 100_000;
const GAPS_A_SPILL = 10_000;

const NO_GAPS: Gap[] = [];
const CAUSE_BITS = [
  StatusBit.DISCARDED,
  StatusBit.SNAPPED,
  StatusBit.ACKED_UNSEEN,
  StatusBit.NEVER_ACKED,
];

/** Takes the gaps that a summary does not list, a batch at a time. */
export type GapSpill = (stream: StreamCursor, gaps: readonly Gap[]) => void;

export class StreamAccount implements GapVisitor {
  /** Octets of the stream, what is missing included. */
  length = 0;
  finUnseen = false;
  missingBytes = 0;
  /** Octets and gaps by Cause, and the largest gap of each. */
  readonly missing: number[] = [0, 0, 0, 0];
  readonly gapCounts: number[] = [0, 0, 0, 0];
  readonly largest: number[] = [0, 0, 0, 0];
  gapCount = 0;
  gaps: Gap[] = NO_GAPS;
  biggestStart = 0;
  biggestLength = 0;
  biggestCause: Cause = Cause.NEVER_ACKED;
  status = 0;
  /** Segments with payload, whatever became of them. */
  segments = 0;
  #spilled: Gap[] = [];
  readonly #spill: GapSpill;

  constructor(spill: GapSpill) {
    this.#spill = spill;
  }

  /** Settles a stream whose flow has ended. */
  settle(stream: StreamCursor): void {
    this.#clear();
    const { length, finUnseen } = streamEnd(stream);
    this.length = length;
    this.finUnseen = finUnseen;
    const settled = stream.sideIfAny?.settled ?? null;
    if (settled !== null) this.#addSettled(settled);
    if (!isWhole(stream, length)) walkGaps(stream, length, this);
    if (this.#spilled.length > 0) this.#spill(stream, this.#spilled);
    this.segments = stream.inOrder;
    if (stream.hasRare) {
      for (const column of SEGMENT_CLASSES) this.segments += stream.rare(column);
    }
    this.status = this.#statusOf(stream);
  }

  gap(stream: StreamCursor, start: number, length: number, cause: Cause): void {
    this.#count(cause, 1, length, length);
    if (length > this.biggestLength) {
      this.biggestStart = start;
      this.biggestLength = length;
      this.biggestCause = cause;
    }
    const gap = { start, length, cause: GAP_CAUSES[cause] };
    if (this.gaps.length < MOST_GAPS_LISTED) {
      if (this.gaps === NO_GAPS) this.gaps = [];
      this.gaps.push(gap);
      return;
    }
    this.#spilled.push(gap);
    if (this.#spilled.length < GAPS_A_SPILL) return;
    this.#spill(stream, this.#spilled);
    this.#spilled = [];
  }

  #clear(): void {
    if (this.gapCount === 0) return;
    this.missingBytes = 0;
    this.gapCount = 0;
    this.gaps = NO_GAPS;
    this.biggestLength = 0;
    this.#spilled = [];
    for (const list of [this.missing, this.gapCounts, this.largest]) list.fill(0);
  }

  #addSettled(settled: SettledGaps): void {
    settled.gaps.forEach((gaps, cause) => {
      this.#count(cause as Cause, gaps, settled.bytes[cause]!, settled.largest[cause]!);
    });
    this.biggestStart = settled.biggestStart;
    this.biggestLength = settled.biggestLength;
    this.biggestCause = settled.biggestCause as Cause;
  }

  #count(cause: Cause, gaps: number, bytes: number, largest: number): void {
    this.missingBytes += bytes;
    this.missing[cause]! += bytes;
    this.gapCounts[cause]! += gaps;
    this.gapCount += gaps;
    this.largest[cause] = Math.max(this.largest[cause]!, largest);
  }

  #statusOf(stream: StreamCursor): number {
    let { status } = stream;
    if (this.gapCount > 0) {
      CAUSE_BITS.forEach((bit, cause) => {
        if (this.missing[cause]! > 0) status |= bit;
      });
    }
    if (stream.has(Mark.ORIGIN) && sequenceWraps(stream.originSeq, this.length)) {
      status |= StatusBit.WRAP;
    }
    if (!stream.hasRare) return status;
    for (const [column, bit] of RARE_BITS) if (stream.rare(column) > 0) status |= bit;
    return status;
  }
}

/** Classes of segments with payload beside in-order (report.md). */
const SEGMENT_CLASSES = [
  Rare.AFTER_HOLE,
  Rare.OUT_OF_ORDER,
  Rare.OVERLAPPING,
  Rare.RETRANSMITTED,
  Rare.PROBES,
  Rare.NOT_PLACED,
] as const;

const RARE_BITS = [
  [Rare.CONFLICTING_BYTES, StatusBit.CONFLICT],
  [Rare.BAD_CHECKSUMS, StatusBit.CHECKSUM],
  [Rare.RETRANSMITTED, StatusBit.RETRANSMISSION],
  [Rare.OVERLAPPING, StatusBit.OVERLAP],
  [Rare.OUT_OF_ORDER, StatusBit.OUT_OF_ORDER],
  [Rare.DUPLICATED_PACKETS, StatusBit.DUPLICATE_PACKET],
  [Rare.PROBES, StatusBit.PROBE],
] as const;

/** Settles gaps of a stream whose flow goes on, into its side. */
export class SettlingVisitor implements GapVisitor {
  /** What was settled since it was last emptied. */
  readonly gaps: Gap[] = [];

  gap(stream: StreamCursor, start: number, length: number, cause: Cause): void {
    const { side } = stream;
    const settled = (side.settled ??= new SettledGaps());
    settled.gaps[cause]!++;
    settled.bytes[cause]! += length;
    settled.largest[cause] = Math.max(settled.largest[cause]!, length);
    if (length > settled.biggestLength) {
      settled.biggestStart = start;
      settled.biggestLength = length;
      settled.biggestCause = cause;
    }
    this.gaps.push({ start, length, cause: GAP_CAUSES[cause] });
  }
}
