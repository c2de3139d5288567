// What the file sink knows of each live stream, as columns of typed arrays: 45 octets a stream, so that
// a million live flows fit. Handles count from 1 and are used again when their stream's file is done.
//
// A stream has at most one window: a stretch of its octets in a slot of the pool, not yet written.
//
//     position   0 .... fileEnd ........ base ======== end ........ limit
//                ^ in the file, holes     ^ window, zeros in holes   ^ first that has no room
//
// A head window begins at or behind `fileEnd`: nothing behind its octets was written yet, so that it
// may hold holes. A late window begins before `fileEnd`, in a hole of the file, and holds none itself.

import { NO_SLOT } from "./buffer-pool.ts";
import type { FlowIdentity } from "./stream-sink.ts";

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

const FIRST_CAPACITY = 1024;

export class StreamColumns {
  base: Float64Array = new Float64Array(FIRST_CAPACITY);
  end: Float64Array = new Float64Array(FIRST_CAPACITY);
  /** Where in-order octets no longer fit without further thought; -1 without a window. */
  limit: Float64Array = new Float64Array(FIRST_CAPACITY);
  /** Behind the highest octet that left for the file. */
  fileEnd: Float64Array = new Float64Array(FIRST_CAPACITY);
  slot: Int32Array = new Int32Array(FIRST_CAPACITY);
  /** Captured octets in the window: `end - base` less its holes. */
  octets: Int32Array = new Int32Array(FIRST_CAPACITY);
  /** Octets that left for the file, counted up to SETTLED_BYTES. */
  flushed: Int32Array = new Int32Array(FIRST_CAPACITY);
  marks: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  readonly identity: (FlowIdentity | null)[] = [null];
  readonly #free: number[] = [];

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
    this.slot[stream] = NO_SLOT;
    this.base[stream] = 0;
    // no position is -1: the fast path of `write` can't take it for in order
    this.end[stream] = -1;
    this.limit[stream] = -1;
    this.octets[stream] = 0;
  }

  isLive(stream: number): boolean {
    const identity = this.identity[stream];
    return identity !== undefined && identity !== null;
  }

  #grow(): void {
    const capacity = this.base.length * 2;
    this.base = enlarged(this.base, new Float64Array(capacity));
    this.end = enlarged(this.end, new Float64Array(capacity));
    this.limit = enlarged(this.limit, new Float64Array(capacity));
    this.fileEnd = enlarged(this.fileEnd, new Float64Array(capacity));
    this.slot = enlarged(this.slot, new Int32Array(capacity));
    this.octets = enlarged(this.octets, new Int32Array(capacity));
    this.flushed = enlarged(this.flushed, new Int32Array(capacity));
    this.marks = enlarged(this.marks, new Uint8Array(capacity));
  }
}

function enlarged<Column extends Float64Array | Int32Array | Uint8Array>(
  from: Column,
  to: Column,
): Column {
  to.set(from);
  return to;
}
