// The sweeper's order: one list a state, each in the order in which its flows last spoke, so that the
// flow that is idle longest stands at the head and a packet costs O(1).
//
//     established   head -> 17 -> 4 -> 99 <- tail        touch(4): 4 moves behind 99
//
// Links are slots, in two typed arrays beside the records (touching a list touches little memory).

import { enlarged, int32Column, uint8Column } from "../memory/octet-memory.ts";
import type { OctetMemory } from "../memory/octet-memory.ts";

const NONE = -1;

/** A flow is in one list at a time. */
export class TimeoutLists {
  readonly #heads: Int32Array;
  readonly #tails: Int32Array;
  #previous: Int32Array;
  #next: Int32Array;
  /** Which list a slot is in, by its number counted from 1; 0 for none. */
  #list: Uint8Array;
  /** Links changed so far; counted by tests, since time can't be. */
  operations = 0;

  /** `memory`: where the links lie, as long as it has room. */
  constructor(lists: number, memory: OctetMemory | null = null) {
    this.#previous = int32Column(memory, 1);
    this.#next = int32Column(memory, 1);
    this.#list = uint8Column(memory, 1);
    this.#heads = new Int32Array(lists).fill(NONE);
    this.#tails = new Int32Array(lists).fill(NONE);
  }

  /** The slot that is idle longest in the list, or -1. */
  head(list: number): number {
    return this.#heads[list]!;
  }

  /** The slot behind this one, or -1. */
  next(slot: number): number {
    return this.#next[slot]!;
  }

  listOf(slot: number): number {
    return this.#list[slot]! - 1;
  }

  /** Moves the slot to the tail of the list, out of the one it is in. */
  touch(slot: number, list: number): void {
    if (this.#tails[list] === slot) return;
    if (slot >= this.#list.length) this.#grow(slot);
    if (this.#list[slot] !== 0) this.#unlink(slot);
    const tail = this.#tails[list]!;
    this.#previous[slot] = tail;
    this.#next[slot] = NONE;
    if (tail === NONE) this.#heads[list] = slot;
    else this.#next[tail] = slot;
    this.#tails[list] = slot;
    this.#list[slot] = list + 1;
    this.operations++;
  }

  remove(slot: number): void {
    if (this.#list[slot] === 0) return;
    this.#unlink(slot);
    this.#list[slot] = 0;
  }

  #unlink(slot: number): void {
    const list = this.listOf(slot);
    const previous = this.#previous[slot]!;
    const next = this.#next[slot]!;
    if (previous === NONE) this.#heads[list] = next;
    else this.#next[previous] = next;
    if (next === NONE) this.#tails[list] = previous;
    else this.#previous[next] = previous;
    this.operations++;
  }

  #grow(slot: number): void {
    const length = Math.max(this.#list.length * 2, slot + 1);
    this.#previous = enlarged(this.#previous, new Int32Array(length));
    this.#next = enlarged(this.#next, new Int32Array(length));
    this.#list = enlarged(this.#list, new Uint8Array(length));
  }
}
