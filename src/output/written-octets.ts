// Octets of live streams that were written before: found, to be compared with a later copy, or replaced by
// it. Where they may be, in the order in which they are looked for: the window, the queue, the file. Runs
// once an overlap.

import type { BufferPool } from "./buffer-pool.ts";
import { copyBytes } from "./copy-bytes.ts";
import type { StreamColumns } from "./stream-columns.ts";
import { StreamMark } from "./stream-columns.ts";
import type { StreamFiles } from "./stream-files.ts";
import type { StreamWindows } from "./stream-windows.ts";
import type { WriteFailure } from "./write-failure.ts";
import type { WriteQueue } from "./write-queue.ts";

const SCRATCH_BYTES = 64 * 1024;

/** Where some octets of a stream lie; one reused object. */
export interface Piece {
  /** Octets `bytes[offset, offset + length)`. */
  bytes: Buffer;
  offset: number;
  length: number;
  /** False where the octets are at hand no more; `length` tells how many. */
  isKnown: boolean;
}

export interface WrittenOctetsParts {
  readonly columns: StreamColumns;
  readonly pool: BufferPool;
  readonly windows: StreamWindows;
  readonly queue: WriteQueue;
  readonly files: StreamFiles;
  readonly failure: WriteFailure;
}

export class WrittenOctets {
  readonly #columns: StreamColumns;
  readonly #arena: Buffer;
  readonly #windows: StreamWindows;
  readonly #queue: WriteQueue;
  readonly #files: StreamFiles;
  readonly #failure: WriteFailure;
  readonly #scratch = Buffer.alloc(SCRATCH_BYTES);
  readonly #piece: Piece = { bytes: this.#scratch, offset: 0, length: 0, isKnown: false };

  constructor({ columns, pool, windows, queue, files, failure }: WrittenOctetsParts) {
    this.#columns = columns;
    this.#arena = pool.arena;
    this.#windows = windows;
    this.#queue = queue;
    this.#files = files;
    this.#failure = failure;
  }

  /**
   * Where the stream's octets from a position on lie, up to `end` at most; valid until the next call.
   * Only positions that were written may be asked for. Files are read synchronously.
   */
  find(stream: number, position: number, end: number): Piece {
    const columns = this.#columns;
    const piece = this.#piece;
    piece.isKnown = true;
    if (this.#windows.covers(stream, position)) {
      piece.bytes = this.#arena;
      piece.offset = this.#windows.offsetOf(stream, position);
      piece.length = Math.min(end, columns.end[stream]!) - position;
      return piece;
    }
    let length = this.#lengthBeforeWindow(stream, position, end - position);
    if (this.#queue.has(stream)) {
      const place = this.#queue.find(stream, position, position + length);
      if (place.length > 0) {
        piece.bytes = this.#arena;
        piece.offset = place.offset;
        piece.length = place.length;
        return piece;
      }
      length = -place.length;
    }
    this.#readPiece(stream, position, length);
    return piece;
  }

  /** What was written at the positions from `position` on, as far as it is at hand, into `target`. */
  copyOut(stream: number, position: number, target: Buffer): void {
    for (let at = 0; at < target.length;) {
      const piece = this.find(stream, position + at, position + target.length);
      if (piece.isKnown) piece.bytes.copy(target, at, piece.offset, piece.offset + piece.length);
      at += piece.length;
    }
  }

  /** Other octets for positions that were written. */
  overwrite(stream: number, position: number, bytes: Uint8Array, start: number, end: number): void {
    let from = start;
    let at = position;
    while (from < end && this.#failure.error === null) {
      const length = this.#overwriteSome(stream, at, bytes, from, end - from);
      from += length;
      at += length;
    }
  }

  /** Replaces some of the octets and returns how many. */
  #overwriteSome(
    stream: number,
    position: number,
    bytes: Uint8Array,
    start: number,
    wanted: number,
  ): number {
    if (this.#windows.covers(stream, position)) {
      const length = Math.min(wanted, this.#columns.end[stream]! - position);
      const at = this.#windows.offsetOf(stream, position);
      copyBytes(bytes, start, start + length, this.#arena, at);
      return length;
    }
    const length = this.#lengthBeforeWindow(stream, position, wanted);
    const queued = this.#queue.put(stream, position, bytes, start, length, false);
    if (queued > 0) return queued;
    try {
      this.#files.write(stream, bytes, start, -queued, position);
    } catch (error) {
      this.#failure.record(this.#files.pathOf(stream), position, error);
    }
    return -queued;
  }

  /** How many of the octets from a position on come before the window, if it lies behind them. */
  #lengthBeforeWindow(stream: number, position: number, length: number): number {
    const base = this.#columns.base[stream]!;
    return base > position ? Math.min(length, base - position) : length;
  }

  #readPiece(stream: number, position: number, wanted: number): void {
    const piece = this.#piece;
    const length = Math.min(wanted, SCRATCH_BYTES);
    piece.bytes = this.#scratch;
    piece.offset = 0;
    piece.length = 0;
    const isThere = (this.#columns.marks[stream]! & StreamMark.CREATED) !== 0;
    if (isThere && this.#failure.error === null) {
      try {
        piece.length = this.#files.read(stream, this.#scratch, length, position);
      } catch (error) {
        this.#failure.record(this.#files.pathOf(stream), position, error);
      }
    }
    piece.isKnown = piece.length > 0;
    if (!piece.isKnown) piece.length = wanted;
  }
}
