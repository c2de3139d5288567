// Runs that write by a thread of their own, and the same ones without: what they tell and write has to be the same.

import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { extract } from "../../src/extract/extract.ts";
import type { OutputOptions, RunOptions } from "../../src/extract/run-options.ts";
import type { FlowSummary } from "../../src/report/flow-summary.ts";
import type { Report } from "../../src/report/report.ts";
import { FileThread } from "../../src/output/thread/file-thread.ts";
import { newFolder, treeOf } from "../output/output-folder.ts";
import { pcapFile } from "../support/capture-builder.ts";
import { RandomSource } from "../support/random-source.ts";
import { interleavedConnections } from "./random-connections.ts";

const SAMPLES = resolve(import.meta.dirname, "../../samples");
/** What can't be read is as good as anything else. */
const CAPTURE = /\.(pcap|pcapng|snoop|gz)$/u;

const OUTPUTS: readonly Omit<OutputOptions, "directory">[] = [
  {},
  { extend: false, group: 2, chunks: true, keepConflicts: true, flowLog: true, maxOpenFiles: 1 },
  { layout: "concat", hash: "sha256" },
  { name: "{direction}_of_{flow}" },
];

interface Told {
  readonly report: Report;
  readonly flows: readonly FlowSummary[];
  readonly files: ReadonlyMap<string, Buffer>;
}

async function tell(options: RunOptions, directory: string): Promise<Told> {
  const flows: FlowSummary[] = [];
  const onFlow = (summary: FlowSummary) => flows.push(structuredClone(summary));
  const { report } = await extract({ ...options, onFlow });
  const files = treeOf(directory);
  rmSync(directory, { recursive: true });
  return { report, flows, files };
}

/** Gives how many files the thread made. */
async function expectSame(
  captures: readonly string[],
  output: Omit<OutputOptions, "directory">,
): Promise<number> {
  const directory = join(newFolder(), "out");
  const options = { captures, output: { ...output, directory } };
  const made = vi.spyOn(FileThread.prototype, "writeFile");
  const threaded = await tell({ ...options, threadFrom: 0 }, directory);
  const count = made.mock.calls.length;
  made.mockClear();
  const plain = await tell({ ...options, threadFrom: Infinity }, directory);
  expect(made).not.toHaveBeenCalled();
  made.mockRestore();
  expect(threaded.report).toEqual(plain.report);
  expect(threaded.flows).toEqual(plain.flows);
  expect([...threaded.files.keys()]).toEqual([...plain.files.keys()]);
  for (const [name, octets] of threaded.files) {
    expect(octets.equals(plain.files.get(name)!), `${name} is the same`).toBe(true);
  }
  return count;
}

function sampleCaptures(): string[] {
  return readdirSync(SAMPLES, { recursive: true, encoding: "utf8" })
    .filter((name) => CAPTURE.test(name) && !name.includes("not-a-capture"))
    .toSorted();
}

function randomCapture(): string {
  const { capture } = interleavedConnections(new RandomSource(1), 60);
  const path = join(newFolder(), "random.pcap");
  writeFileSync(path, pcapFile(capture));
  return path;
}

describe("a run with a thread of its own", () => {
  test.each(sampleCaptures())("of %s", async (name) => {
    await expectSame([join(SAMPLES, name)], OUTPUTS[0]!);
  });

  test.each(OUTPUTS)("of random connections, with %j", async (output) => {
    expect(await expectSame([randomCapture()], output)).toBeGreaterThan(20);
  });

  test("of random connections, where no thread can be had", async () => {
    const none = vi.spyOn(FileThread, "start").mockReturnValue(null);
    await expectSame([randomCapture()], OUTPUTS[1]!);
    expect(none).toHaveBeenCalledTimes(1);
    none.mockRestore();
  });

  test("ends its thread, whatever happens", async () => {
    const closed = vi.spyOn(FileThread.prototype, "close");
    const directory = newFolder();
    writeFileSync(join(directory, "something"), "");
    const captures = [join(SAMPLES, "loss/loss.pcap")];
    await expect(extract({ captures, output: { directory }, threadFrom: 0 })).rejects.toThrow(
      "not empty",
    );
    expect(closed).toHaveBeenCalledTimes(1);
    closed.mockRestore();
  });
});
