// A segment that has a position -> the octets of it that are new, at theirs. What the stream has
// already goes to Overlaps; what a limit keeps out or the snap length cut off is a hole, and why.
//
//     stream   |######....####....|              # captured   . hole   | highest
//     segment        [=========]                 one call: old, new, old, new pieces
//
// Not for what arrives in order at the highest end: that takes the short way of the Reassembler.

import type { PacketPosition } from "../capture/packet-cursor.ts";
import { confirmDoubtedAck } from "./acknowledgments.ts";
import { boundEvidence } from "./gap-walk.ts";
import type { OctetReceiver } from "./octet-receiver.ts";
import { Overlaps } from "./overlaps.ts";
import { RangeList } from "./range-list.ts";
import type { ReassemblyLimits } from "./reassembly-limits.ts";
import { countLate, countPlaced } from "./segment-counts.ts";
import { sequenceAdd } from "./sequence.ts";
import type { StreamCursor } from "./stream-cursor.ts";
import { Mark } from "./stream-cursor.ts";

const NO_HOLES = new RangeList();

/** Told when a stream's list of holes has reached its bound, to settle what is oldest. */
export type RangeLimitListener = (stream: StreamCursor) => void;

export class Placement {
  onRangeLimit: RangeLimitListener = () => undefined;
  readonly #receiver: OctetReceiver;
  readonly #limits: ReassemblyLimits;
  readonly #overlaps: Overlaps;
  readonly #remaining: Float64Array;
  /** Scratch of one `place` call: octets handed on, and octets refused by a limit. */
  #placed = 0;
  #refused = 0;

  /** `remaining`: octets that may still be taken in this run, in its only element; counted down here. */
  constructor(receiver: OctetReceiver, limits: ReassemblyLimits, remaining: Float64Array) {
    this.#receiver = receiver;
    this.#limits = limits;
    this.#overlaps = new Overlaps(receiver, limits.overlap);
    this.#remaining = remaining;
  }

  /**
   * Puts `bytes[start, end)`, the first of `wireLength` octets, at `position >= 0`. `isDuplicate`: they
   * need no comparison.
   */
  place(
    stream: StreamCursor,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    wireLength: number,
    packet: PacketPosition,
    isDuplicate: boolean,
  ): void {
    const highest = stream.highest;
    const capturedEnd = position + (end - start);
    const wireEnd = position + wireLength;
    this.#placed = 0;
    this.#refused = 0;
    this.#overlaps.begin(position, capturedEnd);
    if (position > highest) {
      stream.side.holes.add(highest, position);
    } else if (position < highest) {
      this.#placeBelow(stream, position, bytes, start, end, packet, isDuplicate);
    }
    if (capturedEnd > highest) {
      const from = Math.max(position, highest);
      this.#handOn(stream, from, bytes, start + (from - position), end, packet, false);
    }
    if (wireEnd > capturedEnd) this.#cut(stream, capturedEnd, wireEnd, highest);
    if (wireEnd > highest) {
      stream.nextSeq = sequenceAdd(stream.nextSeq, wireEnd - highest);
      stream.highest = wireEnd;
      confirmDoubtedAck(stream);
    }
    const distance = position - highest;
    countPlaced(stream, distance, end - start, this.#placed, this.#refused, wireEnd > highest);
    this.#overlaps.claim(stream, this.#refused === 0);
    if (stream.has(Mark.FIN | Mark.RESET)) countLate(stream, position, capturedEnd, this.#placed);
    const side = stream.sideIfAny;
    if (side !== null && side.holes.count >= this.#limits.maxRanges) this.onRangeLimit(stream);
  }

  /** The part of a segment that lies below the highest end: old and new pieces in turn. */
  #placeBelow(
    stream: StreamCursor,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: PacketPosition,
    isDuplicate: boolean,
  ): void {
    const limit = Math.min(position + (end - start), stream.highest);
    const offset = start - position;
    const holes = stream.sideIfAny?.holes ?? NO_HOLES;
    const overlaps = this.#overlaps;
    let at = position;
    let index = holes.indexBehind(position);
    while (at < limit && index < holes.count && holes.start(index) < limit) {
      const from = Math.max(position, holes.start(index));
      const to = Math.min(limit, holes.end(index));
      if (from > at && !isDuplicate) {
        overlaps.compare(stream, at, bytes, at + offset, from + offset, packet);
      }
      const taken = this.#handOn(stream, from, bytes, from + offset, to + offset, packet, true);
      holes.remove(from, from + taken);
      at = to;
      index = holes.indexBehind(at);
    }
    if (limit > at && !isDuplicate) {
      overlaps.compare(stream, at, bytes, at + offset, limit + offset, packet);
    }
  }

  /** Hands new octets on as far as the limits allow and says how many; the rest is `discarded`. */
  #handOn(
    stream: StreamCursor,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: PacketPosition,
    inHole: boolean,
  ): number {
    const length = end - start;
    const room = Math.min(this.#limits.maxStreamBytes - position, this.#remaining[0]!);
    const take = stream.has(Mark.STOPPED) ? 0 : Math.max(0, Math.min(length, room));
    if (take > 0) {
      this.#remaining[0]! -= take;
      this.#placed += take;
      stream.writtenBytes += take;
      this.#receiver.octets(stream, position, bytes, start, start + take, packet);
    }
    if (take < length) {
      const side = stream.side;
      this.#refused += length - take;
      side.discarded.add(position + take, position + length);
      boundEvidence(side.discarded, stream, this.#limits.maxRanges);
      if (!inHole) side.holes.add(position + take, position + length);
    }
    return take;
  }

  /** The octets that the snap length cut off are known to exist: a hole, and why. */
  #cut(stream: StreamCursor, capturedEnd: number, wireEnd: number, highest: number): void {
    const side = stream.side;
    side.snapped.add(capturedEnd, wireEnd);
    boundEvidence(side.snapped, stream, this.#limits.maxRanges);
    side.holes.add(Math.max(capturedEnd, highest), wireEnd);
  }
}
