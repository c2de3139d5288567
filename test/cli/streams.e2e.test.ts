// The built program and its standard streams: pipes that close, pipes that never end, signals, colours,
// and the exit codes of --fail-on.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FlowSummary } from "../../src/report/flow-summary.ts";
import type { Report } from "../../src/report/report.ts";
import { pcapFile } from "../support/capture-builder.ts";
import { TCPX, endingOf, runShell, runTcpx, scratchDirectory, startTcpx } from "./run-tcpx.ts";
import { conversationCapture, conversationPackets, responseOf } from "./small-captures.ts";

const scratch = scratchDirectory();
afterAll(() => scratch.remove());

const clean = join(scratch.path, "clean.pcap");
const lossy = join(scratch.path, "lossy.pcap");
beforeAll(() => {
  writeFileSync(clean, conversationCapture());
  writeFileSync(lossy, conversationCapture({ responseBytes: 10_000, lost: [1] }));
});

/** Waits for something another process does; gives up, and lets the test fail, after half a minute. */
async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 600 && !isSo(); tries++) await setTimeout(50);
}

describe("standard output", () => {
  it("with --json in a pipe is one document", async () => {
    const line = `$TCPX stats ${lossy} --json | ${process.execPath} -e '
      let text = ""; process.stdin.on("data", (part) => text += part)
        .on("end", () => console.log(JSON.parse(text).loss.missingBytes))'`;
    expect(await runShell(line)).toMatchObject({ status: 0, stdout: "1000\n", stderr: "" });
  });

  it("that is closed ends nothing but the printing", async () => {
    const directory = join(scratch.path, "closed");
    const line = `{ $TCPX extract ${lossy} -o ${directory} --fail-on loss; echo "status=$?" >&2; } | true`;
    const { stderr } = await runShell(line);
    expect(stderr).toMatch(/^tcpx: FAIL_ON: loss: [^\n]*\nstatus=1\n$/u);
    expect(existsSync(join(directory, "report.json"))).toBe(true);
    const head = await runShell(`set -o pipefail; $TCPX stats ${lossy} | head -3`);
    expect(head.stdout.split("\n")).toHaveLength(4);
    expect(head).toMatchObject({ status: 0, stderr: "" });
  });
});

describe("colour", () => {
  it("is only for terminals, and for pipes by FORCE_COLOR or --color", async () => {
    const coloured = async (words: string[], env: Record<string, string>): Promise<boolean> => {
      const { stdout, status } = await runTcpx(["stats", lossy, ...words], { env });
      expect(status).toBe(0);
      return stdout.includes("\u001b[");
    };
    expect(await coloured([], {})).toBe(false);
    expect(await coloured(["--color"], {})).toBe(true);
    expect(await coloured([], { FORCE_COLOR: "1" })).toBe(true);
    expect(await coloured([], { FORCE_COLOR: "1", NO_COLOR: "1" })).toBe(false);
    expect(await coloured(["--no-color"], { FORCE_COLOR: "1" })).toBe(false);
  });

  const hasTerminal = spawnSync("script", ["-qec", "test -t 1", "/dev/null"]).status === 0;

  it.skipIf(!hasTerminal)("is on a terminal, but for NO_COLOR", async () => {
    const onTerminal = (env: string): string => {
      const line = `${env} ${process.execPath} ${TCPX} stats ${lossy}`;
      return spawnSync("script", ["-qec", line, "/dev/null"], {
        env: { ...process.env, TERM: "xterm-256color" },
      }).stdout.toString();
    };
    const unset = "env -u NO_COLOR -u FORCE_COLOR -u CI";
    expect(onTerminal(unset)).toContain("\u001b[33m[WRN]");
    expect(onTerminal(`${unset} NO_COLOR=1`)).not.toContain("\u001b[33m");
  });
});

describe("--fail-on", () => {
  it.each([
    { list: "loss", clean: 0, lossy: 1 },
    { list: "loss>9%", clean: 0, lossy: 1 },
    { list: "loss>10%", clean: 0, lossy: 0 },
    { list: "warnings", clean: 0, lossy: 1 },
    { list: "ackedUnseen", clean: 0, lossy: 1 },
    { list: "neverAcked,conflict", clean: 0, lossy: 0 },
    { list: "ipv4", clean: 1, lossy: 1 },
    { list: "ipv6", clean: 0, lossy: 0 },
    { list: "conflict,loss", clean: 0, lossy: 1 },
  ])("$list: clean $clean, lossy $lossy", async (expected) => {
    for (const [name, path] of [
      ["clean", clean],
      ["lossy", lossy],
    ] as const) {
      const { status, stderr } = await runTcpx(["stats", path, "--fail-on", expected.list]);
      expect(status, name).toBe(expected[name]);
      expect(stderr).toMatch(status === 0 ? /^$/u : /^tcpx: FAIL_ON: [^\n]*\n$/u);
    }
  });

  it("yields to what weighs more", async () => {
    const absent = join(scratch.path, "absent.pcap");
    const { status } = await runTcpx(["stats", lossy, absent, "--fail-on", "loss"]);
    expect(status).toBe(3);
  });
});

describe("a live pipe", () => {
  it("works as it runs: flows that ended are in flows.jsonl while the pipe is open", async () => {
    const directory = join(scratch.path, "live");
    const child = startTcpx(["extract", "-", "-o", directory]);
    const ending = endingOf(child);
    // one conversation every 20 s: each has left its linger time when the next but one begins
    const packets = Array.from({ length: 100 }, (_, index) =>
      conversationPackets({ clientPort: 40_000 + index }).map((packet) => ({
        ...packet,
        seconds: packet.seconds + index * 20,
      })),
    ).flat();
    child.stdin.write(pcapFile(packets.slice(0, -1)));
    const flows = join(directory, "flows.jsonl");
    await until(() => existsSync(flows) && statSync(flows).size > 0);
    const [line] = readFileSync(flows, "utf8").split("\n");
    expect(JSON.parse(line!)).toMatchObject({ flow: 1, end: "fin" });
    const [stream] = readdirSync(directory).filter((name) => name.endsWith(".s2c"));
    expect(readFileSync(join(directory, stream!))).toEqual(Buffer.from(responseOf()));
    expect(child.exitCode).toBe(null);
    child.stdin.end(pcapFile(packets.slice(-1)).subarray(24));
    expect(await ending).toMatchObject({ status: 0, stderr: "" });
    expect(readFileSync(flows, "utf8").trimEnd().split("\n")).toHaveLength(100);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s writes what there is, marked interrupted: %i", async (signal, code) => {
    const directory = join(scratch.path, signal);
    const conversation = { responseBytes: 1_000_000 };
    const packets = conversationPackets(conversation);
    const child = startTcpx(["extract", "-", "-o", directory, "--json"]);
    const ending = endingOf(child);
    child.stdin.on("error", () => {});
    // once this is accepted, all but what a pipe holds has been read
    const begun = pcapFile(packets.slice(0, 1800));
    await new Promise((resolve) => child.stdin.write(begun, resolve));
    await until(() => existsSync(join(directory, ".tcpx-run")));
    child.kill(signal);
    const { status, stdout, stderr } = await ending;
    expect({ status, stderr }).toEqual({ status: code, stderr: "" });
    const report = JSON.parse(stdout) as Report;
    expect(report.run.interrupted).toBe(true);
    expect(report.capture.packets).toBeGreaterThan(100);
    const [line] = readFileSync(join(directory, "flows.jsonl"), "utf8").split("\n");
    const { s2c } = JSON.parse(line!) as FlowSummary;
    const written = readFileSync(join(directory, s2c.file!));
    expect(written.length).toBe(s2c.streamBytes);
    const response = Buffer.from(responseOf(conversation));
    expect(written.equals(response.subarray(0, written.length))).toBe(true);
  });
});
