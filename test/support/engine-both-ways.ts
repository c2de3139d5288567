// The engine over a capture on disk, with a sink of few and small windows in the run's memory: with the fast path and
// without it the flows and the octets have to be the same.

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, vi } from "vitest";
import { CaptureInput } from "../../src/capture/capture-input.ts";
import type { EngineOptions } from "../../src/extract/engine-options.ts";
import { DEFAULT_ENGINE_OPTIONS } from "../../src/extract/engine-options.ts";
import { Engine } from "../../src/extract/engine.ts";
import { FastPath } from "../../src/extract/fast-path.ts";
import { OctetMemory } from "../../src/memory/octet-memory.ts";
import type { BufferPoolOptions } from "../../src/output/buffer-pool.ts";
import { FileSink } from "../../src/output/file-sink.ts";
import { WindowSink } from "../../src/output/memory-window-sink.ts";
import { OutputDirectory } from "../../src/output/output-directory.ts";
import type { StreamSink } from "../../src/output/stream-sink.ts";
import type { FlowSummary } from "../../src/report/flow-summary.ts";
import { newFolder, treeOf } from "../output/output-folder.ts";
import { countTaken, LONGEST_PAUSE } from "./both-ways.ts";

/** Flows that the memory has tables for. */
const FLOWS = 4096;

/** Sizes of a pool; `poolBytes` octets in all. */
export type PoolSizes = Required<Pick<BufferPoolOptions, "poolBytes" | "blockBytes" | "unitBytes">>;

export interface EngineTold {
  readonly taken: number;
  readonly flows: readonly FlowSummary[];
  readonly files: ReadonlyMap<string, Buffer>;
}

/** As `stats`, and as `extract`; gives what the one that wrote told. */
export async function expectSameEngines(
  capture: Uint8Array,
  sizes: PoolSizes,
  options: Partial<EngineOptions> = {},
): Promise<EngineTold> {
  const folder = newFolder();
  const path = join(folder, "capture.pcap");
  writeFileSync(path, capture);
  const run = (writes: boolean) => tell(path, writes ? join(folder, "out") : null, sizes, options);
  for (const writes of [false, true]) {
    const fast = await run(writes);
    const without = vi.spyOn(FastPath, "open").mockReturnValue(null);
    const slow = await run(writes);
    without.mockRestore();
    expect(fast.flows).toEqual(slow.flows);
    expect([...fast.files.keys()]).toEqual([...slow.files.keys()]);
    for (const [name, octets] of fast.files) {
      expect(octets.equals(slow.files.get(name)!), `${name} is the same`).toBe(true);
    }
    if (writes) return fast;
  }
  throw new Error("nothing was run");
}

async function tell(
  path: string,
  directory: string | null,
  sizes: PoolSizes,
  options: Partial<EngineOptions>,
): Promise<EngineTold> {
  const { poolBytes } = sizes;
  const input = await CaptureInput.open([path]);
  const memory = new OctetMemory(poolBytes + input.blockMemoryBytes, FLOWS);
  const { octets } = memory;
  input.layBlocks(octets.subarray(poolBytes));
  const pool = { ...sizes, memory: octets.subarray(0, poolBytes) };
  const flows: FlowSummary[] = [];
  const sink: StreamSink =
    directory === null
      ? new WindowSink(pool)
      : new FileSink(await OutputDirectory.prepare(directory, { force: false, groupSize: 0 }), {
          pool,
          settledBytes: 5000,
          queuedFrom: 2000,
        });
  const engine = new Engine(
    { ...DEFAULT_ENGINE_OPTIONS, ...options },
    sink,
    (summary) => flows.push(structuredClone(summary)),
    memory,
  );
  const { taken } = await countTaken(LONGEST_PAUSE, () => engine.run(input, null));
  await input.close();
  const { error } = await sink.finish();
  expect(error).toBeNull();
  const files = directory === null ? new Map<string, Buffer>() : treeOf(directory);
  if (directory !== null) rmSync(directory, { recursive: true });
  return { taken, flows, files };
}
