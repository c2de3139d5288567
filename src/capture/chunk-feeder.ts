// Feeds a window from chunks (standard input, FIFOs, decompressed octets). A chunk is handed on as
// soon as it is there, however short; the unread octets move to the front only when the room behind
// them is used up, so that many small chunks cost no more than few large ones.

import type { ChunkSource } from "./chunk-source.ts";
import type { BlockBuffers } from "./file-feeder.ts";
import type { OctetWindow, WindowFeeder } from "./octet-window.ts";

/** A chunk larger than the room is taken in parts. */
export class ChunkFeeder implements WindowFeeder {
  readonly #source: ChunkSource;
  readonly #buffers: BlockBuffers;
  #chunk: Uint8Array | null = null;
  #taken = 0;

  constructor(source: ChunkSource, buffers: BlockBuffers) {
    this.#source = source;
    this.#buffers = buffers;
    buffers.prepare();
  }

  async feed(window: OctetWindow): Promise<boolean> {
    if (this.#chunk === null) {
      this.#chunk = await this.#source.read();
      this.#taken = 0;
      if (this.#chunk === null) return false;
    }
    const rest = this.#chunk.length - this.#taken;
    this.#makeRoom(window, rest);
    const count = Math.min(rest, window.bytes.length - window.end);
    const part = this.#chunk.subarray(this.#taken, this.#taken + count);
    window.bytes.set(part, window.end);
    window.end += count;
    this.#taken += count;
    if (count === rest) this.#chunk = null;
    return true;
  }

  close(): Promise<void> {
    this.#chunk = null;
    return this.#source.close();
  }

  /** Room for `wanted` octets if the buffer has it, for one at least. The buffer grows with the longest record. */
  #makeRoom(window: OctetWindow, wanted: number): void {
    const length = window.end - window.at;
    if (length === 0) {
      window.baseOffset += window.at;
      window.at = 0;
      window.end = 0;
    }
    const { current } = this.#buffers;
    if (window.bytes.length - window.end >= Math.max(1, Math.min(wanted, current.length / 4)))
      return;
    // half full: moving within it would soon cost more than it gains
    if (length * 2 > current.length) this.#buffers.current = new Uint8Array(current.length * 2);
    const bytes = this.#buffers.current;
    bytes.set(window.bytes.subarray(window.at, window.end), 0);
    window.baseOffset += window.at;
    window.bytes = bytes;
    window.at = 0;
    window.end = length;
  }
}
