// Where the next octets in order of each stream go, as columns of typed arrays by the sink's handle: all that it
// takes to append octets without a look at anything else. Shared by the sinks that keep octets in windows of
// a pool, and by the fast path, which appends where a sink would.
//
//     window   | octets of the stream ........ |<------ room ------>|
//                                              ^ end, in the stream; target, in memory

import { enlarged, float64Column, int32Column, memoryOf } from "../memory/octet-memory.ts";
import type { OctetMemory } from "../memory/octet-memory.ts";
import { NO_SLOT } from "./buffer-pool.ts";
import type { BufferPool } from "./buffer-pool.ts";

/** Streams of a flow. */
export const STREAMS = 2;

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
  /** Octets of holes in the window. */
  holes: Int32Array;
  /** Where further columns may lie. */
  protected readonly memory: OctetMemory | null;

  constructor(pool: BufferPool) {
    const memory = memoryOf(pool.arena.buffer);
    this.memory = memory;
    this.end = float64Column(memory, STREAMS);
    this.target = int32Column(memory, STREAMS);
    this.room = int32Column(memory, STREAMS);
    this.slot = int32Column(memory, STREAMS);
    this.ring = int32Column(memory, STREAMS);
    this.holes = int32Column(memory, STREAMS);
  }

  /** Makes the head that of a stream without a window. */
  protected clearHead(stream: number): void {
    if (stream >= this.end.length) this.#enlarge(stream);
    this.slot[stream] = NO_SLOT;
    this.end[stream] = -1;
    this.target[stream] = 0;
    this.room[stream] = 0;
    // Mostly 0 all the time: pages that nobody writes to take no memory.
    if (this.ring[stream] !== 0) this.ring[stream] = 0;
    if (this.holes[stream] !== 0) this.holes[stream] = 0;
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
    this.holes = enlarged(this.holes, new Int32Array(capacity));
  }
}
