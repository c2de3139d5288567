// Runs one case and asserts what must hold of every input: nothing is thrown but TcpxError (and never
// INTERNAL), every packet has one outcome, the books balance, the sink was told only what is so, memory
// stays small, and no file comes to be outside of the output directory. Gives back what the run showed, as
// the fuzzer's feedback.

import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { CaptureInput } from "../../src/capture/capture-input.ts";
import { OUTCOME_COUNT } from "../../src/decode/outcome.ts";
import { TcpxError } from "../../src/errors.ts";
import type { Warning } from "../../src/errors.ts";
import { Engine } from "../../src/extract/engine.ts";
import type { EngineOptions } from "../../src/extract/engine-options.ts";
import { DEFAULT_ENGINE_OPTIONS } from "../../src/extract/engine-options.ts";
import { extract } from "../../src/extract/extract.ts";
import type { RunOptions } from "../../src/extract/run-options.ts";
import { parseBpfProgram } from "../../src/filter/bpf.ts";
import { parseFlowFilter } from "../../src/filter/flow-filter.ts";
import { SIDE_SUFFIXES } from "../../src/output/file-name.ts";
import type { FlowSummary, StreamSummary } from "../../src/report/flow-summary.ts";
import { checkStreamIdentities } from "../../src/report/identities.ts";
import { formatReport } from "../../src/report/format-report.ts";
import type { Report } from "../../src/report/report.ts";
import { CheckingSink } from "./checking-sink.ts";
import type { CaseOptions, FuzzCase } from "./fuzz-case.ts";

/** Octets of array buffers that a run of the engine may leave behind, whatever it read. */
export const MOST_BUFFER_BYTES: number = 64 * 1024 * 1024;

let runs = 0;

export interface CaseResult {
  readonly packets: number;
  /** What came out, in small numbers: a new one makes the input worth keeping. */
  readonly features: readonly string[];
  /** Warnings about the capture; an error instead of a result counts as one. */
  readonly warnings: number;
}

/** Buffers that every run uses again. */
const SINK_MEMORY = new Uint8Array(1024 * 1024);
const BLOCK_MEMORY = new Uint8Array(2 * (256 * 1024 + 64 + 1024 * 1024));

/**
 * `scratch`: a directory for the capture and the output, the case's own while it runs.
 * @throws Error if anything does not hold that must
 */
export async function runCase(found: FuzzCase, scratch: string): Promise<CaseResult> {
  const capture = join(scratch, "capture");
  if (found.way === "file" || found.run === "files") writeFileSync(capture, found.capture);
  try {
    if (found.run === "engine") return await runEngine(found, capture);
    return await runExtract(found, capture, scratch);
  } catch (error) {
    if (error instanceof TcpxError && error.code !== "INTERNAL") {
      if (/\n/.test(error.message))
        throw new Error("an error of more than one line", { cause: error });
      return { packets: 0, features: [`error ${error.code}`], warnings: 1 };
    }
    throw error;
  }
}

function inputOf(
  found: FuzzCase,
  capture: string,
): { captures: string[]; standardInput: Readable } {
  const { way } = found;
  const isFile = way === "file" || found.run === "files";
  const chunkBytes = way === "file" ? found.capture.length : way;
  return {
    captures: [isFile ? capture : "-"],
    standardInput: Readable.from(isFile ? [] : chunksOf(found.capture, chunkBytes)),
  };
}

function* chunksOf(bytes: Uint8Array, chunkBytes: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

async function runEngine(found: FuzzCase, capture: string): Promise<CaseResult> {
  const warnings: Warning[] = [];
  const { captures, standardInput } = inputOf(found, capture);
  const input = await CaptureInput.open(captures, {
    standardInput,
    onWarning: (warning) => warnings.push(warning),
  });
  input.layBlocks(BLOCK_MEMORY);
  const sink = new CheckingSink({
    poolBytes: SINK_MEMORY.length,
    blockBytes: 16 * 1024,
    unitBytes: 1024,
    memory: SINK_MEMORY,
  });
  // Asking costs more than a run, so that only some are asked.
  const isMeasured = ++runs % 16 === 1;
  const before = isMeasured ? process.memoryUsage().arrayBuffers : 0;
  const options = engineOptions(found.options);
  const engine = new Engine(options, sink, null);
  try {
    await engine.run(input, null);
  } catch (error) {
    throw sink.firstFault ?? error;
  } finally {
    await input.close();
  }
  const grown = isMeasured ? process.memoryUsage().arrayBuffers - before : 0;
  const faults: string[] = [];
  if (grown > MOST_BUFFER_BYTES) faults.push(`${grown} octets of buffers`);
  if (sink.open > 0) faults.push(`${sink.open} streams were never ended`);
  const read = input.files.reduce((sum, file) => sum + file.packets, 0);
  const counted = input.interfaces.reduce((sum, each) => sum + each.packets, 0);
  faults.push(...engineFaults(engine, sink.summaries, read, counted));
  if (faults.length > 0) throw new Error(faults.join("; "));
  const features = [...outcomeFeatures(engine), ...flowFeatures(sink.summaries)];
  for (const { code } of warnings) features.push(`warning ${code}`);
  return {
    packets: engine.packets.packets,
    features: [...new Set(features)],
    warnings: warnings.length,
  };
}

function engineFaults(
  engine: Engine,
  summaries: readonly FlowSummary[],
  read: number,
  counted: number,
): string[] {
  const faults: string[] = [];
  const check = (name: string, one: number, other: number): void => {
    if (one !== other) faults.push(`${name}: ${one} is not ${other}`);
  };
  const { packets, outcomes } = engine;
  const totals = engine.settledTotals();
  const ofFlows = totals.c2sPackets + totals.s2cPackets;
  check(
    "outcomes",
    outcomes.reduce((sum, count) => sum + count, 0),
    packets.packets,
  );
  check("packets by flow", ofFlows + packets.withoutFlow, packets.packets);
  check("packets by interface", counted, packets.packets);
  if (read !== 0) check("packets by file", read, packets.packets);
  const { tcpPackets, udpPackets, otherPackets } = engine.decoder.counters;
  check("packets by protocol", tcpPackets + udpPackets + otherPackets, packets.packets);
  check("payload", totals.capturedBytes, packets.payloadBytes);
  check("flows", summaries.length, totals.flows);
  const sumOf = (value: (stream: StreamSummary) => number): number =>
    summaries.reduce((sum, { c2s, s2c }) => sum + value(c2s) + value(s2c), 0);
  check(
    "capturedBytes",
    sumOf((stream) => stream.capturedBytes),
    totals.capturedBytes,
  );
  check(
    "writtenBytes",
    sumOf((stream) => stream.writtenBytes),
    totals.writtenBytes,
  );
  check(
    "missingBytes",
    sumOf((stream) => stream.missingBytes),
    totals.missingBytes,
  );
  check(
    "segments",
    sumOf((stream) => stream.segments),
    totals.segments,
  );
  const { segments, inOrder, afterHole, outOfOrder, overlapping, retransmitted } = totals;
  const classes =
    inOrder +
    afterHole +
    outOfOrder +
    overlapping +
    retransmitted +
    totals.probes +
    totals.notPlaced;
  check("classes of segments", classes, segments);
  for (const [name, value] of [...Object.entries(packets), ...Object.entries(totals)]) {
    if (typeof value === "number" && !(value >= 0)) faults.push(`${name} is ${value}`);
  }
  return faults;
}

async function runExtract(found: FuzzCase, capture: string, scratch: string): Promise<CaseResult> {
  const faults: string[] = [];
  const flows: FlowSummary[] = [];
  const output = join(scratch, "out");
  let warnings = 0;
  const options: RunOptions = {
    ...engineOptions(found.options),
    ...inputOf(found, capture),
    output: found.run === "files" ? { ...found.output, directory: output } : null,
    onWarning: () => {
      warnings++;
    },
    onFlow: (summary) => {
      flows.push(summary);
      for (const stream of [summary.c2s, summary.s2c])
        faults.push(...checkStreamIdentities(stream));
    },
  };
  if (found.run === "files") mkdirSync(scratch, { recursive: true });
  const before = readdirSync(scratch);
  try {
    const { report } = await extract(options);
    formatReport(report);
    if (found.run === "files") {
      faults.push(...outputFaults(found, output, report));
      const strangers = readdirSync(scratch).filter(
        (name) => name !== "out" && !before.includes(name),
      );
      if (strangers.length > 0) faults.push(`files outside of the output: ${strangers.join(", ")}`);
    }
    if (faults.length > 0) throw new Error(faults.join("; "));
    const features = flowFeatures(flows);
    return { packets: report.capture.packets, features: [...features, found.run], warnings };
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}

const RUN_FILES: readonly string[] = [".tcpx-run", "flows.jsonl", "report.json", "report.txt"];

/** Every file of a stream is named by one flow and as long as it says; nothing else is there. */
function outputFaults(found: FuzzCase, output: string, report: Report): string[] {
  const faults: string[] = [];
  const entries = readdirSync(output, { recursive: true, withFileTypes: true });
  const others = entries.filter((entry) => !entry.isFile() && !entry.isDirectory());
  if (others.length > 0) faults.push(`not files: ${others.map(({ name }) => name).join(", ")}`);
  const files = new Set(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(output.length + 1)),
  );
  for (const name of RUN_FILES) if (!files.delete(name)) faults.push(`there is no ${name}`);
  const lines = readFileSync(join(output, "flows.jsonl"), "utf8").split("\n").slice(0, -1);
  if (lines.length !== report.flows.total) {
    faults.push(`${lines.length} lines for ${report.flows.total} flows`);
  }
  for (const line of lines) {
    const { c2s, s2c } = JSON.parse(line) as FlowSummary;
    for (const stream of [c2s, s2c]) {
      const { file } = stream;
      if (file === null) continue;
      if (!files.delete(file)) faults.push(`${file} is named, but not there or named twice`);
      const isPlain = found.output.layout !== "concat" && found.output.extend !== false;
      const { size } = statSync(join(output, file));
      const expected = isPlain
        ? stream.streamBytes
        : found.output.layout === "concat"
          ? stream.writtenBytes
          : size;
      if (size !== expected) faults.push(`${file} has ${size} octets of ${expected}`);
      for (const suffix of SIDE_FILES) files.delete(`${file}${suffix}`);
    }
  }
  if (files.size > 0) faults.push(`files that nobody names: ${[...files].join(", ")}`);
  return faults;
}

const SIDE_FILES: readonly string[] = Object.values(SIDE_SUFFIXES);

function engineOptions(chosen: CaseOptions): EngineOptions {
  const { timeoutSeconds, filter, bpf, ...rest } = chosen;
  const timeouts =
    timeoutSeconds === undefined
      ? DEFAULT_ENGINE_OPTIONS.timeouts
      : timeoutSeconds === null
        ? null
        : {
            new: timeoutSeconds,
            established: timeoutSeconds,
            closing: timeoutSeconds,
            closed: timeoutSeconds,
            reset: timeoutSeconds,
          };
  return {
    ...DEFAULT_ENGINE_OPTIONS,
    ...rest,
    timeouts,
    filter: filter === undefined ? null : parseFlowFilter(filter),
    bpf: bpf === undefined ? null : parseBpfProgram(bpf),
  };
}

/** 0, 1, 2, 3 to 7, 8 and more: enough to tell runs apart, not so much that each is new. */
function few(count: number): string {
  return count < 3 ? String(count) : count < 8 ? "some" : "many";
}

function outcomeFeatures(engine: Engine): string[] {
  const features: string[] = [];
  let set = "";
  for (let outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
    const count = engine.outcomes[outcome]!;
    if (count === 0) continue;
    features.push(`outcome ${outcome} ${few(count)}`);
    set += `${outcome},`;
  }
  const { counters } = engine.decoder;
  features.push(`outcomes ${set}`, `reassembled ${few(counters.datagramsReassembled)}`);
  features.push(`incomplete ${few(counters.datagramsIncomplete)}`);
  return features;
}

function flowFeatures(flows: readonly FlowSummary[]): string[] {
  const features = [`flows ${few(flows.length)}`];
  for (const flow of flows) {
    features.push(`status ${flow.tcpxStat} ${flow.end}`, `state ${flow.connState} ${flow.start}`);
    for (const stream of [flow.c2s, flow.s2c]) {
      let set = "";
      for (const [name, value] of Object.entries(stream)) {
        if (typeof value !== "number" || value === 0 || NOT_TOLD.has(name)) continue;
        set += `${name},`;
      }
      features.push(`stream ${set}`, `stream status ${stream.tcpxStat} ${few(stream.gapCount)}`);
    }
  }
  return features;
}

const NOT_TOLD = new Set([
  "isn",
  "windowScale",
  "mss",
  "packets",
  "syn",
  "fin",
  "rst",
  "gapsListed",
]);
