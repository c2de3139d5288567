// The files of streams, by handle and seek position: made on first use, opened again when the
// descriptor cache had to close them, written and read synchronously. While a stream's origin may still
// move back, its file can lie displaced (`moveOrigin`); everyone else speaks in seek positions.

import { copyDisplaced } from "./displaced-copy.ts";
import { DescriptorCache } from "./descriptor-cache.ts";
import { PART_SUFFIX } from "./file-name.ts";
import type { FileSystem } from "./file-system.ts";
import {
  CREATE_TO_READ_AND_WRITE,
  CREATE_TO_WRITE,
  NEW_FILE_MODE,
  readFully,
  REOPEN,
  writeFully,
} from "./file-system.ts";
import type { OutputDirectory } from "./output-directory.ts";
import type { StreamColumns } from "./stream-columns.ts";
import { StreamMark } from "./stream-columns.ts";
import type { WriteFailure } from "./write-failure.ts";

/** Room made in front of a file whose origin moves, so that it moves seldom. */
const FIRST_HEADROOM = 1 << 20;

export class StreamFiles {
  /** Files made so far. */
  made = 0;
  /** Called before a stream's file is opened or made. */
  beforeOpening: (stream: number) => void = () => {};
  readonly #directory: OutputDirectory;
  readonly #fileSystem: FileSystem;
  readonly #columns: StreamColumns;
  readonly #descriptors: DescriptorCache;
  /** By stream: its file's octet 0 is at this offset for the time being. */
  readonly #displacement = new Map<number, number>();

  constructor(
    directory: OutputDirectory,
    columns: StreamColumns,
    maxOpenFiles: number,
    failure: WriteFailure,
  ) {
    this.#directory = directory;
    this.#fileSystem = directory.fileSystem;
    this.#columns = columns;
    this.#descriptors = new DescriptorCache(
      maxOpenFiles,
      this.#fileSystem,
      (stream) => this.#open(stream),
      (stream, error) => failure.record(this.pathOf(stream), columns.fileEnd[stream]!, error),
    );
  }

  /** Path of the stream's file below the output directory, whether or not it was made. */
  pathOf(stream: number): string {
    const direction = (this.#columns.marks[stream]! & StreamMark.S2C) === 0 ? "c2s" : "s2c";
    return this.#directory.naming.path(this.#columns.identity[stream]!, direction);
  }

  /** The descriptor, kept open until `unpin`, for an asynchronous write; never of a displaced file. */
  pin(stream: number): number {
    return this.#descriptors.pin(stream);
  }

  unpin(stream: number): void {
    this.#descriptors.unpin(stream);
  }

  /**
   * A stream that was never flushed and has ended: its whole file in one go.
   * @throws Error of the file system
   */
  writeWhole(
    stream: number,
    path: string,
    bytes: Uint8Array,
    start: number,
    length: number,
    position: number,
    size: number,
  ): void {
    const isMade = (this.#columns.marks[stream]! & StreamMark.CREATED) !== 0;
    const descriptor = this.#descriptors.openWithRoom(() =>
      isMade ? this.#open(stream) : this.#create(stream, path, CREATE_TO_WRITE),
    );
    try {
      writeFully(this.#fileSystem, descriptor, bytes, start, length, position);
      if (size > position + length) this.#fileSystem.ftruncateSync(descriptor, size);
    } finally {
      this.#fileSystem.closeSync(descriptor);
    }
  }

  /** @throws Error of the file system */
  write(stream: number, bytes: Uint8Array, start: number, length: number, position: number): void {
    const descriptor = this.#descriptors.acquire(stream);
    const offset = position + this.displacementOf(stream);
    writeFully(this.#fileSystem, descriptor, bytes, start, length, offset);
  }

  /** Octets read from the position into `bytes[0, ...)`. @throws Error of the file system */
  read(stream: number, bytes: Uint8Array, length: number, position: number): number {
    const descriptor = this.#descriptors.acquire(stream);
    const offset = position + this.displacementOf(stream);
    return readFully(this.#fileSystem, descriptor, bytes, length, offset);
  }

  /** Sets the file's size. @throws Error of the file system */
  resize(stream: number, size: number): void {
    this.#fileSystem.ftruncateSync(this.#descriptors.acquire(stream), size);
  }

  close(stream: number): void {
    this.#descriptors.close(stream);
    this.#displacement.delete(stream);
  }

  closeAll(): void {
    this.#descriptors.closeAll();
  }

  displacementOf(stream: number): number {
    return (this.#columns.marks[stream]! & StreamMark.DISPLACED) === 0
      ? 0
      : this.#displacement.get(stream)!;
  }

  /**
   * What is in the file moves up by `shift` positions. Moves the octets only where there is no room in
   * front of them, and then makes room for many further moves. Nothing may be under way.
   * @throws Error of the file system
   */
  moveOrigin(stream: number, shift: number): void {
    const room = this.displacementOf(stream);
    if (room >= shift) {
      this.#displacement.set(stream, room - shift);
      return;
    }
    const newRoom = Math.max(FIRST_HEADROOM, 2 * shift, 2 * room);
    this.#relocate(stream, room, newRoom + shift);
    this.#displacement.set(stream, newRoom);
    this.#columns.marks[stream]! |= StreamMark.DISPLACED;
  }

  /** Puts every octet of a displaced file at its position. @throws Error of the file system */
  settle(stream: number): void {
    const room = this.displacementOf(stream);
    if ((this.#columns.marks[stream]! & StreamMark.DISPLACED) === 0) return;
    if (room > 0) this.#relocate(stream, room, 0);
    this.#columns.marks[stream]! &= ~StreamMark.DISPLACED;
    this.#displacement.delete(stream);
  }

  /** Octets from the offset `from` on come to lie at the offset `to`, in a new file of the same name. */
  #relocate(stream: number, from: number, to: number): void {
    const path = this.pathOf(stream);
    const part = this.#directory.pathOf(path + PART_SUFFIX);
    const source = this.#descriptors.acquire(stream);
    const target = this.#fileSystem.openSync(part, CREATE_TO_WRITE, NEW_FILE_MODE);
    try {
      copyDisplaced(this.#fileSystem, source, from, target, to);
    } catch (error) {
      this.#fileSystem.unlinkSync(part);
      throw error;
    } finally {
      this.#fileSystem.closeSync(target);
    }
    this.#descriptors.close(stream);
    this.#fileSystem.renameSync(part, this.#directory.pathOf(path));
  }

  /** Somebody else made the stream's file. */
  noteMade(stream: number): void {
    if ((this.#columns.marks[stream]! & StreamMark.CREATED) !== 0) return;
    this.#columns.marks[stream]! |= StreamMark.CREATED;
    this.made++;
  }

  /**
   * The whole path of a file that somebody else is to make, in a directory that is there.
   * @throws Error of the file system
   */
  prepareToMake(stream: number, path: string): string {
    this.#makeGroup(stream);
    return this.#directory.pathOf(path);
  }

  #open(stream: number): number {
    const path = this.pathOf(stream);
    this.beforeOpening(stream);
    if ((this.#columns.marks[stream]! & StreamMark.CREATED) === 0) {
      return this.#create(stream, path, CREATE_TO_READ_AND_WRITE);
    }
    const descriptor = this.#fileSystem.openSync(this.#directory.pathOf(path), REOPEN);
    // Made by us and closed in between: what has the name now must still be a file of its own.
    const status = this.#fileSystem.fstatSync(descriptor);
    if (status.isFile() && status.nlink === 1) return descriptor;
    this.#fileSystem.closeSync(descriptor);
    throw new Error("the file was exchanged for something else during the run");
  }

  #create(stream: number, path: string, flags: number): number {
    this.#makeGroup(stream);
    const descriptor = this.#fileSystem.openSync(
      this.#directory.pathOf(path),
      flags,
      NEW_FILE_MODE,
    );
    this.noteMade(stream);
    return descriptor;
  }

  #makeGroup(stream: number): void {
    if (this.#directory.naming.groupSize > 0) {
      this.#directory.makeGroup(this.#columns.identity[stream]!.flow);
    }
  }
}
