// The examples of samples/scripts/ on their capture: each gives what its README says. The script that
// imports the package by name runs on what `npm run build` made.

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runOverCapture } from "./run-scripts.ts";
import type { ScriptedOptions } from "./run-scripts.ts";

const SAMPLES = resolve(import.meta.dirname, "../../samples/scripts");
const CAPTURE = readFileSync(join(SAMPLES, "examples.pcap"));

const BUILT = resolve(SAMPLES, "../../dist/index.js");
const isBuilt = existsSync(BUILT) && readFileSync(BUILT, "utf8").includes("httpMessages");

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "tcpx-samples-")));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function run(script: string, options: ScriptedOptions = {}) {
  const log: string[] = [];
  const result = await runOverCapture([join(SAMPLES, script)], CAPTURE, {
    onScriptLog: (_script, _level, text) => log.push(text),
    ...options,
  });
  expect(result.scriptErrors).toEqual([]);
  return { ...result, log };
}

describe("samples/scripts", () => {
  it("has the capture that its generator makes", () => {
    execFileSync(process.execPath, [join(SAMPLES, "make.js"), folder]);
    expect(readFileSync(join(folder, "examples.pcap")).equals(CAPTURE)).toBe(true);
  });

  it("save-executables", async () => {
    const directory = join(folder, "out");
    const { log, report, flows } = await run("save-executables/script.js", {
      output: { directory },
    });
    const executables = join(directory, "executables");
    expect(readdirSync(executables).sort()).toEqual(["1-s2c.exe", "2-s2c.elf"]);
    const windows = readFileSync(join(executables, "1-s2c.exe"));
    expect(windows.length).toBe(5000);
    expect(windows.toString("latin1", 0, 2)).toBe("MZ");
    expect(windows.toString("latin1", 16, 32)).toBe("00000016 exe   \n");
    expect(windows.toString("latin1", 4960, 4976)).toBe("00004960 exe   \n");
    const elf = readFileSync(join(executables, "2-s2c.elf"));
    expect(elf.length).toBe(3000);
    expect(elf.subarray(1000, 2000).every((octet) => octet === 0)).toBe(true);
    expect(log).toEqual(["executables/2-s2c.elf: 1000 octets at 1000 are missing (ackedUnseen)"]);
    expect(report.script.counters).toEqual({ executables: 2 });
    expect(flows.flatMap(({ tags }) => tags ?? []).sort()).toEqual(["elf", "exe"]);
  });

  it("firewall", async () => {
    const { report, flows } = await run("firewall/script.js");
    expect(flows.map(({ flow }) => flow).sort()).toEqual([1, 3, 5, 6, 7, 8]);
    expect(report.flows.filtered).toBe(2);
    expect(report.script).toMatchObject({ alarms: 1, flowsWithAlarms: 1, exceptions: 0 });
    expect(report.decode.outcomes.dropped).toBeGreaterThan(15);
    const attacked = flows.find(({ flow }) => flow === 5)!;
    expect(attacked.s2c.writtenBytes).toBeLessThan(100);
  });

  it.skipIf(!isBuilt)("http-conversation", async () => {
    const { log, report } = await run("http-conversation/script.js");
    const lines = log
      .filter((line) => line.startsWith("6 "))
      .map((line) => line.replace(/ \(.*/, ""));
    expect(lines).toEqual([
      "6 > GET /one HTTP/1.1",
      "6 > GET /two HTTP/1.1",
      "6 > GET /three HTTP/1.1",
      expect.stringMatching(/^6 < \.\.\. 2000 octets missing, \d+ not recognised, from 0 to \d+$/),
      "6 < HTTP/1.1 200 OK",
    ]);
    expect(report.script.counters["losses"]).toBeGreaterThanOrEqual(1);
  });

  it("tiny-windows", async () => {
    const marked: unknown[] = [];
    const { report, flows } = await run("tiny-windows/script.ts", {
      set: { octets: "16", count: "5" },
    });
    marked.push(...flows.filter(({ tags }) => tags !== undefined).map(({ flow }) => flow));
    expect(marked).toEqual([7]);
    expect(report.script).toMatchObject({
      counters: { "tiny windows": 12 },
      alarms: 1,
      flowsWithAlarms: 1,
    });
  });

  it("tls-certificates", async () => {
    const { log } = await run("tls-certificates/script.js");
    expect(log.map((line) => JSON.parse(line) as object)).toEqual([
      {
        ts: expect.stringMatching(/^\d+\.\d{9}$/),
        flow: 8,
        serverName: "www.example.com",
        version: "TLS 1.2",
        cipher: "c02b",
        commonName: "www.example.com",
        organization: "Example Org",
        issuer: "Example Issuing CA",
        root: "Example Root CA",
      },
    ]);
  });
});
