// Where position 0 of a stream lies in sequence space (tcp.md §3.2): behind the SYN, where the peer's
// SYN+ACK says, or at the first payload octet seen. Only the last is a guess, and moves back as long as
// little of the stream was accepted:
//
//     before        |####        position 0 at the first octet seen
//     `shift` back  |..####      what lies between is a hole until it comes

import type { OctetReceiver } from "./octet-receiver.ts";
import { sequenceDistance } from "./sequence.ts";
import type { StreamCursor } from "./stream-cursor.ts";
import { Mark } from "./stream-cursor.ts";

/** While fewer octets than this were accepted, the origin of a midstream flow may move back. */
const REBASE_LIMIT = 256 * 1024;

export class Origins {
  readonly #receiver: OctetReceiver;
  readonly #maxJump: number;

  /** `maxJump`: octets that an origin moves at most, and that the peer is believed beyond it. */
  constructor(receiver: OctetReceiver, maxJump: number) {
    this.#receiver = receiver;
    this.#maxJump = maxJump;
  }

  /**
   * Position 0 of the stream is at `seq` from now on. What the peer acknowledged before gets its
   * position. Called where nothing of the stream was accepted so far.
   */
  set(stream: StreamCursor, seq: number, basis: number): void {
    stream.marks |= Mark.ORIGIN | basis;
    stream.highest = 0;
    stream.nextSeq = seq;
    if (stream.has(Mark.ACKED)) {
      const acked = sequenceDistance(seq, stream.ackSeq);
      if (acked >= 0 && acked <= this.#maxJump) stream.acked = acked;
    }
  }

  /**
   * A SYN or SYN+ACK told where position 0 lies. Sets or confirms the origin, or moves it back as a
   * payload before it would; false if the stream begins elsewhere and keeps its own.
   */
  learn(stream: StreamCursor, seq: number, basis: number): boolean {
    if (!stream.has(Mark.ORIGIN)) {
      this.set(stream, seq, basis);
      return true;
    }
    const position = stream.highest + sequenceDistance(stream.nextSeq, seq);
    if (position > 0) return false;
    if (position < 0 && !this.moveBack(stream, -position)) return false;
    stream.marks |= basis;
    return true;
  }

  /** Moves position 0 back by `shift` octets; false if the stream keeps the one it has. */
  moveBack(stream: StreamCursor, shift: number): boolean {
    if (shift > this.#maxJump || !isMovable(stream)) return false;
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
    if (stream.has(Mark.OPENED)) this.#receiver.rebased(stream, shift);
    return true;
  }
}

/** True where the handshake told where position 0 lies: it moves no more. */
export function hasFixedOrigin(stream: StreamCursor): boolean {
  return stream.has(Mark.ORIGIN_BY_SYN | Mark.ORIGIN_BY_PEER);
}

function isMovable(stream: StreamCursor): boolean {
  // Positions of gaps that were settled are told already: they stay.
  const settled = stream.sideIfAny?.settled ?? null;
  return settled === null && !hasFixedOrigin(stream) && stream.writtenBytes < REBASE_LIMIT;
}
