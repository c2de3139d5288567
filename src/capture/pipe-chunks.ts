// Chunks of octets from a descriptor that can be read only once: a FIFO, a pipe or socket on standard input, or a
// file on it. What waits there is read at once. Only where nothing does is the event loop asked to wait, by a
// socket that brings one chunk and is stopped again: to go through it for each chunk takes as long as to read it.
//
//     socket   : stopped --nothing at hand: resume--> reads --chunk--> stopped
//     readSync :                                                        chunk, chunk, ... until a short one

import { readSync } from "node:fs";
import type { OnReadOpts, Socket, SocketConstructorOpts } from "node:net";
import { loopTurn } from "../event-loop.ts";
import { readFailure } from "./capture-file.ts";
import type { CaptureFile } from "./capture-reader.ts";
import type { ChunkSource } from "./chunk-source.ts";

/** Octets asked for at once. Linux gives no more of a pipe. */
const CHUNK_BYTES = 64 * 1024;
/** A chunk as long as this has others behind it more often than not; to try costs an exception. */
const LONG_CHUNK_BYTES = 16 * 1024;
/** Chunks read at once between two turns of the event loop: signals, timers, writes that are done. */
const CHUNKS_A_TURN = 64;

/** Counts `bytesRead`. */
export class PipeChunks implements ChunkSource {
  readonly #descriptor: number;
  readonly #file: CaptureFile;
  readonly #bytes: Uint8Array = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  /** Null for a file: reading never waits long. */
  readonly #socket: Socket | null;
  /** Octets that the socket brought and nobody took yet. */
  #arrived = 0;
  #hasMore: boolean;
  #isEnded = false;
  #failure: Error | null = null;
  #wake: (() => void) | null = null;
  #chunksAtOnce = 0;

  /** `isWaitedFor`: the descriptor is a pipe's or a socket's, and is closed with this; a file's stays open. */
  constructor(descriptor: number, isWaitedFor: boolean, file: CaptureFile) {
    this.#descriptor = descriptor;
    this.#file = file;
    this.#socket = isWaitedFor ? this.#open(descriptor) : null;
    this.#hasMore = !isWaitedFor;
  }

  async read(): Promise<Uint8Array | null> {
    while (!this.#isEnded) {
      let count = 0;
      if (this.#hasMore && this.#arrived === 0) {
        if (++this.#chunksAtOnce % CHUNKS_A_TURN === 0) await loopTurn();
        count = this.#readAtOnce();
      }
      if (count === 0) count = await this.#nextArrived();
      if (count === 0) continue;
      this.#hasMore = this.#socket === null || count >= LONG_CHUNK_BYTES;
      this.#file.bytesRead += count;
      return this.#bytes.subarray(0, count);
    }
    if (this.#failure !== null) throw readFailure(this.#file, this.#failure);
    return null;
  }

  /** A read that waits for a silent pipe ends too. */
  close(): Promise<void> {
    this.#end();
    this.#socket?.destroy();
    return Promise.resolve();
  }

  #open(descriptor: number): Socket {
    const { Socket } = process.getBuiltinModule("node:net");
    const callback = (count: number): boolean => {
      this.#arrived = count;
      this.#wake?.();
      return false;
    };
    // Node takes `onread` here as well as where it connects; its types know the latter only.
    const options: SocketConstructorOpts & { readonly onread: OnReadOpts } = {
      fd: descriptor,
      readable: true,
      writable: false,
      onread: { buffer: this.#bytes, callback },
    };
    return new Socket(options)
      .on("error", (error) => {
        this.#failure ??= error;
        this.#end();
      })
      .on("end", () => this.#end())
      .on("close", () => this.#end());
  }

  #end(): void {
    this.#isEnded = true;
    this.#wake?.();
  }

  /** 0 where nothing is at hand. */
  #readAtOnce(): number {
    try {
      const count = readSync(this.#descriptor, this.#bytes, 0, CHUNK_BYTES, null);
      if (count === 0) this.#end();
      return count;
    } catch (error) {
      const isEmpty = error instanceof Error && Reflect.get(error, "code") === "EAGAIN";
      if (!isEmpty) throw readFailure(this.#file, error);
      return 0;
    }
  }

  /** 0 at the end. */
  async #nextArrived(): Promise<number> {
    if (this.#arrived === 0 && !this.#isEnded) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#socket?.resume();
      });
      this.#wake = null;
    }
    const count = this.#arrived;
    this.#arrived = 0;
    return count;
  }
}
