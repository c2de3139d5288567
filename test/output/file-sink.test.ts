import { createHash } from "node:crypto";
import {
  existsSync,
  linkSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { FileSink } from "../../src/output/file-sink.ts";
import type { FileSinkOptions } from "../../src/output/file-sink.ts";
import { NODE_FILE_SYSTEM } from "../../src/output/file-system.ts";
import type { FileSystem } from "../../src/output/file-system.ts";
import { OutputDirectory } from "../../src/output/output-directory.ts";
import type { OutputDirectoryOptions } from "../../src/output/output-directory.ts";
import type { FlowSummary, StreamSummary } from "../../src/report/flow-summary.ts";
import { lazyFileSystem, newFolder, treeOf } from "./output-folder.ts";
import { endingOf, identityOf, packetAt, summaryOf } from "./sink-twin.ts";
import type { Range } from "./sink-twin.ts";

const FIRST = "000001-10.0.0.1.40001-10.0.0.2.80.c2s";
const MIB = 1 << 20;

interface Case {
  readonly folder: string;
  readonly sink: FileSink;
}

async function open(
  options: FileSinkOptions = {},
  directoryOptions: OutputDirectoryOptions = {},
): Promise<Case> {
  const folder = newFolder();
  const directory = await OutputDirectory.prepare(folder, directoryOptions);
  return { folder, sink: new FileSink(directory, options) };
}

function put(sink: FileSink, stream: number, position: number, text: string, packet = 1): void {
  const bytes = Buffer.from(`..${text}..`);
  sink.write(stream, position, bytes, 2, bytes.length - 2, packetAt(packet));
}

/** A block that differs at every position, longer than any window. */
function block(length: number, first = 1): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) bytes[i] = (first + i + (i >> 8)) & 0xff;
  return bytes;
}

function lines(folder: string, name = "flows.jsonl"): Record<string, unknown>[] {
  return readFileSync(join(folder, name), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

function ended(folder: string, line = 0): StreamSummary {
  return (lines(folder)[line] as unknown as FlowSummary).c2s;
}

/** One stream of some writes, ended: [position, text] each. */
async function oneStream(
  writes: readonly (readonly [number, string])[],
  length: number,
  gaps: readonly Range[],
  options: FileSinkOptions = {},
): Promise<Case & { text: string; summary: StreamSummary }> {
  const { folder, sink } = await open(options);
  const stream = sink.openStream(identityOf(1), "c2s");
  for (const [position, text] of writes) put(sink, stream, position, text);
  const missing = gaps.reduce((sum, gap) => sum + gap.length, 0);
  sink.endFlow(endingOf(stream, length, missing, summaryOf(1, gaps)));
  const totals = await sink.finish();
  expect(totals.error).toBeNull();
  return {
    folder,
    sink,
    text: readFileSync(join(folder, FIRST), "latin1").replaceAll("\0", "_"),
    summary: ended(folder),
  };
}

describe("octet N of the stream is at offset N of the file", () => {
  test.each<[string, (readonly [number, string])[], number, Range[], string]>([
    [
      "in order",
      [
        [0, "abc"],
        [3, "def"],
      ],
      6,
      [],
      "abcdef",
    ],
    [
      "late",
      [
        [3, "def"],
        [0, "abc"],
      ],
      6,
      [],
      "abcdef",
    ],
    [
      "with a gap: zeros",
      [
        [0, "abc"],
        [5, "fg"],
      ],
      7,
      [{ start: 3, length: 2 }],
      "abc__fg",
    ],
    ["from a gap on", [[2, "cd"]], 4, [{ start: 0, length: 2 }], "__cd"],
    ["up to the stream's known length", [[0, "ab"]], 5, [{ start: 2, length: 3 }], "ab___"],
    [
      "a hole that is filled",
      [
        [0, "a"],
        [4, "e"],
        [1, "bcd"],
      ],
      5,
      [],
      "abcde",
    ],
  ])("%s", async (_, writes, length, gaps, text) => {
    expect((await oneStream(writes, length, gaps)).text).toBe(text);
  });

  test("beyond 4 GiB, sparse", async () => {
    const { folder, sink } = await open();
    const stream = sink.openStream(identityOf(1), "c2s");
    const far = 5 * 2 ** 30 + 3;
    put(sink, stream, 0, "begin");
    put(sink, stream, far, "end");
    put(sink, stream, 5, "late");
    sink.endFlow(endingOf(stream, far + 100, far - 12, summaryOf(1)));
    await sink.finish();
    const { size, blocks } = statSync(join(folder, FIRST));
    expect(size).toBe(far + 100);
    expect(blocks * 512).toBeLessThan(MIB);
  });

  test("of a stream longer than all windows together", async () => {
    const { folder, sink } = await open({ pool: { poolBytes: MIB, blockBytes: MIB / 4 } });
    const stream = sink.openStream(identityOf(1), "c2s");
    const bytes = block(5 * MIB + 17);
    for (let at = 0; at < bytes.length; at += 1448) {
      sink.write(stream, at, bytes, at, Math.min(at + 1448, bytes.length), packetAt(at));
      if (sink.congested) await sink.drained();
    }
    sink.endFlow(endingOf(stream, bytes.length, 0, summaryOf(1)));
    const totals = await sink.finish();
    expect(totals).toEqual({ files: 1, bytes: bytes.length, error: null });
    expect(readFileSync(join(folder, FIRST)).equals(bytes)).toBe(true);
  });

  test("of a payload longer than a window, with no wait at all", async () => {
    const { folder, sink } = await open({ pool: { poolBytes: MIB, blockBytes: MIB / 4 } });
    const stream = sink.openStream(identityOf(1), "c2s");
    const bytes = block(3 * MIB);
    sink.write(stream, 0, bytes, 0, bytes.length, packetAt(1));
    sink.endFlow(endingOf(stream, bytes.length, 0, summaryOf(1)));
    await sink.finish();
    expect(readFileSync(join(folder, FIRST)).equals(bytes)).toBe(true);
  });

  test("of hundreds of streams that speak in turn, with a pool for a few", async () => {
    const { folder, sink } = await open({
      pool: { poolBytes: 64 * 1024, blockBytes: 16 * 1024 },
      maxOpenFiles: 3,
    });
    const count = 300;
    const handles = Array.from({ length: count }, (_, i) =>
      sink.openStream(identityOf(i + 1), "c2s"),
    );
    for (let turn = 0; turn < 20; turn++) {
      for (const [i, stream] of handles.entries()) {
        sink.write(stream, turn * 700, block(700, i + turn), 0, 700, packetAt(turn));
        if (sink.congested) await sink.drained();
      }
    }
    handles.forEach((stream, i) => sink.endFlow(endingOf(stream, 14_000, 0, summaryOf(i + 1))));
    const totals = await sink.finish();
    expect(totals).toEqual({ files: count, bytes: count * 14_000, error: null });
    for (const i of [0, 7, 299]) {
      const path = (lines(folder)[i] as unknown as FlowSummary).c2s.file!;
      const wanted = Buffer.concat(Array.from({ length: 20 }, (_, turn) => block(700, i + turn)));
      expect(readFileSync(join(folder, path)).equals(wanted)).toBe(true);
    }
  });
});

describe("the origin of a stream may move back", () => {
  test.each<[string, FileSinkOptions]>([
    ["while all is in memory", {}],
    [
      "when some is in the file",
      { pool: { poolBytes: 64, blockBytes: 64, unitBytes: 16 }, maxOpenFiles: 1 },
    ],
  ])("%s", async (_, options) => {
    const { folder, sink } = await open(options);
    const stream = sink.openStream(identityOf(1), "c2s");
    const other = sink.openStream(identityOf(2), "c2s");
    put(sink, stream, 0, "ghi");
    // takes the memory, where it is short
    put(sink, other, 0, "x".repeat(64));
    sink.rebase(stream, 3);
    put(sink, stream, 0, "def");
    put(sink, other, 64, "x".repeat(64));
    sink.rebase(stream, 3);
    put(sink, stream, 0, "abc");
    put(sink, stream, 9, "jkl");
    sink.endFlow(endingOf(stream, 12, 0, summaryOf(1)));
    sink.endFlow(endingOf(other, 128, 0, summaryOf(2)));
    await sink.finish();
    expect(readFileSync(join(folder, FIRST), "latin1")).toBe("abcdefghijkl");
    expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  test("and zeros at the end of what was written are octets, not a hole", async () => {
    const { folder, sink } = await open({ pool: { poolBytes: 64, blockBytes: 64, unitBytes: 16 } });
    const stream = sink.openStream(identityOf(1), "c2s");
    const zeros = Buffer.alloc(64);
    sink.write(stream, 0, zeros, 0, 64, packetAt(1));
    sink.rebase(stream, 2);
    put(sink, stream, 0, "ab");
    sink.endFlow(endingOf(stream, 66, 0, summaryOf(1)));
    await sink.finish();
    expect(statSync(join(folder, FIRST)).size).toBe(66);
  });
});

describe("a direction", () => {
  test("without payload has no file", async () => {
    const { folder, sink } = await open();
    sink.endFlow(endingOf(0, 0, 0, summaryOf(1)));
    await sink.finish();
    expect(ended(folder).file).toBeNull();
    expect(readdirSync(folder).toSorted()).toEqual([".tcpx-run", "flows.jsonl"]);
  });

  test("that was opened and got no octet has none either", async () => {
    const { folder, sink } = await open();
    const stream = sink.openStream(identityOf(1), "c2s");
    sink.endFlow(endingOf(stream, 10, 10, summaryOf(1)));
    expect(await sink.finish()).toEqual({ files: 0, bytes: 0, error: null });
    expect(ended(folder).file).toBeNull();
  });

  test("has its own file, named by the template, in a group if so asked", async () => {
    const { folder, sink } = await open({}, { template: "{flow}.{direction}", groupSize: 2 });
    for (const flow of [1, 2, 3]) {
      const c2s = sink.openStream(identityOf(flow), "c2s");
      const s2c = sink.openStream(identityOf(flow), "s2c");
      put(sink, c2s, 0, `to ${flow}`);
      put(sink, s2c, 0, `from ${flow}`);
      sink.endFlow({ ...endingOf(c2s, 4, 0, summaryOf(flow)), s2c, s2cLength: 6 });
    }
    await sink.finish();
    const tree = treeOf(folder);
    expect([...tree.keys()].filter((name) => name.includes("/"))).toEqual([
      "000001/000001.c2s",
      "000001/000001.s2c",
      "000001/000002.c2s",
      "000001/000002.s2c",
      "000003/000003.c2s",
      "000003/000003.s2c",
    ]);
    expect(tree.get("000003/000003.s2c")!.toString()).toBe("from 3");
    expect(ended(folder, 1).file).toBe("000001/000002.c2s");
  });
});

describe("flows.jsonl", () => {
  test("has a line a flow in the order of their ends, while the run goes on", async () => {
    const { folder, sink } = await open();
    const handles = [1, 2, 3].map((flow) => sink.openStream(identityOf(flow), "c2s"));
    handles.forEach((stream, i) => put(sink, stream, 0, `flow ${i}`));
    sink.endFlow(endingOf(handles[2]!, 6, 0, summaryOf(3)));
    sink.endFlow(endingOf(handles[0]!, 6, 0, summaryOf(1)));
    sink.flush();
    expect(lines(folder).map(({ flow }) => flow)).toEqual([3, 1]);
    sink.endFlow(endingOf(handles[1]!, 6, 0, summaryOf(2)));
    await sink.drained();
    expect(lines(folder).map(({ flow }) => flow)).toEqual([3, 1, 2]);
    await sink.finish();
  });

  test("keeps that order where a flow's octets are still on their way", async () => {
    const { folder, sink } = await open({ queuedFrom: 1 }, { fileSystem: lazyFileSystem(5) });
    const slow = sink.openStream(identityOf(1), "c2s");
    const bytes = block(MIB);
    sink.write(slow, 0, bytes, 0, MIB, packetAt(1));
    sink.endFlow(endingOf(slow, MIB, 0, summaryOf(1)));
    sink.endFlow(endingOf(0, 0, 0, summaryOf(2)));
    sink.flush();
    expect(lines(folder)).toEqual([]);
    await sink.finish();
    expect(lines(folder).map(({ flow }) => flow)).toEqual([1, 2]);
  });

  test("gets to the disk without being asked when the engine waits for more packets", async () => {
    const { folder, sink } = await open();
    sink.endFlow(endingOf(0, 0, 0, summaryOf(1)));
    expect(lines(folder)).toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(lines(folder).map(({ flow }) => flow)).toEqual([1]);
    await sink.finish();
  });

  test("gets to the disk without being asked when a few lines are together", async () => {
    const { folder, sink } = await open();
    for (let flow = 1; flow <= 2000; flow++) sink.endFlow(endingOf(0, 0, 0, summaryOf(flow)));
    const text = readFileSync(join(folder, "flows.jsonl"), "latin1");
    expect(text.length).toBeGreaterThan(64_000);
    expect(text.endsWith("\n")).toBe(true);
    await sink.finish();
    expect(lines(folder).length).toBe(2000);
  });

  test("is there, empty, where no flow ended", async () => {
    const { folder, sink } = await open();
    await sink.finish();
    expect(readFileSync(join(folder, "flows.jsonl"), "latin1")).toBe("");
  });
});

describe("without extending", () => {
  test("a file ends at its last captured octet", async () => {
    const gaps = [{ start: 2, length: 3 }];
    expect((await oneStream([[0, "ab"]], 5, gaps, { extend: false })).text).toBe("ab");
  });
});

describe("layout concat", () => {
  const concat = { layout: "concat" } as const;

  test("squeezes gaps out, at the head, between and at the tail", async () => {
    const gaps = [
      { start: 0, length: 2 },
      { start: 4, length: 3 },
      { start: 9, length: 11 },
    ];
    const { text, summary } = await oneStream(
      [
        [2, "cd"],
        [7, "hi"],
      ],
      20,
      gaps,
      concat,
    );
    expect(text).toBe("cdhi");
    expect(summary.gaps.length).toBe(3);
  });

  test("leaves a stream without gaps alone", async () => {
    expect((await oneStream([[0, "abc"]], 3, [], concat)).text).toBe("abc");
  });

  test("squeezes those out as well that were spilled before", async () => {
    const { folder, sink } = await open(concat);
    const stream = sink.openStream(identityOf(1), "c2s");
    for (let i = 0; i < 100; i++) put(sink, stream, i * 10, `<${String(i).padStart(2, "0")}>`);
    const gaps = Array.from({ length: 100 }, (_, i) => ({
      start: i * 10 + 4,
      length: 6,
      cause: "neverAcked" as const,
    }));
    sink.spillGaps(stream, gaps.slice(0, 20));
    sink.spillGaps(stream, gaps.slice(60));
    sink.endFlow(endingOf(stream, 1000, 600, summaryOf(1, gaps.slice(20, 60))));
    await sink.finish();
    const wanted = Array.from({ length: 100 }, (_, i) => `<${String(i).padStart(2, "0")}>`).join(
      "",
    );
    expect(readFileSync(join(folder, FIRST), "latin1")).toBe(wanted);
  });

  test("moves more than one block", async () => {
    const { folder, sink } = await open(concat);
    const stream = sink.openStream(identityOf(1), "c2s");
    const bytes = block(2 * MIB);
    sink.write(stream, 0, bytes, 0, MIB, packetAt(1));
    sink.write(stream, MIB + 100_000, bytes, MIB, 2 * MIB, packetAt(2));
    const gaps = [{ start: MIB, length: 100_000 }];
    sink.endFlow(endingOf(stream, 2 * MIB + 100_000, 100_000, summaryOf(1, gaps)));
    await sink.finish();
    expect(readFileSync(join(folder, FIRST)).equals(bytes)).toBe(true);
  });
});

describe("hash sha256", () => {
  const hash = { hash: "sha256" } as const;
  const sha256 = (bytes: string | Buffer): string =>
    createHash("sha256").update(bytes).digest("hex");

  test.each<[string, (readonly [number, string])[], number, Range[], string, FileSinkOptions]>([
    [
      "the stream where it is complete",
      [
        [0, "abc"],
        [3, "def"],
      ],
      6,
      [],
      "abcdef",
      {},
    ],
    [
      "also if it came out of order",
      [
        [3, "def"],
        [0, "abc"],
      ],
      6,
      [],
      "abcdef",
      {},
    ],
    [
      "the file as it lies where it is not",
      [
        [0, "abc"],
        [5, "fg"],
      ],
      9,
      [
        { start: 3, length: 2 },
        { start: 7, length: 2 },
      ],
      "abc\0\0fg\0\0",
      {},
    ],
    ["not extended", [[0, "abc"]], 9, [{ start: 3, length: 6 }], "abc", { extend: false }],
    [
      "squeezed",
      [
        [0, "abc"],
        [5, "fg"],
      ],
      7,
      [{ start: 3, length: 2 }],
      "abcfg",
      { layout: "concat" },
    ],
  ])("covers %s", async (_, writes, length, gaps, covered, more) => {
    const { summary } = await oneStream(writes, length, gaps, { ...hash, ...more });
    expect(summary.sha256).toBe(sha256(covered));
  });

  test.each<[string, FileSinkOptions]>([
    ["in memory", {}],
    ["through the queue", { pool: { poolBytes: MIB, blockBytes: MIB / 4 } }],
    ["with little memory", { pool: { poolBytes: 4096, blockBytes: 1024, unitBytes: 256 } }],
  ])("of a long stream, %s", async (_, more) => {
    for (const isInOrder of [true, false]) {
      const { folder, sink } = await open({ ...hash, ...more });
      const stream = sink.openStream(identityOf(1), "c2s");
      const bytes = block(MIB);
      const starts = Array.from({ length: 64 }, (_, i) => i * 16_384);
      if (!isInOrder) starts.reverse();
      for (const at of starts) {
        sink.write(stream, at, bytes, at, at + 16_384, packetAt(1));
        if (sink.congested) await sink.drained();
      }
      sink.endFlow(endingOf(stream, MIB, 0, summaryOf(1)));
      await sink.finish();
      expect(ended(folder).sha256).toBe(sha256(bytes));
    }
  });

  test("of what was overwritten", async () => {
    const { folder, sink } = await open({
      ...hash,
      pool: { poolBytes: 64, blockBytes: 64, unitBytes: 16 },
    });
    const stream = sink.openStream(identityOf(1), "c2s");
    put(sink, stream, 0, "a".repeat(100));
    sink.overwrite(stream, 10, Buffer.from("XYZ"), 0, 3, packetAt(2));
    sink.endFlow(endingOf(stream, 100, 0, summaryOf(1)));
    await sink.finish();
    expect(ended(folder).sha256).toBe(sha256(`${"a".repeat(10)}XYZ${"a".repeat(87)}`));
  });

  test.each([
    ["had left for the file", {}, {}],
    ["were on their way", { settledBytes: 1, queuedFrom: 1 }, { fileSystem: lazyFileSystem(3) }],
  ])("of a stream whose hole was filled after its neighbours %s", async (_, more, disk) => {
    const poolBytes = 64 * 16;
    const pool = { poolBytes, blockBytes: 64, unitBytes: 16 };
    const { folder, sink } = await open({ ...hash, pool, ...more }, disk);
    const stream = sink.openStream(identityOf(1), "c2s");
    put(sink, stream, 0, "a".repeat(10));
    put(sink, stream, 20, "c".repeat(44));
    put(sink, stream, 64, "d".repeat(64));
    put(sink, stream, 10, "b".repeat(10));
    sink.endFlow(endingOf(stream, 128, 0, summaryOf(1)));
    await sink.finish();
    const wanted = "a".repeat(10) + "b".repeat(10) + "c".repeat(44) + "d".repeat(64);
    expect(ended(folder).sha256).toBe(sha256(wanted));
  });

  test("is absent without the option", async () => {
    expect((await oneStream([[0, "a"]], 1, [])).summary).not.toHaveProperty("sha256");
  });
});

describe("chunks", () => {
  test("tell where every octet came from, a line a packet", async () => {
    const { folder, sink } = await open({ chunks: true });
    const stream = sink.openStream(identityOf(1), "c2s");
    put(sink, stream, 0, "abc", 4);
    put(sink, stream, 10, "klm", 7);
    put(sink, stream, 3, "d", 9);
    sink.overwrite(stream, 11, Buffer.from("L"), 0, 1, packetAt(11));
    sink.endFlow(endingOf(stream, 13, 6, summaryOf(1)));
    await sink.finish();
    expect(lines(folder, `${FIRST}.index.jsonl`)).toEqual([
      { start: 0, length: 3, packet: 4, fileIndex: 0, ts: "1258544216.000000004" },
      { start: 10, length: 3, packet: 7, fileIndex: 0, ts: "1258544216.000000007" },
      { start: 3, length: 1, packet: 9, fileIndex: 0, ts: "1258544216.000000009" },
      {
        start: 11,
        length: 1,
        packet: 11,
        fileIndex: 0,
        ts: "1258544216.000000011",
        overwrites: true,
      },
    ]);
  });

  test("say positions as they are after the origin moved back", async () => {
    const { folder, sink } = await open({ chunks: true });
    const stream = sink.openStream(identityOf(1), "c2s");
    put(sink, stream, 0, "ghi", 1);
    sink.rebase(stream, 2);
    sink.rebase(stream, 1);
    put(sink, stream, 0, "def", 2);
    sink.flush();
    sink.rebase(stream, 3);
    put(sink, stream, 0, "abc", 3);
    sink.endFlow(endingOf(stream, 9, 0, summaryOf(1)));
    await sink.finish();
    const index = lines(folder, `${FIRST}.index.jsonl`);
    expect(index.map(({ start, packet }) => [packet, start])).toEqual([
      [1, 6],
      [2, 3],
      [3, 0],
    ]);
    expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  test("are not written without the option", async () => {
    const { folder } = await oneStream([[0, "a"]], 1, []);
    expect(existsSync(join(folder, `${FIRST}.index.jsonl`))).toBe(false);
  });
});

describe("keep conflicts", () => {
  test("holds both versions, from the first octet that differs to the last, and both packets", async () => {
    const { folder, sink } = await open({ keepConflicts: true });
    const stream = sink.openStream(identityOf(1), "c2s");
    put(sink, stream, 0, "abc", 4);
    put(sink, stream, 3, "def", 5);
    const copy = Buffer.from("bcXeY");
    const found = sink.compare(stream, 1, copy, 0, 5, packetAt(8));
    expect({ ...found }).toEqual({ differing: 2, notCompared: 0 });
    sink.compare(stream, 0, Buffer.from("abc"), 0, 3, packetAt(9));
    sink.endFlow(endingOf(stream, 6, 0, summaryOf(1)));
    await sink.finish();
    expect(lines(folder, `${FIRST}.conflicts.jsonl`)).toEqual([
      {
        start: 3,
        length: 3,
        earlier: {
          packet: 5,
          fileIndex: 0,
          ts: "1258544216.000000005",
          hex: Buffer.from("def").toString("hex"),
        },
        later: {
          packet: 8,
          fileIndex: 0,
          ts: "1258544216.000000008",
          hex: Buffer.from("XeY").toString("hex"),
        },
      },
    ]);
  });

  test("finds the earlier copy in the file as well", async () => {
    const { folder, sink } = await open({
      keepConflicts: true,
      pool: { poolBytes: 64, blockBytes: 64, unitBytes: 16 },
    });
    const stream = sink.openStream(identityOf(1), "c2s");
    put(sink, stream, 0, "a".repeat(200), 1);
    sink.compare(stream, 20, Buffer.from("aba"), 0, 3, packetAt(2));
    sink.endFlow(endingOf(stream, 200, 0, summaryOf(1)));
    await sink.finish();
    const [line] = lines(folder, `${FIRST}.conflicts.jsonl`);
    expect(line).toMatchObject({ start: 21, length: 1, earlier: { packet: 1, hex: "61" } });
  });
});

describe("gaps that are spilled", () => {
  test("stand in FILE.gaps.jsonl", async () => {
    const { folder, sink } = await open();
    const stream = sink.openStream(identityOf(1), "c2s");
    put(sink, stream, 0, "abc");
    sink.spillGaps(stream, [
      { start: 3, length: 4, cause: "ackedUnseen" },
      { start: 7, length: 1, cause: "snapped" },
    ]);
    sink.spillGaps(stream, [{ start: 20, length: 2, cause: "neverAcked" }]);
    put(sink, stream, 30, "abc");
    sink.endFlow(endingOf(stream, 33, 7, summaryOf(1)));
    await sink.finish();
    expect(lines(folder, `${FIRST}.gaps.jsonl`)).toEqual([
      { start: 3, length: 4, cause: "ackedUnseen" },
      { start: 7, length: 1, cause: "snapped" },
      { start: 20, length: 2, cause: "neverAcked" },
    ]);
  });

  test("are appended when many are together", async () => {
    const { folder, sink } = await open();
    const stream = sink.openStream(identityOf(1), "c2s");
    put(sink, stream, 0, "abc");
    const gaps = Array.from({ length: 60_000 }, (_, i) => ({
      start: 10 * i,
      length: 1,
      cause: "ackedUnseen" as const,
    }));
    for (let i = 0; i < 3; i++) sink.spillGaps(stream, gaps.slice(i * 20_000, (i + 1) * 20_000));
    sink.flush();
    sink.spillGaps(stream, gaps);
    sink.spillGaps(stream, gaps);
    sink.endFlow(endingOf(stream, 600_000, 599_997, summaryOf(1)));
    await sink.finish();
    const starts = lines(folder, `${FIRST}.gaps.jsonl`).map(({ start }) => start);
    const once = gaps.map(({ start }) => start);
    expect(starts).toEqual([...once, ...once, ...once]);
  });
});

describe("comparisons", () => {
  test("of what was never written or is not at hand are counted as such", async () => {
    const { sink } = await open();
    const stream = sink.openStream(identityOf(1), "c2s");
    const found = sink.compare(stream, 0, Buffer.from("abc"), 0, 3, packetAt(1));
    expect({ ...found }).toEqual({ differing: 0, notCompared: 3 });
    await sink.finish();
  });
});

describe("a stream that was closed before its flow ends", () => {
  test.each([true, false])(
    "is in its file at once (%s), at its length, and takes stragglers",
    async (isPlaced) => {
      const { folder, sink } = await open();
      const stream = sink.openStream(identityOf(1), "c2s");
      put(sink, stream, 0, "abc");
      sink.finishStream(stream, 9, isPlaced);
      const file = join(folder, FIRST);
      expect(readFileSync(file, "latin1")).toBe("abc\0\0\0\0\0\0");
      put(sink, stream, 6, "ghi");
      put(sink, stream, 9, "jkl");
      sink.endFlow(endingOf(stream, 12, 3, summaryOf(1)));
      await sink.finish();
      expect(readFileSync(file, "latin1")).toBe("abc\0\0\0ghijkl");
    },
  );
});

describe("the octets of a stream that was closed", () => {
  test.each([
    ["a thread", "a long one whose origin is known", "abcdefgh", true, 1],
    ["the engine", "a short one", "abc", true, 0],
    ["the engine", "one whose origin may still move back", "abcdefgh", false, 0],
  ])("are written by %s: %s", async (_by, _which, octets, isPlaced, asked) => {
    const write = vi.fn<FileSystem["write"]>(NODE_FILE_SYSTEM.write);
    const fileSystem = { ...NODE_FILE_SYSTEM, write } as unknown as FileSystem;
    const { folder, sink } = await open({ queuedFrom: 2 }, { fileSystem });
    const stream = sink.openStream(identityOf(1), "c2s");
    put(sink, stream, 0, octets);
    sink.finishStream(stream, octets.length, isPlaced);
    sink.endFlow(endingOf(stream, octets.length, 0, summaryOf(1)));
    await sink.finish();
    expect(write).toHaveBeenCalledTimes(asked);
    expect(readFileSync(join(folder, FIRST), "latin1")).toBe(octets);
  });
});

describe("the run", () => {
  test("gives the same tree twice", async () => {
    const trees = [];
    for (const seed of [1, 99]) {
      const { folder, sink } = await open(
        {
          chunks: true,
          keepConflicts: true,
          hash: "sha256",
          pool: { poolBytes: MIB, blockBytes: MIB / 4 },
          queuedFrom: 1,
        },
        { fileSystem: lazyFileSystem(seed) },
      );
      const streams = Array.from({ length: 5 }, (_, i) =>
        sink.openStream(identityOf(i + 1), "c2s"),
      );
      const bytes = block(4000);
      for (let i = 0; i < 1000; i++) {
        const stream = streams[(i * 7) % 5]!;
        const at = Math.floor(i / 5) * 4000;
        sink.write(stream, at, bytes, 0, 3000 + ((i * 13) % 1000), packetAt(i));
        if (i % 9 === 0) sink.compare(stream, at, block(10, i), 0, 10, packetAt(i));
        if (sink.congested) await sink.drained();
      }
      streams.forEach((stream, i) => sink.endFlow(endingOf(stream, 800_000, 1, summaryOf(i + 1))));
      await sink.finish();
      trees.push(treeOf(folder));
    }
    expect([...trees[0]!.keys()]).toEqual([...trees[1]!.keys()]);
    for (const [name, content] of trees[0]!)
      expect(trees[1]!.get(name)!.equals(content)).toBe(true);
    expect(trees[0]!.size).toBe(2 + 5 * 3);
  });

  test("ends once: finish may be called again", async () => {
    const { sink } = await open();
    const stream = sink.openStream(identityOf(1), "c2s");
    put(sink, stream, 0, "abc");
    sink.endFlow(endingOf(stream, 3, 0, summaryOf(1)));
    const [one, other] = await Promise.all([sink.finish(), sink.finish()]);
    expect(one).toEqual({ files: 1, bytes: 3, error: null });
    expect(other).toEqual(one);
    expect(await sink.finish()).toEqual(one);
  });

  test("keeps what was captured of a flow that was never ended", async () => {
    const { folder, sink } = await open();
    const stream = sink.openStream(identityOf(1), "c2s");
    put(sink, stream, 2, "cde");
    expect(await sink.finish()).toEqual({ files: 1, bytes: 3, error: null });
    expect(readFileSync(join(folder, FIRST), "latin1")).toBe("\0\0cde");
  });
});

describe("a disk that is slower than the capture", () => {
  test("makes the engine wait, with a stated amount of memory, and never for good", async () => {
    const { folder, sink } = await open(
      { pool: { poolBytes: 4 * MIB } },
      { fileSystem: lazyFileSystem(8) },
    );
    const stream = sink.openStream(identityOf(1), "c2s");
    const bytes = block(MIB / 4);
    let waits = 0;
    for (let i = 0; i < 80; i++) {
      sink.write(stream, i * bytes.length, bytes, 0, bytes.length, packetAt(i));
      if (!sink.congested) continue;
      waits++;
      await sink.drained();
      expect(sink.congested).toBe(false);
    }
    expect(waits).toBeGreaterThan(3);
    sink.endFlow(endingOf(stream, 20 * MIB, 0, summaryOf(1)));
    expect(await sink.finish()).toEqual({ files: 1, bytes: 20 * MIB, error: null });
    expect(statSync(join(folder, FIRST)).size).toBe(20 * MIB);
  });

  test("loses nothing where the engine does not wait", async () => {
    const { folder, sink } = await open(
      { pool: { poolBytes: 4 * MIB, blockBytes: MIB / 16 } },
      { fileSystem: lazyFileSystem(8) },
    );
    const stream = sink.openStream(identityOf(1), "c2s");
    const bytes = block(3 * MIB);
    for (let at = 0; at < bytes.length; at += 8192) {
      sink.write(stream, at, bytes, at, at + 8192, packetAt(1));
    }
    expect(sink.congested).toBe(true);
    sink.endFlow(endingOf(stream, bytes.length, 0, summaryOf(1)));
    await sink.finish();
    expect(readFileSync(join(folder, FIRST)).equals(bytes)).toBe(true);
  });
});

describe("many busy streams", () => {
  test("share the memory: none of them has to write in small pieces", async () => {
    const lengths: number[] = [];
    const { write, writeSync, writev } = NODE_FILE_SYSTEM;
    const fileSystem = {
      ...NODE_FILE_SYSTEM,
      write: (...words: readonly unknown[]) => {
        lengths.push(words[3] as number);
        Reflect.apply(write, undefined, words);
      },
      writeSync: (...words: readonly unknown[]) => {
        lengths.push(words[3] as number);
        return Reflect.apply(writeSync, undefined, words) as number;
      },
      writev: (...words: Parameters<typeof writev>) => {
        lengths.push(words[1].reduce((sum, { byteLength }) => sum + byteLength, 0));
        writev(...words);
      },
    } as unknown as FileSystem;
    // A sixteenth of what the program has.
    const pool = { poolBytes: 2 * MIB, blockBytes: MIB / 16 };
    const { sink } = await open({ pool, queuedFrom: 2048, settledBytes: 16_384 }, { fileSystem });
    const streams = Array.from({ length: 100 }, (_, i) =>
      sink.openStream(identityOf(i + 1), "c2s"),
    );
    const bytes = block(1000);
    for (let at = 0; at < 200_000; at += 1000) {
      for (const stream of streams) {
        sink.write(stream, at, bytes, 0, 1000, packetAt(1));
        if (sink.congested) await sink.drained();
      }
    }
    for (const [i, stream] of streams.entries()) {
      sink.endFlow(endingOf(stream, 200_000, 0, summaryOf(i + 1)));
    }
    await sink.finish();
    expect(lengths.reduce((sum, length) => sum + length, 0) / lengths.length).toBeGreaterThan(8192);
  });
});

describe("somebody else in the directory", () => {
  test("a link with a stream's name is not followed", async () => {
    const victim = join(newFolder(), "victim");
    writeFileSync(victim, "mine");
    const { folder, sink } = await open();
    const stream = sink.openStream(identityOf(1), "c2s");
    symlinkSync(victim, join(folder, FIRST));
    put(sink, stream, 0, "abc");
    sink.endFlow(endingOf(stream, 3, 0, summaryOf(1)));
    const { error, bytes } = await sink.finish();
    expect(error).toMatchObject({ code: "WRITE_FAILED", exitCode: 4, file: FIRST });
    expect(bytes).toBe(0);
    expect(readFileSync(victim, "utf8")).toBe("mine");
  });

  test("a file that was exchanged for a link while it was closed is not followed", async () => {
    const victim = join(newFolder(), "victim");
    writeFileSync(victim, "mine");
    const { folder, sink } = await open({
      pool: { poolBytes: 64, blockBytes: 64, unitBytes: 16 },
      maxOpenFiles: 1,
    });
    const stream = sink.openStream(identityOf(1), "c2s");
    const other = sink.openStream(identityOf(2), "c2s");
    put(sink, stream, 0, "a".repeat(100));
    put(sink, other, 0, "b".repeat(200));
    rmSync(join(folder, FIRST));
    symlinkSync(victim, join(folder, FIRST));
    put(sink, stream, 100, "a".repeat(100));
    sink.endFlow(endingOf(stream, 200, 0, summaryOf(1)));
    const { error } = await sink.finish();
    expect(error).toMatchObject({ code: "WRITE_FAILED", file: FIRST });
    expect(readFileSync(victim, "utf8")).toBe("mine");
    expect(lstatSync(join(folder, FIRST)).isSymbolicLink()).toBe(true);
  });

  test("a file that was exchanged for another name of one of the user's is not written to", async () => {
    const victim = join(newFolder(), "victim");
    writeFileSync(victim, "mine");
    const { folder, sink } = await open({
      pool: { poolBytes: 64, blockBytes: 64, unitBytes: 16 },
      maxOpenFiles: 1,
    });
    const stream = sink.openStream(identityOf(1), "c2s");
    const other = sink.openStream(identityOf(2), "c2s");
    put(sink, stream, 0, "a".repeat(100));
    put(sink, other, 0, "b".repeat(200));
    rmSync(join(folder, FIRST));
    linkSync(victim, join(folder, FIRST));
    put(sink, stream, 100, "a".repeat(100));
    sink.endFlow(endingOf(stream, 200, 0, summaryOf(1)));
    expect((await sink.finish()).error).toMatchObject({ code: "WRITE_FAILED", file: FIRST });
    expect(readFileSync(victim, "utf8")).toBe("mine");
  });

  test("a directory that was exchanged gets no groups", async () => {
    const { folder, sink } = await open({}, { groupSize: 1 });
    const elsewhere = newFolder();
    renameSync(folder, `${folder}.moved`);
    symlinkSync(elsewhere, folder);
    const stream = sink.openStream(identityOf(1), "c2s");
    put(sink, stream, 0, "abc");
    sink.endFlow(endingOf(stream, 3, 0, summaryOf(1)));
    expect((await sink.finish()).error).toMatchObject({ code: "WRITE_FAILED" });
    expect(readdirSync(elsewhere)).toEqual([]);
    rmSync(`${folder}.moved`, { recursive: true });
  });
});
