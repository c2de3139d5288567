// Feeds a window from a regular file, block by block. What lies in the page cache is read at once, into one
// buffer that stays in the processor's cache: to ask a thread for it costs as much and more. As soon as reads take
// long, because a disk has to be waited for, the thread pool reads ahead: while the reader parses one buffer, the
// next block comes into the other. A run that leaves a processor idle may have it read ahead in any case, in
// blocks so large that asking does not count; what lies between two of them it reads itself, so that neither waits
// for the other. The unread tail of a block is copied in front of the next one, into room kept free for it.
//
//     buffer A   | room |#########block N#########|tail|      being parsed
//     buffer B   | tail>|.......block N+1........            being read; then they change places
//
//     file       | ahead | at once, into the buffer of the block before | ahead | at once | ...

import { readSync } from "node:fs";
import { NO_BYTES } from "../bytes.ts";
import { loopTurn } from "../event-loop.ts";
import { readFailure } from "./capture-file.ts";
import type { CaptureFile } from "./capture-reader.ts";
import type { DamageLog } from "./damage-log.ts";
import type { OctetWindow, WindowFeeder } from "./octet-window.ts";

/** Octets of a block: large enough for the disk, small enough for the processor's cache. */
export const BLOCK_BYTES = 1024 * 1024;
/** The same where the thread pool reads ahead on purpose. */
const LARGE_BLOCK_BYTES = 4 * 1024 * 1024;
/** Octets between two of these that are read at once: what there is time for until the next has come. */
const BETWEEN_BYTES = 2 * 1024 * 1024;
/** Octets of a file from which that pays, and after which it is known whether the run has memory for it. */
const READ_AHEAD_FROM = 64 * 1024 * 1024;
const READ_AHEAD_AFTER = 16 * 1024 * 1024;
/**
 * Room in front of a block; a longer tail makes both buffers grow. Not a multiple of a page: some processors copy
 * out of the page cache fastest where source and target lie differently in their pages (and five times more
 * slowly 1 to 31 octets further: docs/performance.md).
 */
const ROOM_BYTES = 256 * 1024 + 64;

/**
 * Two buffers that one file after the other uses. They grow with the longest record met, at most to
 * twice LONGEST_RECORD_BYTES and a block each.
 */
export class BlockBuffers {
  room = ROOM_BYTES;
  readonly blockBytes: number;
  current: Uint8Array = NO_BYTES;
  spare: Uint8Array = NO_BYTES;
  /** Asked of large files; null: none. */
  readonly mayReadAhead: (() => boolean) | null;

  constructor(
    mayReadAhead: (() => boolean) | null = null,
    blockBytes: number = mayReadAhead === null ? BLOCK_BYTES : LARGE_BLOCK_BYTES,
  ) {
    this.mayReadAhead = mayReadAhead;
    this.blockBytes = blockBytes;
  }

  /** Octets that both take, so that a caller can lay them beside others. */
  get memoryBytes(): number {
    return 2 * (this.room + this.blockBytes);
  }

  /** Lays both, before any file uses them, into `memoryBytes`; once they have grown beyond that, not. */
  lay(memory: Uint8Array): void {
    const bytes = this.room + this.blockBytes;
    if (2 * bytes > memory.length) return;
    this.current = memory.subarray(0, bytes);
    this.spare = memory.subarray(bytes, 2 * bytes);
  }

  /** Makes both ready for use; what they held is gone. */
  prepare(): void {
    const bytes = this.room + this.blockBytes;
    if (this.current.length !== bytes) this.current = new Uint8Array(bytes);
    if (this.spare.length !== bytes) this.spare = new Uint8Array(bytes);
  }

  swap(): void {
    const parsed = this.current;
    this.current = this.spare;
    this.spare = parsed;
  }
}

/** A read that takes longer waits for a disk, or for its turn: a thread does it better. Seconds. */
const LONG_READ = 0.001;
/** Long reads more than a third as many as short ones by which the thread pool takes over. */
const MOST_LONG_READS = 4;
/** Blocks read at once between two turns of the event loop: signals, timers, writes that are done. */
const BLOCKS_A_TURN = 4;

/** What is needed of node's FileHandle. */
export interface ReadableHandle {
  /** Absent: nothing is read at once. */
  readonly fd?: number;
  read(
    bytes: Uint8Array,
    at: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
  close(): Promise<void>;
}

/** The block that the thread pool is reading; errors are kept until somebody asks. */
interface PendingBlock {
  readonly count: number;
  readonly error: unknown;
}

/** Counts `bytesRead` when a block is handed on. */
export class FileFeeder implements WindowFeeder {
  readonly #handle: ReadableHandle;
  readonly #file: CaptureFile;
  readonly #damage: DamageLog;
  readonly #buffers: BlockBuffers;
  /** Read ahead in any case, from when the run said that it may be. */
  #readsAhead = false;
  /** Position after which it is asked. */
  #lookAfter = READ_AHEAD_AFTER;
  #position = 0;
  #pending: Promise<PendingBlock> | null = null;
  /** Position of the block that is read ahead. */
  #pendingAt = 0;
  #isClosed = false;
  /** Long reads, a third less for each short one. */
  #longReads = 0;
  #blocksAtOnce = 0;

  constructor(handle: ReadableHandle, file: CaptureFile, damage: DamageLog, buffers: BlockBuffers) {
    this.#handle = handle;
    this.#damage = damage;
    this.#file = file;
    this.#buffers = buffers;
    const isLarge = file.size !== null && file.size >= READ_AHEAD_FROM;
    if (!isLarge || buffers.mayReadAhead === null) this.#lookAfter = Infinity;
    buffers.prepare();
  }

  feed(window: OctetWindow): Promise<boolean> {
    if (this.#position >= this.#lookAfter) {
      this.#lookAfter = Infinity;
      this.#readsAhead = this.#buffers.mayReadAhead!();
    }
    if (this.#pending !== null) {
      return this.#position < this.#pendingAt
        ? this.#feedAtOnce(window, this.#pendingAt - this.#position)
        : this.#feedAhead(window);
    }
    return this.#readsAhead || !this.#isQuick
      ? this.#feedAhead(window)
      : this.#feedAtOnce(window, Infinity);
  }

  /** True as long as reads at once need not wait. */
  get #isQuick(): boolean {
    return this.#handle.fd !== undefined && this.#longReads < MOST_LONG_READS;
  }

  /** Reads no more octets than `most`. */
  async #feedAtOnce(window: OctetWindow, most: number): Promise<boolean> {
    if (++this.#blocksAtOnce % BLOCKS_A_TURN === 0) await loopTurn();
    const buffers = this.#buffers;
    const tail = window.end - window.at;
    if (tail > buffers.room) {
      const block = await this.#pending;
      this.#grow(tail, block?.count ?? 0);
    }
    if (this.#isClosed) return false;
    this.#carryOver(window, buffers.current);
    return this.#handOn(window, this.#readAtOnce(buffers.current, most));
  }

  #readAtOnce(block: Uint8Array, most: number): number {
    const { room, blockBytes } = this.#buffers;
    const length = Math.min(blockBytes, BLOCK_BYTES, most);
    // the first look at `performance` loads a module for 2 ms
    const begin = process.uptime();
    try {
      return readSync(this.#handle.fd!, block, room, length, this.#position);
    } catch (error) {
      throw readFailure(this.#file, error);
    } finally {
      const isLong = process.uptime() - begin > LONG_READ;
      this.#longReads = Math.max(0, this.#longReads + (isLong ? 1 : -1 / 3));
    }
  }

  async #feedAhead(window: OctetWindow): Promise<boolean> {
    if (this.#isClosed) return false;
    const { count, error } = await (this.#pending ?? this.#read(this.#position));
    this.#pending = null;
    if (this.#isClosed) return false;
    if (error !== null) throw readFailure(this.#file, error);
    const buffers = this.#buffers;
    const tail = window.end - window.at;
    if (tail > buffers.room) this.#grow(tail, count);
    this.#carryOver(window, buffers.spare);
    buffers.swap();
    if (!this.#handOn(window, count)) return false;
    this.#pendingAt = this.#position + (this.#readsAhead && this.#isQuick ? BETWEEN_BYTES : 0);
    this.#pending = this.#read(this.#pendingAt);
    return true;
  }

  /** Moves the window into a block, what is unread in it in front of the block's octets. */
  #carryOver(window: OctetWindow, block: Uint8Array): void {
    const { room } = this.#buffers;
    const at = room - (window.end - window.at);
    block.set(window.bytes.subarray(window.at, window.end), at);
    window.baseOffset = window.offset - at;
    window.bytes = block;
    window.at = at;
    window.end = room;
  }

  /** The window has so many octets more; false if there are none. */
  #handOn(window: OctetWindow, count: number): boolean {
    if (count === 0) {
      this.#damage.shrank(this.#position);
      return false;
    }
    window.end += count;
    this.#position += count;
    this.#file.bytesRead = this.#position;
    return true;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#pending;
    await this.#handle.close().catch(() => {});
  }

  /** Never rejects: a rejection that nobody awaits yet would end the process. */
  async #read(position: number): Promise<PendingBlock> {
    const { spare, room, blockBytes } = this.#buffers;
    try {
      const result = await this.#handle.read(spare, room, blockBytes, position);
      return { count: result.bytesRead, error: null };
    } catch (error) {
      return { count: 0, error };
    }
  }

  /** New buffers with room for `tail` octets; the block just read moves, the tail is the caller's. */
  #grow(tail: number, count: number): void {
    const buffers = this.#buffers;
    const block = buffers.spare.subarray(buffers.room, buffers.room + count);
    let room = buffers.room;
    while (room < tail) room *= 2;
    buffers.room = room;
    const larger = new Uint8Array(room + buffers.blockBytes);
    larger.set(block, room);
    buffers.spare = larger;
    buffers.current = new Uint8Array(larger.length);
  }
}
