// The built program: help, version, wrong usage. `npm test` builds it first.

import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runTcpx, scratchDirectory } from "./run-tcpx.ts";

const scratch = scratchDirectory();
afterAll(() => scratch.remove());

describe("tcpx --version", () => {
  const { version } = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  ) as { version: string };

  it.each(["--version", "-V"])("%s prints the version of the package", async (word) => {
    const ending = await runTcpx([word]);
    expect(ending).toEqual({ status: 0, signal: null, stdout: `${version}\n`, stderr: "" });
  });

  it("loads nothing that it does not need", async () => {
    const coverage = join(scratch.path, "coverage");
    mkdirSync(coverage);
    await runTcpx(["--version"], { env: { NODE_V8_COVERAGE: coverage } });
    const loaded = readdirSync(coverage).flatMap((name) => {
      const { result } = JSON.parse(readFileSync(join(coverage, name), "utf8")) as {
        result: { url: string }[];
      };
      return result.map(({ url }) => url).filter((url) => url.startsWith("file:"));
    });
    const names = loaded.map((url) => url.split("/").slice(-2).join("/"));
    expect(names.sort()).toEqual(["bin/tcpx.js", "dist/main.js"]);
  });
});

describe("help", () => {
  it("lists the commands, with examples", async () => {
    const { status, stdout, stderr } = await runTcpx(["--help"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const command of ["extract", "stats", "explain"]) {
      expect(stdout).toMatch(new RegExp(`^ {2}${command} .*`, "mu"));
    }
    expect(stdout).toContain("tcpdump -U -w - | tcpx extract - -o out/");
  });

  it("names every option of the specification", async () => {
    const { stdout } = await runTcpx(["extract", "--help"]);
    const options =
      "-o --output --force --quiet --json --fail-on --name --group --layout --no-extend --hash " +
      "--chunks --keep-conflicts --max-bytes --max-total --reader --strict --sort-files -f --filter " +
      "--bpf --after --before --flow --no-decap --decap-port --vlan --checksums --overlap " +
      "--idle-timeout --new-timeout --closing-timeout --closed-timeout --reset-timeout " +
      "--no-timeouts --max-flows --max-jump --max-open-files --max-expansion --color --no-color --debug";
    for (const option of options.split(" ")) {
      expect(stdout).toMatch(new RegExp(`(?:^|[ ,])${option}(?:[ ,]|$)`, "mu"));
    }
  });
});

describe("wrong usage is one line and exit code 2, before anything is read or written", () => {
  it.each([
    { words: ["extract", "x.pcap", "-o", "out", "--froce"], text: "did you mean --force?" },
    { words: ["extrakt", "x.pcap"], text: "did you mean extract?" },
    { words: ["extract", "x.pcap"], text: "-o DIR" },
    { words: ["stats"], text: "CAPTURE" },
    { words: ["stats", "x.pcap", "--max-flows", "many"], text: '--max-flows: "many"' },
    { words: ["stats", "x.pcap", "--max-jump", "3G"], text: '--max-jump: "3G"' },
    { words: ["stats", "x.pcap", "--fail-on", "lost"], text: "did you mean loss?" },
    { words: ["stats", "x.pcap", "-f", "port http and hots 10.0.0.1"], text: "column" },
    { words: ["explain", "word"], text: "0x" },
  ])("$words", async ({ words, text }) => {
    const { status, stdout, stderr } = await runTcpx(words);
    expect(stderr).toMatch(/^tcpx: [A-Z_]+: [^\n]+\n$/u);
    expect(stderr).toContain(text);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });
});

it("tcpx explain decodes a status word", async () => {
  const { status, stdout, stderr } = await runTcpx(["explain", "0x03ff2ff7"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const names = stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.split(/ +/u)[2]);
  expect(names.slice(0, 3)).toEqual(["ackedUnseen", "neverAcked", "snapped"]);
  expect(names).toHaveLength(22);
});
