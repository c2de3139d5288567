import { execFileSync } from "node:child_process";
import { createWriteStream, truncateSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { PerformanceObserver } from "node:perf_hooks";
import { describe, expect, test } from "vitest";
import { CaptureInput } from "../../src/capture/capture-input.ts";
import { PacketCursor } from "../../src/capture/packet-cursor.ts";
import type { Warning } from "../../src/errors.ts";
import { pcapFile, pcapngFile } from "../support/capture-builder.ts";
import { octetsOf, readAll, readOctets, somePackets, withFiles } from "./read-capture.ts";

/** What followingSeconds is for packets captured at these seconds; in one file or one each. */
async function following(seconds: readonly number[], each = false): Promise<number[]> {
  const built = seconds.map((second) => ({ seconds: second, bytes: Uint8Array.of(second) }));
  if (!each) {
    const { packets } = await readOctets(pcapFile(built));
    expect(packets.map((packet) => packet.seconds)).toEqual(seconds);
    expect(packets.map(({ octets }) => octets)).toEqual(octetsOf(built));
    return packets.map(({ followingSeconds }) => followingSeconds);
  }
  let result: number[] = [];
  const files = Object.fromEntries(built.map((packet, index) => [index, pcapFile([packet])]));
  await withFiles(files, async (directory) => {
    const { packets } = await readAll(seconds.map((_, index) => join(directory, String(index))));
    expect(packets.map((packet) => packet.seconds)).toEqual(seconds);
    expect(packets.map(({ octets }) => octets)).toEqual(octetsOf(built));
    expect(packets.map(({ fileIndex }) => fileIndex)).toEqual(seconds.map((_, index) => index));
    expect(packets.map(({ number }) => number)).toEqual(seconds.map((_, index) => index + 1));
    result = packets.map(({ followingSeconds }) => followingSeconds);
  });
  return result;
}

describe("the evidence for the clock (followingSeconds)", () => {
  const none = Number.NaN;
  const cases: readonly (readonly [string, readonly number[], readonly number[]])[] = [
    ["the first packet has it", [1000, 1001, 1002], [1001, none, none]],
    ["the only packet has nothing behind it", [1000], [none]],
    ["a step of an hour or more", [1000, 4599, 9000, 9001], [4599, none, 9001, none]],
    [
      "a wild time does not move the clock",
      [1000, 1001, 90_000, 1002, 90_001, 90_002],
      [1001, none, 1002, none, 90_002, none],
    ],
    ["a step at the very end", [1000, 1001, 90_000], [1001, none, none]],
    ["a wild first time", [90_000, 1000, 1001], [1000, 1001, none]],
    ["two steps in a row", [0, 10_000, 20_000, 20_001], [10_000, 20_000, 20_001, none]],
    ["backward and equal times need none", [5000, 5000, 100, 5000], [5000, none, none, none]],
  ];
  test.each(cases)("%s", async (_name, seconds, expected) => {
    expect(await following(seconds)).toEqual(expected);
  });

  test.each(cases)("%s, over the borders of files", async (_name, seconds, expected) => {
    expect(await following(seconds, true)).toEqual(expected);
  });

  test("a held packet is handed on before the error that came behind it", async () => {
    const whole = pcapFile([
      { seconds: 1000, bytes: Uint8Array.of(1, 2, 3) },
      { seconds: 1001, bytes: Uint8Array.of(4, 5, 6) },
    ]);
    await withFiles({ cut: whole.subarray(0, whole.length - 2) }, async (directory) => {
      const input = await CaptureInput.open([join(directory, "cut")], { strict: true });
      const packet = new PacketCursor();
      const read: number[][] = [];
      const readOn = async (): Promise<void> => {
        while (await input.fill()) {
          while (input.next(packet))
            read.push([...packet.bytes.subarray(packet.start, packet.end)]);
        }
      };
      await expect(readOn()).rejects.toMatchObject({ code: "DAMAGED_CAPTURE" });
      await input.close();
      expect(read).toEqual([[1, 2, 3]]);
    });
  });

  test("a held packet keeps its octets over the borders of blocks", async () => {
    const built = Array.from({ length: 60 }, (_, index) => ({
      seconds: index * 100_000,
      bytes: new Uint8Array(60_000).fill(index + 1),
    }));
    await withFiles({ a: pcapFile(built) }, async (directory) => {
      const { packets } = await readAll([join(directory, "a")]);
      expect(packets.map(({ octets }) => octets)).toEqual(octetsOf(built));
      expect(packets.map(({ followingSeconds }) => followingSeconds)).toEqual([
        ...built.slice(1).map(({ seconds }) => seconds),
        Number.NaN,
      ]);
    });
  });
});

describe("a live pipe", () => {
  test("hands packets on as they come", async () => {
    const pipe = new PassThrough();
    const input = await CaptureInput.open(["-"], { standardInput: pipe });
    const cursor = new PacketCursor();
    const [first, second, third] = somePackets(3).map((packet) => pcapFile([packet]).subarray(24));
    pipe.write(pcapFile([]));
    expect(await input.fill()).toBe(true);
    expect(input.next(cursor)).toBe(false);
    pipe.write(first);
    expect(await input.fill()).toBe(true);
    // the first packet waits for the second: it may be what starts the clock
    expect(input.next(cursor)).toBe(false);
    pipe.write(second);
    expect(await input.fill()).toBe(true);
    expect([input.next(cursor), cursor.number]).toEqual([true, 1]);
    expect([input.next(cursor), cursor.number]).toEqual([true, 2]);
    expect(input.next(cursor)).toBe(false);
    pipe.write(third!.subarray(0, 10));
    expect(await input.fill()).toBe(true);
    expect(input.next(cursor)).toBe(false);
    pipe.write(third!.subarray(10));
    expect(await input.fill()).toBe(true);
    expect([input.next(cursor), cursor.number]).toEqual([true, 3]);
    pipe.end();
    expect(await input.fill()).toBe(false);
    await input.close();
  });

  test("closing ends a fill that waits, without calling the capture damaged", async () => {
    const warnings: Warning[] = [];
    const pipe = new PassThrough();
    const onWarning = (warning: Warning): void => void warnings.push(warning);
    const input = await CaptureInput.open(["-"], { standardInput: pipe, onWarning });
    const cursor = new PacketCursor();
    // one chunk: Node 26 hands two out one by one, older ones as one
    pipe.write(Buffer.concat([pcapFile(somePackets(1)), Uint8Array.of(1, 2, 3)]));
    expect(await input.fill()).toBe(true);
    expect(input.next(cursor)).toBe(false);
    const waiting = input.fill();
    await nextTurn();
    await input.close();
    // the packet that was held comes out still
    expect(await waiting).toBe(true);
    expect(input.next(cursor)).toBe(true);
    expect(await input.fill()).toBe(false);
    await input.close();
    expect(warnings).toEqual([]);
    expect(pipe.destroyed).toBe(true);
  });

  test("a stream that fails is a read error, and what came before counts", async () => {
    function* failing(): Generator<Buffer> {
      yield pcapFile(somePackets(5));
      throw new Error("connection reset");
    }
    const { input, packets } = await readAll(["-"], {
      standardInput: Readable.from(failing(), { objectMode: false }),
    });
    expect(packets).toHaveLength(5);
    expect(input.errors).toMatchObject([
      { code: "READ_FAILED", message: expect.stringContaining("connection reset") },
    ]);
    expect(input.files[0]?.truncated).toBe(true);
  });

  test.skipIf(process.platform === "win32")("a FIFO is one, too", async () => {
    await withFiles({}, async (directory) => {
      const path = join(directory, "fifo");
      execFileSync("mkfifo", [path]);
      createWriteStream(path).end(pcapFile(somePackets(500)));
      const { input, packets, warnings } = await readAll([path]);
      expect(packets).toHaveLength(500);
      expect(warnings).toEqual([]);
      expect(input.files[0]?.size).toBeNull();
    });
  });
});

describe("files", () => {
  test("of many blocks", async () => {
    const built = Array.from({ length: 4000 }, (_, index) => ({
      seconds: 1000 + (index >> 6),
      bytes: new Uint8Array(700 + (index % 800)).fill(index),
    }));
    const octets = octetsOf(built);
    await withFiles({ a: pcapFile(built), b: pcapngFile(built) }, async (directory) => {
      const { packets, input } = await readAll([join(directory, "a"), join(directory, "b")]);
      expect(packets.map((packet) => packet.octets)).toEqual([...octets, ...octets]);
      expect(input.files.map(({ bytesRead, size }) => bytesRead === size)).toEqual([true, true]);
      expect(input.files.map(({ packets }) => packets)).toEqual([4000, 4000]);
    });
  });

  test("that shrink while they are read", async () => {
    const built = somePackets(40_000);
    await withFiles({ a: pcapFile(built) }, async (directory) => {
      const path = join(directory, "a");
      const warnings: Warning[] = [];
      const input = await CaptureInput.open([path], { onWarning: (found) => warnings.push(found) });
      const cursor = new PacketCursor();
      await input.fill();
      await input.fill();
      truncateSync(path, 0);
      let packets = 0;
      do while (input.next(cursor)) packets++;
      while (await input.fill());
      await input.close();
      expect(packets).toBeGreaterThan(0);
      expect(warnings[0]).toMatchObject({ code: "FILE_SHRANK", file: path });
      expect(input.files[0]?.truncated).toBe(true);
    });
  });

  test("an input may be closed before its end, and twice", async () => {
    await withFiles({ a: pcapFile(somePackets(9)) }, async (directory) => {
      const input = await CaptureInput.open([join(directory, "a")]);
      await input.fill();
      await input.close();
      await input.close();
      expect(await input.fill()).toBe(false);
      expect(input.next(new PacketCursor())).toBe(false);
    });
  });

  test("two inputs do not disturb each other", async () => {
    await withFiles({ a: pcapFile(somePackets(900)) }, async (directory) => {
      const paths = [join(directory, "a")];
      const [one, two] = await Promise.all([readAll(paths), readAll(paths)]);
      expect(one.packets).toEqual(two.packets);
    });
  });
});

/** Garbage collections while `work` runs, once it is warm. */
async function collections(work: () => Promise<void>): Promise<number> {
  await work();
  let count = 0;
  const observer = new PerformanceObserver((list) => {
    count += list.getEntries().length;
  });
  observer.observe({ entryTypes: ["gc"] });
  await work();
  await nextTurn();
  count += observer.takeRecords().length;
  observer.disconnect();
  return count;
}

describe("allocates nothing per packet", () => {
  const packetsAtOnce = pcapFile(
    Array.from({ length: 20_000 }, (_, index) => ({
      seconds: 1000,
      nanos: index * 1000,
      bytes: new Uint8Array(4),
    })),
  ).subarray(24);

  /** Two million packets in a hundred chunks; `use` sees each. */
  async function readMany(use: (cursor: PacketCursor) => void): Promise<void> {
    function* chunks(): Generator<Buffer> {
      yield pcapFile([]);
      for (let chunk = 0; chunk < 100; chunk++) yield packetsAtOnce;
    }
    const standardInput = Readable.from(chunks(), { objectMode: false });
    const input = await CaptureInput.open(["-"], { standardInput });
    const cursor = new PacketCursor();
    let packets = 0;
    do {
      while (input.next(cursor)) {
        packets++;
        use(cursor);
      }
    } while (await input.fill());
    expect(packets).toBe(2_000_000);
  }

  test("two million packets cost next to no garbage collections", async () => {
    expect(await collections(() => readMany(() => {}))).toBeLessThan(6);
  });

  test("the guard sees one small object a packet", async () => {
    let kept: unknown = null;
    const without = await collections(() => readMany(() => {}));
    const count = await collections(() =>
      readMany((cursor) => {
        kept = cursor.bytes.subarray(cursor.start, cursor.end);
      }),
    );
    expect(kept).not.toBeNull();
    // How many more depends on how much V8 lets be new.
    expect(count).toBeGreaterThan(without + 1);
  });
});
