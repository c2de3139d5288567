// Key hash -> slot of the newest flow of that key. Open addressing over typed arrays; when it is three
// quarters full, a table of twice the size is begun and the entries move over a few at a time, so that
// no packet ever waits for a whole rehash. What is taken out leaves no mark behind: entries that had to
// step aside for it move up (Knuth, The Art of Computer Programming 6.4, Algorithm R), or a key that comes
// and goes for hours would make every search longer.
//
//     entries   [ hash slot | hash slot | ... ]       slot -1: empty; in the old ones, -2: moved or taken out
//     old entries ---moved step by step---> entries

import type { OctetMemory } from "../memory/octet-memory.ts";

const EMPTY = -1;
const REMOVED = -2;
const MOVED_A_STEP = 16;
const INITIAL_ENTRIES = 1024;

/** Entries for each flow that the memory has tables for: a power of two, and never more than three quarters full. */
const ENTRIES_A_FLOW = 2;

export class FlowIndex {
  /** In memory: where the entries lie, and where the next ones will, in turn. */
  #here: Int32Array | null;
  #there: Int32Array | null;
  #entries: Int32Array;
  #mask = INITIAL_ENTRIES - 1;
  /** Of `entries`, how many are not EMPTY. */
  #used = 0;
  #live = 0;
  #old: Int32Array | null = null;
  #oldMask = 0;
  #oldNext = 0;
  /** Where the search in hand has come to. */
  #walked: Int32Array;
  #walkedMask = 0;
  #walkedAt = 0;
  /** Entries looked at so far; counted by tests, since time can't be. */
  probes = 0;

  /** `memory`: where the entries lie, as long as it has room. */
  constructor(memory: OctetMemory | null = null) {
    const words = (memory?.flows ?? 0) * ENTRIES_A_FLOW * 2;
    this.#here = memory?.int32(words) ?? null;
    this.#there = memory?.int32(words) ?? null;
    this.#entries = this.#emptyEntries(INITIAL_ENTRIES);
    this.#walked = this.#entries;
  }

  /** Pairs of hash and slot, a power of two of them; another array once the index has grown. */
  get entries(): Int32Array {
    return this.#entries;
  }
  /** Those before it that still move over; null if there are none. */
  get oldEntries(): Int32Array | null {
    return this.#old;
  }

  get size(): number {
    return this.#live;
  }

  /**
   * The first slot under this hash, or -1. Two keys may share a hash, so the caller looks at the flow,
   * and asks `findNext` if it is another one.
   */
  find(hash: number): number {
    this.#walked = this.#entries;
    this.#walkedMask = this.#mask;
    this.#walkedAt = hash & this.#mask;
    return this.findNext(hash);
  }

  /** After `find` or `findNext` with the same hash: the next slot under it, or -1. */
  findNext(hash: number): number {
    const slot = this.#walk(hash);
    if (slot >= 0 || this.#old === null || this.#walked === this.#old) return slot;
    this.#walked = this.#old;
    this.#walkedMask = this.#oldMask;
    this.#walkedAt = hash & this.#oldMask;
    return this.#walk(hash);
  }

  insert(hash: number, slot: number): void {
    if (this.#old !== null) this.#moveSome(MOVED_A_STEP);
    if ((this.#used + 1) * 4 > (this.#mask + 1) * 3) this.#grow();
    this.#put(hash, slot);
    this.#live++;
  }

  /** Puts another slot in the place of one that is there. */
  replace(hash: number, slot: number, by: number): void {
    const at = this.#entryOf(this.#entries, this.#mask, hash, slot);
    if (at >= 0) this.#entries[at + 1] = by;
    else if (this.#old !== null) {
      const oldAt = this.#entryOf(this.#old, this.#oldMask, hash, slot);
      if (oldAt >= 0) this.#old[oldAt + 1] = by;
    }
  }

  remove(hash: number, slot: number): void {
    const at = this.#entryOf(this.#entries, this.#mask, hash, slot);
    if (at >= 0) {
      this.#takeOut(at >> 1);
      this.#live--;
      return;
    }
    if (this.#old === null) return;
    const oldAt = this.#entryOf(this.#old, this.#oldMask, hash, slot);
    if (oldAt < 0) return;
    this.#old[oldAt + 1] = REMOVED;
    this.#live--;
  }

  /** Empties an entry; those behind it that belong at or before its place move up. */
  #takeOut(entry: number): void {
    const entries = this.#entries;
    const mask = this.#mask;
    let hole = entry;
    for (let i = (hole + 1) & mask; entries[i * 2 + 1] !== EMPTY; i = (i + 1) & mask) {
      this.probes++;
      const home = entries[i * 2]! & mask;
      if (((i - home) & mask) < ((i - hole) & mask)) continue;
      entries[hole * 2] = entries[i * 2]!;
      entries[hole * 2 + 1] = entries[i * 2 + 1]!;
      hole = i;
    }
    entries[hole * 2 + 1] = EMPTY;
    this.#used--;
  }

  #walk(hash: number): number {
    const entries = this.#walked;
    const mask = this.#walkedMask;
    for (let i = this.#walkedAt; ; i = (i + 1) & mask) {
      this.probes++;
      const slot = entries[i * 2 + 1]!;
      if (slot === EMPTY) {
        this.#walkedAt = i;
        return -1;
      }
      if (slot >= 0 && entries[i * 2] === hash) {
        this.#walkedAt = (i + 1) & mask;
        return slot;
      }
    }
  }

  #entryOf(entries: Int32Array, mask: number, hash: number, slot: number): number {
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      this.probes++;
      const found = entries[i * 2 + 1]!;
      if (found === EMPTY) return -1;
      if (found === slot) return i * 2;
    }
  }

  #put(hash: number, slot: number): void {
    const entries = this.#entries;
    const mask = this.#mask;
    let i = hash & mask;
    while (entries[i * 2 + 1] !== EMPTY) {
      this.probes++;
      i = (i + 1) & mask;
    }
    entries[i * 2] = hash;
    entries[i * 2 + 1] = slot;
    this.#used++;
  }

  #grow(): void {
    // A table still being left is emptied first; with 16 entries a step that does not happen in
    // practice, since the new table has room for as many insertions as the old one had entries.
    if (this.#old !== null) this.#moveSome(this.#oldMask + 1);
    this.#old = this.#entries;
    this.#oldMask = this.#mask;
    this.#oldNext = 0;
    const size = (this.#mask + 1) * 2;
    this.#entries = this.#emptyEntries(size);
    this.#mask = size - 1;
    this.#used = 0;
  }

  #moveSome(steps: number): void {
    const old = this.#old!;
    const end = Math.min(this.#oldNext + steps, this.#oldMask + 1);
    for (let i = this.#oldNext; i < end; i++) {
      const slot = old[i * 2 + 1]!;
      if (slot < 0) continue;
      this.#put(old[i * 2]!, slot);
      // Not EMPTY: entries behind it in the old table must still be found.
      old[i * 2 + 1] = REMOVED;
    }
    this.#oldNext = end;
    if (end === this.#oldMask + 1) this.#old = null;
  }

  #emptyEntries(count: number): Int32Array {
    const place = this.#here;
    this.#here = this.#there;
    this.#there = place;
    const isRoomy = place !== null && place.length >= count * 2;
    return (isRoomy ? place.subarray(0, count * 2) : new Int32Array(count * 2)).fill(EMPTY);
  }
}
