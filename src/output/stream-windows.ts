// The windows of live streams: where in the pool each one's octets are gathered, how it grows, and whose
// turn it is to make room. Arithmetic and memory only; what leaves a window is the writer's business.
// `append` of octets in order runs once a packet in the writer's own fast path; these are the other cases.

import { LONGEST_ZEROED_HOLE } from "../memory/stream-record.ts";
import type { BufferPool } from "./buffer-pool.ts";
import { NO_SLOT } from "./buffer-pool.ts";
import { clearBytes, copyBytes, moveBytes } from "./copy-bytes.ts";
import type { StreamColumns } from "./stream-columns.ts";

/** Windows of at least this size end at a page of the file. */
const ALIGNED_FROM = 64 * 1024;
const PAGE_BYTES = 4096;
/** Windows that may be written at once to make room for another. */
const MAX_EVICTIONS = 64;
/**
 * A large window takes at most this part of what is free, so that a few busy streams have large ones and
 * many share the memory, rather than that the last of them write in small pieces.
 */
const LEAST_SHARES = 16;
/** Longest window that grows at its front: each time it is moved as a whole. */
const LONGEST_PREPENDED = 256 * 1024;

export class StreamWindows {
  readonly #columns: StreamColumns;
  readonly #pool: BufferPool;
  readonly #arena: Buffer;
  /** Writes the stream's window and gives its slot back. */
  readonly #evict: (stream: number) => void;
  readonly #largestClass: number;

  constructor(columns: StreamColumns, pool: BufferPool, evict: (stream: number) => void) {
    this.#columns = columns;
    this.#pool = pool;
    this.#arena = pool.arena;
    this.#evict = evict;
    this.#largestClass = pool.classBytes.length - 1;
  }

  has(stream: number): boolean {
    return this.#columns.slot[stream] !== NO_SLOT;
  }

  /** True if the position is one of the window's, holes included. */
  covers(stream: number, position: number): boolean {
    // without a window `end` is below every position
    return position < this.#columns.end[stream]! && position >= this.#columns.base[stream]!;
  }

  /** Index into the arena of a position that the window covers. */
  offsetOf(stream: number, position: number): number {
    const columns = this.#columns;
    return this.#pool.offsetOf(columns.slot[stream]!) + (position - columns.base[stream]!);
  }

  /** Nothing of the stream behind the window's octets has left for the file. */
  isHead(stream: number): boolean {
    return this.#columns.end[stream]! >= this.#columns.fileEnd[stream]!;
  }

  /** An empty window at the position, large at once for a busy stream; false if no memory is to be had. */
  open(stream: number, position: number, length: number, isBusy: boolean): boolean {
    const columns = this.#columns;
    const slot = this.#obtain(length, isBusy, stream);
    if (slot === NO_SLOT) return false;
    columns.slot[stream] = slot;
    columns.base[stream] = position;
    columns.end[stream] = position;
    columns.holes[stream] = 0;
    this.#aim(stream);
    return true;
  }

  /**
   * Octets at or behind the window's end, zeros in the hole between. Returns how many found room; 0 if
   * the window has to be flushed first.
   */
  append(
    stream: number,
    position: number,
    bytes: Uint8Array,
    start: number,
    length: number,
  ): number {
    const columns = this.#columns;
    const windowEnd = columns.end[stream]!;
    const hole = position - windowEnd;
    if (hole > (this.isHead(stream) ? LONGEST_ZEROED_HOLE : 0)) return 0;
    let limit = this.#limitOf(stream);
    if (position + length > limit && this.#grow(stream, position + length)) {
      limit = this.#limitOf(stream);
    }
    if (position >= limit) return 0;
    if (hole > 0) {
      const at = this.offsetOf(stream, windowEnd);
      clearBytes(this.#arena, at, at + hole);
      columns.holes[stream]! += hole;
    }
    const placed = Math.min(length, limit - position);
    columns.end[stream] = position + placed;
    this.#copy(stream, position, bytes, start, placed);
    this.#aim(stream);
    return placed;
  }

  /** True for a window of the largest size without room: off with it, so that a thread can write it. */
  isFull(stream: number): boolean {
    const columns = this.#columns;
    return (
      columns.room[stream] === 0 && this.#pool.classOf(columns.slot[stream]!) === this.#largestClass
    );
  }

  /** Makes the window begin at a lower position, zeros up to its octets; false if it has no room. */
  prepend(stream: number, position: number): boolean {
    const columns = this.#columns;
    const base = columns.base[stream]!;
    const length = columns.end[stream]! - base;
    const hole = base - position;
    if (hole > Math.min(this.#pool.blockBytes, LONGEST_PREPENDED) - length) return false;
    const capacity = this.#pool.capacityOf(columns.slot[stream]!);
    if (hole + length > capacity && !this.#grow(stream, base + length + hole)) return false;
    const at = this.#pool.offsetOf(columns.slot[stream]!);
    this.#arena.copyWithin(at + hole, at, at + length);
    clearBytes(this.#arena, at, at + hole);
    columns.base[stream] = position;
    columns.holes[stream]! += hole;
    this.#aim(stream);
    return true;
  }

  /** New octets into a hole of the window. */
  fill(stream: number, position: number, bytes: Uint8Array, start: number, length: number): void {
    this.#copy(stream, position, bytes, start, length);
    this.#columns.holes[stream]! -= length;
  }

  #copy(stream: number, position: number, bytes: Uint8Array, start: number, length: number): void {
    copyBytes(bytes, start, start + length, this.#arena, this.offsetOf(stream, position));
    this.#pool.touched[this.#columns.slot[stream]!] = 1;
  }

  /** Says where the next octets in order go: behind the window's end. */
  #aim(stream: number): void {
    const columns = this.#columns;
    const end = columns.end[stream]!;
    columns.target[stream] = this.offsetOf(stream, end);
    columns.room[stream] = this.#limitOf(stream) - end;
  }

  /** Position behind the last octet that the window may take. */
  #limitOf(stream: number): number {
    const columns = this.#columns;
    const base = columns.base[stream]!;
    const capacity = this.#pool.capacityOf(columns.slot[stream]!);
    const limit = base + capacity;
    return capacity >= ALIGNED_FROM ? limit - (limit % PAGE_BYTES) : limit;
  }

  /** A slot with room for `length`, the largest for a busy stream, a smaller one if need be, or none. */
  #obtain(length: number, isBusy: boolean, stream: number): number {
    const pool = this.#pool;
    let sizeClass = pool.classFor(length);
    if (isBusy) {
      while (sizeClass < this.#largestClass && this.#isAffordable(sizeClass + 1)) sizeClass++;
    }
    let slot = pool.take(sizeClass, stream);
    for (let evicted = 0; slot === NO_SLOT && evicted < MAX_EVICTIONS; evicted++) {
      const victim = pool.victim();
      if (victim === NO_SLOT) break;
      this.#evict(pool.owner[victim]!);
      slot = pool.take(sizeClass, stream);
    }
    while (slot === NO_SLOT && --sizeClass >= 0) slot = pool.take(sizeClass, stream);
    return slot;
  }

  /** Moves the window to a larger slot that reaches to `end`, or as near as there is; false if none. */
  #grow(stream: number, end: number): boolean {
    const columns = this.#columns;
    const pool = this.#pool;
    const slot = columns.slot[stream]!;
    const base = columns.base[stream]!;
    const sizeClass = Math.max(pool.classOf(slot) + 1, pool.classFor(end - base));
    if (sizeClass > this.#largestClass || !this.#isAffordable(sizeClass)) return false;
    const larger = pool.take(sizeClass, stream);
    if (larger === NO_SLOT) return false;
    const from = pool.offsetOf(slot);
    const length = columns.end[stream]! - base;
    moveBytes(this.#arena, from, from + length, pool.offsetOf(larger));
    columns.slot[stream] = larger;
    pool.giveBack(slot);
    this.#aim(stream);
    return true;
  }

  /** True where a window of the class leaves enough for those of others. */
  #isAffordable(sizeClass: number): boolean {
    const { freeBlocks, blockBytes, classBytes } = this.#pool;
    return classBytes[sizeClass]! * LEAST_SHARES <= freeBlocks * blockBytes;
  }
}
