// The sink of `stats`: the last 64 KiB of each stream in a ring, to compare overlaps with. Blocks and rings share
// a memory with a kernel, as in a run of the program.

import { bench, describe } from "vitest";
import { PacketCursor } from "../../src/capture/packet-cursor.ts";
import { OctetMemory } from "../../src/memory/octet-memory.ts";
import { DEFAULT_WINDOWS, WindowSink } from "../../src/output/memory-window-sink.ts";
import type { FlowIdentity } from "../../src/output/stream-sink.ts";

const SEGMENTS = 1000;
/** As many as have a whole ring each in the pool. */
const STREAMS = 200;
const POOL_BYTES = 16 * 1024 * 1024;
/** Octets, of which segments take theirs: of a prime length, or all would begin alike. */
const BLOCK_BYTES = 65_521;

const packet = new PacketCursor();
const identity: FlowIdentity = {
  flow: 1,
  client: "10.77.0.1",
  clientPort: 40_000,
  server: "10.77.0.2",
  serverPort: 80,
  vlan: [],
  firstSeconds: 0,
  firstNanos: 0,
};

/** Some streams of one sink that are written in turn, in order. */
class Setting {
  readonly #sink: WindowSink;
  readonly #block: Uint8Array;
  readonly #streams: readonly number[];
  readonly #length: number;
  /** Of the newest segment of all streams, and where in the block its octets are. */
  #position = 0;
  #from = 0;

  constructor(streams: number, length: number) {
    const memory = new OctetMemory(POOL_BYTES + BLOCK_BYTES, 0).octets;
    this.#block = memory.subarray(POOL_BYTES);
    for (let at = 0; at < BLOCK_BYTES; at++) this.#block[at] = (at * 7 + (at >> 8)) & 0xff;
    const pool = { ...DEFAULT_WINDOWS, memory: memory.subarray(0, POOL_BYTES) };
    const sink = new WindowSink(pool);
    this.#sink = sink;
    this.#length = length;
    this.#streams = Array.from({ length: streams }, () => sink.openStream(identity, "s2c"));
    // Until every ring has its size.
    while (this.#position < 2 * DEFAULT_WINDOWS.blockBytes!) this.write();
    this.compareLast();
  }

  /** 1,000 segments. */
  write(): void {
    const block = this.#block;
    const streams = this.#streams;
    const length = this.#length;
    for (let segment = 0; segment < SEGMENTS; segment += streams.length) {
      this.#position += length;
      this.#from = (this.#from + length) % (BLOCK_BYTES - length);
      const end = this.#from + length;
      for (const stream of streams) {
        this.#sink.write(stream, this.#position, block, this.#from, end, packet);
      }
    }
  }

  /** The newest segment of the first stream, as if it came again. */
  compareLast(): void {
    const end = this.#from + this.#length;
    const stream = this.#streams[0]!;
    const found = this.#sink.compare(stream, this.#position, this.#block, this.#from, end, packet);
    if (found.differing + found.notCompared > 0) throw new Error("the octets are not there");
  }
}

for (const length of [64, 1448]) {
  describe(`WindowSink, segments of ${length} octets`, () => {
    const one = new Setting(1, length);
    bench("1,000 segments of one stream: write", () => {
      one.write();
      one.compareLast();
    });

    bench("1,000 segments that came before: compare", () => {
      for (let segment = 0; segment < SEGMENTS; segment++) one.compareLast();
    });

    const many = new Setting(STREAMS, length);
    bench("1,000 segments of 200 streams: write", () => {
      many.write();
      many.compareLast();
    });
  });
}
