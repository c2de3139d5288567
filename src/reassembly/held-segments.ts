// The segment of a stream that waits, since it lies farther ahead than one witness is believed (tcp.md
// §3.6), or in no sequence space of its key (§2.4). A stream holds a copy of one at a time:
//
//     #######| - - more than maxJump - - [ held ]     placed once a segment continues it, the peer
//       highest                                       acknowledges it, or the stream gets there

import type { PacketPosition } from "../capture/packet-cursor.ts";
import type { Payload } from "./payload.ts";
import type { Placement } from "./placement.ts";
import { countCaptured, countImplausible } from "./segment-counts.ts";
import { sequenceDistance } from "./sequence.ts";
import type { StreamCursor } from "./stream-cursor.ts";
import { Mark } from "./stream-cursor.ts";
import { HeldSegment } from "./stream-side.ts";

export class HeldSegments {
  readonly #placement: Placement;

  constructor(placement: Placement) {
    this.#placement = placement;
  }

  /** Keeps a copy of a segment until a second one continues it; what was held is given up. */
  hold(
    stream: StreamCursor,
    payload: Payload,
    packet: PacketPosition,
    packetBytes: number,
    foreign: boolean,
  ): HeldSegment {
    this.giveUp(stream);
    const held = new HeldSegment();
    held.number = packet.number;
    held.fileIndex = packet.fileIndex;
    held.seconds = packet.seconds;
    held.nanos = packet.nanos;
    held.seq = payload.payloadSeq;
    // Not `slice`, which of a Buffer is a view.
    held.bytes = new Uint8Array(payload.bytes.subarray(payload.payloadStart, payload.payloadEnd));
    held.wireLength = payload.payloadLength;
    held.packetBytes = packetBytes;
    held.foreign = foreign;
    stream.side.held = held;
    return held;
  }

  /** Holds a segment that jumped ahead. The held one once more is no second witness: a copy of it. */
  holdJump(stream: StreamCursor, payload: Payload, packet: PacketPosition): void {
    const held = stream.sideIfAny?.held ?? null;
    if (held !== null && isCopy(held, payload)) held.copies++;
    else this.hold(stream, payload, packet, 0, false);
  }

  /** The segment that waits is confirmed by nothing: counted as implausible. */
  giveUp(stream: StreamCursor): void {
    const held = stream.sideIfAny?.held ?? null;
    if (held === null) return;
    const isReached = heldEnd(stream, held) <= stream.highest && stream.has(Mark.OPENED);
    if (!held.foreign && isReached) {
      // The stream has got there meanwhile.
      this.#place(stream, held);
      return;
    }
    stream.side.held = null;
    if (!held.isCounted) return;
    for (let i = 0; i <= held.copies; i++) {
      countImplausible(stream, held.bytes.length, held.wireLength);
    }
  }

  /** A segment that begins inside the one that waits, or right behind it, is its second witness. */
  confirmBySegment(stream: StreamCursor, seq: number): void {
    const held = stream.sideIfAny?.held ?? null;
    if (held === null || held.foreign) return;
    const into = sequenceDistance(held.seq, seq);
    if (into > 0 && into <= held.wireLength) this.#place(stream, held);
  }

  /** So is the peer's acknowledgment of it, at a seek position; true if that made it real. */
  confirmByAck(stream: StreamCursor, acked: number): boolean {
    const held = stream.sideIfAny?.held ?? null;
    if (held === null || held.foreign || acked < heldEnd(stream, held)) return false;
    this.#place(stream, held);
    return true;
  }

  #place(stream: StreamCursor, held: HeldSegment): void {
    stream.side.held = null;
    const { bytes, wireLength } = held;
    for (let i = 0; i <= held.copies; i++) {
      countCaptured(stream, bytes.length, wireLength);
      const position = stream.highest + sequenceDistance(stream.nextSeq, held.seq);
      this.#placement.place(stream, position, bytes, 0, bytes.length, wireLength, held, false);
    }
  }
}

function isCopy(held: HeldSegment, payload: Payload): boolean {
  return (
    held.seq === payload.payloadSeq &&
    held.bytes.length === payload.payloadEnd - payload.payloadStart &&
    held.wireLength === payload.payloadLength
  );
}

/** Seek position behind the octets of the segment that waits. */
function heldEnd(stream: StreamCursor, held: HeldSegment): number {
  return stream.highest + sequenceDistance(stream.nextSeq, held.seq) + held.wireLength;
}
