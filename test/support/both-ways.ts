// Captures as files -> whole runs of `extract`, once with the fast path and once without: all that a run tells
// has to be the same, whatever lies in the captures.

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { expect, vi } from "vitest";
import { extract } from "../../src/extract/extract.ts";
import type { RunOptions } from "../../src/extract/run-options.ts";
import { FastPath } from "../../src/extract/fast-path.ts";
import type { Report } from "../../src/report/report.ts";
import type { FlowSummary } from "../../src/report/flow-summary.ts";
import { newFolder, treeOf } from "../output/output-folder.ts";

/** Options of a run but for its captures; `output` with a directory of the test's. */
export type Choices = Omit<RunOptions, "captures" | "output"> & {
  readonly output?: Omit<NonNullable<RunOptions["output"]>, "directory">;
};

interface Told {
  readonly report: Report;
  readonly errors: readonly string[];
  readonly flows: readonly FlowSummary[];
  readonly files: ReadonlyMap<string, Buffer>;
}

export interface FastRun {
  /** Packets that the fast path took. */
  readonly taken: number;
  readonly packets: number;
  readonly report: Report;
  readonly flows: readonly FlowSummary[];
  /** What was written, by path below the output directory. */
  readonly files: ReadonlyMap<string, Buffer>;
}

/** Calls of `FastPath.run` that do nothing, at most, behind some that took nothing. */
export const LONGEST_PAUSE = 64;

let folder: string | null = null;

/** Runs captures, the octets of a file each, as `stats`: the fast path must change nothing. */
export function expectSameStats(
  captures: readonly Uint8Array[],
  choices: Omit<Choices, "output"> = {},
): Promise<FastRun> {
  return expectTheSame(captures, choices, null);
}

/** The same as `extract`. */
export function expectSameStreams(
  captures: readonly Uint8Array[],
  choices: Choices = {},
): Promise<FastRun> {
  folder ??= newFolder();
  return expectTheSame(captures, choices, join(folder, "out"));
}

/** Both; gives what the run that wrote told, and of the packets taken the lower number. */
export async function expectSameRuns(
  captures: readonly Uint8Array[],
  choices: Choices = {},
): Promise<FastRun> {
  const { output: _, ...others } = choices;
  const stats = await expectSameStats(captures, others);
  const streams = await expectSameStreams(captures, choices);
  return { ...streams, taken: Math.min(stats.taken, streams.taken) };
}

async function expectTheSame(
  captures: readonly Uint8Array[],
  choices: Choices,
  directory: string | null,
): Promise<FastRun> {
  folder ??= newFolder();
  const paths = captures.map((octets, i) => {
    const path = join(folder!, `${i}.pcap`);
    writeFileSync(path, octets);
    return path;
  });
  const options: RunOptions = {
    ...choices,
    captures: paths,
    output: directory === null ? null : { ...choices.output, directory },
  };
  const fast = await countTaken(LONGEST_PAUSE, () => tell(options, directory));
  const without = vi.spyOn(FastPath, "open").mockReturnValue(null);
  const slow = await tell(options, directory);
  without.mockRestore();
  expectEqual(fast.told, slow);
  const { report, flows, files } = fast.told;
  return { taken: fast.taken, packets: report.capture.packets, report, flows, files };
}

/** Packets that the fast path takes of a capture where it pauses as it likes. */
export async function takenOf(capture: Uint8Array): Promise<number> {
  const path = join((folder ??= newFolder()), "once.pcap");
  writeFileSync(path, capture);
  const { taken } = await countTaken(0, () => tell({ captures: [path] }, null));
  return taken;
}

/** Counts what is taken while `work` is done; where the fast path pauses it is asked so many times more. */
export async function countTaken<Result>(
  further: number,
  work: () => Promise<Result>,
): Promise<{ told: Result; taken: number }> {
  let taken = 0;
  const run = Object.getOwnPropertyDescriptor(FastPath.prototype, "run")!.value as FastPath["run"];
  const spy = vi.spyOn(FastPath.prototype, "run").mockImplementation(function (
    this: FastPath,
    input,
  ) {
    for (let call = 0; call <= further; call++) {
      run.call(this, input);
      if (this.packets > 0) break;
    }
    taken += this.packets;
  });
  const told = await work();
  spy.mockRestore();
  return { told, taken };
}

/** All that a run tells. */
async function tell(options: RunOptions, directory: string | null): Promise<Told> {
  const flows: FlowSummary[] = [];
  const result = await extract({
    ...options,
    onFlow: (summary) => flows.push(structuredClone(summary)),
  });
  const files = directory === null ? new Map<string, Buffer>() : treeOf(directory);
  if (directory !== null) rmSync(directory, { recursive: true });
  const errors = [...result.inputErrors, result.outputError].map((error) => String(error));
  return { report: result.report, errors, flows, files };
}

function expectEqual(fast: Told, slow: Told): void {
  // Quickly; what differs, where something does.
  if (isDeepStrictEqual(fast, slow)) return;
  expect(fast.flows).toEqual(slow.flows);
  expect(fast.report).toEqual(slow.report);
  expect(fast.errors).toEqual(slow.errors);
  expect([...fast.files.keys()]).toEqual([...slow.files.keys()]);
  const differing = [...fast.files].filter(([name, one]) => !one.equals(slow.files.get(name)!));
  expect(differing.map(([name]) => name)).toEqual([]);
  throw new Error("the two runs differ");
}
