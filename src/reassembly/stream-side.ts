// What a stream needs only once something was irregular: its holes and why they may be there, a
// segment that waits, numbers that wait for a second witness. Taken on first use, given back at the end.

import type { PacketPosition } from "../capture/packet-cursor.ts";
import { RangeList } from "./range-list.ts";
import type { SegmentRuns } from "./segment-runs.ts";

/** A copy of one segment that waits for confirmation (tcp.md §3.6, §2.4). */
export class HeldSegment implements PacketPosition {
  number = 0;
  fileIndex = 0;
  seconds = 0;
  nanos = 0;
  seq = 0;
  /** Octets captured, and on the wire. */
  bytes: Uint8Array = new Uint8Array(0);
  wireLength = 0;
  /** Captured octets of its packet. */
  packetBytes = 0;
  /** True where it lies beyond every sequence space of its key: it may open a flow of its own. */
  foreign = false;
  /** False where its packet is left out by a filter or a time limit. */
  isCounted = true;
  /** True where that is a time limit. */
  isOutOfTime = false;
  /** Further copies of it that came meanwhile. */
  copies = 0;
}

export class StreamSide {
  /** Below the highest end and not captured so far. */
  readonly holes = new RangeList();
  /** Carried by a captured packet, beyond its captured length. May overlap what came later. */
  readonly snapped = new RangeList();
  /** Came and was refused. May overlap what came later. */
  readonly discarded = new RangeList();
  /** Inside a SACK block of the peer (RFC 2018). */
  readonly sacked = new RangeList();
  held: HeldSegment | null = null;
  /** Segments that wait behind a hole, where the overlap policy asks for them. */
  runs: SegmentRuns | null = null;
  /** Position of an acknowledgment too far ahead to be believed alone; -1 for none. */
  doubtedAck = -1;
  /** Other ISNs that SYN+ACKs of this direction named, until the peer chose. */
  readonly otherIsns: number[] = [];
  /** Gaps that were settled before the flow ended, or null where none were. */
  settled: SettledGaps | null = null;
  /** Below this position it is not known any more what is a hole. */
  settledEnd = 0;
}

/** Gaps that left memory before the flow ended (tcp.md §4.3); arrays by Cause. */
export class SettledGaps {
  readonly gaps: number[] = [0, 0, 0, 0];
  readonly bytes: number[] = [0, 0, 0, 0];
  readonly largest: number[] = [0, 0, 0, 0];
  biggestStart = 0;
  biggestLength = 0;
  biggestCause = 0;
}

/** The side objects of a run, by a small number that fits into a record; 0 is none. */
export class StreamSides {
  readonly #sides: (StreamSide | null)[] = [null];
  readonly #free: number[] = [];

  take(): number {
    const index = this.#free.pop() ?? this.#sides.length;
    this.#sides[index] = new StreamSide();
    return index;
  }

  get(index: number): StreamSide {
    return this.#sides[index]!;
  }

  release(index: number): void {
    if (index === 0) return;
    this.#sides[index] = null;
    this.#free.push(index);
  }
}
