// V8's code cache beside the built program: whatever is in its place, the program does the same.

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
let copy = "";
let cachePath = "";

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "tcpx-cache-"));
  for (const name of ["bin", "dist", "package.json"]) {
    cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  }
  const name = readdirSync(join(copy, "dist")).find((each) => each.endsWith(".cache"));
  cachePath = join(copy, "dist", name ?? "");
});

afterAll(() => {
  rmSync(copy, { recursive: true, force: true });
});

/** What the copy says of a capture, but for how long it took. */
function statsOf(nodeFlags: readonly string[] = []): unknown {
  const words = [
    join(copy, "bin/tcpx.js"),
    "stats",
    join(ROOT, "samples/loss/loss.pcap"),
    "--json",
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...nodeFlags, ...words], {
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const { run: _run, ...rest } = JSON.parse(stdout) as Record<string, unknown>;
  return rest;
}

describe("the code cache", () => {
  it("is made by the build, for the Node that builds", () => {
    expect(cachePath).toContain(`-${process.version}-`);
  });

  it("is of no other program", () => {
    const program = join(copy, "dist/program.cjs");
    const source = readFileSync(program, "utf8");
    // As long as before: V8 alone would take the cache, and the text that is in it.
    const changed = source
      .replace(/^\/\*[0-9a-f]{16}/u, "/*0123456789abcdef")
      .replaceAll("a status word in words", "A STATUS WORD IN WORDS");
    writeFileSync(program, changed);
    const { stdout } = spawnSync(process.execPath, [join(copy, "bin/tcpx.js"), "--help"]);
    writeFileSync(program, source);
    expect(stdout.toString()).toContain("A STATUS WORD IN WORDS");
  });

  it("may be absent, of other flags, broken or of something else", () => {
    const cache = readFileSync(cachePath);
    const expected = statsOf();
    expect(statsOf(["--stack-size=900"])).toEqual(expected);
    rmSync(cachePath);
    expect(statsOf()).toEqual(expected);
    for (const wrong of [cache.subarray(0, 100_000), new Uint8Array(1000), new Uint8Array()]) {
      writeFileSync(cachePath, wrong);
      expect(statsOf()).toEqual(expected);
    }
  });
});
