// Segments of one direction to seek positions: the short way of what comes in order, and the general case of
// holes, late segments, overlaps and retransmissions. Octets go to a receiver that only counts them.

import { bench, describe } from "vitest";
import { PacketCursor } from "../../src/capture/packet-cursor.ts";
import type { OctetReceiver } from "../../src/reassembly/octet-receiver.ts";
import { Reassembler } from "../../src/reassembly/reassembler.ts";
import { Mark, StreamCursor, StreamExtras } from "../../src/reassembly/stream-cursor.ts";
import { STREAM_WORDS } from "../../src/memory/stream-record.ts";

const SEGMENTS = 1000;
const SEGMENT_BYTES = 1448;
/** So near to the end of sequence space that every stream goes around it. */
const FIRST_SEQ = -50_000;

class CountingReceiver implements OctetReceiver {
  taken = 0;
  repeated = 0;

  octets(_stream: StreamCursor, _at: number, _bytes: Uint8Array, start: number, end: number): void {
    this.taken += end - start;
  }

  again(_stream: StreamCursor, _at: number, _bytes: Uint8Array, start: number, end: number): void {
    this.repeated += end - start;
  }

  rebased(): void {}
  finished(): void {}
}

const receiver = new CountingReceiver();
const reassembler = new Reassembler(receiver, {
  maxJump: 16 * 1024 * 1024,
  maxStreamBytes: Infinity,
  maxTotalBytes: Infinity,
  overlap: "first",
  maxRanges: 65_536,
});
const stream = new StreamCursor(new StreamExtras());
const words = new Int32Array(STREAM_WORDS);
stream.bind(words, new Float64Array(words.buffer), 0);
stream.reset();
const packet = new PacketCursor();
const payload = {
  payloadSeq: 0,
  bytes: new Uint8Array(SEGMENT_BYTES),
  payloadStart: 0,
  payloadEnd: SEGMENT_BYTES,
  payloadLength: SEGMENT_BYTES,
};

/** Plays segments at these positions into a new stream. */
function play(positions: Int32Array, taken: number, repeated: number): void {
  receiver.taken = 0;
  receiver.repeated = 0;
  stream.release();
  stream.reset();
  reassembler.origins.set(stream, FIRST_SEQ, Mark.ORIGIN_BY_SYN);
  for (let segment = 0; segment < SEGMENTS; segment++) {
    payload.payloadSeq = (FIRST_SEQ + positions[segment]!) | 0;
    reassembler.accept(stream, payload, packet, false);
  }
  if (receiver.taken === taken && receiver.repeated === repeated) return;
  throw new Error(`${receiver.taken} octets new and ${receiver.repeated} repeated`);
}

const ALL = SEGMENTS * SEGMENT_BYTES;
const OVERLAP = 448;

/** The position of each segment in the order they come, and the octets that come again. */
const ORDERS: readonly (readonly [name: string, at: (index: number) => number, again: number])[] = [
  ["in order", (index) => index * SEGMENT_BYTES, 0],
  [
    "in order behind a hole, which the last one fills",
    (index) => ((index + 1) % SEGMENTS) * SEGMENT_BYTES,
    0,
  ],
  ["each before the one that belongs before it", (index) => (index ^ 1) * SEGMENT_BYTES, 0],
  ["every second one missing", (index) => 2 * index * SEGMENT_BYTES, 0],
  [
    "every second one after all others",
    (index) => (index < SEGMENTS / 2 ? 2 * index + 1 : 2 * index - SEGMENTS) * SEGMENT_BYTES,
    0,
  ],
  [
    "each overlapping the one before by 448 octets",
    (index) => index * (SEGMENT_BYTES - OVERLAP),
    (SEGMENTS - 1) * OVERLAP,
  ],
  ["each one twice", (index) => (index >> 1) * SEGMENT_BYTES, ALL / 2],
];

describe("Reassembler.accept", () => {
  for (const [name, at, again] of ORDERS) {
    const positions = Int32Array.from({ length: SEGMENTS }, (_, index) => at(index));
    play(positions, ALL - again, again);
    bench(`1,000 segments of 1448 octets, ${name}`, () => play(positions, ALL - again, again));
  }
});
