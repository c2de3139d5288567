// The promise of the hot path: what runs once a packet allocates nothing, where the capture's blocks lie
// in one ArrayBuffer with the sink's memory. Counted, not timed: garbage collections over two million
// packets on streams beyond 2 GiB, whose positions are no small integers any more.

import * as nodeFileSystem from "node:fs";
import { describe, expect, test } from "vitest";
import { FileSink } from "../../src/output/file-sink.ts";
import type { FileSystem } from "../../src/output/file-system.ts";
import { DEFAULT_WINDOWS, WindowSink } from "../../src/output/memory-window-sink.ts";
import { OutputDirectory } from "../../src/output/output-directory.ts";
import type { StreamSink } from "../../src/output/stream-sink.ts";
import { countCollections } from "../filter/collections.ts";
import { newFolder } from "./output-folder.ts";
import { identityOf, packetAt } from "./sink-twin.ts";

const PACKETS = 2_000_000;
const POOL_BYTES = 16 * 1024 * 1024;
const PAYLOAD = 100;
/** A young generation is full after some megabytes: 96 octets a packet would make dozens. */
const FEW = 8;

/** Four streams in turn, in order. */
class Traffic {
  readonly #sink: StreamSink;
  readonly #bytes: Uint8Array;
  readonly #streams: number[];
  readonly #positions = new Float64Array(4).fill(2 ** 33);
  readonly #packet = packetAt(1);

  constructor(sink: StreamSink, bytes: Uint8Array) {
    this.#sink = sink;
    this.#bytes = bytes;
    this.#streams = [1, 2, 3, 4].map((flow) => sink.openStream(identityOf(flow), "c2s"));
  }

  send(): void {
    for (let i = 0; i < PACKETS; i++) {
      const at = i & 3;
      const position = this.#positions[at]!;
      const start = 64 + (i & 1023);
      this.#sink.write(
        this.#streams[at]!,
        position,
        this.#bytes,
        start,
        start + PAYLOAD,
        this.#packet,
      );
      this.#positions[at] = position + PAYLOAD;
    }
  }
}

/** A disk of no size: takes everything at once. */
async function fileSink(memory: Uint8Array): Promise<FileSink> {
  const fileSystem = {
    ...nodeFileSystem,
    writeSync: (...[, , , length]: number[]) => length,
  } as unknown as FileSystem;
  const directory = await OutputDirectory.prepare(newFolder(), { fileSystem });
  return new FileSink(directory, { pool: { memory }, queuedFrom: Infinity });
}

describe("allocates nothing per packet", () => {
  test("the file sink", async () => {
    const memory = new ArrayBuffer(POOL_BYTES + 4096);
    const sink = await fileSink(new Uint8Array(memory, 0, POOL_BYTES));
    const traffic = new Traffic(sink, new Uint8Array(memory, POOL_BYTES));
    expect(await countCollections(() => traffic.send())).toBeLessThanOrEqual(FEW);
  });

  test("the window sink", async () => {
    const memory = new ArrayBuffer(POOL_BYTES + 4096);
    const sink = new WindowSink({
      ...DEFAULT_WINDOWS,
      memory: new Uint8Array(memory, 0, POOL_BYTES),
    });
    const traffic = new Traffic(sink, new Uint8Array(memory, POOL_BYTES));
    expect(await countCollections(() => traffic.send())).toBeLessThanOrEqual(FEW);
  });

  test("a copy from other memory makes garbage: the guard can fail", async () => {
    const sink = await fileSink(new Uint8Array(POOL_BYTES));
    const traffic = new Traffic(sink, new Uint8Array(4096));
    expect(await countCollections(() => traffic.send())).toBeGreaterThan(FEW);
  });
});
