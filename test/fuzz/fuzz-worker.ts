// One thread of the fuzzer. Tells its parent what it has done every second, lays the input it is about to
// run into shared memory, so that the parent has it even if this thread never comes back, and sends what
// failed.

import { mkdirSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import type { FuzzCase } from "./fuzz-case.ts";
import { Fuzzer } from "./fuzzer.ts";
import { loadSeeds } from "./seeds.ts";

export interface WorkerTask {
  readonly samples: string;
  readonly scratch: string;
  readonly seed: number;
  readonly packets: number;
  readonly seconds: number;
  /** [number of the input, octets of its capture], then the capture and the rest of the case as JSON. */
  readonly current: SharedArrayBuffer;
}

const HEAD_BYTES = 12;

/** Lays a case where the parent can read it. */
function layOut(shared: SharedArrayBuffer, count: number, found: FuzzCase): void {
  const words = new Int32Array(shared, 0, 3);
  const bytes = new Uint8Array(shared, HEAD_BYTES);
  const { capture, ...rest } = found;
  const text = Buffer.from(JSON.stringify(rest));
  if (capture.length + text.length > bytes.length) return;
  bytes.set(capture);
  bytes.set(text, capture.length);
  words[1] = capture.length;
  words[2] = text.length;
  Atomics.store(words, 0, count);
}

function tell(message: unknown): void {
  parentPort?.postMessage(message, []);
}

async function work(task: WorkerTask): Promise<void> {
  mkdirSync(task.scratch, { recursive: true });
  const seeds = await loadSeeds(task.samples);
  const fuzzer = new Fuzzer(seeds, task.seed, task.scratch);
  const { counts } = fuzzer;
  const end = performance.now() + task.seconds * 1000;
  let told = 0;
  while (counts.packets < task.packets && performance.now() < end) {
    try {
      await fuzzer.step((found) => layOut(task.current, counts.inputs + 1, found));
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      tell({ counts, failed: text, found: fuzzer.current });
      return;
    }
    if (performance.now() - told > 1000) {
      told = performance.now();
      tell({ counts });
    }
  }
  tell({ counts });
}

await work(workerData as WorkerTask);
