// The sweep's command: cuts and flips every sample octet by octet (sweep.ts), on all processors.

import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { buildDirectory, buildPrograms } from "./build-programs.js";

/** Some steps take milliseconds; 500 of them never take this long. */
const HANG_SECONDS = 300;

const here = import.meta.dirname;
const print = (line) => process.stdout.write(`${line}\n`);

function runThread(script, workerData, onDone) {
  return new Promise((resolve) => {
    const worker = new Worker(script, {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: 384 },
    });
    const state = { done: 0, failed: null, step: "the first steps" };
    let since = performance.now();
    const watch = setInterval(() => {
      if (performance.now() - since < HANG_SECONDS * 1000) return;
      state.failed ??= `no sign of life after ${state.step}`;
      void worker.terminate();
    }, 1000);
    worker.on("message", (message) => {
      since = performance.now();
      Object.assign(state, message);
      onDone(state.done);
    });
    worker.on("error", (error) => {
      state.failed ??= `after ${state.step}: ${error.stack ?? error}`;
    });
    worker.on("exit", () => {
      clearInterval(watch);
      resolve(state);
    });
  });
}

async function main() {
  const begin = performance.now();
  const threads = Math.min(4, availableParallelism());
  const directory = buildDirectory();
  const scratch = mkdtempSync(join(tmpdir(), "tcpx-sweep-"));
  try {
    await buildPrograms(directory, ["sweep-worker"]);
    const script = join(directory, "built/sweep-worker.mjs");
    const sums = new Float64Array(threads);
    const ticker = setInterval(
      () => print(`${sums.reduce((sum, done) => sum + done, 0)} so far`),
      60_000,
    );
    const states = await Promise.all(
      Array.from({ length: threads }, (_, index) =>
        runThread(
          script,
          {
            samples: join(here, "../../samples"),
            scratch: join(scratch, String(index)),
            index,
            threads,
          },
          (done) => (sums[index] = done),
        ),
      ),
    );
    clearInterval(ticker);
    const done = states.reduce((sum, state) => sum + state.done, 0);
    const seconds = Math.round((performance.now() - begin) / 1000);
    print(`${done} cut or flipped captures in ${seconds} s`);
    const failures = states.filter(({ failed }) => failed !== null);
    for (const { failed } of failures) print(`FAILED: ${failed}`);
    return failures.length === 0 && done > 0 ? 0 : 1;
  } finally {
    rmSync(directory, { recursive: true, force: true });
    rmSync(scratch, { recursive: true, force: true });
  }
}

process.exitCode = await main();
