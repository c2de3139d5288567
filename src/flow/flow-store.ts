// Memory of the live flows: records in slabs of typed arrays and a list of free slots. It grows slab
// by slab, without copying, and is bounded by the number of flows that live at once. The slabs lie one behind the
// other in the run's memory, as long as it has room, so that the fast path finds a record by its slot.

import type { OctetMemory } from "../memory/octet-memory.ts";
import type { FlowCursor } from "./flow-cursor.ts";
import { RECORD_WORDS } from "../memory/flow-record.ts";

const SLAB_BITS = 10;
const FLOWS_PER_SLAB = 1 << SLAB_BITS;
const SLOT_MASK = FLOWS_PER_SLAB - 1;

export class FlowStore {
  /** Records by slot in the run's memory; null where that has no room for them. */
  readonly inMemory: Int32Array | null;
  readonly #words: Int32Array[] = [];
  readonly #floats: Float64Array[] = [];
  /** Slots given back, used again last in, first out. */
  #free = new Int32Array(FLOWS_PER_SLAB);
  #freeCount = 0;
  #next = 0;
  #live = 0;
  #mostLive = 0;

  constructor(memory: OctetMemory | null = null) {
    this.inMemory = memory?.int32(memory.flows * RECORD_WORDS) ?? null;
  }

  get live(): number {
    return this.#live;
  }
  /** Most flows that lived at once. */
  get mostLive(): number {
    return this.#mostLive;
  }
  /** Slots are below this. */
  get slotLimit(): number {
    return this.#next;
  }

  take(): number {
    this.#live++;
    if (this.#live > this.#mostLive) this.#mostLive = this.#live;
    if (this.#freeCount > 0) return this.#free[--this.#freeCount]!;
    const slot = this.#next++;
    if (slot >> SLAB_BITS === this.#words.length) {
      const words = this.#slab(slot);
      this.#words.push(words);
      this.#floats.push(new Float64Array(words.buffer, words.byteOffset, words.length / 2));
    }
    return slot;
  }

  #slab(firstSlot: number): Int32Array {
    const length = FLOWS_PER_SLAB * RECORD_WORDS;
    const at = firstSlot * RECORD_WORDS;
    if (this.inMemory === null || at + length > this.inMemory.length) return new Int32Array(length);
    return this.inMemory.subarray(at, at + length);
  }

  release(slot: number): void {
    if (this.#freeCount === this.#free.length) {
      const larger = new Int32Array(this.#free.length * 2);
      larger.set(this.#free);
      this.#free = larger;
    }
    this.#free[this.#freeCount++] = slot;
    this.#live--;
  }

  /** Binds the cursor to the record of a slot that was taken. */
  bind(slot: number, cursor: FlowCursor): void {
    const slab = slot >> SLAB_BITS;
    const at = (slot & SLOT_MASK) * RECORD_WORDS;
    cursor.bind(slot, this.#words[slab]!, this.#floats[slab]!, at);
  }
}
