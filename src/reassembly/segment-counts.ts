// The one class that a segment earns, and where its octets are counted (report.md): what was captured
// is the sum of written, retransmitted, overlapping, probe, refused, before the start, implausible,
// and what an RST carried.
//
// Nothing here runs for a segment that arrives in order at the highest end.

import type { Payload } from "./payload.ts";
import { Rare } from "./rare-counters.ts";
import type { StreamCursor } from "./stream-cursor.ts";
import { Mark } from "./stream-cursor.ts";

/** Octets captured of a segment of the stream, and those that the snap length cut off. */
export function countCaptured(stream: StreamCursor, captured: number, onWire: number): void {
  stream.capturedBytes += captured;
  if (onWire > captured) stream.count(Rare.SNAPPED_BYTES, onWire - captured);
}

/** A segment that no evidence supports: counted, not written. */
export function countImplausible(stream: StreamCursor, captured: number, onWire: number): void {
  countCaptured(stream, captured, onWire);
  stream.count(Rare.IMPLAUSIBLE_BYTES, captured);
  stream.count(Rare.NOT_PLACED);
}

/** The text that an RST may carry (RFC 9293 §3.5.3): counted, not stream data. */
export function countResetPayload(stream: StreamCursor, payload: Payload): void {
  const length = payload.payloadEnd - payload.payloadStart;
  countCaptured(stream, length, payload.payloadLength);
  stream.count(Rare.RESET_PAYLOAD_BYTES, length);
  stream.count(Rare.NOT_PLACED);
}

/**
 * Counts a segment that has a position, `distance` octets beyond the highest end: of its `captured`
 * octets `placed` were handed on, `refused` a limit kept out, and the rest was there before.
 * `extends_`: the highest end moved.
 */
export function countPlaced(
  stream: StreamCursor,
  distance: number,
  captured: number,
  placed: number,
  refused: number,
  extends_: boolean,
): void {
  const old = captured - placed - refused;
  if (refused > 0) stream.count(Rare.REFUSED_BYTES, refused);
  if (placed === 0 && refused > 0) {
    stream.count(Rare.NOT_PLACED);
    if (old > 0) stream.count(Rare.OVERLAPPING_BYTES, old);
  } else if (distance === 0) {
    stream.inOrder++;
  } else if (distance > 0) {
    stream.count(Rare.AFTER_HOLE);
  } else if (placed === 0 && !extends_) {
    stream.count(Rare.RETRANSMITTED);
    stream.count(Rare.RETRANSMITTED_BYTES, old);
  } else if (old > 0) {
    stream.count(Rare.OVERLAPPING);
    stream.count(Rare.OVERLAPPING_BYTES, old);
  } else {
    stream.count(Rare.OUT_OF_ORDER);
  }
}

/** `placed` octets of `[position, capturedEnd)` beyond a FIN, or after an RST: counted once more. */
export function countLate(
  stream: StreamCursor,
  position: number,
  capturedEnd: number,
  placed: number,
): void {
  if (placed === 0) return;
  if (stream.has(Mark.RESET)) stream.count(Rare.AFTER_RESET_BYTES, placed);
  const fin = stream.finPosition;
  if (fin >= 0 && capturedEnd > fin) {
    const beyond = Math.min(placed, capturedEnd - Math.max(position, fin));
    stream.count(Rare.AFTER_FIN_BYTES, beyond);
  }
}
