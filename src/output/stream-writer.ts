// Octets of live streams -> their files, by seek position. Runs once a packet: octets in order are
// copied once, behind the others in the stream's window, and nothing is allocated if the capture's blocks
// share the pool's memory (`copyBytes`). A full window goes to the write queue; a window that somebody
// needs the memory of is written at once.
//
// What was written may be in the window, the queue or the file (written-octets.ts). The ranges of the three
// never overlap: what comes for a hole inside a queued window is put into that window, and what comes for a
// hole in the file never goes through a window with holes (stream-columns).

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

/** To open, write and close a new file takes a thread three calls: so many times as much is worth them. */
const WHOLE_FACTOR = 4;

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
  readonly windows: StreamWindows;
  readonly #columns: StreamColumns;
  readonly #pool: BufferPool;
  readonly #arena: Buffer;
  readonly #files: StreamFiles;
  readonly #queue: WriteQueue;
  readonly #failure: WriteFailure;
  readonly #settledBytes: number;
  readonly #queuedFrom: number;
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
    this.windows = new StreamWindows(parts.columns, parts.pool, (stream) =>
      this.flush(stream, false),
    );
  }

  /** New octets at a position, each position once. Keeps nothing of `bytes`. */
  write(stream: number, position: number, bytes: Uint8Array, start: number, end: number): void {
    const columns = this.#columns;
    const length = end - start;
    if (position === columns.end[stream] && length <= columns.room[stream]!) {
      copyBytes(bytes, start, end, this.#arena, columns.target[stream]!);
      columns.advance(stream, length);
      this.#pool.touched[columns.slot[stream]!] = 1;
      return;
    }
    this.#writeAnywhere(stream, position, bytes, start, end);
  }

  /** Everything written so far moves up by `shift`. */
  rebase(stream: number, shift: number): void {
    const columns = this.#columns;
    if (columns.slot[stream] !== NO_SLOT) {
      columns.base[stream]! += shift;
      columns.end[stream]! += shift;
    }
    const isQueued = this.#queue.has(stream);
    if ((columns.marks[stream]! & StreamMark.CREATED) === 0 && !isQueued) return;
    if (this.#failure.error !== null) return;
    try {
      if (isQueued) throw new Error("the origin moved after the stream was settled");
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
   * True if the thread pool would write the window of a stream that has no file yet: it is long, and its octets
   * move no more.
   */
  wouldQueueWhole(stream: number): boolean {
    const length = this.#columns.lengthOf(stream);
    return !this.#queue.makesFiles && this.#mayQueue(stream, length / WHOLE_FACTOR);
  }

  #mayQueue(stream: number, length: number): boolean {
    return length >= this.#queuedFrom && this.#isSettled(stream) && !this.#queue.isBusy();
  }

  #isSettled(stream: number): boolean {
    return this.#columns.flushed[stream]! >= this.#settledBytes;
  }

  /** Sends what is in the stream's window to the file, through the queue if that pays. */
  flush(stream: number, mayQueue: boolean): void {
    const columns = this.#columns;
    const pool = this.#pool;
    const slot = columns.slot[stream]!;
    if (slot === NO_SLOT) return;
    const base = columns.base[stream]!;
    const length = columns.lengthOf(stream);
    const octets = columns.octetsOf(stream);
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

  /**
   * A stream that was never flushed and of which no more is expected: its file, `size` octets, in one go, by the
   * run's thread if there is one.
   */
  writeWhole(stream: number, path: string, size: number): void {
    const columns = this.#columns;
    const pool = this.#pool;
    const slot = columns.slot[stream]!;
    const base = columns.base[stream]!;
    const length = columns.lengthOf(stream);
    const octets = columns.octetsOf(stream);
    const offset = pool.offsetOf(slot);
    columns.closeWindow(stream);
    this.onFlush?.(stream, base, octets, this.#arena.subarray(offset, offset + length));
    // What comes late may still fill a hole of it, the one at its tail too.
    const queue = this.#queue;
    const mayQueue = queue.makesFiles && !queue.isBusy() && this.#isSettled(stream) && length > 0;
    this.#countFlushed(stream, Math.max(base + length, size), octets);
    if (mayQueue && this.#failure.error === null) {
      queue.addFile(stream, slot, base, length, octets, path, size);
      return;
    }
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
      const queued = this.#queue.put(stream, position, bytes, start, length, true);
      if (queued > 0) return queued;
      length = -queued;
    }
    const { windows } = this;
    if (!windows.has(stream)) {
      // What filled windows before will fill another; a hole that is filled late is mostly short.
      const isBusy = !isLate && columns.flushed[stream]! >= this.#settledBytes;
      if (windows.open(stream, position, length, isBusy)) return 0;
      this.#writeToFile(stream, position, bytes, start, length);
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
      windows.fill(stream, position, bytes, start, length);
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
    this.#writeToFile(stream, position, bytes, start, length);
    this.#lateRun.note(stream, position + length, windowEnd);
    return length;
  }

  // --- queue and file ----------------------------------------------------------------------------

  #writeToFile(
    stream: number,
    position: number,
    bytes: Uint8Array,
    start: number,
    length: number,
  ): void {
    this.onFlush?.(stream, position, length, bytes.subarray(start, start + length));
    this.#countFlushed(stream, position + length, length);
    if (this.#failure.error !== null) return;
    this.#attempt(stream, position, length, length, () =>
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
