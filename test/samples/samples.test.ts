// The built program on every capture of samples/: what comes out is what expected.json says, octet for
// octet, the report's sums hold, and the generators make the same captures again.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FlowSummary, StreamSummary } from "../../src/report/flow-summary.ts";
import { checkIdentities, checkStreamIdentities } from "../../src/report/identities.ts";
import type { Report } from "../../src/report/report.ts";

interface ExpectedStream {
  readonly flow: number;
  readonly direction: "c2s" | "s2c";
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  readonly length: number;
  readonly present: number;
  readonly gaps: readonly (readonly [start: number, length: number, cause: string])[];
  /** Of the `length` octets, zeros in the gaps. */
  readonly sha256: string;
}

interface ExpectedRun {
  readonly captures: readonly string[];
  readonly options: readonly string[];
  readonly exit: number;
  /** All streams that hold or miss octets; null where only the exit code matters. */
  readonly streams: readonly ExpectedStream[] | null;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
  /** Values by their path in report.json. */
  readonly report: Readonly<Record<string, unknown>>;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SAMPLES = join(ROOT, "samples");
const MAX_FOLDER_BYTES = 2 * 1024 * 1024;

const cases = readdirSync(SAMPLES)
  .filter((name) => existsSync(join(SAMPLES, name, "expected.json")))
  .sort();

let scratch = "";
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "tcpx-samples-"));
});
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

function runNode(args: readonly string[]): Promise<{ exit: number; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: ROOT }, (error, _stdout, stderr) => {
      resolve({ exit: error === null ? 0 : Number(error.code ?? -1), stderr });
    });
  });
}

function readRuns(folder: string): ExpectedRun[] {
  const text = readFileSync(join(SAMPLES, folder, "expected.json"), "utf8");
  return (JSON.parse(text) as { runs: ExpectedRun[] }).runs;
}

function readFlows(directory: string): FlowSummary[] {
  const lines = readFileSync(join(directory, "flows.jsonl"), "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as FlowSummary);
}

/** What a run made of one direction, in the words of expected.json. */
function producedStream(
  directory: string,
  flow: FlowSummary,
  direction: "c2s" | "s2c",
): ExpectedStream {
  const stream: StreamSummary = flow[direction];
  const client = { address: flow.client, port: flow.clientPort };
  const server = { address: flow.server, port: flow.serverPort };
  const [source, destination] = direction === "c2s" ? [client, server] : [server, client];
  // a stream of which nothing was captured has no file: all of it is a gap
  const octets =
    stream.file === null
      ? Buffer.alloc(stream.streamBytes)
      : readFileSync(join(directory, stream.file));
  return {
    flow: flow.flow,
    direction,
    source: source.address,
    sourcePort: source.port,
    destination: destination.address,
    destinationPort: destination.port,
    length: octets.length,
    present: stream.writtenBytes,
    gaps: stream.gaps.map(({ start, length, cause }) => [start, length, cause] as const),
    sha256: createHash("sha256").update(octets).digest("hex"),
  };
}

function producedStreams(directory: string, flows: readonly FlowSummary[]): ExpectedStream[] {
  const byNumber = [...flows].sort((a, b) => a.flow - b.flow);
  return byNumber.flatMap((flow) =>
    (["c2s", "s2c"] as const)
      .filter((direction) => flow[direction].streamBytes > 0)
      .map((direction) => producedStream(directory, flow, direction)),
  );
}

/** `loss.missing.snapped.bytes` of a report. */
function valueAt(report: Report, path: string): unknown {
  let value: unknown = report;
  for (const key of path.split(".")) value = (value as Record<string, unknown> | null)?.[key];
  return value;
}

function reportViolations(report: Report, flows: readonly FlowSummary[]): string[] {
  const ofStreams = flows.flatMap((flow) =>
    (["c2s", "s2c"] as const).flatMap((direction) =>
      checkStreamIdentities(flow[direction]).map(
        (line) => `flow ${flow.flow} ${direction}: ${line}`,
      ),
    ),
  );
  return [...checkIdentities(report), ...ofStreams];
}

/** Octets of a folder and all below it, and its files. */
function folderFiles(folder: string): { path: string; bytes: number }[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path, bytes: statSync(path).size }));
}

describe.each(cases)("samples/%s", (name) => {
  const runs = readRuns(name);

  test.each(runs.map((run, index) => ({ run, index, command: commandOf(run) })))(
    "gives the streams that were sent: $command",
    async ({ run, index }) => {
      const directory = join(scratch, `${name}-${index}`);
      const captures = run.captures.map((capture) => join("samples", name, capture));
      const args = ["bin/tcpx.js", "extract", ...captures, "-o", directory, "--quiet"];
      const { exit, stderr } = await runNode([...args, ...run.options]);

      expect({ exit, stderr: exit === run.exit ? "" : stderr }).toEqual({
        exit: run.exit,
        stderr: "",
      });
      if (run.streams === null) return;
      const flows = readFlows(directory);
      const report = JSON.parse(readFileSync(join(directory, "report.json"), "utf8")) as Report;
      expect(producedStreams(directory, flows)).toEqual(run.streams);
      const paths = Object.keys(run.report);
      expect(Object.fromEntries(paths.map((path) => [path, valueAt(report, path)]))).toEqual(
        run.report,
      );
      if (run.warnings !== undefined) expect(report.status.warnings).toEqual(run.warnings);
      if (run.infos !== undefined) expect(report.status.infos).toEqual(run.infos);
      expect(reportViolations(report, flows)).toEqual([]);
    },
  );

  test("is described", () => {
    const text = readFileSync(join(SAMPLES, name, "README.md"), "utf8");
    for (const run of runs) for (const capture of run.captures) expect(text).toContain(capture);
    expect(readFileSync(join(SAMPLES, "README.md"), "utf8")).toContain(`(${name}/)`);
  });

  const hasGenerator = existsSync(join(SAMPLES, name, "make.js"));
  if (!hasGenerator) return;
  test("its generator makes the same octets again", async () => {
    const directory = join(scratch, `made-${name}`);
    const { exit, stderr } = await runNode([join("samples", name, "make.js"), directory]);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    const made = readdirSync(directory).sort();
    const kept = readdirSync(join(SAMPLES, name)).sort();
    expect([...made, "README.md", "make.js"].sort()).toEqual(kept);
    for (const file of made) {
      const isSame = readFileSync(join(directory, file)).equals(
        readFileSync(join(SAMPLES, name, file)),
      );
      expect({ file, isSame }).toEqual({ file, isSame: true });
    }
  });
});

test("an octet that differs from the truth is found", async () => {
  const capture = readFileSync(join(SAMPLES, "reordering", "reordering.pcap"));
  const [run] = readRuns("reordering");
  // the last octet of the first segment that the server sends
  const at = capture.indexOf("swap");
  capture[at] = capture[at]! ^ 1;
  const path = join(scratch, "altered.pcap");
  writeFileSync(path, capture);
  const directory = join(scratch, "altered");
  const options = ["--quiet", "--checksums", "ignore"];
  await runNode(["bin/tcpx.js", "extract", path, "-o", directory, ...options]);
  const produced = producedStreams(directory, readFlows(directory));
  const wrong = produced.filter(({ sha256 }, index) => sha256 !== run!.streams![index]!.sha256);
  expect(wrong.map(({ flow, direction }) => `${flow} ${direction}`)).toEqual(["1 s2c"]);
});

test("there are the cases that users ask about, real and generated", () => {
  const wanted = ["http-ipv4", "http-ipv6", "loss", "reordering", "port-reuse", "wrap-around"];
  expect(cases).toEqual(expect.arrayContaining([...wanted, "midstream"]));
});

test("the samples together stay under 2 MB", () => {
  const total = folderFiles(SAMPLES).reduce((sum, { bytes }) => sum + bytes, 0);
  expect(total).toBeGreaterThan(0);
  expect(total).toBeLessThan(MAX_FOLDER_BYTES);
});

function commandOf(run: ExpectedRun): string {
  return [...run.captures, ...run.options].join(" ");
}
