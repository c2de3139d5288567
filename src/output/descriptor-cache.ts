// Open files of streams, at most a stated number: the one not used for longest is closed and opened
// again when it is needed. Runs once a window, not once a packet.

import { errorCode } from "./file-system.ts";
import type { FileSystem } from "./file-system.ts";

interface OpenFile {
  readonly descriptor: number;
  /** Asynchronous writes under way: while there are any, it can't be closed. */
  pins: number;
}

export class DescriptorCache {
  readonly #limit: number;
  readonly #fileSystem: FileSystem;
  readonly #open: (stream: number) => number;
  readonly #onCloseError: (stream: number, error: unknown) => void;
  /** By stream; the order of insertion is the order of use. */
  readonly #files = new Map<number, OpenFile>();

  /**
   * `limit` counts files kept open; those with a write under way come on top if there are more of them.
   * `open` opens the file of a stream, or throws. `onCloseError` gets what closing one says: some file
   * systems tell only then that the disk is full.
   */
  constructor(
    limit: number,
    fileSystem: FileSystem,
    open: (stream: number) => number,
    onCloseError: (stream: number, error: unknown) => void,
  ) {
    this.#limit = Math.max(1, limit);
    this.#fileSystem = fileSystem;
    this.#open = open;
    this.#onCloseError = onCloseError;
  }

  get size(): number {
    return this.#files.size;
  }

  has(stream: number): boolean {
    return this.#files.has(stream);
  }

  /**
   * The stream's descriptor, good until the next call. When the system has none left, others are closed.
   * @throws Error of the file system
   */
  acquire(stream: number): number {
    const known = this.#files.get(stream);
    if (known !== undefined) {
      this.#files.delete(stream);
      this.#files.set(stream, known);
      return known.descriptor;
    }
    this.#trim(this.#limit - 1);
    const descriptor = this.openWithRoom(() => this.#open(stream));
    this.#files.set(stream, { descriptor, pins: 0 });
    return descriptor;
  }

  /** As `acquire`, and it stays open until `unpin`. */
  pin(stream: number): number {
    const descriptor = this.acquire(stream);
    this.#files.get(stream)!.pins++;
    return descriptor;
  }

  unpin(stream: number): void {
    this.#files.get(stream)!.pins--;
    this.#trim(this.#limit);
  }

  /** Closes the stream's file if it is open. Nothing may be under way. */
  close(stream: number): void {
    const file = this.#files.get(stream);
    if (file === undefined) return;
    this.#files.delete(stream);
    try {
      this.#fileSystem.closeSync(file.descriptor);
    } catch (error) {
      this.#onCloseError(stream, error);
    }
  }

  closeAll(): void {
    for (const stream of this.#files.keys()) this.close(stream);
  }

  /**
   * What `open` gives; when the system has no descriptor left, others are closed and it is called again.
   * @throws Error of the file system
   */
  openWithRoom(open: () => number): number {
    while (true) {
      try {
        return open();
      } catch (error) {
        const code = errorCode(error);
        if (code !== "EMFILE" && code !== "ENFILE") throw error;
        const before = this.#files.size;
        this.#trim(before >> 1);
        if (this.#files.size === before) throw error;
      }
    }
  }

  /** Closes the longest unused ones that can be closed until so many are left. */
  #trim(size: number): void {
    if (this.#files.size <= size) return;
    for (const [stream, file] of this.#files) {
      if (file.pins > 0) continue;
      this.close(stream);
      if (this.#files.size <= size) return;
    }
  }
}
