// One pass over compressed octets, through node:zlib's thread pool: slices go in one at a time, plain octets come
// out. It has two gaits. A quick pass takes large slices and lets the pool go on while its octets are used; what the
// pool had in hand when it failed is lost. A careful one takes small slices, and all that a slice gives comes out
// before the next goes in: of a stream that breaks in the middle all is kept that the slices before gave.
// Memory is bounded by what may wait, or by one small slice's expansion.

import * as zlib from "node:zlib";
import { Transform } from "node:stream";
import { copyOctets } from "../bytes.ts";
import type { Compression } from "./capture-format.ts";
import type { ChunkSource } from "./chunk-source.ts";

export interface Gait {
  /** Octets that go in at once, and those that go in at once of the first ones. */
  readonly sliceBytes: number;
  readonly firstSliceBytes: number;
  /** Octets that come out at once. */
  readonly chunkBytes: number;
  /** Whether the pool goes on before octets are asked for, and how many may wait before it is stopped. */
  readonly worksAhead: boolean;
  readonly mostWaiting: number;
  /** Octets at the end of what was read that go in alone: a gzip member's checksum and length, if it is the end. */
  readonly trailerBytes: number;
}

export const QUICK: Gait = {
  sliceBytes: 256 * 1024,
  firstSliceBytes: 256 * 1024,
  chunkBytes: 256 * 1024,
  worksAhead: true,
  mostWaiting: 1024 * 1024,
  trailerBytes: 0,
};

/** Deflate makes at most 1032 octets of one: a slice gives 17 MiB at worst. Smaller ones first, for small files. */
export const CAREFUL: Gait = {
  sliceBytes: 16 * 1024,
  firstSliceBytes: 256,
  chunkBytes: 16 * 1024,
  worksAhead: false,
  mostWaiting: Infinity,
  trailerBytes: 8,
};

/** So many octets of the input are its first ones. */
const FIRST_BYTES = 32 * 1024;

/** Makes a stream that decompresses. */
export type EngineMaker = (options: { readonly chunkSize: number }) => unknown;

/** Null if this Node can't decompress it. */
export function engineMaker(compression: Compression): EngineMaker | null {
  if (compression === "gzip") return zlib.createGunzip;
  // Node 22.15 and later; not in the types of the oldest Node that tcpx runs on
  const createZstd: unknown = Reflect.get(zlib, "createZstdDecompress");
  return compression === "zstd" && typeof createZstd === "function"
    ? (createZstd as EngineMaker)
    : null;
}

export class DecompressionPass {
  /** Octets of the input before the slice in hand, and with it; all plain octets so far. */
  bytesIn = 0;
  bytesTaken = 0;
  bytesOut = 0;
  /** Why the octets ended before the input did. */
  failure: Error | null = null;
  readonly #source: ChunkSource;
  readonly #gait: Gait;
  readonly #engine: Transform;
  readonly #out: Uint8Array[] = [];
  #waiting = 0;
  /** The input's octets in hand. */
  #chunk: Uint8Array | null = null;
  #taken = 0;
  /** A slice is on its way into the engine, or the input's end is. */
  #isBusy = false;
  #isDone = false;
  #sourceError: unknown = null;
  #wake: (() => void) | null = null;

  constructor(source: ChunkSource, makeEngine: EngineMaker, gait: Gait) {
    const engine = makeEngine({ chunkSize: gait.chunkBytes });
    if (!(engine instanceof Transform)) throw new Error("node:zlib gave no stream");
    this.#source = source;
    this.#gait = gait;
    this.#engine = engine
      .on("data", (octets: Uint8Array) => this.#add(octets))
      .on("error", (error) => this.#end(error))
      .on("close", () => this.#end(null))
      .on("end", () => this.#end(null));
  }

  /** The input broke off: what there was of it has been used up. */
  get isCutShort(): boolean {
    return this.failure !== null && Reflect.get(this.failure, "code") === "Z_BUF_ERROR";
  }

  /**
   * The next plain octets, or null at the end or after a failure.
   * @throws what the source throws
   */
  async read(): Promise<Uint8Array | null> {
    for (;;) {
      const octets = this.#out.shift();
      if (octets !== undefined) {
        this.#waiting -= octets.length;
        if (this.#engine.isPaused() && this.#out.length === 0) this.#engine.resume();
        else if (this.#gait.worksAhead) void this.#goOn();
        return octets;
      }
      if (this.#isDone && !this.#isBusy) return null;
      if (this.#sourceError !== null) throw this.#sourceError;
      void this.#goOn();
      await this.#change();
    }
  }

  /** Ends it; a `read` that waits for the source ends when that does. */
  stop(): void {
    this.#end(null);
    this.#out.length = 0;
    this.#engine.destroy();
  }

  #add(octets: Uint8Array): void {
    this.bytesOut += octets.length;
    this.#out.push(octets);
    this.#waiting += octets.length;
    if (this.#waiting >= this.#gait.mostWaiting) this.#engine.pause();
    this.#wake?.();
  }

  #end(failure: Error | null): void {
    if (!this.#isDone) this.failure = failure;
    this.#isDone = true;
    this.#wake?.();
  }

  /** Resolves when octets came out, the engine wants more of them, or all is over. */
  async #change(): Promise<void> {
    if (this.#out.length > 0 || !this.#isBusy) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = null;
  }

  /** Gives the engine the next slice, or the end of the input; nothing if it has enough. */
  async #goOn(): Promise<void> {
    if (this.#isBusy || this.#isDone || this.#sourceError !== null) return;
    this.#isBusy = true;
    try {
      const slice = await this.#nextSlice();
      await this.#give(slice);
    } catch (error) {
      this.#sourceError = error;
    }
    this.#isBusy = false;
    this.#wake?.();
  }

  async #nextSlice(): Promise<Uint8Array | null> {
    this.bytesIn = this.bytesTaken;
    if (this.#chunk === null) {
      this.#chunk = await this.#source.read();
      this.#taken = 0;
      if (this.#chunk === null) return null;
    }
    const { firstSliceBytes, sliceBytes, trailerBytes } = this.#gait;
    const rest = this.#chunk.length - this.#taken;
    const most = this.bytesIn < FIRST_BYTES ? firstSliceBytes : sliceBytes;
    const count = Math.min(most, rest > trailerBytes ? rest - trailerBytes : rest);
    // a copy, since the engine may hold on to it after an error
    const slice = copyOctets(this.#chunk, this.#taken, this.#taken + count);
    this.#taken += count;
    this.bytesTaken += count;
    if (count === rest) this.#chunk = null;
    return slice;
  }

  /** Resolves when the slice is used up, or all is over. */
  #give(slice: Uint8Array | null): Promise<void> {
    const engine = this.#engine;
    if (this.#isDone || engine.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        engine.off("error", done).off("close", done).off("end", done);
        resolve();
      };
      engine.once("error", done).once("close", done).once("end", done);
      if (slice === null) engine.end();
      else engine.write(slice, done);
    });
  }
}
