import { readFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FileSink } from "../../src/output/file-sink.ts";
import type { FileSinkOptions } from "../../src/output/file-sink.ts";
import { OutputDirectory } from "../../src/output/output-directory.ts";
import { LazyThread } from "./lazy-thread.ts";
import { lazyFileSystem, newFolder } from "./output-folder.ts";
import { endingOf, identityOf, packetAt, summaryOf, TwinStream } from "./sink-twin.ts";

const SEED = 20_240_607;
const STREAMS = 2;
const SETTLED = 24;

type Step =
  | {
      readonly kind: "write";
      readonly stream: number;
      readonly at: number;
      readonly length: number;
    }
  | {
      readonly kind: "append";
      readonly stream: number;
      readonly hole: number;
      readonly length: number;
    }
  | {
      readonly kind: "again";
      readonly stream: number;
      readonly at: number;
      readonly length: number;
    }
  | { readonly kind: "rebase"; readonly stream: number; readonly shift: number }
  | {
      readonly kind: "finish";
      readonly stream: number;
      readonly tail: number;
      readonly isPlaced: boolean;
    }
  | { readonly kind: "end"; readonly stream: number; readonly tail: number }
  | { readonly kind: "pause"; readonly turns: number };

const stream = fc.integer({ min: 0, max: STREAMS - 1 });
const length = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 150 }));
const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("append" as const),
        stream,
        hole: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 40 })),
        length,
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("write" as const),
        stream,
        at: fc.integer({ min: 0, max: 300 }),
        length,
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("again" as const),
        stream,
        at: fc.integer({ min: 0, max: 300 }),
        length,
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("rebase" as const),
        stream,
        shift: fc.integer({ min: 1, max: 60 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("finish" as const),
        stream,
        tail: fc.integer({ min: 0, max: 30 }),
        isPlaced: fc.boolean(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("end" as const),
        stream,
        tail: fc.integer({ min: 0, max: 30 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("pause" as const),
        turns: fc.integer({ min: 0, max: 4 }),
      }),
    },
  ),
  { minLength: 1, maxLength: 150, size: "max" },
);

const options = fc.record({
  pool: fc.record({
    unitBytes: fc.constant(4),
    blockBytes: fc.constantFrom(16, 64, 256),
    poolBytes: fc.constantFrom(64, 256, 1024, 4096),
  }),
  maxOpenFiles: fc.constantFrom(1, 2, 512),
  queuedFrom: fc.constantFrom(1, 1, 8, 1000),
  extend: fc.boolean(),
  layout: fc.constantFrom("positioned" as const, "concat" as const),
});

/** A stream of the sink and its twin, until the flow ends. */
class Pair {
  /** Its origin moves no more. */
  isPlaced = false;
  readonly flow: number;
  readonly handle: number;
  readonly twin = new TwinStream();
  /** What the sink was told of the stream's length. */
  known = 0;

  constructor(flow: number, handle: number) {
    this.flow = flow;
    this.handle = handle;
  }
}

class Run {
  readonly pairs: (Pair | null)[] = Array.from({ length: STREAMS }, () => null);
  readonly ended: { pair: Pair; length: number }[] = [];
  readonly sink: FileSink;
  #flows = 0;
  #octet = 0;
  #packets = 0;

  constructor(sink: FileSink) {
    this.sink = sink;
  }

  pair(stream: number): Pair {
    const known = this.pairs[stream];
    if (known !== null && known !== undefined) return known;
    const flow = ++this.#flows;
    const pair = new Pair(flow, this.sink.openStream(identityOf(flow), "c2s"));
    this.pairs[stream] = pair;
    return pair;
  }

  payload(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => (this.#octet++ % 7 === 0 ? 0 : this.#octet & 0xff));
  }

  write(pair: Pair, at: number, length: number): void {
    for (const range of pair.twin.newRanges(at, at + length)) {
      const bytes = this.payload(range.length + 3);
      const packet = packetAt(++this.#packets);
      this.sink.write(pair.handle, range.start, bytes, 2, 2 + range.length, packet);
      pair.twin.write(range.start, bytes.subarray(2, 2 + range.length));
    }
  }

  /** Further copies, every second one changed: compared, and every third one wins. */
  again(pair: Pair, at: number, length: number): void {
    for (const range of pair.twin.writtenRanges(at, at + length)) {
      const bytes = Uint8Array.from({ length: range.length }, (_, i) =>
        pair.twin.octets.get(range.start + i)!,
      );
      if (at % 2 === 0) bytes[at % bytes.length]! ^= 0x55;
      const packet = packetAt(++this.#packets);
      const found = this.sink.compare(pair.handle, range.start, bytes, 0, bytes.length, packet);
      expect({ ...found }).toEqual({
        differing: pair.twin.differing(range.start, bytes),
        notCompared: 0,
      });
      if (at % 3 !== 0) continue;
      this.sink.overwrite(pair.handle, range.start, bytes, 0, bytes.length, packet);
      pair.twin.write(range.start, bytes);
    }
  }

  end(stream: number, tail: number): void {
    const pair = this.pairs[stream];
    if (pair === null || pair === undefined) return;
    const length = Math.max(pair.known, pair.twin.end + tail);
    const gaps = pair.twin.newRanges(0, length);
    const missing = length - pair.twin.written;
    this.sink.endFlow(endingOf(pair.handle, length, missing, summaryOf(pair.flow, gaps)));
    this.pairs[stream] = null;
    this.ended.push({ pair, length });
  }

  async step(step: Step): Promise<void> {
    if (step.kind === "pause") {
      for (let i = 0; i < step.turns; i++) await new Promise((resolve) => setImmediate(resolve));
    } else if (step.kind === "end") this.end(step.stream, step.tail);
    else if (step.kind === "append") {
      const pair = this.pair(step.stream);
      this.write(pair, pair.twin.end + step.hole, step.length);
    } else if (step.kind === "write") this.write(this.pair(step.stream), step.at, step.length);
    else if (step.kind === "again") this.again(this.pair(step.stream), step.at, step.length);
    else if (step.kind === "finish") {
      const pair = this.pair(step.stream);
      pair.known = Math.max(pair.known, pair.twin.end + step.tail);
      pair.isPlaced ||= step.isPlaced;
      this.sink.finishStream(pair.handle, pair.known, pair.isPlaced);
    } else {
      const pair = this.pair(step.stream);
      if (pair.isPlaced || pair.twin.written >= SETTLED) return;
      this.sink.rebase(pair.handle, step.shift);
      pair.twin.rebase(step.shift);
      pair.known += step.shift;
    }
    if (this.sink.congested) await this.sink.drained();
  }
}

/** The same with a thread that writes what the pool would. */
async function playWithThread(
  list: readonly Step[],
  more: FileSinkOptions & { readonly room: number },
  seed: number,
): Promise<void> {
  const { poolBytes, blockBytes } = more.pool!;
  const memory = new Uint8Array(Math.max(poolBytes!, blockBytes!));
  const thread = new LazyThread(memory, more.room, seed);
  await play(list, { ...more, pool: { ...more.pool, memory }, thread }, seed);
}

async function play(list: readonly Step[], more: FileSinkOptions, seed: number): Promise<void> {
  const folder = newFolder();
  const directory = await OutputDirectory.prepare(folder, { fileSystem: lazyFileSystem(seed) });
  const sink = new FileSink(directory, { ...more, settledBytes: SETTLED });
  const run = new Run(sink);
  for (const step of list) await run.step(step);
  for (let stream = 0; stream < STREAMS; stream++) run.end(stream, 0);
  const totals = await sink.finish();
  expect(totals.error).toBeNull();
  expect(sink.congested).toBe(false);
  const lines = readFileSync(join(folder, "flows.jsonl"), "utf8").split("\n").slice(0, -1);
  expect(lines.length).toBe(run.ended.length);
  let octets = 0;
  for (const [i, { pair, length }] of run.ended.entries()) {
    const { flow, c2s } = JSON.parse(lines[i]!);
    expect(flow).toBe(pair.flow);
    const { twin } = pair;
    octets += twin.written;
    if (twin.written === 0) {
      expect(c2s.file).toBeNull();
      continue;
    }
    const size = more.extend === false ? twin.end : length;
    const wanted = more.layout === "concat" ? twin.squeezed() : twin.content(size);
    const found = readFileSync(join(folder, c2s.file));
    expect(found.equals(wanted)).toBe(true);
  }
  expect(totals.bytes).toBe(octets);
  expect(totals.files).toBe(run.ended.filter(({ pair }) => pair.twin.written > 0).length);
  expect(existsSync(join(folder, "report.json"))).toBe(false);
}

describe("the file sink and its slow twin", () => {
  test("make the same files of writes, late writes, overwrites, rebases, with little memory", async () => {
    await fc.assert(fc.asyncProperty(steps, options, fc.integer({ min: 1, max: 1e6 }), play), {
      seed: SEED,
      numRuns: 250,
    });
  });

  test("make the same files where a thread of the run's own writes them, late", async () => {
    const withThread = options.chain((chosen) =>
      fc.constantFrom(1, 3, 40).map((room) => ({ ...chosen, room })),
    );
    const property = fc.asyncProperty(
      steps,
      withThread,
      fc.integer({ min: 1, max: 1e6 }),
      playWithThread,
    );
    await fc.assert(property, { seed: SEED, numRuns: 250 });
  });
});
