// One flow as named fields over the words of its record: key, roles, state, times, links, and the
// records of its two streams behind it. A reused view like StreamCursor; runs once a packet.
//
//     words   [ flow: 34 words | stream c2s: 32 | stream s2c: 32 ]        one record, 392 octets

import { StreamCursor } from "../reassembly/stream-cursor.ts";
import type { StreamExtras } from "../reassembly/stream-cursor.ts";
import { STREAM_WORDS } from "../memory/stream-record.ts";
import type { SegmentCursor } from "../decode/segment-cursor.ts";
import {
  FLOW_WORDS,
  RECORD_WORDS,
  RTT,
  CLIENT,
  SERVER,
  PORTS,
  VLAN,
  ENCAPSULATION,
  HASH,
  NUMBER,
  MARKS,
  STATUS,
  OLDER,
  NEWER,
  RESUMES,
  CLOCK_SECONDS,
  CLOCK_NANOS,
  FIRST_SECONDS,
  FIRST_NANOS,
  LAST_SECONDS,
  LAST_NANOS,
  HISTORY_MASK,
  HISTORY,
  HISTORY_WORDS,
  SYN_SECONDS,
  SYN_NANOS,
  IPV6_MARK,
  HANDSHAKE_ACK_MARK,
  FILTERED_MARK,
  OUT_OF_TIME_MARK,
} from "../memory/flow-record.ts";

/** States of a flow; each has its timeout (tcp.md §5.3). */
export const FlowState = {
  NEW: 0,
  ESTABLISHED: 1,
  CLOSING: 2,
  CLOSED: 3,
  RESET: 4,
} as const;
export type FlowState = (typeof FlowState)[keyof typeof FlowState];

/** How client and server were told apart; index into the report's words. */
export const ROLE_BASES = ["syn", "syn-ack", "port", "first-packet"] as const;

/** Bits of `marks`. */
export const FlowMark = {
  ROLE_BASIS: 0x3,
  IPV6: IPV6_MARK,
  SYN: 0x8,
  SYN_ACK: 0x10,
  /** The ACK of the SYN+ACK was seen. */
  HANDSHAKE_ACK: HANDSHAKE_ACK_MARK,
  /** The key was taken over by a new SYN. */
  REPLACED_BY_SYN: 0x40,
  /** A newer flow of the key completed its handshake; this one leaves when it stays silent. */
  SUPERSEDED: 0x80,
  /** Left out by the filter or a flow number: counted as `filtered`, written by nobody. */
  FILTERED: FILTERED_MARK,
  /** Only packets outside the time limits so far. */
  OUT_OF_TIME: OUT_OF_TIME_MARK,
  /** Which direction sent the accepted RST: set for the server. */
  RESET_BY_SERVER: 0x400,
  /** Opened on a key whose earlier flow is still there. */
  REUSES_KEY: 0x800,
  /** The flow's FlowState. */
  STATE: 0x7000,
} as const;

const STATE_SHIFT = 12;

export class FlowCursor {
  words: Int32Array = new Int32Array(RECORD_WORDS);
  floats: Float64Array = new Float64Array(this.words.buffer);
  at = 0;
  slot = -1;
  readonly c2s: StreamCursor;
  readonly s2c: StreamCursor;

  constructor(extras: StreamExtras) {
    this.c2s = new StreamCursor(extras, "c2s");
    this.s2c = new StreamCursor(extras, "s2c");
  }

  bind(slot: number, words: Int32Array, floats: Float64Array, at: number): void {
    const { c2s, s2c } = this;
    this.slot = slot;
    this.at = at;
    c2s.at = at + FLOW_WORDS;
    s2c.at = at + FLOW_WORDS + STREAM_WORDS;
    // Mostly the slab of the flow before: numbers alone move, which needs no write barrier.
    if (this.words === words) return;
    this.words = words;
    this.floats = floats;
    c2s.words = words;
    c2s.floats = floats;
    s2c.words = words;
    s2c.floats = floats;
  }

  /** Makes the record that of a new flow from the segment's sender (or its receiver) as client. */
  open(segment: SegmentCursor, senderIsClient: boolean, vlanPath: number, hash: number): void {
    const { words, at } = this;
    words.fill(0, at, at + FLOW_WORDS);
    const sender = at + (senderIsClient ? CLIENT : SERVER);
    const receiver = at + (senderIsClient ? SERVER : CLIENT);
    words[sender] = segment.source0;
    words[sender + 1] = segment.source1;
    words[sender + 2] = segment.source2;
    words[sender + 3] = segment.source3;
    words[receiver] = segment.destination0;
    words[receiver + 1] = segment.destination1;
    words[receiver + 2] = segment.destination2;
    words[receiver + 3] = segment.destination3;
    words[at + PORTS] = senderIsClient
      ? (segment.sourcePort << 16) | segment.destinationPort
      : (segment.destinationPort << 16) | segment.sourcePort;
    words[at + VLAN] = vlanPath;
    words[at + ENCAPSULATION] = segment.encapsulation;
    words[at + HASH] = hash;
    words[at + OLDER] = -1;
    words[at + NEWER] = -1;
    words[at + MARKS] = segment.ipVersion === 6 ? FlowMark.IPV6 : 0;
    this.floats[(at >> 1) + RTT] = -1;
    this.c2s.reset();
    this.s2c.reset();
  }

  /** 1 if the segment goes from client to server, -1 if the other way, 0 if it is of another key. */
  directionOf(segment: SegmentCursor, vlanPath: number): -1 | 0 | 1 {
    const { words, at } = this;
    if (
      words[at + VLAN] !== vlanPath ||
      words[at + ENCAPSULATION] !== segment.encapsulation ||
      (words[at + MARKS]! & FlowMark.IPV6) !== (segment.ipVersion === 6 ? FlowMark.IPV6 : 0)
    ) {
      return 0;
    }
    const ports = words[at + PORTS]!;
    if (
      ports === ((segment.sourcePort << 16) | segment.destinationPort) &&
      this.#endpointsAre(at + CLIENT, at + SERVER, segment)
    ) {
      return 1;
    }
    if (
      ports === ((segment.destinationPort << 16) | segment.sourcePort) &&
      this.#endpointsAre(at + SERVER, at + CLIENT, segment)
    ) {
      return -1;
    }
    return 0;
  }

  #endpointsAre(source: number, destination: number, segment: SegmentCursor): boolean {
    const words = this.words;
    return (
      words[source + 3] === segment.source3 &&
      words[destination + 3] === segment.destination3 &&
      words[source] === segment.source0 &&
      words[destination] === segment.destination0 &&
      words[source + 1] === segment.source1 &&
      words[destination + 1] === segment.destination1 &&
      words[source + 2] === segment.source2 &&
      words[destination + 2] === segment.destination2
    );
  }

  /** Word `index` (0 to 3) of the client's or server's address. */
  clientWord(index: number): number {
    return this.words[this.at + CLIENT + index]!;
  }
  serverWord(index: number): number {
    return this.words[this.at + SERVER + index]!;
  }
  get clientPort(): number {
    return this.words[this.at + PORTS]! >>> 16;
  }
  get serverPort(): number {
    return this.words[this.at + PORTS]! & 0xffff;
  }
  get ipVersion(): 4 | 6 {
    return this.has(FlowMark.IPV6) ? 6 : 4;
  }
  get vlanPath(): number {
    return this.words[this.at + VLAN]!;
  }
  get encapsulation(): number {
    return this.words[this.at + ENCAPSULATION]!;
  }
  get hash(): number {
    return this.words[this.at + HASH]!;
  }
  /** Counts from 1 in order of first packet. */
  get number(): number {
    return this.words[this.at + NUMBER]! >>> 0;
  }
  set number(value: number) {
    this.words[this.at + NUMBER] = value;
  }
  /** Bits of FlowMark. */
  get marks(): number {
    return this.words[this.at + MARKS]!;
  }
  set marks(value: number) {
    this.words[this.at + MARKS] = value;
  }
  has(mark: number): boolean {
    return (this.marks & mark) !== 0;
  }
  get roleBasis(): (typeof ROLE_BASES)[number] {
    return ROLE_BASES[this.marks & FlowMark.ROLE_BASIS]!;
  }
  get state(): FlowState {
    return ((this.marks & FlowMark.STATE) >> STATE_SHIFT) as FlowState;
  }
  set state(value: FlowState) {
    this.marks = (this.marks & ~FlowMark.STATE) | (value << STATE_SHIFT);
  }
  /** Bits of the status word that belong to the flow, not to one of its streams. */
  get status(): number {
    return this.words[this.at + STATUS]!;
  }
  set status(value: number) {
    this.words[this.at + STATUS] = value;
  }
  /** Slots of the flows before and after this one on the same key; -1 for none. */
  get older(): number {
    return this.words[this.at + OLDER]!;
  }
  set older(slot: number) {
    this.words[this.at + OLDER] = slot;
  }
  get newer(): number {
    return this.words[this.at + NEWER]!;
  }
  set newer(slot: number) {
    this.words[this.at + NEWER] = slot;
  }
  /** Number of the swept flow that this one continues; 0 for none. */
  get resumes(): number {
    return this.words[this.at + RESUMES]! >>> 0;
  }
  set resumes(flow: number) {
    this.words[this.at + RESUMES] = flow;
  }
  /** The clock's value when the flow's last packet was handled: what idleness is measured from. */
  get clockSeconds(): number {
    return this.words[this.at + CLOCK_SECONDS]! >>> 0;
  }
  get clockNanos(): number {
    return this.words[this.at + CLOCK_NANOS]!;
  }
  setClock(seconds: number, nanos: number): void {
    this.words[this.at + CLOCK_SECONDS] = seconds;
    this.words[this.at + CLOCK_NANOS] = nanos;
  }
  get firstSeconds(): number {
    return this.words[this.at + FIRST_SECONDS]! >>> 0;
  }
  get firstNanos(): number {
    return this.words[this.at + FIRST_NANOS]!;
  }
  setFirst(seconds: number, nanos: number): void {
    this.words[this.at + FIRST_SECONDS] = seconds;
    this.words[this.at + FIRST_NANOS] = nanos;
  }
  get lastSeconds(): number {
    return this.words[this.at + LAST_SECONDS]! >>> 0;
  }
  get lastNanos(): number {
    return this.words[this.at + LAST_NANOS]!;
  }
  setLast(seconds: number, nanos: number): void {
    this.words[this.at + LAST_SECONDS] = seconds;
    this.words[this.at + LAST_NANOS] = nanos;
  }
  /** From the SYN to the ACK of the SYN+ACK, nanoseconds; -1 where not measured. */
  get handshakeRttNanos(): number {
    return this.floats[(this.at >> 1) + RTT]!;
  }
  set handshakeRttNanos(value: number) {
    this.floats[(this.at >> 1) + RTT] = value;
  }
  /** Capture time of the newest SYN, for the handshake's round-trip time. */
  get synSeconds(): number {
    return this.words[this.at + SYN_SECONDS]! >>> 0;
  }
  get synNanos(): number {
    return this.words[this.at + SYN_NANOS]!;
  }
  setSyn(seconds: number, nanos: number): void {
    this.words[this.at + SYN_SECONDS] = seconds;
    this.words[this.at + SYN_NANOS] = nanos;
  }

  /** Appends a letter (0 to 31) to the history, each one once (and as long as there is room: 30). */
  addHistory(letter: number): void {
    const { words, at } = this;
    const mask = words[at + HISTORY_MASK]!;
    const bit = 1 << letter;
    if ((mask & bit) !== 0) return;
    words[at + HISTORY_MASK] = mask | bit;
    const length = countBits(mask);
    if (length >= HISTORY_WORDS * 6) return;
    words[at + HISTORY + Math.trunc(length / 6)]! |= letter << ((length % 6) * 5);
  }

  /** True if the letter stands in the history. */
  hasHistory(letter: number): boolean {
    return (this.words[this.at + HISTORY_MASK]! & (1 << letter)) !== 0;
  }

  /** Letters of the history in the order they came. */
  historyLetters(): number[] {
    const { words, at } = this;
    const length = Math.min(countBits(words[at + HISTORY_MASK]!), HISTORY_WORDS * 6);
    const letters: number[] = [];
    for (let i = 0; i < length; i++) {
      letters.push((words[at + HISTORY + Math.trunc(i / 6)]! >> ((i % 6) * 5)) & 31);
    }
    return letters;
  }
}

/** Each letter stands in the history once, so that the letters are as many as the bits of their mask. */
function countBits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}
