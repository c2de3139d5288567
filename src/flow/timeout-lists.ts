// The sweeper's order: one list a state, each in the order in which its flows last spoke, so that the
// flow that is idle longest stands at the head and a packet costs O(1).
//
//     established   head -> 17 -> 4 -> 99 <- tail        touch(4): 4 moves behind 99
//
// Links are slots, in two typed arrays beside the records (touching a list touches little memory).

const NONE = -1;

/** A flow is in one list at a time. */
export class TimeoutLists {
  readonly #heads: Int32Array;
  readonly #tails: Int32Array;
  #previous = new Int32Array(1024).fill(NONE);
  #next = new Int32Array(1024).fill(NONE);
  /** Which list a slot is in. */
  #list = new Int8Array(1024).fill(NONE);
  /** Links changed so far; counted by tests, since time can't be. */
  operations = 0;

  constructor(lists: number) {
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
    return this.#list[slot]!;
  }

  /** Moves the slot to the tail of the list, out of the one it is in. */
  touch(slot: number, list: number): void {
    if (this.#tails[list] === slot) return;
    if (slot >= this.#list.length) this.#grow(slot);
    if (this.#list[slot] !== NONE) this.#unlink(slot);
    const tail = this.#tails[list]!;
    this.#previous[slot] = tail;
    this.#next[slot] = NONE;
    if (tail === NONE) this.#heads[list] = slot;
    else this.#next[tail] = slot;
    this.#tails[list] = slot;
    this.#list[slot] = list;
    this.operations++;
  }

  remove(slot: number): void {
    if (this.#list[slot] === NONE) return;
    this.#unlink(slot);
    this.#list[slot] = NONE;
  }

  #unlink(slot: number): void {
    const list = this.#list[slot]!;
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
    this.#previous = grown(this.#previous, new Int32Array(length));
    this.#next = grown(this.#next, new Int32Array(length));
    this.#list = grown(this.#list, new Int8Array(length));
  }
}

function grown<Column extends Int32Array | Int8Array>(column: Column, larger: Column): Column {
  larger.fill(NONE);
  larger.set(column);
  return larger;
}
