// The built program on input that is good, damaged, or nothing like a capture.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Report } from "../../src/report/report.ts";
import { runTcpx, scratchDirectory } from "./run-tcpx.ts";
import { conversationCapture } from "./small-captures.ts";

const scratch = scratchDirectory();
afterAll(() => scratch.remove());

const good = conversationCapture();
/** Ends ten octets into the last packet's record. */
const cut = good.subarray(0, good.length - 60);

function file(name: string, content: Uint8Array | string): string {
  const path = join(scratch.path, name);
  writeFileSync(path, content);
  return path;
}

beforeAll(() => {
  file("good.pcap", good);
  file("good.pcap.gz", gzipSync(good));
  file("cut.pcap", cut);
  file("empty.pcap", "");
  file("no-packets.pcap", good.subarray(0, 24));
  file("notes.txt", "These are notes, not packets.\n");
  file("photo.jpg", Buffer.from("ffd8ffe000104a46494600010101006000600000ffdb0043", "hex"));
  mkdirSync(join(scratch.path, "pictures"));
  file("pictures/photo.jpg", Buffer.from("ffd8ffe000104a464946", "hex"));
  mkdirSync(join(scratch.path, "captures"));
  file("captures/a.pcap", good);
  file("captures/readme.txt", "text");
});

function stats(...words: string[]) {
  const paths = words.map((word) => (/^[a-z]/u.test(word) ? join(scratch.path, word) : word));
  return runTcpx(["stats", ...paths]);
}

async function report(...words: string[]): Promise<Report> {
  const { stdout } = await stats(...words, "--json");
  return JSON.parse(stdout) as Report;
}

describe("what is no capture: exit code 3, one line naming it", () => {
  it.each([
    { path: "absent.pcap", code: "NO_SUCH_FILE" },
    { path: "pictures", code: "NO_CAPTURES" },
    { path: "empty.pcap", code: "NOT_A_CAPTURE" },
    { path: "notes.txt", code: "NOT_A_CAPTURE" },
    { path: "photo.jpg", code: "NOT_A_CAPTURE" },
  ])("$path: $code", async ({ path, code }) => {
    const { status, stdout, stderr } = await stats(path);
    expect(stderr).toMatch(new RegExp(`^tcpx: ${code}: [^\n]*${path}[^\n]*\n$`, "u"));
    expect({ status, stdout }).toEqual({ status: 3, stdout: "" });
  });

  it("is an object as well with --json", async () => {
    const { status, stdout, stderr } = await stats("photo.jpg", "--json");
    const [, object] = stderr.split("\n");
    expect(JSON.parse(object!)).toMatchObject({
      error: { code: "NOT_A_CAPTURE", file: join(scratch.path, "photo.jpg"), packet: null },
    });
    expect({ status, stdout }).toEqual({ status: 3, stdout: "" });
  });

  it("on standard input", async () => {
    const { status, stderr } = await runTcpx(["stats", "-"], { input: Buffer.from("not packets") });
    expect(stderr).toMatch(/^tcpx: NOT_A_CAPTURE: -[^\n]*\n$/u);
    expect(status).toBe(3);
  });

  it("of several: the rest is read and reported", async () => {
    const { status, stdout, stderr } = await stats("good.pcap", "absent.pcap", "notes.txt");
    expect(stderr.split("\n").map((line) => line.split(":")[1])).toEqual([
      " NO_SUCH_FILE",
      " NOT_A_CAPTURE",
      undefined,
    ]);
    expect(stdout).toContain("Number of processed flows: 1\n");
    expect(status).toBe(3);
  });
});

describe("captures", () => {
  it("a header without packets is a report of zeros", async () => {
    const { status, stdout, stderr } = await stats("no-packets.pcap");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("Number of processed packets: 0\n");
  });

  it("compressed ones, directories and standard input say the same", async () => {
    const plain = await report("good.pcap");
    for (const words of [["good.pcap.gz"], ["captures"]]) {
      const other = await report(...words);
      expect(other.loss).toEqual(plain.loss);
      expect(other.segments).toEqual(plain.segments);
    }
    const piped = await runTcpx(["stats", "-", "--json"], { input: good });
    expect((JSON.parse(piped.stdout) as Report).payload).toEqual(plain.payload);
  });

  it("a cut one is a warning, and an error under --strict", async () => {
    const { status, stdout, stderr } = await stats("cut.pcap");
    expect(stderr).toMatch(/^tcpx: CAPTURE_CUT_SHORT: [^\n]*cut\.pcap[^\n]*\n$/u);
    expect(stdout).toContain("[WRN] Input cut short or damaged\n");
    expect(status).toBe(0);

    const quiet = await stats("cut.pcap", "--quiet");
    expect({ status: quiet.status, stderr: quiet.stderr }).toEqual({ status: 0, stderr: "" });

    const strict = await stats("cut.pcap", "--strict");
    expect(strict.status).toBe(3);
    expect(strict.stderr).toMatch(/^tcpx: DAMAGED_CAPTURE: [^\n]*cut\.pcap[^\n]*\n$/u);
  });
});
