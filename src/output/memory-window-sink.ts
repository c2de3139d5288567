// For runs that write nothing (`stats`): keeps the last 64 KiB of each stream, so that overlaps can be
// compared, in rings from one pool; when the pool is full, streams that were silent for long lose theirs.
// Runs once a packet: one copy, no allocation.
//
//     ring   | newer octets ..... |cursor| older octets ..... |      full size: overwrites the oldest
//            | octets ........... |cursor| unused             |      smaller: grows before it wraps

import type { PacketPosition } from "../capture/packet-cursor.ts";
import type { BufferPoolOptions } from "./buffer-pool.ts";
import { BufferPool, NO_SLOT } from "./buffer-pool.ts";
import { copyBytes, moveBytes } from "./copy-bytes.ts";
import { countDifferences } from "./count-differences.ts";
import { NullSink } from "./null-sink.ts";
import { RingColumns } from "./ring-columns.ts";
import type { Comparison, FlowEnding, FlowIdentity, StreamHandle } from "./stream-sink.ts";
import { NO_STREAM } from "./stream-sink.ts";
import type { OpenHeads } from "./write-heads.ts";

/** `blockBytes` is how much of a stream is kept at most. */
export const DEFAULT_WINDOWS: BufferPoolOptions = {
  poolBytes: 16 * 1024 * 1024,
  blockBytes: 64 * 1024,
  unitBytes: 1024,
};
/** Streams that may lose their ring to make room for another. */
const MAX_EVICTIONS = 256;

export class WindowSink extends NullSink {
  override readonly openHeads: OpenHeads | null;
  readonly #rings: RingColumns;
  readonly #pool: BufferPool;
  readonly #arena: Buffer;
  readonly #largestClass: number;
  readonly #found: Comparison = { differing: 0, notCompared: 0 };

  /** `blockBytes` of the pool is how much of a stream is kept at most. */
  constructor(pool: BufferPoolOptions = DEFAULT_WINDOWS) {
    super();
    this.#pool = new BufferPool(pool);
    this.#arena = this.#pool.arena;
    this.#rings = new RingColumns(this.#pool);
    this.openHeads = { heads: this.#rings, touched: this.#pool.touched };
    this.#largestClass = this.#pool.classBytes.length - 1;
  }

  override openStream(_identity: FlowIdentity, _direction: "c2s" | "s2c"): StreamHandle {
    return this.#rings.open();
  }

  override write(
    stream: StreamHandle,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    _packet: PacketPosition,
  ): void {
    const rings = this.#rings;
    const length = end - start;
    if (position === rings.end[stream] && length <= rings.room[stream]!) {
      copyBytes(bytes, start, end, this.#arena, rings.target[stream]!);
      rings.advance(stream, length);
      this.#pool.touched[rings.slot[stream]!] = 1;
      return;
    }
    this.#writeAnywhere(stream, position, bytes, start, end);
  }

  override compare(
    stream: StreamHandle,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    _packet: PacketPosition,
  ): Comparison {
    const found = this.#found;
    found.differing = 0;
    const first = Math.max(position, this.#rings.first(stream));
    const last = Math.min(position + (end - start), this.#rings.end[stream]!);
    found.notCompared = end - start - Math.max(0, last - first);
    for (let at = first; at < last;) {
      const index = this.#rings.indexOf(stream, at);
      const length = Math.min(last - at, this.#rings.capacity[stream]! - index);
      const from = start + (at - position);
      const offset = this.#pool.offsetOf(this.#rings.slot[stream]!) + index;
      found.differing += countDifferences(this.#arena, offset, bytes, from, from + length);
      at += length;
    }
    return found;
  }

  override overwrite(
    stream: StreamHandle,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    _packet: PacketPosition,
  ): void {
    this.#put(stream, position, bytes, start, end);
  }

  override rebase(stream: StreamHandle, shift: number): void {
    this.#rings.rebase(stream, shift);
  }

  override endFlow(end: FlowEnding): void {
    this.#close(end.c2s);
    this.#close(end.s2c);
  }

  #close(stream: StreamHandle): void {
    if (stream === NO_STREAM) return;
    const slot = this.#rings.slot[stream]!;
    if (slot !== NO_SLOT) this.#pool.giveBack(slot);
    this.#rings.release(stream);
  }

  #writeAnywhere(
    stream: StreamHandle,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const rings = this.#rings;
    const after = position + (end - start);
    if (rings.slot[stream] === NO_SLOT) {
      if (!this.#openRing(stream, position, end - start)) return;
    } else this.#pool.touched[rings.slot[stream]!] = 1;
    if (after > rings.end[stream]!) this.#reach(stream, after);
    this.#put(stream, position, bytes, start, end);
  }

  /** Copies what of the range the ring holds, around its end if need be. */
  #put(
    stream: StreamHandle,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const rings = this.#rings;
    const first = Math.max(position, rings.first(stream));
    const last = Math.min(position + (end - start), rings.end[stream]!);
    for (let at = first; at < last;) {
      const index = rings.indexOf(stream, at);
      const length = Math.min(last - at, rings.capacity[stream]! - index);
      const from = start + (at - position);
      const offset = this.#pool.offsetOf(rings.slot[stream]!) + index;
      copyBytes(bytes, from, from + length, this.#arena, offset);
      at += length;
    }
  }

  /** Moves the ring's end up to a position; before older octets are lost it grows, if it can. */
  #reach(stream: StreamHandle, after: number): void {
    const rings = this.#rings;
    if (rings.isTooSmallFor(stream, after) && !this.#grow(stream, after)) {
      rings.wrapFromNowOn(stream);
    }
    const capacity = rings.capacity[stream]!;
    const step = after - rings.end[stream]!;
    const cursor = rings.cursorOf(stream) + step;
    // One that is just full stands at its end, where `write` looks for more room.
    rings.turnTo(stream, cursor > capacity ? cursor % capacity : cursor);
    rings.end[stream] = after;
  }

  #openRing(stream: StreamHandle, position: number, length: number): boolean {
    const slot = this.#obtain(this.#pool.classFor(length), stream);
    if (slot === NO_SLOT) return false;
    this.#rings.begin(stream, slot, this.#pool.capacityOf(slot), position);
    return true;
  }

  /** To a size that holds all octets so far and those up to `after`; false if there is none. */
  #grow(stream: StreamHandle, after: number): boolean {
    const rings = this.#rings;
    const pool = this.#pool;
    const slot = rings.slot[stream]!;
    const wanted = after - rings.from[stream]!;
    const sizeClass = pool.classFor(wanted);
    if (sizeClass <= pool.classOf(slot)) return false;
    // Not evicted by itself: it was touched just now, unless the hand comes around twice.
    pool.owner[slot] = NO_STREAM;
    const larger = this.#obtain(sizeClass, stream);
    pool.owner[slot] = stream;
    if (larger === NO_SLOT) return false;
    if (pool.capacityOf(larger) <= pool.capacityOf(slot)) {
      pool.giveBack(larger);
      return false;
    }
    const held = rings.end[stream]! - rings.from[stream]!;
    const from = pool.offsetOf(slot);
    moveBytes(this.#arena, from, from + held, pool.offsetOf(larger));
    pool.giveBack(slot);
    rings.move(stream, larger, pool.capacityOf(larger));
    return wanted <= pool.capacityOf(larger);
  }

  /** A slot of the class, or of a smaller one; others lose theirs for it. */
  #obtain(sizeClass: number, stream: StreamHandle): number {
    const pool = this.#pool;
    const wanted = Math.min(sizeClass, this.#largestClass);
    let slot = pool.take(wanted, stream);
    for (let evicted = 0; slot === NO_SLOT && evicted < MAX_EVICTIONS; evicted++) {
      const victim = pool.victim();
      if (victim === NO_SLOT) break;
      this.#rings.lose(pool.owner[victim]!);
      pool.giveBack(victim);
      slot = pool.take(wanted, stream);
    }
    for (let smaller = wanted - 1; slot === NO_SLOT && smaller >= 0; smaller--) {
      slot = pool.take(smaller, stream);
    }
    return slot;
  }
}
