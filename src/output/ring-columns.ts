// Where each stream's ring is and which positions it holds, as columns of typed arrays: 28 octets a
// stream, so that a million live flows fit. Arithmetic only; the octets are the sink's.

import { NO_SLOT } from "./buffer-pool.ts";

const FIRST_CAPACITY = 1024;

export class RingColumns {
  /** Behind the highest position; -1 without a ring. */
  end: Float64Array = new Float64Array(FIRST_CAPACITY);
  /** Position of the first octet; -Infinity once the ring wraps: older octets are lost as `end` goes on. */
  from: Float64Array = new Float64Array(FIRST_CAPACITY);
  slot: Int32Array = new Int32Array(FIRST_CAPACITY);
  /** Octets of the ring. */
  capacity: Int32Array = new Int32Array(FIRST_CAPACITY);
  /** Index of `end` in the ring. */
  cursor: Int32Array = new Int32Array(FIRST_CAPACITY);
  #count = 1;
  /** Handle given back last, 0 for none; `cursor` of a free handle names the one given back before. */
  #free = 0;

  /** A handle without a ring. */
  open(): number {
    const stream = this.#free === 0 ? this.#count++ : this.#free;
    if (stream === this.#free) this.#free = this.cursor[stream]!;
    if (stream >= this.end.length) this.#enlarge();
    this.lose(stream);
    return stream;
  }

  release(stream: number): void {
    this.lose(stream);
    this.cursor[stream] = this.#free;
    this.#free = stream;
  }

  /** An empty ring whose first octet will be the position's. */
  begin(stream: number, slot: number, capacity: number, position: number): void {
    this.slot[stream] = slot;
    this.capacity[stream] = capacity;
    this.cursor[stream] = 0;
    this.from[stream] = position;
    this.end[stream] = position;
  }

  lose(stream: number): void {
    this.slot[stream] = NO_SLOT;
    this.capacity[stream] = 0;
    this.cursor[stream] = 0;
    this.from[stream] = 0;
    this.end[stream] = -1;
  }

  /** The octets were moved to a larger slot; they begin at its first. */
  move(stream: number, slot: number, capacity: number): void {
    this.slot[stream] = slot;
    this.capacity[stream] = capacity;
    this.cursor[stream] = this.end[stream]! - this.from[stream]!;
  }

  /** It can't grow any more: new octets take the place of the oldest. */
  wrapFromNowOn(stream: number): void {
    this.from[stream] = -Infinity;
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
    const index = this.cursor[stream]! - (this.end[stream]! - position);
    return index < 0 ? index + this.capacity[stream]! : index;
  }

  #enlarge(): void {
    const capacity = this.end.length * 2;
    this.end = enlarged(this.end, new Float64Array(capacity));
    this.from = enlarged(this.from, new Float64Array(capacity));
    this.slot = enlarged(this.slot, new Int32Array(capacity));
    this.capacity = enlarged(this.capacity, new Int32Array(capacity));
    this.cursor = enlarged(this.cursor, new Int32Array(capacity));
  }
}

function enlarged<Column extends Float64Array | Int32Array>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}
