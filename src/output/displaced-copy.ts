// Copies a file's octets to other offsets of a new file, leaving out blocks of zeros, so that holes stay
// holes. For the rare stream whose origin moves back after some of it was written (tcp.md §3.2); at that
// time the file holds less than 256 KiB of octets, if with holes between them.

import type { FileSystem } from "./file-system.ts";
import { readFully, writeFully } from "./file-system.ts";

const COPY_BYTES = 1 << 20;
/** Holes are kept where they are at least this long and lie on its multiples. */
const HOLE_BYTES = 64 << 10;
const ZEROS = Buffer.alloc(HOLE_BYTES);

/** From offset `from` of one file to its end, to offset `to` of another. */
export function copyDisplaced(
  fileSystem: FileSystem,
  source: number,
  from: number,
  target: number,
  to: number,
): void {
  const bytes = Buffer.allocUnsafe(COPY_BYTES);
  for (let done = 0; ; done += COPY_BYTES) {
    const length = readFully(fileSystem, source, bytes, COPY_BYTES, from + done);
    for (let at = 0; at < length; at += HOLE_BYTES) {
      const end = Math.min(at + HOLE_BYTES, length);
      if (bytes.compare(ZEROS, 0, end - at, at, end) !== 0) {
        writeFully(fileSystem, target, bytes, at, end - at, to + done + at);
      }
    }
    if (length === COPY_BYTES) continue;
    // Zeros at the end were left out as well.
    fileSystem.ftruncateSync(target, to + done + length);
    return;
  }
}
