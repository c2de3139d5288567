// Where the next octets in order of each stream go, as columns of typed arrays by the sink's handle: all that it
// takes to append octets without a look at anything else. Shared by the sinks that keep octets in windows of
// a pool, and by the fast path, which appends where a sink would.
//
//     window   | octets of the stream ........ |<------ room ------>|
//                                              ^ end, in the stream; target, in memory

import { memoryOf } from "../octet-memory.ts";
import { NO_SLOT } from "./buffer-pool.ts";
import type { BufferPool } from "./buffer-pool.ts";

const FIRST_CAPACITY = 1024;
/** Streams whose heads lie in the run's memory where it has room for tables; more lie elsewhere. */
const MOST_IN_MEMORY = 2 * 1024 * 1024;
/** Octets of a stream's columns here. */
const HEAD_BYTES = 24;
/** Octets of tables that heads take of a run's memory, the marks of the pool's windows included. */
export const HEAD_TABLE_BYTES: number = MOST_IN_MEMORY * HEAD_BYTES + 1024 * 1024;

/** What the fast path needs to append octets itself. */
export interface OpenHeads {
  readonly heads: WriteHeads;
  /** By window: made 1 when it is used. */
  readonly touched: Uint8Array;
}

export class WriteHeads {
  /** Position of the next octet in order; -1 without a window: no position is. */
  end: Float64Array;
  /** Index of its place in the pool's memory. */
  target: Int32Array;
  /** Octets that may be put there without further thought. */
  room: Int32Array;
  /** The window's slot in the pool. */
  slot: Int32Array;
  /** Of a ring that is full: index of its first octet, where octets go on behind its last; 0 otherwise. */
  ring: Int32Array;

  constructor(pool: BufferPool) {
    const memory = memoryOf(pool.arena.buffer);
    const capacity = MOST_IN_MEMORY;
    const end = memory?.float64(capacity) ?? null;
    const target = memory?.int32(capacity) ?? null;
    const room = memory?.int32(capacity) ?? null;
    const slot = memory?.int32(capacity) ?? null;
    const ring = memory?.int32(capacity) ?? null;
    // The last one that was asked for has room only where all have.
    const isInMemory = ring !== null;
    this.end = isInMemory ? end! : new Float64Array(FIRST_CAPACITY);
    this.target = isInMemory ? target! : new Int32Array(FIRST_CAPACITY);
    this.room = isInMemory ? room! : new Int32Array(FIRST_CAPACITY);
    this.slot = isInMemory ? slot! : new Int32Array(FIRST_CAPACITY);
    this.ring = ring ?? new Int32Array(FIRST_CAPACITY);
  }

  /** Makes the head that of a stream without a window. */
  protected clearHead(stream: number): void {
    if (stream >= this.end.length) this.#enlarge(stream);
    this.slot[stream] = NO_SLOT;
    this.end[stream] = -1;
    this.target[stream] = 0;
    this.room[stream] = 0;
    this.ring[stream] = 0;
  }

  /** `length` octets in order were put at the head. */
  advance(stream: number, length: number): void {
    this.end[stream]! += length;
    this.target[stream]! += length;
    this.room[stream]! -= length;
  }

  #enlarge(stream: number): void {
    const capacity = Math.max(this.end.length * 2, stream + 1);
    this.end = enlarged(this.end, new Float64Array(capacity));
    this.target = enlarged(this.target, new Int32Array(capacity));
    this.room = enlarged(this.room, new Int32Array(capacity));
    this.slot = enlarged(this.slot, new Int32Array(capacity));
    this.ring = enlarged(this.ring, new Int32Array(capacity));
  }
}

/** The column with room for more. */
export function enlarged<Column extends Float64Array | Int32Array | Uint8Array>(
  from: Column,
  to: Column,
): Column {
  to.set(from);
  return to;
}
