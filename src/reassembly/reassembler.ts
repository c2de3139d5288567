// Segments of one direction -> (seek position, octets). Takes a segment apart against what the stream
// already has, keeps the holes, and hands on only what is new (RFC 9293 §3.10.7.4; RFC 815 for holes).
//
//     seq --distance to nextSeq--> position = highest + distance
//
//     stream   |######....####....|              # captured   . hole   | highest
//     segment        [=========]                 one call: old, new, old, new pieces
//
// Runs once a packet: what arrives in order at the highest end takes the short way and allocates
// nothing; everything else goes through `#acceptIrregular`.

import type { PacketPosition } from "../capture/packet-cursor.ts";
import { boundEvidence } from "./gap-walk.ts";
import type { OctetReceiver } from "./octet-receiver.ts";
import { isTargetBased, newCopyWins } from "./overlap-policy.ts";
import type { OverlapPolicy } from "./overlap-policy.ts";
import { RangeList } from "./range-list.ts";
import { Rare } from "./rare-counters.ts";
import { sequenceAdd, sequenceDistance } from "./sequence.ts";
import type { StreamCursor } from "./stream-cursor.ts";
import { IRREGULAR, Mark } from "./stream-cursor.ts";
import { SegmentRuns } from "./segment-runs.ts";
import { HeldSegment } from "./stream-side.ts";

/** A jump beyond this is no gap, whatever confirms it (tcp.md §3.6), unless `maxJump` is larger. */
export const FARTHEST_JUMP: number = 2 ** 30;

/** While fewer octets than this were accepted, the origin of a midstream flow may move back. */
const REBASE_LIMIT = 256 * 1024;

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

/** The payload of a segment; `SegmentCursor` is one. */
export interface Payload {
  /** Sequence number of the first payload octet (one above the segment's where it is a SYN). */
  readonly payloadSeq: number;
  readonly bytes: Uint8Array;
  /** Captured octets are `bytes[payloadStart, payloadEnd)`. */
  readonly payloadStart: number;
  readonly payloadEnd: number;
  /** Octets on the wire. */
  readonly payloadLength: number;
}

const NO_HOLES = new RangeList();
const NO_RUNS = new SegmentRuns();

/** Told when a stream's list of holes has reached its bound, to settle what is oldest. */
export type RangeLimitListener = (stream: StreamCursor) => void;

export class Reassembler {
  readonly #receiver: OctetReceiver;
  readonly #limits: ReassemblyLimits;
  readonly #farthest: number;
  /** Whose octet is whose must be remembered: the short way, which does not, is closed. */
  readonly #keepsRuns: boolean;
  /** End of a stream up to which the short way is open. */
  readonly #shortWayEnd: number;
  /**
   * Octets that may still be taken in this run, in its only element: a private field that holds a float64
   * would be allocated anew at each segment.
   */
  readonly #remaining = new Float64Array(1);
  #onRangeLimit: RangeLimitListener = () => undefined;
  /** Scratch of one `#place` call: octets handed on, and octets refused by a limit. */
  #placed = 0;
  #refused = 0;
  /** The same: ends of the segment in hand. */
  #segmentStart = 0;
  #segmentEnd = 0;

  constructor(receiver: OctetReceiver, limits: ReassemblyLimits) {
    this.#receiver = receiver;
    this.#limits = limits;
    this.#remaining[0] = limits.maxTotalBytes;
    this.#farthest = Math.max(FARTHEST_JUMP, limits.maxJump);
    this.#keepsRuns = isTargetBased(limits.overlap);
    this.#shortWayEnd = this.#keepsRuns ? -1 : limits.maxStreamBytes;
  }

  set onRangeLimit(listener: RangeLimitListener) {
    this.#onRangeLimit = listener;
  }

  /** Distance beyond which a segment fits no sequence space. */
  get farthest(): number {
    return this.#farthest;
  }

  /**
   * Takes a segment with payload into its stream. `isDuplicate`: the packet before was the same one,
   * captured twice, so that its octets need no comparison.
   */
  accept(
    stream: StreamCursor,
    payload: Payload,
    packet: PacketPosition,
    isDuplicate: boolean,
  ): void {
    const start = payload.payloadStart;
    const end = payload.payloadEnd;
    const length = end - start;
    const position = stream.highest;
    if (
      payload.payloadSeq === stream.nextSeq &&
      (stream.marks & (Mark.ORIGIN | IRREGULAR)) === Mark.ORIGIN &&
      length === payload.payloadLength &&
      position + length <= this.#shortWayEnd &&
      length <= this.#remaining[0]!
    ) {
      stream.highest = position + length;
      stream.nextSeq = sequenceAdd(payload.payloadSeq, length);
      stream.capturedBytes += length;
      stream.writtenBytes += length;
      stream.inOrder++;
      this.#remaining[0]! -= length;
      this.#receiver.octets(stream, position, payload.bytes, start, end, packet);
      return;
    }
    this.#acceptIrregular(stream, payload, packet, isDuplicate);
  }

  /**
   * Position 0 of the stream is at `seq` from now on. What the peer acknowledged before gets its
   * position. Called where nothing of the stream was accepted so far.
   */
  setOrigin(stream: StreamCursor, seq: number, basis: number): void {
    stream.marks |= Mark.ORIGIN | basis;
    stream.highest = 0;
    stream.nextSeq = seq;
    if (stream.has(Mark.ACKED)) {
      const acked = sequenceDistance(seq, stream.ackSeq);
      if (acked >= 0 && acked <= this.#limits.maxJump) stream.acked = acked;
    }
  }

  /**
   * A SYN or SYN+ACK told where position 0 lies. Sets or confirms the origin, or moves it back as a
   * payload before it would; false if the stream begins elsewhere and keeps its own.
   */
  learnOrigin(stream: StreamCursor, seq: number, basis: number): boolean {
    if (!stream.has(Mark.ORIGIN)) {
      this.setOrigin(stream, seq, basis);
      return true;
    }
    const position = stream.highest + sequenceDistance(stream.nextSeq, seq);
    if (position !== 0) {
      if (position > 0 || !this.#mayRebase(stream, position)) return false;
      this.#rebase(stream, -position);
    }
    stream.marks |= basis;
    return true;
  }

  /** The flow was closed or reset: nothing more is expected of the stream. */
  settle(stream: StreamCursor): void {
    if (stream.has(Mark.OPENED)) this.#receiver.finished(stream);
  }

  /**
   * As `accept`, for a stream that is left out: it keeps its sequence space and its holes as if it were
   * taken, so that flows get the same numbers with a filter and without, but spends nothing of the run's limit.
   */
  acceptLeftOut(
    stream: StreamCursor,
    payload: Payload,
    packet: PacketPosition,
    isDuplicate: boolean,
  ): void {
    const remaining = this.#remaining[0]!;
    this.accept(stream, payload, packet, isDuplicate);
    this.#remaining[0] = remaining;
  }

  /** The octets of a segment that was refused (checksum): `discarded` if nothing else brings them. */
  refuse(stream: StreamCursor, payload: Payload): void {
    const length = payload.payloadEnd - payload.payloadStart;
    this.#countCaptured(stream, length, payload.payloadLength);
    stream.count(Rare.REFUSED_BYTES, length);
    stream.count(Rare.NOT_PLACED);
    if (!stream.has(Mark.ORIGIN)) return;
    const position = stream.highest + sequenceDistance(stream.nextSeq, payload.payloadSeq);
    if (position < 0 || position - stream.highest > this.#limits.maxJump) return;
    const { discarded } = stream.side;
    discarded.add(position, position + payload.payloadLength);
    boundEvidence(discarded, stream, this.#limits.maxRanges);
  }

  /** The text that an RST may carry (RFC 9293 §3.5.3): counted, not stream data. */
  countResetPayload(stream: StreamCursor, payload: Payload): void {
    const length = payload.payloadEnd - payload.payloadStart;
    this.#countCaptured(stream, length, payload.payloadLength);
    stream.count(Rare.RESET_PAYLOAD_BYTES, length);
    stream.count(Rare.NOT_PLACED);
  }

  /** A segment that no evidence supports: counted, not written. */
  countImplausible(stream: StreamCursor, captured: number, onWire: number): void {
    this.#countCaptured(stream, captured, onWire);
    stream.count(Rare.IMPLAUSIBLE_BYTES, captured);
    stream.count(Rare.NOT_PLACED);
  }

  /**
   * The peer acknowledged all before `ack` (RFC 9293 §3.4). Believed up to `maxJump` beyond the
   * highest octet; further only with a second acknowledgment or a segment there (tcp.md §3.7).
   */
  acknowledge(stream: StreamCursor, ack: number): void {
    if ((stream.marks & Mark.ORIGIN) === 0) {
      stream.ackSeq = ack;
      stream.marks |= Mark.ACKED;
      return;
    }
    const ahead = sequenceDistance(stream.nextSeq, ack);
    const position = stream.highest + ahead;
    if (position <= stream.acked) return;
    if (ahead <= 0 || ahead <= this.#limits.maxJump) {
      if (position >= 0) stream.acked = position;
      if (stream.hasSide) this.#confirmHeld(stream, position);
      return;
    }
    this.#doubt(stream, position, ahead);
  }

  /** A block `[left, right)` that the peer holds selectively (RFC 2018 §3); not a D-SACK. */
  acknowledgeBlock(stream: StreamCursor, left: number, right: number): void {
    if (!stream.has(Mark.ORIGIN)) return;
    const start = stream.highest + sequenceDistance(stream.nextSeq, left);
    const end = stream.highest + sequenceDistance(stream.nextSeq, right);
    if (start < 0 || end <= start || end <= stream.acked) return;
    if (end - stream.highest > this.#limits.maxJump) return;
    // Only where something may be missing: below the highest end the holes tell, beyond it all is.
    const side = stream.sideIfAny;
    if (end <= stream.highest && (side === null || side.holes.count === 0)) return;
    const { sacked } = stream.side;
    sacked.add(start, end);
    if (sacked.count < this.#limits.maxRanges) return;
    sacked.remove(0, stream.acked);
    boundEvidence(sacked, stream, this.#limits.maxRanges);
  }

  /** The stream's length by its FIN; false if the FIN is too far off to be believed. */
  finish(stream: StreamCursor, finSeq: number): boolean {
    if (!stream.has(Mark.ORIGIN)) return true;
    const ahead = sequenceDistance(stream.nextSeq, finSeq);
    const position = stream.highest + ahead;
    if (ahead > this.#limits.maxJump || position < 0) return false;
    if (position > stream.finPosition) stream.finPosition = position;
    return true;
  }

  /** Keeps a copy of a segment until a second one continues it; what was held is given up. */
  hold(
    stream: StreamCursor,
    payload: Payload,
    packet: PacketPosition,
    packetBytes: number,
    foreign: boolean,
  ): HeldSegment {
    this.giveUpHeld(stream);
    const held = new HeldSegment();
    held.number = packet.number;
    held.fileIndex = packet.fileIndex;
    held.seconds = packet.seconds;
    held.nanos = packet.nanos;
    held.seq = payload.payloadSeq;
    held.bytes = payload.bytes.slice(payload.payloadStart, payload.payloadEnd);
    held.wireLength = payload.payloadLength;
    held.packetBytes = packetBytes;
    held.foreign = foreign;
    stream.side.held = held;
    return held;
  }

  /** The segment that waits is confirmed by nothing (tcp.md §3.6). */
  giveUpHeld(stream: StreamCursor): void {
    const held = stream.sideIfAny?.held ?? null;
    if (held === null) return;
    const isReached = this.#heldEnd(stream, held) <= stream.highest && stream.has(Mark.OPENED);
    if (!held.foreign && isReached) {
      // The stream has got there meanwhile.
      this.#placeHeld(stream, held);
      return;
    }
    stream.side.held = null;
    if (!held.isCounted) return;
    for (let i = 0; i <= held.copies; i++) {
      this.countImplausible(stream, held.bytes.length, held.wireLength);
    }
  }

  #acceptIrregular(
    stream: StreamCursor,
    payload: Payload,
    packet: PacketPosition,
    isDuplicate: boolean,
  ): void {
    if (!stream.has(Mark.ORIGIN)) this.setOrigin(stream, payload.payloadSeq, 0);
    if (stream.hasSide) this.#continueHeld(stream, payload);
    const distance = sequenceDistance(stream.nextSeq, payload.payloadSeq);
    if (distance > this.#limits.maxJump) {
      this.#jump(stream, payload, packet, distance);
      return;
    }
    const captured = payload.payloadEnd - payload.payloadStart;
    this.#countCaptured(stream, captured, payload.payloadLength);
    if (payload.payloadLength === 1 && isProbe(stream, distance)) {
      stream.count(Rare.PROBES);
      stream.count(Rare.PROBE_BYTES, captured);
      return;
    }
    let position = stream.highest + distance;
    if (position < 0 && this.#mayRebase(stream, position)) {
      this.#rebase(stream, -position);
      position = 0;
    }
    const before = Math.min(Math.max(0, -position), payload.payloadLength);
    if (before > 0) {
      stream.count(Rare.BEFORE_START_BYTES, Math.min(before, captured));
      if (before === payload.payloadLength) {
        stream.count(Rare.NOT_PLACED);
        return;
      }
    }
    this.#place(
      stream,
      position + before,
      payload.bytes,
      payload.payloadStart + Math.min(before, captured),
      payload.payloadEnd,
      payload.payloadLength - before,
      packet,
      isDuplicate,
    );
  }

  /** Puts `bytes[start, end)`, the first of `wireLength` octets, at `position >= 0`. */
  #place(
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
    this.#segmentStart = position;
    this.#segmentEnd = capturedEnd;
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
      this.#confirmAck(stream);
    }
    this.#classify(stream, position - highest, end - start, wireEnd > highest);
    if (this.#keepsRuns && stream.hasSide) this.#claimRun(stream);
    if (stream.has(Mark.FIN | Mark.RESET)) this.#countLate(stream, position, capturedEnd);
    const side = stream.sideIfAny;
    if (side !== null && side.holes.count >= this.#limits.maxRanges) this.#onRangeLimit(stream);
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
    let at = position;
    let index = holes.indexBehind(position);
    while (at < limit && index < holes.count && holes.start(index) < limit) {
      const from = Math.max(position, holes.start(index));
      const to = Math.min(limit, holes.end(index));
      if (from > at) this.#old(stream, at, bytes, at + offset, from + offset, packet, isDuplicate);
      const taken = this.#handOn(stream, from, bytes, from + offset, to + offset, packet, true);
      holes.remove(from, from + taken);
      at = to;
      index = holes.indexBehind(at);
    }
    if (limit > at) this.#old(stream, at, bytes, at + offset, limit + offset, packet, isDuplicate);
  }

  #old(
    stream: StreamCursor,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: PacketPosition,
    isDuplicate: boolean,
  ): void {
    if (isDuplicate || end <= start) return;
    const settled = (stream.sideIfAny?.settledEnd ?? 0) - position;
    if (settled > 0) {
      const unknown = Math.min(settled, end - start);
      stream.count(Rare.NOT_COMPARED_BYTES, unknown);
      this.#old(stream, position + unknown, bytes, start + unknown, end, packet, isDuplicate);
      return;
    }
    const { overlap } = this.#limits;
    if (!this.#keepsRuns) {
      this.#receiver.again(stream, position, bytes, start, end, packet, overlap === "last");
      return;
    }
    // One decision for each segment that waits there; where none does, the octets are contiguous.
    const runs = stream.sideIfAny?.runs ?? NO_RUNS;
    const limit = position + (end - start);
    const offset = start - position;
    let at = position;
    for (let index = runs.indexBehind(position); at < limit; index++) {
      const heldStart = index < runs.count ? Math.min(runs.start(index), limit) : limit;
      if (heldStart > at) {
        this.#receiver.again(stream, at, bytes, at + offset, heldStart + offset, packet, false);
        at = heldStart;
      }
      if (at === limit) return;
      const to = Math.min(limit, runs.end(index));
      const newWins = newCopyWins(
        overlap,
        this.#segmentStart,
        this.#segmentEnd,
        runs.start(index),
        runs.end(index),
      );
      this.#receiver.again(stream, at, bytes, at + offset, to + offset, packet, newWins);
      at = to;
    }
  }

  /** Remembers the segment in hand as far as it waits behind a hole. */
  #claimRun(stream: StreamCursor): void {
    const { side } = stream;
    const { holes } = side;
    if (holes.count === 0) {
      side.runs = null;
      return;
    }
    side.runs ??= new SegmentRuns();
    const contiguous = holes.start(0);
    if (this.#refused === 0 && this.#segmentEnd > contiguous) {
      side.runs.claim(this.#limits.overlap, this.#segmentStart, this.#segmentEnd);
    }
    side.runs.forgetBelow(contiguous);
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

  /** Gives a placed segment its one class (report.md). */
  #classify(stream: StreamCursor, distance: number, captured: number, extends_: boolean): void {
    const old = captured - this.#placed - this.#refused;
    if (this.#refused > 0) stream.count(Rare.REFUSED_BYTES, this.#refused);
    if (this.#placed === 0 && this.#refused > 0) {
      stream.count(Rare.NOT_PLACED);
      if (old > 0) stream.count(Rare.OVERLAPPING_BYTES, old);
    } else if (distance === 0) {
      stream.inOrder++;
    } else if (distance > 0) {
      stream.count(Rare.AFTER_HOLE);
    } else if (this.#placed === 0 && !extends_) {
      stream.count(Rare.RETRANSMITTED);
      stream.count(Rare.RETRANSMITTED_BYTES, old);
    } else if (old > 0) {
      stream.count(Rare.OVERLAPPING);
      stream.count(Rare.OVERLAPPING_BYTES, old);
    } else {
      stream.count(Rare.OUT_OF_ORDER);
    }
  }

  #countCaptured(stream: StreamCursor, captured: number, onWire: number): void {
    stream.capturedBytes += captured;
    if (onWire > captured) stream.count(Rare.SNAPPED_BYTES, onWire - captured);
  }

  /** New octets beyond a FIN, or after an RST: written, and counted once more. */
  #countLate(stream: StreamCursor, position: number, capturedEnd: number): void {
    if (this.#placed === 0) return;
    if (stream.has(Mark.RESET)) stream.count(Rare.AFTER_RESET_BYTES, this.#placed);
    const fin = stream.finPosition;
    if (fin >= 0 && capturedEnd > fin) {
      const beyond = Math.min(this.#placed, capturedEnd - Math.max(position, fin));
      stream.count(Rare.AFTER_FIN_BYTES, beyond);
    }
  }

  // --- jumps -------------------------------------------------------------------------------------

  /** A segment far ahead waits until a second one continues it (tcp.md §3.6). */
  #jump(stream: StreamCursor, payload: Payload, packet: PacketPosition, distance: number): void {
    const held = stream.sideIfAny?.held ?? null;
    const captured = payload.payloadEnd - payload.payloadStart;
    if (distance > this.#farthest) {
      this.countImplausible(stream, captured, payload.payloadLength);
      return;
    }
    if (
      held !== null &&
      held.seq === payload.payloadSeq &&
      held.bytes.length === captured &&
      held.wireLength === payload.payloadLength
    ) {
      // The held one once more is no second witness.
      held.copies++;
      return;
    }
    this.hold(stream, payload, packet, 0, false);
  }

  /** A segment that begins inside the one that waits, or right behind it, is its second witness. */
  #continueHeld(stream: StreamCursor, payload: Payload): void {
    const { held } = stream.side;
    if (held === null || held.foreign) return;
    const into = sequenceDistance(held.seq, payload.payloadSeq);
    if (into > 0 && into <= held.wireLength) this.#placeHeld(stream, held);
  }

  /** So is the peer's acknowledgment of it. */
  #confirmHeld(stream: StreamCursor, acked: number): void {
    const { held } = stream.side;
    if (held === null || held.foreign) return;
    if (acked >= this.#heldEnd(stream, held)) this.#placeHeld(stream, held);
  }

  #heldEnd(stream: StreamCursor, held: HeldSegment): number {
    return stream.highest + sequenceDistance(stream.nextSeq, held.seq) + held.wireLength;
  }

  #placeHeld(stream: StreamCursor, held: HeldSegment): void {
    stream.side.held = null;
    const { bytes } = held;
    for (let i = 0; i <= held.copies; i++) {
      this.#countCaptured(stream, bytes.length, held.wireLength);
      const position = stream.highest + sequenceDistance(stream.nextSeq, held.seq);
      this.#place(stream, position, bytes, 0, bytes.length, held.wireLength, held, false);
    }
  }

  /** An acknowledgment far ahead: believed with a second witness. */
  #doubt(stream: StreamCursor, position: number, ahead: number): void {
    if (ahead > this.#farthest) return;
    const side = stream.side;
    const held = side.held;
    if (held !== null && !held.foreign && position >= this.#heldEnd(stream, held)) {
      this.#placeHeld(stream, held);
      stream.acked = Math.min(position, stream.highest + this.#limits.maxJump);
      return;
    }
    if (side.doubtedAck >= 0 && position >= side.doubtedAck) {
      stream.acked = position;
      side.doubtedAck = -1;
      return;
    }
    side.doubtedAck = position;
  }

  /** A segment at or beyond an acknowledgment that waited is its second witness. */
  #confirmAck(stream: StreamCursor): void {
    const side = stream.sideIfAny;
    if (side === null || side.doubtedAck < 0 || stream.highest < side.doubtedAck) return;
    stream.acked = Math.max(stream.acked, side.doubtedAck);
    side.doubtedAck = -1;
  }

  // --- origins -----------------------------------------------------------------------------------

  #mayRebase(stream: StreamCursor, position: number): boolean {
    // Positions of gaps that were settled are told already: they stay.
    const settled = stream.sideIfAny?.settled ?? null;
    return (
      settled === null &&
      !stream.has(Mark.ORIGIN_BY_SYN | Mark.ORIGIN_BY_PEER) &&
      stream.writtenBytes < REBASE_LIMIT &&
      -position <= this.#limits.maxJump
    );
  }

  /** Position 0 moves back by `shift` octets; what lies between is a hole until it comes. */
  #rebase(stream: StreamCursor, shift: number): void {
    const side = stream.side;
    stream.highest += shift;
    if (stream.acked >= 0) stream.acked += shift;
    else if (stream.has(Mark.ACKED)) {
      const acked = stream.highest + sequenceDistance(stream.nextSeq, stream.ackSeq);
      if (acked >= 0) stream.acked = acked;
    }
    if (stream.finPosition >= 0) stream.finPosition += shift;
    if (side.doubtedAck >= 0) side.doubtedAck += shift;
    side.holes.shift(shift);
    side.snapped.shift(shift);
    side.discarded.shift(shift);
    side.sacked.shift(shift);
    side.runs?.shift(shift);
    side.holes.add(0, shift);
    stream.marks |= Mark.REBASED;
    if (stream.has(Mark.OPENED)) this.#receiver.rebased(stream, shift);
  }
}

/**
 * A keep-alive or window probe: one octet just below the next sequence number, which after a FIN is
 * one further on (RFC 9293 §3.8.4, §3.8.6.1).
 */
function isProbe(stream: StreamCursor, distance: number): boolean {
  if (distance === 0) return stream.finPosition === stream.highest;
  if (distance !== -1) return false;
  // An octet that is missing there is data all the same.
  const holes = stream.sideIfAny?.holes ?? NO_HOLES;
  return !holes.contains(stream.highest - 1);
}
