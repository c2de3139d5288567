// Scripts through the built program: exit codes, where messages go, what is left on disk.

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const CAPTURE = join(ROOT, "samples/scripts/examples.pcap");

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "tcpx-scripts-e2e-")));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function tcpx(...words: string[]): Promise<Outcome> {
  return new Promise((done) => {
    execFile(
      process.execPath,
      [join(ROOT, "bin/tcpx.js"), ...words],
      { cwd: folder, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : Number(error.code);
        done({ code, stdout, stderr });
      },
    );
  });
}

let files = 0;
function script(text: string, extension = ".mjs"): string {
  const name = `script-${++files}${extension}`;
  writeFileSync(join(folder, name), text);
  return name;
}

describe("the program with scripts", () => {
  it("logs to standard error, counts in the report, passes --set on", async () => {
    const name = script(
      "export default { setup(engine) { engine.log('info', `who ${engine.args.who}`); engine.log('debug', 'no'); engine.counter('setups').add(2); } };",
    );
    const { code, stdout, stderr } = await tcpx(
      "stats",
      CAPTURE,
      "--script",
      name,
      "--set",
      "who=me",
    );
    expect([code, stderr]).toEqual([0, `tcpx: INFO: ${name}: who me\n`]);
    expect(stdout).toMatch(/script: setups: 2/);
  });

  it("ends with 5 where one failed, and does the rest", async () => {
    const name = script(
      "export default {\n  onPayload() {\n    throw new Error('no');\n  },\n};\n",
    );
    const { code, stdout, stderr } = await tcpx(
      "extract",
      CAPTURE,
      "-o",
      "failed",
      "--script",
      name,
    );
    expect(code).toBe(5);
    expect(stderr).toContain(`tcpx: SCRIPT_FAILED: ${name}:3: onPayload of flow 1: no;`);
    expect(stderr.trim().split("\n").length).toBe(1);
    expect(stdout).toContain("flow");
    expect(readFileSync(join(folder, "failed/flows.jsonl"), "utf8").trim().split("\n").length).toBe(
      8,
    );
  });

  it("ends with 5 where one throws what nobody catches, and goes on", async () => {
    const name = script(
      "export default {\n  onNewFlow() {\n    Promise.reject(new Error('loose'));\n  },\n  teardown: () => new Promise((done) => setTimeout(done, 20)),\n};\n",
    );
    const { code, stderr } = await tcpx("stats", CAPTURE, "--script", name);
    expect(code).toBe(5);
    expect(stderr.trim().split("\n")).toEqual([
      expect.stringMatching(/^tcpx: SCRIPT_FAILED: script-\d+\.mjs:3: Error: loose: /),
    ]);
  });

  it("ends with 2 before anything is written where one does not load", async () => {
    const name = script("export default {\n  onPayload( {\n};\n", ".ts");
    const { code, stdout, stderr } = await tcpx("extract", CAPTURE, "-o", "none", "--script", name);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^tcpx: BAD_SCRIPT: script-\d+\.ts(:3)?: the script does not load: /);
    expect((await tcpx("stats", CAPTURE, "--set", "x")).code).toBe(2);
  });

  it("gives scripts the package by its name, wherever they lie", async () => {
    const body =
      'import { messages } from "tcpx";\nexport default messages({ detect: (bytes) => bytes.length, onMessage: (engine) => engine.counter("m").add() });\n';
    for (const extension of [".mjs", ".ts"]) {
      const { code, stdout } = await tcpx("stats", CAPTURE, "--script", script(body, extension));
      expect(code).toBe(0);
      expect(stdout).toMatch(/script: m: \d+/);
    }
  });

  it("recognises protocols by --attributes alone", async () => {
    const { code } = await tcpx("extract", CAPTURE, "-o", "attributes", "--attributes");
    expect(code).toBe(0);
    const lines = readFileSync(join(folder, "attributes/flows.jsonl"), "utf8").trim().split("\n");
    const flows = lines.map(
      (line) => JSON.parse(line) as { flow: number; attributes?: Record<string, string[]> },
    );
    expect(flows.find(({ flow }) => flow === 8)!.attributes!["TLS:SNI"]).toEqual([
      "www.example.com",
    ]);
    expect(flows.find(({ flow }) => flow === 1)!.attributes!["URI"]).toEqual(["/setup.exe"]);
    expect(flows.find(({ flow }) => flow === 4)!.attributes).toBeUndefined();
  });
});
