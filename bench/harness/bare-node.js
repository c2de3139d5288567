// The part of a job that no program on Node is spared: the capture read, the files written, and nothing done in
// between. What tcpx takes beyond that is its own; what this takes beyond `cp` or `cat`, no work on tcpx saves.
//
//     node bare-node.js read CAPTURE             1 MiB blocks, one read ahead by the thread pool
//     node bare-node.js copy CAPTURE DIRECTORY   the same, and written in pieces of 256 KiB to 8 files
//     node bare-node.js files CAPTURE DIRECTORY  as many files as the capture has streams, of their lengths

import { closeSync, openSync, read, readFileSync, write, writeSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

const BLOCK_BYTES = 1 << 20;
const PIECE_BYTES = 256 * 1024;
const FILES = 8;
const MOST_IN_FLIGHT = 8;

const PAGE_BYTES = 64 * 1024;
/**
 * Where a block begins in its page of memory. Some processors copy five times more slowly where the target lies 1
 * to 31 octets further in its page than the source does, as memory of malloc mostly does.
 */
const READ_AT = 64;

const readBlock = promisify(read);

/** Memory that begins where a page of the machine does. */
function pages(bytes) {
  const count = Math.ceil(bytes / PAGE_BYTES);
  return Buffer.from(new WebAssembly.Memory({ initial: count, maximum: count }).buffer);
}

function blockBuffer() {
  return pages(READ_AT + BLOCK_BYTES).subarray(READ_AT, READ_AT + BLOCK_BYTES);
}

/** Calls `take(block, length)` for each block; the next one is read meanwhile. */
async function readAhead(capture, take) {
  const descriptor = openSync(capture);
  let [block, next] = [blockBuffer(), blockBuffer()];
  let reading = readBlock(descriptor, block, 0, BLOCK_BYTES, null);
  for (;;) {
    const { bytesRead } = await reading;
    if (bytesRead === 0) break;
    reading = readBlock(descriptor, next, 0, BLOCK_BYTES, null);
    await take(block, bytesRead);
    [block, next] = [next, block];
  }
  closeSync(descriptor);
}

/** Pieces on their way to the files, each in a buffer of its own, a bounded number at a time. */
class Pieces {
  #free = Array.from({ length: MOST_IN_FLIGHT }, () => pages(PIECE_BYTES));
  #files;
  #sizes = new Array(FILES).fill(0);
  #count = 0;
  #wake = null;

  constructor(directory) {
    this.#files = Array.from({ length: FILES }, (_, file) =>
      openSync(join(directory, `${file}`), "wx"),
    );
  }

  async put(block, start, end) {
    if (this.#free.length === 0) await this.#returned();
    const piece = this.#free.pop();
    const length = block.copy(piece, 0, start, end);
    const file = this.#count++ % FILES;
    write(this.#files[file], piece, 0, length, this.#sizes[file], (error) => {
      if (error !== null) throw error;
      this.#free.push(piece);
      this.#wake?.();
    });
    this.#sizes[file] += length;
  }

  async close() {
    while (this.#free.length < MOST_IN_FLIGHT) await this.#returned();
    for (const file of this.#files) closeSync(file);
  }

  #returned() {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

async function copy(capture, directory) {
  const pieces = new Pieces(directory);
  await readAhead(capture, async (block, length) => {
    for (let at = 0; at < length; at += PIECE_BYTES) {
      await pieces.put(block, at, Math.min(at + PIECE_BYTES, length));
    }
  });
  await pieces.close();
}

function files(capture, directory) {
  const { listed } = JSON.parse(readFileSync(capture.replace(/\.pcap$/, ".json"), "utf8"));
  const octets = Buffer.alloc(Math.max(...listed.map(({ bytes }) => bytes)));
  listed.forEach(({ client, server, direction, bytes }, index) => {
    const name = `${String(index).padStart(6, "0")}-${client}-${server}.${direction}`;
    const descriptor = openSync(join(directory, name), "wx");
    writeSync(descriptor, octets, 0, bytes, 0);
    closeSync(descriptor);
  });
}

const JOBS = { read: (capture) => readAhead(capture, () => {}), copy, files };

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [job, capture, directory] = process.argv.slice(2);
  await JOBS[job](capture, directory);
}
