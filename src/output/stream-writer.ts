// Octets of live streams -> their files, by seek position. Runs once a packet: octets in order are
// copied once, behind the others in the stream's window, and nothing is allocated if the capture's blocks
// share the pool's memory (`copyBytes`). A full window goes to the write queue; a window that somebody
// needs the memory of is written at once.
//
// Where octets may be, in the order in which they are looked for: the window, the queue, the file. The
// ranges of the three never overlap: what comes for a hole inside a queued window is put into that
// window, and what comes for a hole in the file never goes through a window with holes (stream-columns).

import type { BufferPool } from "./buffer-pool.ts";
import { NO_SLOT } from "./buffer-pool.ts";
import { copyBytes } from "./copy-bytes.ts";
import { PartialWriteError } from "./file-system.ts";
import { LateRun } from "./late-run.ts";
import type { StreamColumns } from "./stream-columns.ts";
import { StreamMark } from "./stream-columns.ts";
import type { StreamFiles } from "./stream-files.ts";
import { StreamWindows } from "./stream-windows.ts";
import type { WriteFailure } from "./write-failure.ts";
import type { WriteQueue } from "./write-queue.ts";

const SCRATCH_BYTES = 64 * 1024;
/** To open, write and close a new file takes a thread three calls: so many times as much is worth them. */
const WHOLE_FACTOR = 4;

/** Where some octets of a stream lie; one reused object. */
export interface Piece {
  /** Octets `bytes[offset, offset + length)`. */
  bytes: Buffer;
  offset: number;
  length: number;
  /** False where the octets are at hand no more; `length` tells how many. */
  isKnown: boolean;
}

export interface StreamWriterParts {
  readonly columns: StreamColumns;
  readonly pool: BufferPool;
  readonly files: StreamFiles;
  readonly queue: WriteQueue;
  readonly failure: WriteFailure;
}

export interface StreamWriterLimits {
  /**
   * Until so many octets of a stream left for its file, writes are synchronous: so long its origin may
   * move back (tcp.md §3.2).
   */
  readonly settledBytes: number;
  /** Windows shorter than this are written synchronously: that is quicker than to ask a thread. */
  readonly queuedFrom: number;
}

export class StreamWriter {
  /** Captured octets written other than through the queue. */
  writtenBytes = 0;
  /** Called with each window that leaves, before it does; null if nobody wants to see it. */
  onFlush: ((stream: number, position: number, octets: number, bytes: Uint8Array) => void) | null =
    null;
  readonly #columns: StreamColumns;
  readonly #pool: BufferPool;
  readonly #arena: Buffer;
  readonly #files: StreamFiles;
  readonly #queue: WriteQueue;
  readonly #failure: WriteFailure;
  readonly #settledBytes: number;
  readonly #queuedFrom: number;
  readonly #windows: StreamWindows;
  readonly #scratch = Buffer.alloc(SCRATCH_BYTES);
  readonly #piece: Piece = { bytes: this.#scratch, offset: 0, length: 0, isKnown: false };
  readonly #lateRun = new LateRun();

  constructor(parts: StreamWriterParts, limits: StreamWriterLimits) {
    this.#columns = parts.columns;
    this.#pool = parts.pool;
    this.#arena = parts.pool.arena;
    this.#files = parts.files;
    this.#queue = parts.queue;
    this.#failure = parts.failure;
    this.#settledBytes = limits.settledBytes;
    this.#queuedFrom = limits.queuedFrom;
    this.#windows = new StreamWindows(parts.columns, parts.pool, (stream) =>
      this.flush(stream, false),
    );
  }

  /** New octets at a position, each position once. Keeps nothing of `bytes`. */
  write(stream: number, position: number, bytes: Uint8Array, start: number, end: number): void {
    const columns = this.#columns;
    const after = position + (end - start);
    if (position === columns.end[stream] && after <= columns.limit[stream]!) {
      const pool = this.#pool;
      const slot = columns.slot[stream]!;
      const at = pool.offsetOf(slot) + (position - columns.base[stream]!);
      copyBytes(bytes, start, end, this.#arena, at);
      columns.end[stream] = after;
      columns.octets[stream]! += end - start;
      pool.touched[slot] = 1;
      return;
    }
    this.#writeAnywhere(stream, position, bytes, start, end);
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
    const columns = this.#columns;
    while (start < end && this.#failure.error === null) {
      let length = end - start;
      if (this.#windows.covers(stream, position)) {
        length = Math.min(length, columns.end[stream]! - position);
        const at = this.#windows.offsetOf(stream, position);
        copyBytes(bytes, start, start + length, this.#arena, at);
      } else {
        length = this.#lengthBeforeWindow(stream, position, length);
        const queued = this.#writeQueued(stream, position, bytes, start, length, false);
        if (queued > 0) length = queued;
        else {
          length = -queued;
          this.#writeToFile(stream, position, bytes, start, length, false);
        }
      }
      start += length;
      position += length;
    }
  }

  /** Everything written so far moves up by `shift`. */
  rebase(stream: number, shift: number): void {
    const columns = this.#columns;
    if (columns.slot[stream] !== NO_SLOT) {
      columns.base[stream]! += shift;
      columns.end[stream]! += shift;
      columns.limit[stream]! += shift;
    }
    if ((columns.marks[stream]! & StreamMark.CREATED) === 0 || this.#failure.error !== null) return;
    try {
      if (this.#queue.has(stream)) throw new Error("the origin moved after the stream was settled");
      this.#files.moveOrigin(stream, shift);
      columns.fileEnd[stream]! += shift;
    } catch (error) {
      this.#fail(stream, 0, error);
    }
  }

  /** The stream's origin moves no more. */
  place(stream: number): void {
    this.#columns.flushed[stream] = this.#settledBytes;
    this.settle(stream);
  }

  /**
   * True if a thread would write the window of a stream that has no file yet: it is long, and its octets
   * move no more.
   */
  wouldQueueWhole(stream: number): boolean {
    const columns = this.#columns;
    const length = columns.end[stream]! - columns.base[stream]!;
    return this.#mayQueue(stream, length / WHOLE_FACTOR);
  }

  #mayQueue(stream: number, length: number): boolean {
    return length >= this.#queuedFrom && this.#columns.flushed[stream]! >= this.#settledBytes;
  }

  /** Sends what is in the stream's window to the file, through the queue if that pays. */
  flush(stream: number, mayQueue: boolean): void {
    const columns = this.#columns;
    const pool = this.#pool;
    const slot = columns.slot[stream]!;
    if (slot === NO_SLOT) return;
    const base = columns.base[stream]!;
    const length = columns.end[stream]! - base;
    const octets = columns.octets[stream]!;
    columns.closeWindow(stream);
    if (length === 0 || this.#failure.error !== null) {
      pool.giveBack(slot);
      return;
    }
    const offset = pool.offsetOf(slot);
    this.onFlush?.(stream, base, octets, this.#arena.subarray(offset, offset + length));
    this.#countFlushed(stream, base + length, octets);
    if (mayQueue && this.#mayQueue(stream, length) && this.#failure.error === null) {
      this.#queue.add(stream, slot, base, length, octets);
      return;
    }
    this.#attempt(stream, base, length, octets, () =>
      this.#files.write(stream, this.#arena, offset, length, base),
    );
    pool.giveBack(slot);
  }

  /** A stream that was never flushed and of which no more is expected: its file, `size` octets, in one go. */
  writeWhole(stream: number, path: string, size: number): void {
    const columns = this.#columns;
    const pool = this.#pool;
    const slot = columns.slot[stream]!;
    const base = columns.base[stream]!;
    const length = columns.end[stream]! - base;
    const octets = columns.octets[stream]!;
    const offset = pool.offsetOf(slot);
    columns.closeWindow(stream);
    this.onFlush?.(stream, base, octets, this.#arena.subarray(offset, offset + length));
    // What comes late may still fill a hole of it, the one at its tail too.
    this.#countFlushed(stream, Math.max(base + length, size), octets);
    this.#attempt(stream, base, length, octets, () =>
      this.#files.writeWhole(stream, path, this.#arena, offset, length, base, size),
    );
    pool.giveBack(slot);
  }

  // --- other than in order -----------------------------------------------------------------------

  #writeAnywhere(
    stream: number,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    while (start < end && this.#failure.error === null) {
      const placed = this.#writeSome(stream, position, bytes, start, end - start);
      start += placed;
      position += placed;
    }
  }

  /** Places some octets and returns how many; 0 after a step that brings the next call further. */
  #writeSome(
    stream: number,
    position: number,
    bytes: Uint8Array,
    start: number,
    wanted: number,
  ): number {
    const columns = this.#columns;
    let length = wanted;
    const isLate = position < columns.fileEnd[stream]!;
    if (isLate) {
      const queued = this.#writeQueued(stream, position, bytes, start, length, true);
      if (queued > 0) return queued;
      length = -queued;
    }
    const windows = this.#windows;
    if (!windows.has(stream)) {
      // What filled windows before will fill another; a hole that is filled late is mostly short.
      const isBusy = !isLate && columns.flushed[stream]! >= this.#settledBytes;
      if (windows.open(stream, position, length, isBusy)) return 0;
      this.#writeToFile(stream, position, bytes, start, length, true);
      return length;
    }
    const windowEnd = columns.end[stream]!;
    if (position >= windowEnd) {
      const placed = windows.append(stream, position, bytes, start, length);
      if (placed === 0 || windows.isFull(stream)) this.flush(stream, true);
      return placed;
    }
    const base = columns.base[stream]!;
    if (position >= base) {
      length = Math.min(length, windowEnd - position);
      windows.copyIn(stream, position, bytes, start, length);
      return length;
    }
    if (!isLate || position + length === base) {
      if (windows.prepend(stream, position)) return 0;
    }
    if (!isLate || !windows.isHead(stream) || this.#lateRun.goesOn(stream, position, windowEnd)) {
      this.flush(stream, true);
      return 0;
    }
    length = Math.min(length, base - position);
    this.#writeToFile(stream, position, bytes, start, length, true);
    this.#lateRun.note(stream, position + length, windowEnd);
    return length;
  }

  /** How many of the octets from a position on come before the window, if it lies behind them. */
  #lengthBeforeWindow(stream: number, position: number, length: number): number {
    const base = this.#columns.base[stream]!;
    return base > position ? Math.min(length, base - position) : length;
  }

  // --- queue and file ----------------------------------------------------------------------------

  /**
   * Puts octets into a queued window that covers their place and returns how many; minus the number
   * that no queued window covers if the first of them is none of these.
   */
  #writeQueued(
    stream: number,
    position: number,
    bytes: Uint8Array,
    start: number,
    length: number,
    isFresh: boolean,
  ): number {
    if (!this.#queue.has(stream)) return -length;
    const place = this.#queue.find(stream, position, position + length);
    if (place.length <= 0) return place.length;
    copyBytes(bytes, start, start + place.length, this.#arena, place.offset);
    this.#queue.changed(stream, position, place.length, isFresh ? place.length : 0);
    return place.length;
  }

  #writeToFile(
    stream: number,
    position: number,
    bytes: Uint8Array,
    start: number,
    length: number,
    isFresh: boolean,
  ): void {
    if (isFresh) {
      this.onFlush?.(stream, position, length, bytes.subarray(start, start + length));
      this.#countFlushed(stream, position + length, length);
    }
    if (this.#failure.error !== null) return;
    this.#attempt(stream, position, length, isFresh ? length : 0, () =>
      this.#files.write(stream, bytes, start, length, position),
    );
  }

  #countFlushed(stream: number, end: number, octets: number): void {
    const columns = this.#columns;
    columns.fileEnd[stream] = Math.max(columns.fileEnd[stream]!, end);
    columns.flushed[stream] = Math.min(this.#settledBytes, columns.flushed[stream]! + octets);
    const isDisplaced = (columns.marks[stream]! & StreamMark.DISPLACED) !== 0;
    if (isDisplaced && columns.flushed[stream] === this.#settledBytes) this.settle(stream);
  }

  /** Puts a displaced file right, once its origin moves no more. */
  settle(stream: number): void {
    if ((this.#columns.marks[stream]! & StreamMark.DISPLACED) === 0) return;
    try {
      this.#files.settle(stream);
    } catch (error) {
      this.#fail(stream, 0, error);
    }
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
        this.#fail(stream, position, error);
      }
    }
    piece.isKnown = piece.length > 0;
    if (!piece.isKnown) piece.length = wanted;
  }

  /**
   * Writes `length` octets, `octets` of them captured, and counts these; of a write that failed, those
   * that can't have been anything but captured ones.
   */
  #attempt(
    stream: number,
    position: number,
    length: number,
    octets: number,
    write: () => void,
  ): void {
    try {
      write();
      this.writtenBytes += octets;
    } catch (error) {
      const written = error instanceof PartialWriteError ? error.written : 0;
      this.writtenBytes += Math.max(0, octets - (length - written));
      this.#fail(stream, position, error);
    }
  }

  #fail(stream: number, position: number, error: unknown): void {
    this.#failure.record(this.#files.pathOf(stream), position, error);
  }
}
