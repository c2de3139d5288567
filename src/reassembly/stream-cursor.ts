// One direction of a flow, as named fields over the words of its record. A record is plain typed-array
// memory, so that a million streams are no million objects; the cursor is a reused view that is bound
// to the record in hand. Runs once a packet: the accessors are inlined and allocate nothing.
//
//     words   [ .. | highest  acked  fin  captured  written | seq numbers, flags, counts, times | .. ]
//                  ^ at (even: the first ten words are five float64 fields)

import { Rare, RareCounters } from "./rare-counters.ts";
import {
  STREAM_WORDS,
  HIGHEST,
  ACKED,
  FIN_POSITION,
  CAPTURED_BYTES,
  WRITTEN_BYTES,
  NEXT_SEQ,
  ACK_SEQ,
  MARKS,
  ISN,
  WINDOW,
  OPTIONS,
  PACKETS,
  IN_ORDER,
  STATUS,
  SIDE,
  RARE_ROW,
  HANDLE,
  LAST_IDENTITY,
  LAST_SEQ,
  LAST_ACK,
  LAST_LENGTH,
  FIRST_SECONDS,
  FIRST_NANOS,
  LAST_SECONDS,
  LAST_NANOS,
  PAYLOAD_SECONDS,
  PAYLOAD_NANOS,
  ORIGIN_MARK,
  ACKED_MARK,
  FIN_MARK,
  RESET_MARK,
  VERIFIED_MARK,
  STOPPED_MARK,
  SYN_ACK_MARK,
  PAYLOAD_MARK,
  OPENED_MARK,
  WATCHED_MARK,
} from "../memory/stream-record.ts";
import type { StreamSide } from "./stream-side.ts";
import { StreamSides } from "./stream-side.ts";

/** Bits of `marks`. */
export const Mark = {
  /** Position 0 is known. */
  ORIGIN: ORIGIN_MARK,
  /** The origin comes from a SYN (or SYN+ACK) of this direction, or from the peer's SYN+ACK. */
  ORIGIN_BY_SYN: 0x02,
  ORIGIN_BY_PEER: 0x04,
  /** `ackSeq` holds the peer's newest acknowledgment. */
  ACKED: ACKED_MARK,
  FIN: FIN_MARK,
  /** An RST of either direction was accepted. */
  RESET: RESET_MARK,
  /** A segment of this direction had a right checksum. */
  VERIFIED: VERIFIED_MARK,
  /** Nothing more is taken from this stream (a script's or a limit's word). */
  STOPPED: STOPPED_MARK,
  SYN: 0x100,
  SYN_ACK: SYN_ACK_MARK,
  /** A payload octet was seen. */
  PAYLOAD: PAYLOAD_MARK,
  SACK_PERMITTED: 0x800,
  TIMESTAMPS: 0x1000,
  WINDOW_SCALE: 0x2000,
  MSS: 0x4000,
  /** The sink was asked for a handle. */
  OPENED: OPENED_MARK,
  /** `path` holds a VLAN stack. */
  PATH: 0x1_0000,
  WATCHED: WATCHED_MARK,
} as const;

/** Any of these sends a segment through the general case. */
export const IRREGULAR: number = Mark.FIN | Mark.RESET | Mark.STOPPED;

const WORDS = new Int32Array(STREAM_WORDS);

/** Shared by all cursors of a run: what lies outside the records. */
export class StreamExtras {
  readonly rare = new RareCounters();
  readonly sides = new StreamSides();
}

export class StreamCursor {
  readonly #extras: StreamExtras;
  words: Int32Array = WORDS;
  floats: Float64Array = new Float64Array(WORDS.buffer);
  at = 0;
  /** Set by the flow cursor: which direction this is. */
  readonly direction: "c2s" | "s2c";

  constructor(extras: StreamExtras, direction: "c2s" | "s2c" = "c2s") {
    this.#extras = extras;
    this.direction = direction;
  }

  /** Binds the cursor to the record whose first word is `words[at]`; `at` is even. */
  bind(words: Int32Array, floats: Float64Array, at: number): void {
    this.words = words;
    this.floats = floats;
    this.at = at;
  }

  /** Makes the record that of a stream of which nothing is known. */
  reset(): void {
    this.words.fill(0, this.at, this.at + STREAM_WORDS);
    this.acked = -1;
    this.finPosition = -1;
  }

  /** Seek position behind the highest octet of any accepted segment. Bound to `nextSeq`. */
  get highest(): number {
    return this.floats[(this.at >> 1) + HIGHEST]!;
  }
  set highest(value: number) {
    this.floats[(this.at >> 1) + HIGHEST] = value;
  }
  /** The sequence number that lies at `highest`. */
  get nextSeq(): number {
    return this.words[this.at + NEXT_SEQ]!;
  }
  set nextSeq(value: number) {
    this.words[this.at + NEXT_SEQ] = value;
  }
  /** Sequence number of position 0; meaningful where Mark.ORIGIN is set. */
  get originSeq(): number {
    return (this.nextSeq - this.highest) | 0;
  }
  /** The peer's highest plausible acknowledgment as a seek position (a FIN's octet counted); -1. */
  get acked(): number {
    return this.floats[(this.at >> 1) + ACKED]!;
  }
  set acked(value: number) {
    this.floats[(this.at >> 1) + ACKED] = value;
  }
  /** The peer's newest acknowledgment number, kept until an origin gives it a position. */
  get ackSeq(): number {
    return this.words[this.at + ACK_SEQ]!;
  }
  set ackSeq(value: number) {
    this.words[this.at + ACK_SEQ] = value;
  }
  /** Seek position of the FIN, the stream's length; -1 where none was seen. */
  get finPosition(): number {
    return this.floats[(this.at >> 1) + FIN_POSITION]!;
  }
  set finPosition(value: number) {
    this.floats[(this.at >> 1) + FIN_POSITION] = value;
  }
  get capturedBytes(): number {
    return this.floats[(this.at >> 1) + CAPTURED_BYTES]!;
  }
  set capturedBytes(value: number) {
    this.floats[(this.at >> 1) + CAPTURED_BYTES] = value;
  }
  get writtenBytes(): number {
    return this.floats[(this.at >> 1) + WRITTEN_BYTES]!;
  }
  set writtenBytes(value: number) {
    this.floats[(this.at >> 1) + WRITTEN_BYTES] = value;
  }
  /** Bits of Mark. */
  get marks(): number {
    return this.words[this.at + MARKS]!;
  }
  set marks(value: number) {
    this.words[this.at + MARKS] = value;
  }
  get isn(): number {
    return this.words[this.at + ISN]!;
  }
  set isn(value: number) {
    this.words[this.at + ISN] = value;
  }
  /** As last advertised by this direction, not scaled. */
  get window(): number {
    return this.words[this.at + WINDOW]!;
  }
  set window(value: number) {
    this.words[this.at + WINDOW] = value;
  }
  get mss(): number {
    return this.words[this.at + OPTIONS]! & 0xffff;
  }
  get windowScale(): number {
    return (this.words[this.at + OPTIONS]! >> 16) & 0xff;
  }
  setOptions(mss: number, windowScale: number): void {
    this.words[this.at + OPTIONS] = (windowScale << 16) | mss;
  }
  get packets(): number {
    return this.words[this.at + PACKETS]! >>> 0;
  }
  set packets(value: number) {
    this.words[this.at + PACKETS] = value;
  }
  get inOrder(): number {
    return this.words[this.at + IN_ORDER]! >>> 0;
  }
  set inOrder(value: number) {
    this.words[this.at + IN_ORDER] = value;
  }
  /** Bits of the status word that this stream has earned so far. */
  get status(): number {
    return this.words[this.at + STATUS]!;
  }
  set status(value: number) {
    this.words[this.at + STATUS] = value;
  }
  /** The sink's handle; meaningful once Mark.OPENED is set. */
  get handle(): number {
    return this.words[this.at + HANDLE]!;
  }
  set handle(value: number) {
    this.words[this.at + HANDLE] = value;
  }
  /** Number of the VLAN stack on which this direction was first seen (`--vlan first`). */
  get path(): number {
    return this.rare(Rare.PATH);
  }
  set path(value: number) {
    const before = this.rare(Rare.PATH);
    if (value !== before) this.count(Rare.PATH, value - before);
  }
  get firstSeconds(): number {
    return this.words[this.at + FIRST_SECONDS]! >>> 0;
  }
  get firstNanos(): number {
    return this.words[this.at + FIRST_NANOS]!;
  }
  get lastSeconds(): number {
    return this.words[this.at + LAST_SECONDS]! >>> 0;
  }
  get lastNanos(): number {
    return this.words[this.at + LAST_NANOS]!;
  }
  get payloadSeconds(): number {
    return this.words[this.at + PAYLOAD_SECONDS]! >>> 0;
  }
  get payloadNanos(): number {
    return this.words[this.at + PAYLOAD_NANOS]!;
  }

  /** Sequence number of the last packet of this direction. */
  get lastSeq(): number {
    return this.words[this.at + LAST_SEQ]!;
  }

  /** Counts a packet of this direction (or the fragments of one) and keeps its time. */
  countPacket(seconds: number, nanos: number, packets = 1): void {
    const words = this.words;
    const at = this.at;
    const before = words[at + PACKETS]!;
    words[at + PACKETS] = before + packets;
    if (before === 0) {
      words[at + FIRST_SECONDS] = seconds;
      words[at + FIRST_NANOS] = nanos;
    }
    words[at + LAST_SECONDS] = seconds;
    words[at + LAST_NANOS] = nanos;
  }

  /** Keeps the time of the first payload octet. */
  markPayload(seconds: number, nanos: number): void {
    this.words[this.at + PAYLOAD_SECONDS] = seconds;
    this.words[this.at + PAYLOAD_NANOS] = nanos;
    this.marks |= Mark.PAYLOAD;
  }

  /**
   * True where the packet is the same as the last of its direction (tcp.md: duplicated packet), up to
   * its time; remembers it as the last.
   */
  sameAsLast(identity: number, seq: number, ack: number, length: number): boolean {
    const words = this.words;
    const at = this.at;
    if (
      words[at + LAST_IDENTITY] === identity &&
      words[at + LAST_SEQ] === seq &&
      words[at + LAST_ACK] === ack &&
      words[at + LAST_LENGTH] === length
    ) {
      return true;
    }
    words[at + LAST_IDENTITY] = identity;
    words[at + LAST_SEQ] = seq;
    words[at + LAST_ACK] = ack;
    words[at + LAST_LENGTH] = length;
    return false;
  }

  has(mark: number): boolean {
    return (this.marks & mark) !== 0;
  }

  /** Adds to a counter that most streams never need. */
  count(column: Rare, amount = 1): void {
    let row = this.words[this.at + RARE_ROW]!;
    if (row === 0) {
      row = this.#extras.rare.take();
      this.words[this.at + RARE_ROW] = row;
    }
    this.#extras.rare.add(row, column, amount);
  }

  /** Reads a counter that most streams never need. */
  rare(column: Rare): number {
    return this.#extras.rare.get(this.words[this.at + RARE_ROW]!, column);
  }

  /** True where any of the rare counters was used. */
  get hasRare(): boolean {
    return this.words[this.at + RARE_ROW] !== 0;
  }

  get hasSide(): boolean {
    return this.words[this.at + SIDE] !== 0;
  }

  /** The stream's holes and what waits, or null where all was regular. */
  get sideIfAny(): StreamSide | null {
    const index = this.words[this.at + SIDE]!;
    return index === 0 ? null : this.#extras.sides.get(index);
  }

  /** The same, taken if there is none. */
  get side(): StreamSide {
    let index = this.words[this.at + SIDE]!;
    if (index === 0) {
      index = this.#extras.sides.take();
      this.words[this.at + SIDE] = index;
      // Until the reassembler has looked at what is in it.
      this.marks |= Mark.WATCHED;
    }
    return this.#extras.sides.get(index);
  }

  /** Gives back what lies outside the record. The record must not be used before `reset()`. */
  release(): void {
    this.#extras.rare.release(this.words[this.at + RARE_ROW]!);
    this.#extras.sides.release(this.words[this.at + SIDE]!);
    this.words[this.at + RARE_ROW] = 0;
    this.words[this.at + SIDE] = 0;
  }
}
