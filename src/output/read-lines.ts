// The lines of a file that tcpx wrote itself, one by one, a block in memory at a time.

import type { FileSystem } from "./file-system.ts";
import { readFully } from "./file-system.ts";

const BLOCK_BYTES = 64 * 1024;

/** Lines without their ends; what follows the last end counts only if it isn't empty. ASCII text. */
export function* readLines(fileSystem: FileSystem, descriptor: number): Generator<string> {
  const block = Buffer.alloc(BLOCK_BYTES);
  let rest = "";
  for (let offset = 0; ; offset += BLOCK_BYTES) {
    const length = readFully(fileSystem, descriptor, block, BLOCK_BYTES, offset);
    const lines = (rest + block.toString("latin1", 0, length)).split("\n");
    rest = lines.pop()!;
    yield* lines;
    if (length < BLOCK_BYTES) break;
  }
  if (rest !== "") yield rest;
}
