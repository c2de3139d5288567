import { execFileSync } from "node:child_process";
import {
  mkdirSync,
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
import { afterEach, beforeEach, expect, test } from "vitest";

const PROGRAM = fileURLToPath(new URL("../../../bench/harness/bare-node.js", import.meta.url));
const BYTES = 3_000_001;

let directory = "";
let capture = "";
let output = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "bare-node-"));
  capture = join(directory, "some.pcap");
  output = join(directory, "output");
  mkdirSync(output);
  writeFileSync(
    capture,
    Uint8Array.from({ length: BYTES }, (_, at) => at % 251),
  );
});

afterEach(() => rmSync(directory, { recursive: true }));

function run(...args: string[]): void {
  execFileSync(process.execPath, [PROGRAM, ...args]);
}

test("the work of reading and writing alone writes each octet that it reads", () => {
  run("copy", capture, output);
  const files = readdirSync(output).map((name) => readFileSync(join(output, name)));
  expect(files).toHaveLength(8);
  const piece = 256 * 1024;
  const pieces = Array.from({ length: Math.ceil(BYTES / piece) }, (_, index) =>
    files[index % 8]!.subarray(Math.floor(index / 8) * piece, (Math.floor(index / 8) + 1) * piece),
  );
  expect(Buffer.concat(pieces).equals(readFileSync(capture))).toBe(true);
});

test("the work of files alone makes one for each stream, of its length", () => {
  const listed = [10, 0, 5000].map((bytes, index) => ({
    client: `10.0.0.1:${index}`,
    server: "10.0.0.2:80",
    direction: "s2c",
    bytes,
  }));
  writeFileSync(join(directory, "some.json"), JSON.stringify({ listed }));
  run("files", capture, output);
  const sizes = readdirSync(output)
    .sort()
    .map((name) => statSync(join(output, name)).size);
  expect(sizes).toEqual([10, 0, 5000]);
});

test("the work of reading alone fails where there is nothing to read", () => {
  expect(() => run("read", join(directory, "none.pcap"))).toThrow();
  run("read", capture);
});
