// Compressed octets in, plain octets out. Files are gone through quickly, and once more carefully, from the
// beginning, if they turn out to be damaged: what comes before the damage is kept. What can be read only once is
// gone through carefully at once.

import { TcpxError } from "../errors.ts";
import type { ChunkSource } from "./chunk-source.ts";
import type { Compression } from "./capture-format.ts";
import { CAREFUL, DecompressionPass, QUICK, engineMaker } from "./decompression-pass.ts";
import type { EngineMaker } from "./decompression-pass.ts";

/** The expansion may exceed any ratio up to here. */
export const EXPANSION_ALLOWANCE_BYTES = 64 * 1024 * 1024;

/** The compressed input broke off or went wrong; `offset` counts its stored octets. */
export type DecompressionFailure = (reason: string, offset: number) => void;

const PIPE_COMMANDS: Readonly<Record<Compression, string>> = {
  gzip: "gzip -dc",
  zstd: "zstd -dc",
  xz: "xz -dc",
  lz4: "lz4 -dc",
  bzip2: "bzip2 -dc",
};

/** Whether this Node can decompress it. */
export function canDecompress(compression: Compression): boolean {
  return engineMaker(compression) !== null;
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
  readonly #makeEngine: EngineMaker;
  readonly #options: DecompressorOptions;
  #pass: DecompressionPass;
  #mayRepeat: boolean;
  /** Octets handed out, and those of them that the pass has still to repeat. */
  #given = 0;
  #repeated = 0;
  #isDone = false;

  /** `compression` is one that `canDecompress`. */
  constructor(source: ChunkSource, compression: Compression, options: DecompressorOptions) {
    const makeEngine = engineMaker(compression);
    if (makeEngine === null) throw unsupportedCompression("input", compression);
    this.#source = source;
    this.#makeEngine = makeEngine;
    this.#options = options;
    this.#mayRepeat = source.rewind !== undefined;
    this.#pass = new DecompressionPass(source, makeEngine, this.#mayRepeat ? QUICK : CAREFUL);
  }

  async read(): Promise<Uint8Array | null> {
    const { maxExpansion } = this.#options;
    while (!this.#isDone) {
      const pass = this.#pass;
      const octets = await pass.read();
      if (pass.bytesOut > EXPANSION_ALLOWANCE_BYTES + maxExpansion * pass.bytesTaken) {
        this.#fail(`it expands to more than ${maxExpansion}:1, the limit`);
      } else if (octets === null) this.#endPass();
      else {
        const repeated = Math.min(this.#repeated, octets.length);
        this.#repeated -= repeated;
        this.#given += octets.length - repeated;
        if (repeated < octets.length) return octets.subarray(repeated);
      }
    }
    return null;
  }

  close(): Promise<void> {
    this.#isDone = true;
    this.#pass.stop();
    return this.#source.close();
  }

  #endPass(): void {
    const { failure, isCutShort } = this.#pass;
    if (failure === null) this.#isDone = true;
    else if (isCutShort || !this.#mayRepeat) this.#fail(failure.message);
    else {
      this.#mayRepeat = false;
      this.#repeated = this.#given;
      this.#source.rewind?.();
      this.#pass = new DecompressionPass(this.#source, this.#makeEngine, CAREFUL);
    }
  }

  #fail(reason: string): void {
    this.#isDone = true;
    this.#pass.stop();
    this.#options.onFailure(reason, this.#pass.bytesIn);
  }
}
