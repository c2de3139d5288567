// Where each stream's ring is and which positions it holds, as columns of typed arrays: 36 octets a
// stream, so that a million live flows fit. Arithmetic only; the octets are the sink's.

import { enlarged, float64Column, int32Column } from "../memory/octet-memory.ts";
import type { BufferPool } from "./buffer-pool.ts";
import { NO_SLOT } from "./buffer-pool.ts";
import { STREAMS, WriteHeads } from "./write-heads.ts";

export class RingColumns extends WriteHeads {
  /** Position of the first octet; -Infinity once the ring wraps: older octets are lost as `end` goes on. */
  from: Float64Array;
  /** Octets of the ring. */
  capacity: Int32Array;
  readonly #pool: BufferPool;
  #count = 1;
  /** Handle given back last, 0 for none; `capacity` of a free handle names the one given back before. */
  #free = 0;

  constructor(pool: BufferPool) {
    super(pool);
    this.#pool = pool;
    this.from = float64Column(this.memory, STREAMS);
    this.capacity = int32Column(this.memory, STREAMS);
  }

  /** Index of `end` in the ring. */
  cursorOf(stream: number): number {
    return this.target[stream]! - this.#pool.offsetOf(this.slot[stream]!);
  }

  /** Moves the end to an index of the ring: what neither ends nor wraps at the ring's end needs no thought. */
  turnTo(stream: number, cursor: number): void {
    this.target[stream] = this.#pool.offsetOf(this.slot[stream]!) + cursor;
    this.room[stream] = this.capacity[stream]! - cursor - 1;
  }

  /** A handle without a ring. */
  open(): number {
    const stream = this.#free === 0 ? this.#count++ : this.#free;
    if (stream === this.#free) this.#free = this.capacity[stream]!;
    if (stream >= this.from.length) this.#enlarge();
    this.lose(stream);
    return stream;
  }

  release(stream: number): void {
    this.lose(stream);
    this.capacity[stream] = this.#free;
    this.#free = stream;
  }

  /** An empty ring whose first octet will be the position's. */
  begin(stream: number, slot: number, capacity: number, position: number): void {
    this.slot[stream] = slot;
    this.capacity[stream] = capacity;
    this.from[stream] = position;
    this.end[stream] = position;
    this.turnTo(stream, 0);
  }

  lose(stream: number): void {
    this.clearHead(stream);
    this.capacity[stream] = 0;
    this.from[stream] = 0;
  }

  /** The octets were moved to a larger slot; they begin at its first. */
  move(stream: number, slot: number, capacity: number): void {
    this.slot[stream] = slot;
    this.capacity[stream] = capacity;
    this.turnTo(stream, this.end[stream]! - this.from[stream]!);
  }

  /** It can't grow any more: new octets take the place of the oldest. */
  wrapFromNowOn(stream: number): void {
    this.from[stream] = -Infinity;
    this.ring[stream] = this.#pool.offsetOf(this.slot[stream]!);
  }

  /** True where octets up to `after` neither fit nor may take the place of the oldest yet. */
  isTooSmallFor(stream: number, after: number): boolean {
    const from = this.from[stream]!;
    return from !== -Infinity && after > from + this.capacity[stream]!;
  }

  rebase(stream: number, shift: number): void {
    if (this.slot[stream] === NO_SLOT) return;
    this.end[stream]! += shift;
    this.from[stream]! += shift;
  }

  /** Lowest position that the ring holds; above every position if there is no ring. */
  first(stream: number): number {
    if (this.slot[stream] === NO_SLOT) return Infinity;
    return Math.max(this.from[stream]!, this.end[stream]! - this.capacity[stream]!);
  }

  /** Index of a position that the ring holds. */
  indexOf(stream: number, position: number): number {
    const index = this.cursorOf(stream) - (this.end[stream]! - position);
    return index < 0 ? index + this.capacity[stream]! : index;
  }

  #enlarge(): void {
    const capacity = this.from.length * 2;
    this.from = enlarged(this.from, new Float64Array(capacity));
    this.capacity = enlarged(this.capacity, new Int32Array(capacity));
  }
}
