// What the file sink knows of each live stream, as columns of typed arrays: 49 octets a stream, so that
// a million live flows fit. Handles count from 1 and are used again when their stream's file is done.
//
// A stream has at most one window: a stretch of its octets in a slot of the pool, not yet written.
//
//     position   0 .... fileEnd ........ base ======== end <-- room -->
//                ^ in the file, holes     ^ window, zeros in holes
//
// A head window begins at or behind `fileEnd`: nothing behind its octets was written yet, so that it
// may hold holes. A late window begins before `fileEnd`, in a hole of the file, and holds none itself.

import type { FlowIdentity } from "./stream-sink.ts";
import { STREAMS, WriteHeads } from "./write-heads.ts";
import { enlarged, float64Column, int32Column, uint8Column } from "../memory/octet-memory.ts";
import type { BufferPool } from "./buffer-pool.ts";

/** Bits of `marks`. */
export const StreamMark = {
  /** The direction is s2c. */
  S2C: 1,
  /** Its file was made. */
  CREATED: 2,
  /** Its file lies at other offsets than its positions for the time being (`moveOrigin`). */
  DISPLACED: 4,
  /** The digest of what was flushed goes on; without it the file is read at the end. */
  HASHED: 8,
  /** `endFlow` named it. */
  ENDED: 16,
  /** A side file may hold lines of it: gaps, chunks, conflicts. */
  SIDE_LINES: 32,
} as const;

export class StreamColumns extends WriteHeads {
  base: Float64Array;
  /** Behind the highest octet that left for the file. */
  fileEnd: Float64Array;
  /** Octets that left for the file, counted up to SETTLED_BYTES. */
  flushed: Int32Array;
  marks: Uint8Array;
  readonly identity: (FlowIdentity | null)[] = [null];
  readonly #free: number[] = [];

  constructor(pool: BufferPool) {
    super(pool);
    const { memory } = this;
    this.base = float64Column(memory, STREAMS);
    this.fileEnd = float64Column(memory, STREAMS);
    this.flushed = int32Column(memory, STREAMS);
    this.marks = uint8Column(memory, STREAMS);
  }

  /** A handle with no window and no file. */
  open(identity: FlowIdentity, marks: number): number {
    let stream = this.#free.pop();
    if (stream === undefined) {
      stream = this.identity.length;
      if (stream === this.base.length) this.#grow();
    }
    this.identity[stream] = identity;
    this.marks[stream] = marks;
    this.fileEnd[stream] = 0;
    this.flushed[stream] = 0;
    this.closeWindow(stream);
    return stream;
  }

  /** The handle may be given out again. */
  release(stream: number): void {
    this.identity[stream] = null;
    this.marks[stream] = 0;
    this.closeWindow(stream);
    this.#free.push(stream);
  }

  closeWindow(stream: number): void {
    this.clearHead(stream);
    this.base[stream] = 0;
  }

  /** Octets of the window, holes included. */
  lengthOf(stream: number): number {
    return this.end[stream]! - this.base[stream]!;
  }

  /** Captured octets in the window. */
  octetsOf(stream: number): number {
    return this.lengthOf(stream) - this.holes[stream]!;
  }

  isLive(stream: number): boolean {
    const identity = this.identity[stream];
    return identity !== undefined && identity !== null;
  }

  #grow(): void {
    const capacity = this.base.length * 2;
    this.base = enlarged(this.base, new Float64Array(capacity));
    this.fileEnd = enlarged(this.fileEnd, new Float64Array(capacity));
    this.flushed = enlarged(this.flushed, new Int32Array(capacity));
    this.marks = enlarged(this.marks, new Uint8Array(capacity));
  }
}
