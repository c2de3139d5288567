// SHA-256 of streams as their windows leave for the file. A digest goes on as long as everything leaves
// in order and without holes; else the file has to be read at the end.

import type { Hash } from "node:crypto";
import type { StreamColumns } from "./stream-columns.ts";
import { StreamMark } from "./stream-columns.ts";

/** Digests under way at once; streams beyond are read at their end. A state takes about 1 KiB. */
const MAX_DIGESTS = 4096;

interface Digest {
  readonly hash: Hash;
  /** Position of the next octet. */
  next: number;
}

export class StreamDigests {
  readonly #columns: StreamColumns;
  readonly #digests = new Map<number, Digest>();

  constructor(columns: StreamColumns) {
    this.#columns = columns;
  }

  /** A window leaves: `bytes` from the position on, of which `octets` were captured. */
  add(stream: number, position: number, octets: number, bytes: Uint8Array): void {
    const { marks } = this.#columns;
    if ((marks[stream]! & StreamMark.HASHED) === 0) return;
    let digest = this.#digests.get(stream);
    if (digest === undefined && this.#digests.size < MAX_DIGESTS) {
      digest = { hash: process.getBuiltinModule("node:crypto").createHash("sha256"), next: 0 };
      this.#digests.set(stream, digest);
    }
    if (digest === undefined || position !== digest.next || octets !== bytes.length) {
      this.drop(stream);
      return;
    }
    digest.hash.update(bytes);
    digest.next += bytes.length;
  }

  /** What was added is not what the file will hold: it was overwritten, or moved. */
  drop(stream: number): void {
    this.#columns.marks[stream]! &= ~StreamMark.HASHED;
    this.#digests.delete(stream);
  }

  /** The digest in hexadecimal, if it covers the positions [0, length); the stream has none any more. */
  take(stream: number, length: number): string | null {
    const digest = this.#digests.get(stream);
    this.#digests.delete(stream);
    return digest === undefined || digest.next !== length ? null : digest.hash.digest("hex");
  }
}
