// One thread of the sweep: every so many steps from its own on; tells what it has done, or what failed.

import { mkdirSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { loadSamples, runStep, stepsOf } from "./sweep.ts";
import type { SweepStep } from "./sweep.ts";

export interface SweepTask {
  readonly samples: string;
  readonly scratch: string;
  readonly index: number;
  readonly threads: number;
}

/** So many steps go through the engine for each that goes through all of `extract`. */
const STEPS_AN_EXTRACT = 16;

function tell(message: unknown): void {
  parentPort?.postMessage(message, []);
}

async function sweep({ samples, scratch, index, threads }: SweepTask): Promise<void> {
  mkdirSync(scratch, { recursive: true });
  let count = 0;
  let done = 0;
  const textOf = ({ sample, kind, offset }: SweepStep): string =>
    `${sample.name}, ${kind} at ${offset}`;
  for (const sample of await loadSamples(samples, scratch)) {
    for (const step of stepsOf(sample)) {
      if (count++ % threads !== index) continue;
      try {
        await runStep(step, done++ % STEPS_AN_EXTRACT === 0, scratch);
      } catch (error) {
        const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
        tell({ done, failed: `${textOf(step)}: ${text}` });
        return;
      }
      if (done % 500 === 0) tell({ done, step: textOf(step) });
    }
  }
  tell({ done });
}

await sweep(workerData as SweepTask);
