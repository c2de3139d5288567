// Octets by position in any order -> the same octets in order, and the gaps between them (tcp.md §4.4).
// What lies behind a hole is held, in bounded memory, until the hole fills or is declared lost; the gap
// is announced before the octets behind it. Each octet is handed on once.
//
//     delivered |  hole  | held | hole | held |
//               ^ next     ^ chunks, sorted, disjoint, each a copy
//
// Where position 0 is only the first payload octet that was seen, something may still turn up before it
// (tcp.md §3.2): that is waited for like a hole of unknown length, so that positions are the file's.
// What arrives in order while nothing is held takes the short way and allocates nothing.

import { copyOctets } from "../bytes.ts";

/** Octets held of one stream. */
export const HELD_LIMIT: number = 4 * 1024 * 1024;
/** Octets held of all streams of a run. */
export const HELD_TOTAL_LIMIT: number = 256 * 1024 * 1024;
/** What a held chunk costs besides its octets. */
const CHUNK_OVERHEAD = 128;
/** Once so many octets of a stream were accepted its origin stays where it is (tcp.md §3.2). */
const ORIGIN_STAYS_AFTER = 256 * 1024;

/** What all streams of a run hold together. */
export class HeldBudget {
  readonly limit: number;
  bytes = 0;

  constructor(limit: number = HELD_TOTAL_LIMIT) {
    this.limit = limit;
  }
}

export interface OrderedReceiver {
  /** The next octets of the stream; valid during the call. */
  octets(
    stream: OrderedStream,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void;
  /** `[position, position + length)` is lost; called before the octets behind it. */
  gap(stream: OrderedStream, position: number, length: number): void;
  /** Octets came for an announced gap, or before a stream that was begun: not handed on. */
  lateFill(stream: OrderedStream, length: number): void;
}

interface Chunk {
  position: number;
  readonly bytes: Uint8Array;
}

export class OrderedStream {
  readonly direction: "c2s" | "s2c";
  readonly #receiver: OrderedReceiver;
  readonly #budget: HeldBudget;
  readonly #limit: number;
  #next = 0;
  #chunks: Chunk[] = [];
  #heldBytes = 0;
  /** True while position 0 may still move back. */
  #mayMove: boolean;
  /** The hole in front was acknowledged by the time the last packet was done. */
  #isAcked = false;

  constructor(
    direction: "c2s" | "s2c",
    originMayMove: boolean,
    receiver: OrderedReceiver,
    budget: HeldBudget,
    limit: number = HELD_LIMIT,
  ) {
    this.direction = direction;
    this.#mayMove = originMayMove;
    this.#receiver = receiver;
    this.#budget = budget;
    this.#limit = limit;
  }

  /** Position of the next octet in order. */
  get next(): number {
    return this.#next;
  }

  /** Octets held, and what they cost. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  get isWaiting(): boolean {
    return this.#chunks.length > 0;
  }

  /** New octets at a position, each at most once (StreamSink.write). */
  write(position: number, bytes: Uint8Array, start: number, end: number): void {
    if (position === this.#next && this.#chunks.length === 0 && !this.#mayMove) {
      this.#next = position + (end - start);
      this.#receiver.octets(this, position, bytes, start, end);
      return;
    }
    this.#writeIrregular(position, bytes, start, end);
  }

  /** A further copy won (`--overlap`): what is held takes it, what was handed on stays. */
  overwrite(position: number, bytes: Uint8Array, start: number, end: number): void {
    const to = position + (end - start);
    for (let i = this.#indexAt(position); i < this.#chunks.length; i++) {
      const chunk = this.#chunks[i]!;
      if (chunk.position >= to) break;
      const from = Math.max(position, chunk.position);
      const until = Math.min(to, chunk.position + chunk.bytes.length);
      if (until <= from) continue;
      const at = start + (from - position);
      chunk.bytes.set(bytes.subarray(at, at + (until - from)), from - chunk.position);
    }
  }

  /** Position 0 moved back by `shift` (StreamSink.rebase). */
  rebase(shift: number): void {
    for (const chunk of this.#chunks) chunk.position += shift;
    // What was handed on is at `shift` and beyond now; what lies before it comes too late.
    if (!this.#mayMove) this.#next += shift;
  }

  /** The origin is known after all (a SYN that came late). */
  fixOrigin(): void {
    if (!this.#mayMove) return;
    this.#mayMove = false;
    this.#release();
  }

  /**
   * After a packet: `acked` is the peer's highest acknowledgment. A hole that was acknowledged before
   * this packet and is still there is lost, where `isFurther` (a segment of this direction).
   */
  acknowledge(acked: number, isFurther: boolean): void {
    if (this.#isAcked && isFurther) this.giveUpHole();
    this.#isAcked = this.#chunks.length > 0 && acked >= this.#holeEnd();
  }

  /** A segment with payload of the other direction comes: what was acknowledged does not fill any more. */
  furtherByPeer(): void {
    if (this.#isAcked) this.giveUpHole();
  }

  /** Declares the hole in front lost and hands on what was held behind it, up to the next one. */
  giveUpHole(): void {
    this.#isAcked = false;
    const [first] = this.#chunks;
    if (first === undefined) return;
    this.#mayMove = false;
    this.#announce(first.position);
    this.#release();
  }

  /** Hands on all that is held, and the gaps between and behind it up to `length`. */
  flush(length: number): void {
    while (this.#chunks.length > 0) this.giveUpHole();
    this.#mayMove = false;
    this.#announce(length);
  }

  /** Nobody wants the octets any more. */
  forget(): void {
    this.#chunks = [];
    this.#hold(-this.#heldBytes);
  }

  #writeIrregular(position: number, bytes: Uint8Array, start: number, end: number): void {
    let from = start;
    if (position < this.#next) {
      const late = Math.min(this.#next - position, end - start);
      this.#receiver.lateFill(this, late);
      from += late;
      if (from === end) return;
    }
    const at = position + (from - start);
    if (at === this.#next && !this.#mayMove) {
      const [first] = this.#chunks;
      const to = at + (end - from);
      if (first !== undefined && first.position === to) {
        // One call for the octets that fill a hole and for all that they release.
        this.#insert(at, bytes, from, end);
        this.#release();
        return;
      }
      this.#next = to;
      this.#receiver.octets(this, at, bytes, from, end);
      return;
    }
    this.#insert(at, bytes, from, end);
    if (this.#mayMove && this.#heldBytes >= ORIGIN_STAYS_AFTER) this.fixOrigin();
    while (this.#isOverLimit()) this.giveUpHole();
  }

  #isOverLimit(): boolean {
    if (this.#heldBytes > this.#limit) return true;
    return this.#budget.bytes > this.#budget.limit && this.#chunks.length > 0;
  }

  #hold(amount: number): void {
    this.#heldBytes += amount;
    this.#budget.bytes += amount;
  }

  #insert(position: number, bytes: Uint8Array, start: number, end: number): void {
    const chunk = { position, bytes: copyOctets(bytes, start, end) };
    const chunks = this.#chunks;
    this.#hold(chunk.bytes.length + CHUNK_OVERHEAD);
    const last = chunks.at(-1);
    if (last === undefined || last.position < position) chunks.push(chunk);
    else chunks.splice(this.#indexAt(position), 0, chunk);
  }

  /** Hands on what is contiguous from `next` on, as one piece. */
  #release(): void {
    const chunks = this.#chunks;
    let end = this.#next;
    let count = 0;
    while (count < chunks.length && chunks[count]!.position === end) {
      end += chunks[count]!.bytes.length;
      count++;
    }
    if (count === 0) return;
    // What is in front now is another hole.
    this.#isAcked = false;
    const released = chunks.splice(0, count);
    const length = end - this.#next;
    this.#hold(-length - count * CHUNK_OVERHEAD);
    const position = this.#next;
    this.#next = end;
    const bytes = count === 1 ? released[0]!.bytes : joined(released, length);
    this.#receiver.octets(this, position, bytes, 0, length);
  }

  #announce(end: number): void {
    const position = this.#next;
    if (end <= position) return;
    this.#next = end;
    this.#receiver.gap(this, position, end - position);
  }

  /** Where the hole in front ends, and what lies behind it begins. */
  #holeEnd(): number {
    const first = this.#chunks[0]!;
    // Before the first payload octet of a stream lies a hole of unknown length.
    return this.#mayMove ? first.position + first.bytes.length : first.position;
  }

  /** Index of the first chunk that ends behind the position. */
  #indexAt(position: number): number {
    const chunks = this.#chunks;
    let low = 0;
    let high = chunks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const chunk = chunks[middle]!;
      if (chunk.position + chunk.bytes.length > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function joined(chunks: readonly Chunk[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk.bytes, at);
    at += chunk.bytes.length;
  }
  return bytes;
}
