// A script that keeps ever more, beside others, in the built program with a small heap: it alone is taken
// out, by its name; what the others count and every stream file is complete to the end of the capture.

import { execFile } from "node:child_process";
import {
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pcapFile } from "../support/capture-builder.ts";
import type { BuiltPacket } from "../support/capture-builder.ts";
import { tcpPacket } from "../support/packet-builder.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const HEAP_MIB = 96;
const FLOWS = 40;
const SEGMENTS = 30;
const SEGMENT = "0123456789".repeat(20);

const SCRIPTS: Record<string, string> = {
  // Innocent: small state.
  "count.mjs": `
    const flows = new Map();
    let octets = 0, ends = 0;
    export default {
      onPayload(_e, _t, flow, _d, position, buffer) {
        octets += buffer.length;
        flows.set(flow.id, position + buffer.length);
        buffer.writeToFile("counted/" + flow.id, position);
      },
      onTerminateFlow() { ends++; },
      teardown(engine) {
        engine.counter("octets").add(octets);
        engine.counter("flows").add(flows.size);
        engine.counter("ends").add(ends);
      },
    };`,
  // Innocent: much, but for the moment only.
  "wasteful.mjs": `
    let calls = 0;
    export default {
      onPayload() {
        calls += Array.from({ length: 5000 }, (_, i) => ({ i })).length / 5000;
        calls += Buffer.alloc(100000).length - 100000;
      },
      teardown(engine) { engine.counter("wasted").add(calls); },
    };`,
  "objects.mjs": `
    const kept = new Map();
    export default {
      onPayload(_e, _t, flow) {
        if (!kept.has(flow.id)) kept.set(flow.id, []);
        kept.get(flow.id).push(Array.from({ length: 2000 }, (_, i) => ({ i })));
      },
    };`,
  "typed.ts": `
    const kept: object[][] = [];
    export default {
      onPayload(): void {
        kept.push(Array.from({ length: 2000 }, (_, i) => ({ i })));
      },
    };`,
  "buffers.mjs": `
    const kept = [];
    export default { onPayload() { kept.push(Buffer.alloc(60000)); } };`,
  "promises.mjs": `
    const kept = [];
    export default {
      async onPayload() {
        await null;
        kept.push(Array.from({ length: 2000 }, (_, i) => ({ i })));
      },
    };`,
  "loose.mjs": `
    const kept = [];
    export default {
      onPayload() {
        Promise.resolve().then(() => kept.push(Array.from({ length: 2000 }, (_, i) => ({ i }))));
      },
    };`,
  "reader.mjs": `
    const kept = [];
    export const greedy = {
      on: "receiveData",
      streamed: true,
      async eval(_flow, reader) {
        for await (const _ of reader) kept.push(Array.from({ length: 2000 }, (_, i) => ({ i })));
      },
    };`,
};

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "tcpx-greedy-")));
  writeFileSync(join(folder, "capture.pcap"), pcapFile(conversations()));
  for (const [name, text] of Object.entries(SCRIPTS)) writeFileSync(join(folder, name), text);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Flows that talk by turns, each from its handshake to its end. */
function conversations(): BuiltPacket[] {
  const packets: BuiltPacket[] = [];
  const each = (flags: string, isClient: boolean, seq: number, ack: number, payload = ""): void => {
    for (let flow = 0; flow < FLOWS; flow++) {
      const client = { address: `10.1.0.${flow + 1}`, port: 40_000 };
      const server = { address: "10.0.0.2", port: 80 };
      const [from, to] = isClient ? [client, server] : [server, client];
      const bytes = tcpPacket({
        source: from.address,
        destination: to.address,
        sourcePort: from.port,
        destinationPort: to.port,
        flags,
        seq,
        ack,
        payload,
      });
      packets.push({ seconds: 1, nanos: packets.length * 1000, bytes });
    }
  };
  each("S", true, 100, 0);
  each("SA", false, 300, 101);
  each("A", true, 101, 301);
  for (let n = 0; n < SEGMENTS; n++) each("PA", true, 101 + n * SEGMENT.length, 301, SEGMENT);
  const end = 101 + SEGMENTS * SEGMENT.length;
  each("FA", true, end, 301);
  each("FA", false, 301, end + 1);
  each("A", true, end + 1, 302);
  return packets;
}

function run(
  output: string,
  scripts: readonly string[],
): Promise<{ code: number; stderr: string }> {
  const words = scripts.flatMap((script) => ["--script", script]);
  return new Promise((done) => {
    execFile(
      process.execPath,
      [
        `--max-old-space-size=${HEAP_MIB}`,
        join(ROOT, "bin/tcpx.js"),
        "extract",
        "capture.pcap",
        "-o",
        output,
        ...words,
      ],
      { cwd: folder, encoding: "utf8" },
      (error, _stdout, stderr) => done({ code: error === null ? 0 : Number(error.code), stderr }),
    );
  });
}

function filesOf(output: string, subfolder: string): string[] {
  return readdirSync(join(folder, output, subfolder), { withFileTypes: true })
    .filter((entry) => entry.isFile() && !/json|report|tcpx/.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
}

describe("a script that keeps ever more", () => {
  it.each([
    ["objects.mjs", ["objects.mjs", "count.mjs"]],
    ["objects.mjs", ["count.mjs", "objects.mjs"]],
    ["objects.mjs", ["wasteful.mjs", "objects.mjs", "count.mjs"]],
    ["typed.ts", ["count.mjs", "typed.ts"]],
    ["buffers.mjs", ["buffers.mjs", "count.mjs"]],
    ["buffers.mjs", ["count.mjs", "wasteful.mjs", "buffers.mjs"]],
    ["promises.mjs", ["promises.mjs", "wasteful.mjs", "count.mjs"]],
    ["loose.mjs", ["wasteful.mjs", "count.mjs", "loose.mjs"]],
    ["reader.mjs", ["reader.mjs", "count.mjs"]],
  ])("%s of %j is taken out, no other", { timeout: 120_000 }, async (greedy, scripts) => {
    const output = scripts.join("-");
    const { code, stderr } = await run(output, scripts);
    expect(stderr.trim().split("\n")).toEqual([
      expect.stringMatching(
        new RegExp(`^tcpx: SCRIPT_FAILED: ${greedy}: between two packets: RangeError: .* MiB .*`),
      ),
    ]);
    expect(code).toBe(5);
    const { script } = JSON.parse(readFileSync(join(folder, output, "report.json"), "utf8")) as {
      script: { counters: Record<string, number>; exceptions: number };
    };
    expect(script.exceptions).toBe(1);
    const wasted = scripts.includes("wasteful.mjs") ? { wasted: FLOWS * SEGMENTS } : {};
    expect(script.counters).toEqual({
      octets: FLOWS * SEGMENTS * SEGMENT.length,
      flows: FLOWS,
      ends: FLOWS,
      ...wasted,
    });
    const whole = Array.from({ length: FLOWS }, () => SEGMENT.repeat(SEGMENTS));
    expect(filesOf(output, ".")).toEqual(whole);
    expect(filesOf(output, "counted")).toEqual(whole);
  });

  it("is not one that wastes much", { timeout: 120_000 }, async () => {
    expect(await run("innocent", ["wasteful.mjs", "count.mjs"])).toEqual({ code: 0, stderr: "" });
  });
});
