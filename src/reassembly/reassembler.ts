// Segments of one direction -> (seek position, octets). Takes a segment apart against what the stream
// already has, keeps the holes, and hands on only what is new (RFC 9293 §3.10.7.4; RFC 815 for holes).
//
//     seq --distance to nextSeq--> position = highest + distance
//
//     accept --in order--> receiver                         the short way
//            --else--> origin, jump, probe --> Placement    the general case
//
// Runs once a packet: what arrives in order at the highest end takes the short way and allocates
// nothing; everything else goes through `#acceptIrregular`.

import type { PacketPosition } from "../capture/packet-cursor.ts";
import { MOST_HOLES } from "../memory/run-result.ts";
import { doubtAck, keepSackBlock } from "./acknowledgments.ts";
import { boundEvidence } from "./gap-walk.ts";
import { HeldSegments } from "./held-segments.ts";
import type { OctetReceiver } from "./octet-receiver.ts";
import { Origins } from "./origins.ts";
import { isTargetBased } from "./overlap-policy.ts";
import type { Payload } from "./payload.ts";
import { Placement } from "./placement.ts";
import type { RangeLimitListener } from "./placement.ts";
import { Rare } from "./rare-counters.ts";
import { farthestJump } from "./reassembly-limits.ts";
import type { ReassemblyLimits } from "./reassembly-limits.ts";
import { countCaptured, countImplausible } from "./segment-counts.ts";
import { sequenceAdd, sequenceDistance } from "./sequence.ts";
import type { StreamCursor } from "./stream-cursor.ts";
import { IRREGULAR, Mark } from "./stream-cursor.ts";

export class Reassembler {
  /** Distance beyond which a segment fits no sequence space. */
  readonly farthest: number;
  readonly origins: Origins;
  readonly held: HeldSegments;
  readonly #receiver: OctetReceiver;
  readonly #limits: ReassemblyLimits;
  readonly #placement: Placement;
  /** End of a stream up to which the short way is open; it does not remember whose octet is whose. */
  readonly shortWayEnd: number;
  /**
   * Octets that may still be taken in this run, in its only element: a private field that holds a float64
   * would be allocated anew at each segment.
   */
  readonly #remaining = new Float64Array(1);

  constructor(receiver: OctetReceiver, limits: ReassemblyLimits) {
    this.#receiver = receiver;
    this.#limits = limits;
    this.#remaining[0] = limits.maxTotalBytes;
    this.shortWayEnd = isTargetBased(limits.overlap) ? -1 : limits.maxStreamBytes;
    this.#placement = new Placement(receiver, limits, this.#remaining);
    this.farthest = farthestJump(limits);
    this.origins = new Origins(receiver, limits.maxJump);
    this.held = new HeldSegments(this.#placement);
  }

  set onRangeLimit(listener: RangeLimitListener) {
    this.#placement.onRangeLimit = listener;
  }

  /** Octets that may still be taken in this run. */
  get remaining(): number {
    return this.#remaining[0]!;
  }

  /** Octets in order were taken into their streams by the fast path. */
  spend(octets: number): void {
    this.#remaining[0]! -= octets;
  }

  /** A segment behind a hole was taken by the fast path, and was not near any limit: `[start, end)`. */
  addHole(stream: StreamCursor, start: number, end: number): void {
    stream.side.holes.add(start, end);
    stream.count(Rare.AFTER_HOLE);
    this.#watch(stream);
  }

  /** Marks a stream whose side decides what its next segments are. */
  #watch(stream: StreamCursor): void {
    const side = stream.sideIfAny;
    if (side === null) return;
    const isNearLimit = side.holes.count + MOST_HOLES > this.#limits.maxRanges;
    if (side.held !== null || side.doubtedAck >= 0 || isNearLimit) stream.marks |= Mark.WATCHED;
    else stream.marks &= ~Mark.WATCHED;
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
      position + length <= this.shortWayEnd &&
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
    this.#watch(stream);
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
    countCaptured(stream, length, payload.payloadLength);
    stream.count(Rare.REFUSED_BYTES, length);
    stream.count(Rare.NOT_PLACED);
    if (!stream.has(Mark.ORIGIN)) return;
    const position = stream.highest + sequenceDistance(stream.nextSeq, payload.payloadSeq);
    if (position < 0 || position - stream.highest > this.#limits.maxJump) return;
    const { discarded } = stream.side;
    discarded.add(position, position + payload.payloadLength);
    boundEvidence(discarded, stream, this.#limits.maxRanges);
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
      if (stream.hasSide && this.held.confirmByAck(stream, position)) this.#watch(stream);
      return;
    }
    if (ahead > this.farthest) return;
    if (this.held.confirmByAck(stream, position)) {
      stream.acked = Math.min(position, stream.highest + this.#limits.maxJump);
    } else doubtAck(stream, position);
    this.#watch(stream);
  }

  /** A block `[left, right)` that the peer holds selectively (RFC 2018 §3); not a D-SACK. */
  acknowledgeBlock(stream: StreamCursor, left: number, right: number): void {
    keepSackBlock(stream, left, right, this.#limits);
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

  /** The flow was closed or reset: nothing more is expected of the stream. */
  settle(stream: StreamCursor): void {
    if (stream.has(Mark.OPENED)) this.#receiver.finished(stream);
  }

  #acceptIrregular(
    stream: StreamCursor,
    payload: Payload,
    packet: PacketPosition,
    isDuplicate: boolean,
  ): void {
    if (!stream.has(Mark.ORIGIN)) this.origins.set(stream, payload.payloadSeq, 0);
    if (stream.hasSide) this.held.confirmBySegment(stream, payload.payloadSeq);
    const distance = sequenceDistance(stream.nextSeq, payload.payloadSeq);
    const captured = payload.payloadEnd - payload.payloadStart;
    if (distance > this.#limits.maxJump) {
      if (distance <= this.farthest) this.held.holdJump(stream, payload, packet);
      else countImplausible(stream, captured, payload.payloadLength);
      return;
    }
    countCaptured(stream, captured, payload.payloadLength);
    if (payload.payloadLength === 1 && isProbe(stream, distance)) {
      stream.count(Rare.PROBES);
      stream.count(Rare.PROBE_BYTES, captured);
      return;
    }
    let position = stream.highest + distance;
    if (position < 0 && this.origins.moveBack(stream, -position)) position = 0;
    const before = Math.min(Math.max(0, -position), payload.payloadLength);
    if (before > 0) {
      stream.count(Rare.BEFORE_START_BYTES, Math.min(before, captured));
      if (before === payload.payloadLength) {
        stream.count(Rare.NOT_PLACED);
        return;
      }
    }
    this.#placement.place(
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
}

/**
 * A keep-alive or window probe: one octet just below the next sequence number, which after a FIN is
 * one further on (RFC 9293 §3.8.4, §3.8.6.1).
 */
function isProbe(stream: StreamCursor, distance: number): boolean {
  if (distance === 0) return stream.finPosition === stream.highest;
  if (distance !== -1) return false;
  // An octet that is missing there is data all the same.
  const holes = stream.sideIfAny?.holes ?? null;
  return holes === null || !holes.contains(stream.highest - 1);
}
