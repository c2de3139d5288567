// The built program and its output directory: what it writes, what it refuses, what it says when the disk
// is full. The last two need a file system of their own: they are skipped, visibly, where none can be
// mounted.

import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FlowSummary } from "../../src/report/flow-summary.ts";
import type { Report } from "../../src/report/report.ts";
import { TCPX, runTcpx, scratchDirectory } from "./run-tcpx.ts";
import { REQUEST, conversationCapture, responseOf } from "./small-captures.ts";

const scratch = scratchDirectory();
const mounts: string[] = [];
afterAll(() => {
  for (const mount of mounts) spawnSync("umount", [mount]);
  scratch.remove();
});

const capture = join(scratch.path, "capture.pcap");
const lossy = join(scratch.path, "lossy.pcap");
beforeAll(() => {
  writeFileSync(capture, conversationCapture());
  writeFileSync(lossy, conversationCapture({ lost: [1] }));
});

function out(name: string): string {
  return join(scratch.path, name);
}

/** A small file system of its own, or null where that is not allowed. */
function mountTmpfs(name: string, options: string): string | null {
  const path = out(name);
  mkdirSync(path);
  if (spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path]).status !== 0) return null;
  mounts.push(path);
  return path;
}

describe("tcpx extract", () => {
  it("writes each direction's stream, flows.jsonl and the report", async () => {
    const directory = out("plain");
    const { status, stdout, stderr } = await runTcpx(["extract", capture, "-o", directory]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const name = "000001-10.0.0.1.40000-10.0.0.2.80";
    expect(readFileSync(join(directory, `${name}.c2s`), "latin1")).toBe(REQUEST);
    expect(readFileSync(join(directory, `${name}.s2c`))).toEqual(Buffer.from(responseOf()));
    expect(readFileSync(join(directory, "report.txt"), "utf8")).toBe(stdout);
    const report = JSON.parse(readFileSync(join(directory, "report.json"), "utf8")) as Report;
    expect(report.loss.missingBytes).toBe(0);
    const lines = readFileSync(join(directory, "flows.jsonl"), "utf8").trimEnd().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as FlowSummary).end)).toEqual(["fin"]);
  });

  it("--json prints the document that is in report.json", async () => {
    const directory = out("json");
    const { status, stdout, stderr } = await runTcpx(["extract", lossy, "-o", directory, "--json"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const report = JSON.parse(stdout) as Report;
    expect(report).toEqual(JSON.parse(readFileSync(join(directory, "report.json"), "utf8")));
    expect(report.loss.missing.ackedUnseen).toEqual({ bytes: 1000, gaps: 1, maxBytes: 1000 });
    expect(statSync(join(directory, "000001-10.0.0.1.40000-10.0.0.2.80.s2c")).size).toBe(3000);
  });

  it("twice writes the same octets", async () => {
    const [first, second] = [out("first"), out("second")];
    for (const directory of [first, second]) {
      expect((await runTcpx(["extract", lossy, "-o", directory])).status).toBe(0);
    }
    const names = readdirSync(first).sort();
    expect(readdirSync(second).sort()).toEqual(names);
    for (const name of names) {
      const [one, other] = [first, second].map((directory) =>
        withoutTimes(name, readFileSync(join(directory, name))),
      );
      expect(one, name).toEqual(other);
    }
  });
});

/** Elapsed time, memory and the name of the directory are the only differences allowed. */
function withoutTimes(name: string, content: Buffer): unknown {
  if (name === "report.json") {
    const { run, output, ...rest } = JSON.parse(content.toString()) as Report;
    const { elapsedSec: _elapsed, unloadedSec: _unloaded, memoryBytes: _memory, ...same } = run;
    const { dir: _directory, ...written } = output;
    return { ...rest, run: same, output: written };
  }
  if (name === "report.txt") {
    return content.toString().replaceAll(/(Elapsed time|\. Time|Memory usage): .*/gu, "$1");
  }
  return content;
}

describe("an output directory that is refused", () => {
  it("is not empty: 2, and nothing in it changes", async () => {
    const directory = out("full-of-things");
    mkdirSync(directory);
    writeFileSync(join(directory, "mine.txt"), "mine");
    const { status, stdout, stderr } = await runTcpx(["extract", capture, "-o", directory]);
    expect(stderr).toMatch(/^tcpx: OUTPUT_NOT_EMPTY: [^\n]*--force[^\n]*\n$/u);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(readdirSync(directory)).toEqual(["mine.txt"]);
  });

  it("--force replaces what an earlier run left, and only that", async () => {
    const directory = out("again");
    expect((await runTcpx(["extract", capture, "-o", directory])).status).toBe(0);
    writeFileSync(join(directory, "mine.txt"), "mine");
    const filter = ["-f", "port 81"];
    const refused = await runTcpx(["extract", capture, "-o", directory, ...filter]);
    expect(refused.status).toBe(2);
    const forced = await runTcpx(["extract", capture, "-o", directory, "--force", ...filter]);
    expect(forced.status).toBe(0);
    expect(readdirSync(directory).filter((name) => /2[cs]/u.test(name))).toEqual([]);
    expect(readFileSync(join(directory, "mine.txt"), "utf8")).toBe("mine");
  });

  it("is a file, or lies below one: 2", async () => {
    for (const path of [capture, join(capture, "out")]) {
      const { status, stderr } = await runTcpx(["extract", capture, "-o", path]);
      expect(stderr).toMatch(/^tcpx: OUTPUT_NOT_A_DIRECTORY: [^\n]*\n$/u);
      expect(status).toBe(2);
    }
  });

  const isRoot = process.getuid?.() === 0;
  const readOnly = isRoot ? mountTmpfs("read-only", "size=64k,ro") : out("no-permission");
  it.skipIf(readOnly === null)("can't be written: 4", async () => {
    if (!isRoot) {
      mkdirSync(readOnly!);
      chmodSync(readOnly!, 0o555);
    }
    const { status, stdout, stderr } = await runTcpx([
      "extract",
      capture,
      "-o",
      join(readOnly!, "out"),
    ]);
    expect(stderr).toMatch(/^tcpx: OUTPUT_NOT_WRITABLE: [^\n]*\n$/u);
    expect({ status, stdout }).toEqual({ status: 4, stdout: "" });
  });
});

describe("a disk that gets full", () => {
  const small = mountTmpfs("small-disk", "size=256k");

  it.skipIf(small === null)(
    "ends with 4, the report, and an error naming file and offset",
    async () => {
      const large = join(scratch.path, "large.pcap");
      writeFileSync(large, conversationCapture({ responseBytes: 1_000_000 }));
      const directory = join(small!, "out");
      const { status, stdout, stderr } = await runTcpx([
        "extract",
        large,
        "-o",
        directory,
        "--json",
      ]);
      expect(status).toBe(4);
      const [line, object] = stderr.split("\n");
      expect(line).toMatch(/^tcpx: WRITE_FAILED: [^\n]*offset [0-9]+/u);
      const { error } = JSON.parse(object!) as {
        error: { code: string; file: string; offset: number };
      };
      expect(error.code).toBe("WRITE_FAILED");
      // Both directions are on their way to the disk when it is full; the first to fail is named.
      const [name, direction] = /000001-10\.0\.0\.1\.40000-10\.0\.0\.2\.80\.(c2s|s2c)$/u.exec(
        error.file,
      )!;
      const truth =
        direction === "s2c" ? responseOf({ responseBytes: 1_000_000 }) : Buffer.from(REQUEST);
      // what was written is whole up to the octet that the error names
      const written = readFileSync(join(directory, name));
      expect(written.length).toBeGreaterThanOrEqual(error.offset);
      expect(written.subarray(0, error.offset)).toEqual(
        Buffer.from(truth.subarray(0, error.offset)),
      );
      expect((JSON.parse(stdout) as Report).output.error?.code).toBe("WRITE_FAILED");
    },
  );

  it.skipIf(!existsSync("/dev/full"))("standard output on it: 4", async () => {
    const shell = spawnSync("bash", [
      "-c",
      `"${process.execPath}" "${TCPX}" stats "${capture}" > /dev/full`,
    ]);
    expect(shell.stderr.toString()).toMatch(/^tcpx: WRITE_FAILED: standard output: [^\n]*\n$/u);
    expect(shell.status).toBe(4);
  });
});
