// Full windows on their way to the files, written by a thread while the engine goes on: the run's own one, or else
// the thread pool. One write a file at a time: neighbours that wait meanwhile go out together (writev, by the
// pool), and a file's writes can't overtake each other. Octets that come later for a place still in the queue are
// put right into its memory; where the write was already under way, that part is written again after it.
//
//     stream 5:  [window under way][window][window]        <- one writev when the first is done
//     stream 9:  [window under way]

import type { BufferPool } from "./buffer-pool.ts";
import { copyBytes } from "./copy-bytes.ts";
import { NOTHING_WRITTEN, PartialWriteError } from "./file-system.ts";
import type { FileSystem } from "./file-system.ts";
import { neighbours, QueuedWrite } from "./queued-write.ts";
import type { FileQueue, NewFile } from "./queued-write.ts";
import type { StreamFiles } from "./stream-files.ts";
import type { FileCommands } from "./thread/file-thread.ts";
import type { WriteFailure } from "./write-failure.ts";

/** Files with a call to the pool under way: enough to keep its threads busy until the engine pauses. */
const MAX_RUNNING = 8;

/** With this part of the pool in the queue, the run's thread is busy. */
const BUSY_SHARES = 4;

export interface QueuedPlace {
  /** Index into the arena of the position asked for. */
  offset: number;
  /** Octets from there on that lie in the same window; 0 if the position is in none. */
  length: number;
}

export class WriteQueue {
  /** Octets of the pool that wait or are being written. */
  heldBytes = 0;
  /** Captured octets written so far, those of holes not counted. */
  writtenBytes = 0;
  readonly #pool: BufferPool;
  readonly #files: StreamFiles;
  readonly #fileSystem: FileSystem;
  readonly #failure: WriteFailure;
  readonly #onProgress: () => void;
  readonly #thread: FileCommands | null;
  readonly #queues = new Map<number, FileQueue>();
  /** Queues with something to write and no call under way. */
  readonly #ready: FileQueue[] = [];
  #running = 0;
  /** Octets in the queue at which the engine helps the run's thread. */
  readonly #busyFrom: number;
  readonly #place: QueuedPlace = { offset: 0, length: 0 };

  /** `onProgress` is called whenever `heldBytes` changed. `thread`: does all the writing, if there is one. */
  constructor(
    pool: BufferPool,
    files: StreamFiles,
    fileSystem: FileSystem,
    failure: WriteFailure,
    onProgress: () => void,
    thread: FileCommands | null = null,
  ) {
    this.#pool = pool;
    this.#files = files;
    this.#fileSystem = fileSystem;
    this.#failure = failure;
    this.#onProgress = onProgress;
    this.#thread = thread;
    this.#busyFrom = (pool.blocks * pool.blockBytes) / BUSY_SHARES;
    files.beforeOpening = (stream) => this.#awaitMaking(stream);
  }

  /** True where files of their own can be made by `addFile`. */
  get makesFiles(): boolean {
    return this.#thread !== null;
  }

  /**
   * True if the run's thread has so much to do that the engine had better write itself, to help it. Looks first at
   * what the thread has done.
   */
  isBusy(): boolean {
    const thread = this.#thread;
    if (thread === null) return false;
    thread.poll();
    return thread.isFull || this.heldBytes >= this.#busyFrom;
  }

  get isIdle(): boolean {
    return this.#queues.size === 0;
  }

  /** True if something of the stream waits or is being written. */
  has(stream: number): boolean {
    return this.#queues.size > 0 && this.#queues.has(stream);
  }

  /** Takes over a slot with a window; gives it back to the pool when it is written. */
  add(stream: number, slot: number, position: number, length: number, octets: number): void {
    this.#add(stream, new QueuedWrite(slot, this.#pool.offsetOf(slot), position, length, octets));
  }

  /**
   * As `add`, of a stream that has no file yet, and of which all is in the window, which isn't empty: makes its
   * file, of `size` octets at least. Only where `makesFiles`.
   */
  addFile(
    stream: number,
    slot: number,
    position: number,
    length: number,
    octets: number,
    path: string,
    size: number,
  ): void {
    const write = new QueuedWrite(slot, this.#pool.offsetOf(slot), position, length, octets);
    write.newFile = { path, size };
    this.#add(stream, write);
  }

  #add(stream: number, write: QueuedWrite): void {
    const pool = this.#pool;
    pool.disown(write.slot);
    this.heldBytes += pool.capacityOf(write.slot);
    let queue = this.#queues.get(stream);
    if (queue === undefined) {
      queue = { stream, writes: [], isRunning: false, making: null, whenIdle: null };
      this.#queues.set(stream, queue);
      this.#ready.push(queue);
    }
    queue.writes.push(write);
    this.#startSome();
    this.#onProgress();
  }

  /**
   * Where the stream's octets at a position lie, or where the next octets do that it has queued: one
   * reused object. `end` bounds the search. Of a position in no window, `length` tells as a negative
   * number how many octets are in none.
   */
  find(stream: number, position: number, end: number): QueuedPlace {
    const place = this.#place;
    place.length = position - end;
    for (const write of this.#queues.get(stream)?.writes ?? []) {
      if (write.position <= position && position < write.position + write.length) {
        place.offset = write.offset + (position - write.position);
        place.length = Math.min(end, write.position + write.length) - position;
        return place;
      }
      if (write.position > position && write.position - position < -place.length) {
        place.length = position - write.position;
      }
    }
    return place;
  }

  /**
   * Puts octets into a queued window that covers their place and returns how many; minus the number
   * that no queued window covers if the first of them is none of these. `isFresh`: they were in a hole.
   */
  put(
    stream: number,
    position: number,
    bytes: Uint8Array,
    start: number,
    length: number,
    isFresh: boolean,
  ): number {
    if (!this.has(stream)) return -length;
    const place = this.find(stream, position, position + length);
    if (place.length <= 0) return place.length;
    copyBytes(bytes, start, start + place.length, this.#pool.arena, place.offset);
    this.#changed(stream, position, place.length, isFresh ? place.length : 0);
    return place.length;
  }

  /** Octets at a position found by `find` were changed in place; `fresh` of them were in a hole. */
  #changed(stream: number, position: number, length: number, fresh: number): void {
    for (const write of this.#queues.get(stream)!.writes) {
      const at = position - write.position;
      if (at < 0 || at >= write.length) continue;
      write.octets += fresh;
      if (write.isRunning || at < write.from || at + length > write.to) {
        write.dirtyFrom = Math.min(write.dirtyFrom, at);
        write.dirtyTo = Math.max(write.dirtyTo, at + length);
      }
      return;
    }
  }

  /** Calls back when nothing of the stream is queued: at once if nothing is. One caller a stream. */
  whenIdle(stream: number, callback: () => void): void {
    const queue = this.#queues.get(stream);
    if (queue === undefined) callback();
    else queue.whenIdle = callback;
  }

  /** Gives up what waits; what is under way ends by itself. */
  abandon(): void {
    this.#ready.length = 0;
    for (const queue of this.#queues.values()) {
      if (!queue.isRunning) this.#drop(queue);
    }
  }

  #startSome(): void {
    while (this.#mayStart && this.#failure.error === null) {
      const queue = this.#ready.shift();
      if (queue === undefined) return;
      this.#start(queue);
    }
  }

  get #mayStart(): boolean {
    const thread = this.#thread;
    return thread === null ? this.#running < MAX_RUNNING : !thread.isFull;
  }

  #start(queue: FileQueue): void {
    const { stream, writes } = queue;
    if (writes[0]!.newFile !== null) {
      this.#startMaking(queue, writes[0]!, writes[0]!.newFile);
      return;
    }
    let descriptor: number;
    try {
      descriptor = this.#files.pin(stream);
    } catch (error) {
      this.#fail(queue, writes[0]!.position + writes[0]!.from, error);
      this.#drop(queue);
      return;
    }
    this.#running++;
    queue.isRunning = true;
    const first = writes[0]!;
    const count = this.#thread === null ? neighbours(writes) : 1;
    for (let i = 0; i < count; i++) writes[i]!.isRunning = true;
    const { arena } = this.#pool;
    const position = first.position + first.from;
    const done = (error: Error | null, written: number): void => {
      this.#files.unpin(stream);
      this.#finished(queue, count, error, written);
    };
    if (count === 1) {
      const start = first.offset + first.from;
      const length = first.to - first.from;
      if (this.#thread !== null) {
        const told = (written: number, error: Error | null): void => done(error, written);
        this.#thread.write(descriptor, { at: start, length, position }, told);
        return;
      }
      this.#fileSystem.write(descriptor, arena, start, length, position, done);
      return;
    }
    const views = writes
      .slice(0, count)
      .map(({ offset, from, to }) => arena.subarray(offset + from, offset + to));
    this.#fileSystem.writev(descriptor, views, position, done);
  }

  #finished(queue: FileQueue, count: number, error: Error | null, written: number): void {
    this.#running--;
    queue.isRunning = false;
    const { writes } = queue;
    for (let i = 0; i < count; i++) writes[i]!.isRunning = false;
    const { position, from } = writes[0]!;
    this.#advance(queue, count, written);
    if (error !== null || written === 0) {
      this.#fail(queue, position + from + written, error ?? new Error(NOTHING_WRITTEN));
    }
    if (this.#failure.error !== null) this.#drop(queue);
    else if (writes.length > 0) this.#ready.push(queue);
    else this.#close(queue);
    this.#startSome();
    this.#onProgress();
  }

  // --- files made by the thread --------------------------------------------------------------------

  #startMaking(queue: FileQueue, write: QueuedWrite, file: NewFile): void {
    const { stream } = queue;
    write.newFile = null;
    this.#running++;
    queue.isRunning = true;
    write.isRunning = true;
    const { offset, length, position } = write;
    const done = (written: number, error: Error | null, isMade: boolean): void => {
      queue.making = null;
      if (isMade) this.#files.noteMade(stream);
      if (isMade) this.#finished(queue, 1, error, written);
      else this.#makeNow(queue, write, file);
    };
    try {
      const path = this.#files.prepareToMake(stream, file.path);
      const octets = { at: offset, length, position };
      queue.making = this.#thread!.writeFile(path, octets, file.size, done);
    } catch (error) {
      this.#finished(queue, 1, asError(error), 0);
      return;
    }
    if (queue.making === null) this.#makeNow(queue, write, file);
  }

  /** What the thread could not do. Here an error has its reason, and a descriptor is found if there are too many. */
  #makeNow(queue: FileQueue, write: QueuedWrite, { path, size }: NewFile): void {
    const { arena } = this.#pool;
    const { offset, length, position } = write;
    try {
      this.#files.writeWhole(queue.stream, path, arena, offset, length, position, size);
      this.#finished(queue, 1, null, length);
    } catch (error) {
      const isPartial = error instanceof PartialWriteError;
      this.#finished(
        queue,
        1,
        asError(isPartial ? error.cause : error),
        isPartial ? error.written : 0,
      );
    }
  }

  /** Somebody is about to open the stream's file: not while the thread makes it. */
  #awaitMaking(stream: number): void {
    const making = this.#queues.get(stream)?.making ?? null;
    if (making === null) return;
    const thread = this.#thread!;
    thread.waitFor(making);
    if (thread.hasMadeFile(making)) this.#files.noteMade(stream);
  }

  /** Takes the octets written off the first windows; those that are done leave. */
  #advance(queue: FileQueue, count: number, written: number): void {
    const { writes } = queue;
    let left = written;
    for (let i = 0; i < count && left > 0; i++) {
      const write = writes[0]!;
      const step = Math.min(left, write.to - write.from);
      write.from += step;
      left -= step;
      if (write.from < write.to) return;
      this.writtenBytes += write.octets;
      write.octets = 0;
      if (write.dirtyTo === 0) {
        writes.shift();
        this.#release(write);
        continue;
      }
      write.from = write.dirtyFrom;
      write.to = write.dirtyTo;
      write.dirtyFrom = Infinity;
      write.dirtyTo = 0;
      // Those behind it were written too, but only whole windows leave, in order: they go again.
      if (left > 0) return;
    }
  }

  #fail(queue: FileQueue, offset: number, error: unknown): void {
    this.#failure.record(this.#files.pathOf(queue.stream), offset, error);
  }

  /** What was written of the first window counts at least as far as no hole can have been in it. */
  #drop(queue: FileQueue): void {
    const first = queue.writes[0];
    if (first !== undefined && first.to === first.length) {
      this.writtenBytes += Math.max(0, first.octets - (first.length - first.from));
    }
    for (const write of queue.writes) this.#release(write);
    queue.writes.length = 0;
    this.#close(queue);
  }

  #release(write: QueuedWrite): void {
    this.heldBytes -= this.#pool.capacityOf(write.slot);
    this.#pool.giveBack(write.slot);
  }

  #close(queue: FileQueue): void {
    // A failure gives up all queues, the one it came from as well.
    if (this.#queues.get(queue.stream) !== queue) return;
    this.#queues.delete(queue.stream);
    queue.whenIdle?.();
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
