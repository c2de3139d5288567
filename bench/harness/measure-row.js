// One row of the benchmark: a first run of every contestant whose output is checked (and which warms the caches),
// then the measured runs in turns, A B C A B C, each into an empty directory that is removed outside the measured time.

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runMeasured } from "./measured-run.js";
import { CHECKS } from "./output-checks.js";
import { PEERS, TCPX_JOBS, findProgram } from "./tools.js";

/**
 * Measures the contestants of a row. `setting` has `tcpx` (the command as an array), `directory` (where
 * captures and outputs lie), `runs`, and `capture(name)`. Returns for each contestant its `label`,
 * `capture`, `check` ("ok" or what is wrong), `seconds` of each run, `peakBytes`; one that is not
 * installed or failed has `absent` or `error` and no runs.
 */
export async function measureRow(row, setting) {
  const runs = Math.min(Math.max(setting.runs, row.leastRuns ?? 0), row.mostRuns ?? Infinity);
  const contestants = row.contestants.map((contestant) => prepare(contestant, setting));
  for (const contestant of contestants) {
    if (isRunning(contestant)) await runFirst(contestant, setting);
  }
  for (let turn = 0; turn < runs; turn++) {
    for (const contestant of contestants.filter(isRunning)) await runTurn(contestant, setting);
  }
  return contestants.map(({ tool: _tool, isTcpx: _isTcpx, ...result }) => result);
}

function isRunning({ absent, error }) {
  return absent === undefined && error === undefined;
}

function prepare({ label, job, peer, capture }, setting) {
  const tool = job === undefined ? PEERS[peer] : TCPX_JOBS[job];
  const result = {
    label,
    tool,
    isTcpx: job !== undefined,
    capture,
    check: null,
    seconds: [],
    peakBytes: null,
  };
  const isAbsent = tool.program !== undefined && findProgram(tool.program) === null;
  if (isAbsent) return { ...result, absent: "not installed" };
  if (capture === null) return result;
  return { ...result, capture: setting.capture(capture) };
}

function commandOf({ tool, isTcpx, capture }, output, setting) {
  return isTcpx
    ? tool.command(setting.tcpx, capture?.path, output)
    : tool.command(capture?.path, output);
}

async function runFirst(contestant, setting) {
  await withOutput(setting, async (output) => {
    try {
      const command = commandOf(contestant, output, setting);
      const { stdout, peakBytes } = await runMeasured(command, {
        keepOutput: keepsOutput(contestant),
      });
      contestant.peakBytes = peakBytes;
      contestant.check = await CHECKS[contestant.tool.checks](contestant.capture, output, stdout);
    } catch (error) {
      contestant.error = error.message;
    }
  });
}

/** cat's output is the capture: there is nothing to see in it. */
function keepsOutput({ tool }) {
  return tool.checks !== "none";
}

async function runTurn(contestant, setting) {
  await withOutput(setting, async (output) => {
    try {
      const { seconds, peakBytes } = await runMeasured(commandOf(contestant, output, setting));
      contestant.seconds.push(seconds);
      if (peakBytes !== null) contestant.peakBytes = Math.max(contestant.peakBytes ?? 0, peakBytes);
    } catch (error) {
      // Runs of turns in which others have none can't be compared.
      contestant.error = error.message;
      contestant.seconds = [];
    }
  });
}

async function withOutput(setting, use) {
  const output = join(setting.directory, `output-${process.pid}`);
  mkdirSync(output, { recursive: true });
  try {
    await use(output);
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}
