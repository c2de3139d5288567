// Chunks of octets from what is no plain file, as they come, so that a live pipe is handed on at once: streams of
// Node, the stored octets of a compressed file; what has a descriptor is in pipe-chunks.ts.

import { readFailure } from "./capture-file.ts";
import type { CaptureFile } from "./capture-reader.ts";
import type { DamageLog } from "./damage-log.ts";
import type { ReadableHandle } from "./file-feeder.ts";

/** Octets of a compressed file read at a time. */
const CHUNK_BYTES = 256 * 1024;

/** Pulled, never pushed: nothing piles up while nobody asks. */
export interface ChunkSource {
  /**
   * The next octets (at least one), or null at the end. The view is valid until the next call.
   * @throws TcpxError READ_FAILED
   */
  read(): Promise<Uint8Array | null>;
  /** Begins again with the first octet; absent where that can't be. No read is under way. */
  rewind?(): void;
  close(): Promise<void>;
}

/** The octets of a regular file from its beginning. Counts `bytesRead`. */
export class FileChunks implements ChunkSource {
  readonly #handle: ReadableHandle;
  readonly #file: CaptureFile;
  readonly #damage: DamageLog;
  readonly #bytes = new Uint8Array(CHUNK_BYTES);
  #isClosed = false;

  constructor(handle: ReadableHandle, file: CaptureFile, damage: DamageLog) {
    this.#handle = handle;
    this.#damage = damage;
    this.#file = file;
  }

  async read(): Promise<Uint8Array | null> {
    if (this.#isClosed) return null;
    const position = this.#file.bytesRead;
    const { bytesRead } = await this.#handle
      .read(this.#bytes, 0, CHUNK_BYTES, position)
      .catch((cause: unknown) => {
        throw readFailure(this.#file, cause);
      });
    this.#file.bytesRead += bytesRead;
    if (bytesRead > 0) return this.#bytes.subarray(0, bytesRead);
    this.#damage.shrank(position);
    return null;
  }

  rewind(): void {
    this.#file.bytesRead = 0;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#handle.close().catch(() => {});
  }
}

/** The chunks of a readable stream. Counts `bytesRead`. */
export class StreamChunks implements ChunkSource {
  readonly #stream: NodeJS.ReadableStream;
  readonly #file: CaptureFile;
  readonly #chunks: AsyncIterator<string | Buffer>;
  #isClosed = false;

  constructor(stream: NodeJS.ReadableStream, file: CaptureFile) {
    this.#stream = stream;
    this.#file = file;
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  async read(): Promise<Uint8Array | null> {
    while (!this.#isClosed) {
      const chunk = await this.#next();
      if (chunk === null) return null;
      if (chunk.length === 0) continue;
      this.#file.bytesRead += chunk.length;
      return chunk;
    }
    return null;
  }

  /** A read that waits for a silent pipe ends too: the stream is destroyed under it. */
  close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      const stream: NodeJS.ReadableStream & { destroy?: () => unknown } = this.#stream;
      stream.destroy?.();
    }
    return Promise.resolve();
  }

  async #next(): Promise<Uint8Array | null> {
    try {
      const result = await this.#chunks.next();
      if (result.done === true) return null;
      return typeof result.value === "string" ? Buffer.from(result.value, "latin1") : result.value;
    } catch (cause) {
      if (this.#isClosed) return null;
      throw readFailure(this.#file, cause);
    }
  }
}

/** Lets the first octets be looked at before the chunks are read. */
export class PeekableChunks implements ChunkSource {
  readonly #source: ChunkSource;
  /** Looked at and not read yet; an own copy. */
  #front: Uint8Array | null = null;

  constructor(source: ChunkSource) {
    this.#source = source;
  }

  /** The first `count` octets, or all there are if the input ends before. */
  async peek(count: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let length = 0;
    while (length < count) {
      const chunk = await this.#source.read();
      if (chunk === null) break;
      parts.push(new Uint8Array(chunk));
      length += chunk.length;
    }
    const front = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      front.set(part, at);
      at += part.length;
    }
    this.#front = front;
    return front.subarray(0, count);
  }

  read(): Promise<Uint8Array | null> {
    const front = this.#front;
    this.#front = null;
    if (front !== null && front.length > 0) return Promise.resolve(front);
    return this.#source.read();
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}
