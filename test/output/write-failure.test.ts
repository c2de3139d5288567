// What happens when the disk says no. With a real full disk where the test may mount one (root on
// Linux), else visibly skipped; and with disks that fail by themselves.

import { execFileSync } from "node:child_process";
import * as nodeFileSystem from "node:fs";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { TcpxError } from "../../src/errors.ts";
import { FileSink } from "../../src/output/file-sink.ts";
import type { FileSinkOptions } from "../../src/output/file-sink.ts";
import type { FileSystem } from "../../src/output/file-system.ts";
import { OutputDirectory } from "../../src/output/output-directory.ts";
import type { SinkTotals } from "../../src/output/stream-sink.ts";
import { OctetMemory } from "../../src/memory/octet-memory.ts";
import { FileThread } from "../../src/output/thread/file-thread.ts";
import { LazyThread } from "./lazy-thread.ts";
import { newFolder, systemError } from "./output-folder.ts";
import { endingOf, identityOf, packetAt, summaryOf } from "./sink-twin.ts";

const MIB = 1 << 20;

/** Streams of 1 MiB, written in turn by segments, each ended; as long as the sink wants them. */
async function feed(sink: FileSink, count: number): Promise<SinkTotals> {
  const bytes = Buffer.alloc(1448, 0x55);
  const handles = Array.from({ length: count }, (_, i) =>
    sink.openStream(identityOf(i + 1), "c2s"),
  );
  for (let at = 0; at < MIB && !sink.failed; at += 1448) {
    for (const stream of handles) {
      sink.write(stream, at, bytes, 0, Math.min(1448, MIB - at), packetAt(1));
      if (sink.congested) await sink.drained();
    }
  }
  handles.forEach((stream, i) => sink.endFlow(endingOf(stream, MIB, 0, summaryOf(i + 1))));
  return sink.finish();
}

/** Octets of the test's pattern that are in stream files. */
function captured(folder: string): number {
  return readdirSync(folder)
    .filter((name) => name.endsWith("c2s"))
    .map((name) => readFileSync(join(folder, name)).filter((octet) => octet === 0x55).length)
    .reduce((sum, count) => sum + count, 0);
}

interface Failing {
  readonly folder: string;
  readonly sink: FileSink;
}

async function failing(
  change: Partial<FileSystem>,
  options: FileSinkOptions = {},
): Promise<Failing> {
  const folder = newFolder();
  const fileSystem: FileSystem = { ...nodeFileSystem };
  const directory = await OutputDirectory.prepare(folder, { fileSystem });
  Object.assign(fileSystem, change);
  const pool = { poolBytes: 8 * MIB, blockBytes: MIB / 4 };
  return { folder, sink: new FileSink(directory, { pool, ...options }) };
}

function expectFailed(totals: SinkTotals, sink: FileSink): TcpxError {
  expect(totals.error).toBeInstanceOf(TcpxError);
  const error = totals.error as TcpxError;
  expect(error).toMatchObject({ code: "WRITE_FAILED", exitCode: 4 });
  expect(error.message).toContain(error.file);
  expect(error.message).toContain(`offset ${error.offset}`);
  expect(sink.failed).toBe(true);
  expect(sink.congested).toBe(false);
  return error;
}

/** A pool in memory that a thread shares, and the thread. */
function ownThread(): FileSinkOptions & { readonly thread: FileThread } {
  const memory = new OctetMemory(8 * MIB, 1024, true);
  const pool = { memory: memory.octets, blockBytes: MIB / 4 };
  return { pool, thread: FileThread.start(memory)! };
}

function canMount(): boolean {
  return process.platform === "linux" && process.getuid?.() === 0;
}

describe("a thread of the run's own that fails", () => {
  const LENGTH = 1000;

  /** One stream, closed: its file is the thread's to make. */
  async function feedOne(thread: LazyThread, memory: Uint8Array) {
    const folder = newFolder();
    const directory = await OutputDirectory.prepare(folder);
    const sink = new FileSink(directory, { pool: { memory, blockBytes: 64 * 1024 }, thread });
    const stream = sink.openStream(identityOf(1), "c2s");
    sink.write(stream, 0, Buffer.alloc(LENGTH, 0x55), 0, LENGTH, packetAt(1));
    sink.finishStream(stream, LENGTH, true);
    sink.endFlow(endingOf(stream, LENGTH, 0, summaryOf(1)));
    return { folder, sink, totals: await sink.finish() };
  }

  test("in the middle of a file that it made: what was written before counts", async () => {
    const memory = new Uint8Array(MIB);
    const thread = new LazyThread(memory, 10, 1);
    vi.spyOn(thread, "writeFile").mockImplementation((path, octets, _size, done) =>
      thread.fail(path, { ...octets, length: octets.length - 300 }, done),
    );
    const { folder, sink, totals } = await feedOne(thread, memory);
    const error = expectFailed(totals, sink);
    expect(error.offset).toBe(LENGTH - 300);
    expect(totals).toMatchObject({ files: 1, bytes: LENGTH - 300 });
    expect(captured(folder)).toBe(LENGTH - 300);
    expect(readFileSync(join(folder, "flows.jsonl"), "utf8")).toBe("");
  });

  test("before it made one: the engine does it", async () => {
    const memory = new Uint8Array(MIB);
    const thread = new LazyThread(memory, 10, 1);
    vi.spyOn(thread, "writeFile").mockImplementation((_path, octets, _size, done) =>
      thread.fail("", octets, done),
    );
    const { folder, totals } = await feedOne(thread, memory);
    expect(totals).toMatchObject({ files: 1, bytes: LENGTH, error: null });
    expect(captured(folder)).toBe(LENGTH);
  });

  test("and so does the engine: the error is the engine's", async () => {
    const memory = new Uint8Array(MIB);
    const { folder: first } = await feedOne(new LazyThread(memory, 10, 1), memory);
    const [name] = readdirSync(first).filter((entry) => entry.endsWith("c2s"));
    const folder = newFolder();
    const directory = await OutputDirectory.prepare(folder);
    nodeFileSystem.writeFileSync(join(folder, name!), "as it was");
    const thread = new LazyThread(memory, 10, 1);
    const sink = new FileSink(directory, { pool: { memory, blockBytes: 64 * 1024 }, thread });
    const stream = sink.openStream(identityOf(1), "c2s");
    sink.write(stream, 0, Buffer.alloc(LENGTH, 0x55), 0, LENGTH, packetAt(1));
    sink.endFlow(endingOf(stream, LENGTH, 0, summaryOf(1)));
    const totals = await sink.finish();
    expect(expectFailed(totals, sink).message).toContain("EEXIST");
    expect(totals).toMatchObject({ files: 0, bytes: 0 });
    expect(readFileSync(join(folder, name!), "utf8")).toBe("as it was");
  });
});

describe("a disk that is full", () => {
  test.skipIf(!canMount()).each<[string, () => FileSinkOptions]>([
    ["written by the thread pool", () => ({})],
    ["written by a thread of the run's own", ownThread],
    ["written synchronously", () => ({ queuedFrom: Infinity })],
    ["with little memory", () => ({ pool: { poolBytes: 64 * 1024, blockBytes: 16 * 1024 } })],
  ])(
    "a real one, %s: what was written is whole, and the error names file and offset",
    async (_, options) => {
      const folder = newFolder();
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=2560k", "tmpfs", folder]);
      try {
        const { thread = null, ...others } = options();
        const sink = new FileSink(await OutputDirectory.prepare(folder), { ...others, thread });
        const totals = await feed(sink, 5);
        if (thread instanceof FileThread) thread.close();
        const error = expectFailed(totals, sink);
        expect(error.message).toContain("ENOSPC");
        expect(statSync(join(folder, error.file!)).size).toBeGreaterThanOrEqual(error.offset!);
        expect(totals.bytes).toBeGreaterThan(MIB);
        expect(captured(folder)).toBeGreaterThanOrEqual(totals.bytes);
      } finally {
        execFileSync("umount", [folder]);
      }
    },
  );

  test.each<[string, FileSinkOptions]>([
    ["in the thread pool", {}],
    ["synchronously", { queuedFrom: Infinity }],
  ])("one that is full after 2 MiB, %s", async (_, options) => {
    let left = 2 * MIB;
    const take = (length: number): number => {
      if (left === 0) throw systemError("ENOSPC");
      const taken = Math.min(length, left);
      left -= taken;
      return taken;
    };
    const later = (
      action: () => number,
      done: (error: Error | null, written: number) => void,
    ): void => {
      setImmediate(() => {
        try {
          done(null, action());
        } catch (error) {
          done(error as Error, 0);
        }
      });
    };
    const writeSync = (
      fd: number,
      bytes: Buffer,
      start: number,
      length: number,
      at: number,
    ): number => nodeFileSystem.writeSync(fd, bytes, start, take(length), at);
    const change = {
      writeSync,
      write: (fd: number, bytes: Buffer, start: number, length: number, at: number, done: never) =>
        later(() => writeSync(fd, bytes, start, length, at), done),
      writev: (fd: number, views: Buffer[], at: number, done: never) =>
        later(() => {
          const all = Buffer.concat(views);
          return writeSync(fd, all, 0, all.length, at);
        }, done),
    } as unknown as Partial<FileSystem>;
    const { folder, sink } = await failing(change, options);
    const totals = await feed(sink, 5);
    const error = expectFailed(totals, sink);
    expect(error.cause).toBeDefined();
    expect(captured(folder)).toBeGreaterThanOrEqual(totals.bytes);
    // no more than one window can have been written in part and not be counted
    expect(totals.bytes).toBeGreaterThan(MIB);
    // every octet before the offset named is there
    const file = readFileSync(join(folder, error.file!));
    expect(file.subarray(0, error.offset).every((octet) => octet === 0x55)).toBe(true);
  });
});

describe("a failed write", () => {
  test("ends all writing: later streams make no files, and nobody waits", async () => {
    const { folder, sink } = await failing({
      write: ((...words: unknown[]) => {
        const done = words.at(-1) as (error: Error, written: number) => void;
        setImmediate(() => done(systemError("EIO"), 0));
      }) as unknown as FileSystem["write"],
    });
    const totals = await feed(sink, 3);
    expectFailed(totals, sink);
    expect(totals.bytes).toBe(0);
    await sink.drained();
    const stream = sink.openStream(identityOf(9), "c2s");
    sink.write(stream, 0, Buffer.from("abc"), 0, 3, packetAt(1));
    expect({ ...sink.compare(stream, 0, Buffer.from("abc"), 0, 3, packetAt(2)) }).toEqual({
      differing: 0,
      notCompared: 3,
    });
    sink.overwrite(stream, 0, Buffer.from("abc"), 0, 3, packetAt(2));
    sink.rebase(stream, 5);
    sink.finishStream(stream, 3, true);
    sink.endFlow(endingOf(stream, 3, 0, summaryOf(9)));
    expect(await sink.finish()).toEqual(totals);
    expect(readdirSync(folder).some((name) => name.startsWith("000009"))).toBe(false);
  });

  test("a write that writes nothing and says nothing is one", async () => {
    const { sink } = await failing({ writeSync: () => 0 }, { queuedFrom: Infinity });
    expectFailed(await feed(sink, 2), sink);
  });

  test("leaves out the lines of flows that are not in their files", async () => {
    let opened = 0;
    const { folder, sink } = await failing({
      openSync: (...words: Parameters<typeof nodeFileSystem.openSync>) => {
        if (String(words[0]).endsWith("c2s") && ++opened === 3) throw systemError("EACCES");
        return nodeFileSystem.openSync(...words);
      },
    });
    for (let flow = 1; flow <= 5; flow++) {
      const stream = sink.openStream(identityOf(flow), "c2s");
      sink.write(stream, 0, Buffer.from("abc"), 0, 3, packetAt(flow));
      sink.endFlow(endingOf(stream, 3, 0, summaryOf(flow)));
    }
    const totals = await sink.finish();
    const error = expectFailed(totals, sink);
    expect(error.file).toMatch(/^000003-/u);
    expect(totals).toMatchObject({ files: 2, bytes: 6 });
    const lines = readFileSync(join(folder, "flows.jsonl"), "utf8").split("\n").slice(0, -1);
    expect(lines.map((line) => JSON.parse(line).flow)).toEqual([1, 2]);
  });

  test("of flows.jsonl is one too, and leaves whole lines", async () => {
    let left = 80_000;
    const { folder, sink } = await failing({
      writeSync: ((fd: number, bytes: Buffer, start: number, length: number, at: number) => {
        const count = Math.min(length, left);
        if (count === 0) throw systemError("ENOSPC");
        left -= count;
        return nodeFileSystem.writeSync(fd, bytes, start, count, at);
      }) as FileSystem["writeSync"],
    });
    for (let flow = 1; flow <= 3000; flow++) sink.endFlow(endingOf(0, 0, 0, summaryOf(flow)));
    const error = expectFailed(await sink.finish(), sink);
    expect(error.file).toBe("flows.jsonl");
    const text = readFileSync(join(folder, "flows.jsonl"), "utf8");
    expect(text.length).toBeGreaterThan(64_000);
    expect(text.endsWith("}\n")).toBe(true);
    text
      .split("\n")
      .slice(0, -1)
      .forEach((line) => void JSON.parse(line));
  });

  test.each<[string, FileSinkOptions]>([
    ["flows.jsonl itself", {}],
    ["the index", { chunks: true }],
  ])("of opening %s is one", async (what, options) => {
    const { sink } = await failing(
      {
        openSync: (...words: Parameters<typeof nodeFileSystem.openSync>) => {
          if (String(words[0]).endsWith(options.chunks === true ? ".index.jsonl" : "flows.jsonl")) {
            throw systemError("EACCES");
          }
          return nodeFileSystem.openSync(...words);
        },
      },
      options,
    );
    const error = expectFailed(await feed(sink, 1), sink);
    expect(error.file).toMatch(what === "the index" ? /index\.jsonl$/u : /^flows\.jsonl$/u);
  });

  test("that only closing tells of is one", async () => {
    const { sink } = await failing(
      {
        closeSync: (fd: number) => {
          nodeFileSystem.closeSync(fd);
          throw systemError("EDQUOT");
        },
      },
      { maxOpenFiles: 1 },
    );
    expectFailed(await feed(sink, 3), sink);
  });

  test.each([
    ["sizing", { ftruncateSync: "EIO" }],
    ["reading back", { read: "EIO" }],
  ] as const)("of %s a file is one", async (_, codes) => {
    const change = Object.fromEntries(
      Object.entries(codes).map(([name, code]) => [
        name,
        (...words: unknown[]) => {
          const done = words.at(-1);
          if (typeof done !== "function") throw systemError(code);
          setImmediate(() => done(systemError(code), 0));
        },
      ]),
    ) as Partial<FileSystem>;
    const { sink } = await failing(change, { hash: "sha256" });
    const stream = sink.openStream(identityOf(1), "c2s");
    sink.write(stream, 0, Buffer.from("abc"), 0, 3, packetAt(1));
    sink.endFlow(endingOf(stream, 10, 7, summaryOf(1)));
    expectFailed(await sink.finish(), sink);
  });
});

describe("a process that may open no more files", () => {
  test("closes others and goes on", async () => {
    let open = 0;
    let most = 0;
    const { folder, sink } = await failing(
      {
        openSync: (...words: Parameters<typeof nodeFileSystem.openSync>) => {
          if (open >= 6) throw systemError("EMFILE");
          const descriptor = nodeFileSystem.openSync(...words);
          most = Math.max(most, ++open);
          return descriptor;
        },
        closeSync: (fd: number) => {
          open--;
          nodeFileSystem.closeSync(fd);
        },
      },
      { queuedFrom: Infinity, maxOpenFiles: 512 },
    );
    const totals = await feed(sink, 20);
    expect(totals).toEqual({ files: 20, bytes: 20 * MIB, error: null });
    expect(captured(folder)).toBe(20 * MIB);
    expect(most).toBe(6);
    expect(open).toBe(0);
  });

  test("closes others for a short stream, whose file is made in one go", async () => {
    let open = 0;
    const { sink } = await failing(
      {
        openSync: (...words: Parameters<typeof nodeFileSystem.openSync>) => {
          if (open >= 6) throw systemError("EMFILE");
          open++;
          return nodeFileSystem.openSync(...words);
        },
        closeSync: (fd: number) => {
          open--;
          nodeFileSystem.closeSync(fd);
        },
      },
      { queuedFrom: Infinity, maxOpenFiles: 512 },
    );
    const payload = Buffer.alloc(MIB, 0x55);
    const long = Array.from({ length: 5 }, (_, i) => sink.openStream(identityOf(i + 1), "c2s"));
    for (const stream of long) sink.write(stream, 0, payload, 0, MIB, packetAt(1));
    expect(open).toBe(6);
    const short = sink.openStream(identityOf(6), "c2s");
    sink.write(short, 0, payload, 0, 100, packetAt(2));
    sink.endFlow(endingOf(short, 100, 0, summaryOf(6)));
    long.forEach((stream, i) => sink.endFlow(endingOf(stream, MIB, 0, summaryOf(i + 1))));
    expect(await sink.finish()).toEqual({ files: 6, bytes: 5 * MIB + 100, error: null });
  });

  test("is never met where the limit is kept", async () => {
    let open = 0;
    let most = 0;
    const { sink } = await failing(
      {
        openSync: (...words: Parameters<typeof nodeFileSystem.openSync>) => {
          most = Math.max(most, ++open);
          return nodeFileSystem.openSync(...words);
        },
        closeSync: (fd: number) => {
          open--;
          nodeFileSystem.closeSync(fd);
        },
      },
      { queuedFrom: Infinity, maxOpenFiles: 4 },
    );
    await feed(sink, 20);
    // and flows.jsonl
    expect(most).toBe(5);
    expect(open).toBe(0);
  });
});
