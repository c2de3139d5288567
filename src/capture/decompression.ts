// Compressed octets in, plain octets out, through node:zlib's thread pool. Runs once a block.
//
// Small slices go in, one at a time, and all that a slice gives comes out before the next: so the
// memory is bounded by one slice's expansion, and of a stream that breaks in the middle all is kept
// that the slices before gave. The first slices are smaller still, for small files that are damaged.

import * as zlib from "node:zlib";
import { Transform } from "node:stream";
import { copyOctets } from "../bytes.ts";
import { TcpxError } from "../errors.ts";
import type { ChunkSource } from "./chunk-source.ts";
import type { Compression } from "./capture-format.ts";

/** Deflate makes at most 1032 octets of one: a slice gives 17 MiB at worst. */
const SLICE_BYTES = 16 * 1024;
const FIRST_SLICE_BYTES = 256;
/** So many octets of the input go in in first slices. */
const CAREFUL_BYTES = 32 * 1024;
/** A gzip member's checksum and length; they go in alone, lest a wrong one costs octets. */
const TRAILER_BYTES = 8;

/** The expansion may exceed any ratio up to here. */
export const EXPANSION_ALLOWANCE_BYTES = 64 * 1024 * 1024;

/** The compressed input broke off or went wrong; `offset` counts its stored octets. */
export type DecompressionFailure = (reason: string, offset: number) => void;

function createEngine(compression: Compression): Transform | null {
  if (compression === "gzip") return zlib.createGunzip({ chunkSize: SLICE_BYTES });
  // Node 22.15 and later; not in the types of the oldest Node that tcpx runs on
  const createZstd: unknown = Reflect.get(zlib, "createZstdDecompress");
  if (compression !== "zstd" || typeof createZstd !== "function") return null;
  const engine: unknown = createZstd({ chunkSize: SLICE_BYTES });
  return engine instanceof Transform ? engine : null;
}

const PIPE_COMMANDS: Readonly<Record<Compression, string>> = {
  gzip: "gzip -dc",
  zstd: "zstd -dc",
  xz: "xz -dc",
  lz4: "lz4 -dc",
  bzip2: "bzip2 -dc",
};

/** Whether this Node can decompress it. */
export function canDecompress(compression: Compression): boolean {
  if (compression === "gzip") return true;
  return compression === "zstd" && typeof Reflect.get(zlib, "createZstdDecompress") === "function";
}

/** UNSUPPORTED_COMPRESSION, with the pipe to use instead. */
export function unsupportedCompression(path: string, compression: Compression): TcpxError {
  const pipe = `${PIPE_COMMANDS[compression]} ${path === "-" ? "" : `${path} `}| tcpx extract - -o out`;
  return new TcpxError(
    "UNSUPPORTED_COMPRESSION",
    `${path} is compressed with ${compression}, which tcpx can't read itself; use a pipe: ${pipe}`,
    { file: path, offset: 0 },
  );
}

/** What `Decompressor` reads and to whom it tells that it failed. */
export interface DecompressorOptions {
  readonly maxExpansion: number;
  readonly onFailure: DecompressionFailure;
}

/** A failure ends the octets, as an end of the input does; it is told to `onFailure` and not thrown. */
export class Decompressor implements ChunkSource {
  readonly #source: ChunkSource;
  readonly #options: DecompressorOptions;
  readonly #engine: Transform;
  readonly #out: Uint8Array[] = [];
  #chunk: Uint8Array | null = null;
  #taken = 0;
  #bytesIn = 0;
  #bytesOut = 0;
  #failure: Error | null = null;
  #engineEnded = false;
  #isDone = false;

  /** `compression` is one that `canDecompress`. */
  constructor(source: ChunkSource, compression: Compression, options: DecompressorOptions) {
    const engine = createEngine(compression);
    if (engine === null) throw unsupportedCompression("input", compression);
    this.#source = source;
    this.#options = options;
    this.#engine = engine;
    engine.on("data", (octets: Uint8Array) => {
      this.#bytesOut += octets.length;
      this.#out.push(octets);
    });
    engine.on("error", (error) => {
      this.#failure ??= error;
    });
    engine.on("end", () => {
      this.#engineEnded = true;
    });
  }

  async read(): Promise<Uint8Array | null> {
    for (;;) {
      const octets = this.#out.shift();
      if (octets !== undefined) return octets;
      if (this.#isDone) return null;
      await this.#work();
    }
  }

  close(): Promise<void> {
    this.#isDone = true;
    this.#out.length = 0;
    this.#engine.destroy();
    return this.#source.close();
  }

  /** One slice, or the end of the input. */
  async #work(): Promise<void> {
    const offset = this.#bytesIn;
    const slice = await this.#nextSlice();
    if (slice === null) await this.#finish();
    else await this.#write(slice);
    if (this.#isDone) return;
    if (this.#failure !== null) return this.#fail(this.#failure.message, offset);
    const allowed = EXPANSION_ALLOWANCE_BYTES + this.#options.maxExpansion * this.#bytesIn;
    if (this.#bytesOut > allowed) {
      const ratio = `${this.#options.maxExpansion}:1`;
      return this.#fail(`it expands to more than ${ratio}, the limit`, offset);
    }
    if (slice === null || this.#engineEnded) this.#isDone = true;
  }

  #fail(reason: string, offset: number): void {
    this.#isDone = true;
    this.#engine.destroy();
    this.#options.onFailure(reason, offset);
  }

  async #nextSlice(): Promise<Uint8Array | null> {
    if (this.#chunk === null) {
      this.#chunk = await this.#source.read();
      this.#taken = 0;
      if (this.#chunk === null) return null;
    }
    const rest = this.#chunk.length - this.#taken;
    const most = this.#bytesIn < CAREFUL_BYTES ? FIRST_SLICE_BYTES : SLICE_BYTES;
    const beforeTrailer = rest > TRAILER_BYTES ? rest - TRAILER_BYTES : rest;
    const count = Math.min(most, beforeTrailer);
    // a copy, since the engine may hold on to it after an error
    const slice = copyOctets(this.#chunk, this.#taken, this.#taken + count);
    this.#taken += count;
    this.#bytesIn += count;
    if (count === rest) this.#chunk = null;
    return slice;
  }

  /** Resolves when the slice is used up, or the engine has failed. */
  #write(slice: Uint8Array): Promise<void> {
    return this.#settled((done) => {
      this.#engine.write(slice, done);
    });
  }

  #finish(): Promise<void> {
    return this.#settled((done) => {
      this.#engine.once("end", done);
      this.#engine.end();
    });
  }

  #settled(start: (done: () => void) => void): Promise<void> {
    if (this.#failure !== null || this.#engineEnded || this.#engine.destroyed) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const done = (): void => {
        this.#engine.off("error", done);
        this.#engine.off("close", done);
        resolve();
      };
      this.#engine.once("error", done);
      this.#engine.once("close", done);
      start(done);
    });
  }
}
