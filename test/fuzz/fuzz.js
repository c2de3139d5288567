// The fuzzer's command: mutates captures and runs them through reader, decoder and reassembly until so
// many packets were read or the time is over. See README.md beside this file.

import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { buildDirectory, buildPrograms } from "./build-programs.js";

const USAGE = `node test/fuzz/fuzz.js [options]
  --packets N     mutated packets to read, in all (default 1000000; none with --minutes)
  --minutes N     how long at most (default 2)
  --seed N        repeats a run with the same number of threads (default: of chance, printed)
  --threads N     default: as many as there are processors, at most 4
  --failures DIR  where failing inputs are written (default test/fuzz/failures)
  --replay FILE   runs one written input
`;

/** An input of some kilobytes that runs longer than this hangs. */
const HANG_SECONDS = 60;
/** Of all threads; each has a heap of its own besides the limit below. */
const MOST_MEMORY_BYTES = 1536 * 1024 * 1024;
const MOST_HEAP_MEGABYTES = 384;
const SHARED_BYTES = 4 * 1024 * 1024;
const HEAD_BYTES = 12;

const here = import.meta.dirname;
const print = (line) => process.stdout.write(`${line}\n`);

function readOptions() {
  const { values } = parseArgs({
    options: {
      packets: { type: "string" },
      minutes: { type: "string" },
      seed: { type: "string" },
      threads: { type: "string" },
      failures: { type: "string", default: join(here, "failures") },
      replay: { type: "string" },
      help: { type: "boolean" },
    },
  });
  const number = (text, otherwise) => {
    const value = text === undefined ? otherwise : Number(text);
    if (!(value > 0)) throw new Error(`${text} is no positive number`);
    return value;
  };
  return {
    packets: number(values.packets, values.minutes === undefined ? 1_000_000 : Infinity),
    seconds: number(values.minutes, 2) * 60,
    seed: Math.floor(number(values.seed, 1 + Math.random() * 2 ** 31)),
    threads: Math.floor(number(values.threads, Math.min(4, availableParallelism()))),
    failures: resolve(values.failures),
    replay: values.replay,
    help: values.help === true,
  };
}

function caseText(found) {
  const { capture, ...rest } = found;
  const stored = { ...rest, capture: Buffer.from(capture).toString("base64") };
  return `${JSON.stringify(stored, null, 2)}\n`;
}

function sharedCase(shared) {
  const [, captureBytes, textBytes] = new Int32Array(shared, 0, 3);
  const bytes = Buffer.from(new Uint8Array(shared, HEAD_BYTES, captureBytes + textBytes));
  const rest = JSON.parse(bytes.toString("utf8", captureBytes) || "{}");
  return { ...rest, capture: bytes.subarray(0, captureBytes) };
}

/** One thread with its watchdog; resolves with its counts and what failed. */
function runThread(script, options, index, scratch) {
  const current = new SharedArrayBuffer(SHARED_BYTES);
  const worker = new Worker(script, {
    workerData: {
      samples: join(here, "../../samples"),
      scratch: join(scratch, String(index)),
      seed: options.seed + index,
      packets: options.packets / options.threads,
      seconds: options.seconds,
      current,
    },
    resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MEGABYTES, maxYoungGenerationSizeMb: 64 },
  });
  const state = { counts: null, failed: null, found: null };
  const settled = new Promise((resolveThread) => {
    const head = new Int32Array(current, 0, 1);
    let lastInput = -1;
    let since = performance.now();
    const fail = (reason) => {
      state.failed ??= reason;
      state.found ??= sharedCase(current);
      void worker.terminate();
    };
    const watch = setInterval(() => {
      const input = Atomics.load(head, 0);
      const now = performance.now();
      if (input !== lastInput) {
        lastInput = input;
        since = now;
      } else if (input > 0 && now - since > HANG_SECONDS * 1000) {
        fail(`an input ran for more than ${HANG_SECONDS} s`);
      }
      const { rss } = process.memoryUsage();
      if (rss > MOST_MEMORY_BYTES) fail(`${rss} octets of memory`);
    }, 1000);
    worker.on("message", ({ counts, failed, found }) => {
      state.counts = counts;
      if (failed !== undefined) Object.assign(state, { failed, found });
    });
    worker.on("error", (error) => fail(error.stack ?? String(error)));
    worker.on("exit", () => {
      clearInterval(watch);
      resolveThread(state);
    });
  });
  return { state, settled, stop: () => worker.terminate() };
}

function sumOf(threads) {
  const sum = {
    inputs: 0,
    packets: 0,
    errors: 0,
    withFiles: 0,
    features: 0,
    kept: 0,
    slowestMs: 0,
  };
  for (const { state } of threads) {
    for (const [name, value] of Object.entries(state.counts ?? {})) {
      sum[name] = name === "slowestMs" ? Math.max(sum[name], value) : sum[name] + value;
    }
  }
  return sum;
}

function textOf(threads, begin) {
  const sum = sumOf(threads);
  const seconds = Math.round((performance.now() - begin) / 1000);
  const { rss } = process.memoryUsage();
  return (
    `${sum.packets} packets of ${sum.inputs} mutated captures in ${seconds} s: ${sum.errors} clear errors, ` +
    `${sum.withFiles} with files, ${sum.features} features, ${sum.kept} inputs kept, slowest ` +
    `${Math.round(sum.slowestMs)} ms, ${Math.round(rss / 2 ** 20)} MiB`
  );
}

async function fuzz(options, directory) {
  print(`seed ${options.seed}, ${options.threads} threads`);
  const begin = performance.now();
  const scratch = mkdtempSync(join(tmpdir(), "tcpx-fuzz-"));
  const script = join(directory, "built/fuzz-worker.mjs");
  const threads = Array.from({ length: options.threads }, (_, index) =>
    runThread(script, options, index, scratch),
  );
  const ticker = setInterval(() => print(textOf(threads, begin)), 30_000);
  // The first failure ends the others, too.
  const states = await Promise.all(
    threads.map(async (thread) => {
      const state = await thread.settled;
      if (state.failed !== null) for (const other of threads) void other.stop();
      return state;
    }),
  );
  clearInterval(ticker);
  rmSync(scratch, { recursive: true, force: true });
  print(textOf(threads, begin));
  const failures = states.filter(({ failed }) => failed !== null);
  for (const { failed, found } of failures) {
    mkdirSync(options.failures, { recursive: true });
    let number = 1;
    const nameOf = () => join(options.failures, `seed-${options.seed}-${number}.json`);
    while (existsSync(nameOf())) number++;
    if (found !== null)
      writeFileSync(nameOf(), caseText({ ...found, note: failed.split("\n")[0] }));
    print(`FAILED: ${failed}\nwritten: ${nameOf()}; repeat with --replay ${nameOf()}`);
  }
  if (failures.length > 0) return 1;
  const { packets } = sumOf(threads);
  if (Number.isFinite(options.packets) && packets < options.packets) {
    print(`FAILED: only ${packets} of ${options.packets} packets in the time given`);
    return 1;
  }
  return 0;
}

async function main() {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const directory = buildDirectory();
  try {
    await buildPrograms(directory, ["fuzz-worker", "replay"]);
    if (options.replay === undefined) return await fuzz(options, directory);
    const { replay } = await import(join(directory, "built/replay.mjs"));
    print(await replay(resolve(options.replay)));
    return 0;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

process.exitCode = await main();
