import { closeSync, openSync, readSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { captureFile } from "../../src/capture/capture-file.ts";
import type { CaptureFile } from "../../src/capture/capture-reader.ts";
import { DamageLog } from "../../src/capture/damage-log.ts";
import { BlockBuffers, FileFeeder } from "../../src/capture/file-feeder.ts";
import type { ReadableHandle } from "../../src/capture/file-feeder.ts";
import { OctetWindow } from "../../src/capture/octet-window.ts";
import type { Warning } from "../../src/errors.ts";
import { newFolder } from "../output/output-folder.ts";

const BLOCK = 1000;

function octet(offset: number): number {
  return (offset * 7 + (offset >> 8)) & 0xff;
}

/** After these it begins again. */
const PERIOD = Uint8Array.from({ length: 65_536 }, (_, offset) => octet(offset));

/** A file of `size` octets that fails at `failsAt`, read by the thread pool. */
class FakeHandle implements ReadableHandle {
  closed = 0;
  readonly #size: number;
  readonly #failsAt: number;

  constructor(size: number, failsAt = Infinity) {
    this.#size = size;
    this.#failsAt = failsAt;
  }

  async read(
    bytes: Uint8Array,
    at: number,
    length: number,
    position: number,
  ): Promise<{ bytesRead: number }> {
    await Promise.resolve();
    if (position >= this.#failsAt) throw new Error("EIO: i/o error, read");
    const bytesRead = Math.max(0, Math.min(length, this.#size - position));
    for (let index = 0; index < bytesRead; index++) bytes[at + index] = octet(position + index);
    return { bytesRead };
  }

  close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }
}

const folder = newFolder();

/** A file of `size` octets on disk; counts what the thread pool is asked for. */
class DiskHandle implements ReadableHandle {
  closed = 0;
  /** Positions of what the thread pool is asked for. */
  readonly asked: number[] = [];
  readonly fd: number;
  readonly #failsAt: number;

  constructor(size: number, failsAt = Infinity) {
    this.#failsAt = failsAt;
    const path = join(folder, `${size}.pcap`);
    writeFileSync(path, Buffer.alloc(size, PERIOD));
    this.fd = openSync(path, "r");
  }

  async read(
    bytes: Uint8Array,
    at: number,
    length: number,
    position: number,
  ): Promise<{ bytesRead: number }> {
    await Promise.resolve();
    this.asked.push(position);
    if (position >= this.#failsAt) throw new Error("EIO: i/o error, read");
    return { bytesRead: readSync(this.fd, bytes, at, length, position) };
  }

  get poolReads(): number {
    return this.asked.length;
  }

  close(): Promise<void> {
    if (this.closed++ === 0) closeSync(this.fd);
    return Promise.resolve();
  }
}

/** A file of zeros, none of them on a disk. */
class HugeHandle extends DiskHandle {
  constructor(size: number) {
    super(0);
    truncateSync(join(folder, "0.pcap"), size);
  }
}

function open(
  handle: ReadableHandle,
  size: number,
  buffers = new BlockBuffers(null, BLOCK),
): { window: OctetWindow; file: CaptureFile; warnings: Warning[] } {
  const warnings: Warning[] = [];
  const file = captureFile("a.pcap", size);
  const damage = new DamageLog(file, (warning) => warnings.push(warning), false);
  return { window: new OctetWindow(new FileFeeder(handle, file, damage, buffers)), file, warnings };
}

/** Makes reads at once take so many milliseconds, in turn. */
function readsTake(...milliseconds: number[]): void {
  let now = 0;
  let asked = 0;
  vi.spyOn(process, "uptime").mockImplementation(() => {
    // The clock is asked before each read and behind it.
    const isBehind = asked++ % 2 === 1;
    if (isBehind) now += milliseconds[((asked >> 1) - 1) % milliseconds.length]! / 1000;
    return now;
  });
}

/** Takes all octets, `step` at a time, and looks at each stretch's ends; gives how many were there. */
async function takeAll(window: OctetWindow, step: number): Promise<number> {
  let offset = 0;
  let isRight = true;
  do {
    while (window.length >= step) {
      const [first, last] = [window.bytes[window.at], window.bytes[window.at + step - 1]];
      isRight &&= window.offset === offset;
      isRight &&= first === octet(offset) && last === octet(offset + step - 1);
      window.at += step;
      offset += step;
    }
  } while (await window.fill());
  expect(isRight, "each stretch is the right one").toBe(true);
  return offset + window.length;
}

afterEach(() => {
  vi.restoreAllMocks();
});

const MODES = [
  { mode: "at once", handleOf: (size: number) => new DiskHandle(size) },
  { mode: "by the thread pool", handleOf: (size: number) => new FakeHandle(size) },
] as const;

describe.each(MODES)("FileFeeder, $mode", ({ handleOf }) => {
  test.each([1, 37, 999, 1000, 1001, 25_000])(
    "carries what is unread over to the next block (%i octets at a time)",
    async (step) => {
      const size = 60_123;
      const { window, file } = open(handleOf(size), size);
      expect(await takeAll(window, step)).toBe(size);
      expect(file.bytesRead).toBe(size);
      expect(window.ended).toBe(true);
    },
  );

  test("its buffers grow with the longest tail, for the files behind it too", async () => {
    const buffers = new BlockBuffers(null, BLOCK);
    const { window } = open(handleOf(800_000), 800_000, buffers);
    expect(await window.need(700_000)).toBe(true);
    expect(window.bytes[window.at + 699_999]).toBe(octet(699_999));
    const grown = buffers.current.length;
    await window.close();
    const next = open(handleOf(5000), 5000, buffers);
    expect(await next.window.need(5000)).toBe(true);
    expect(buffers.current.length).toBe(grown);
  });

  test("a file that shrinks is told", async () => {
    const { window, warnings } = open(handleOf(2500), 4000);
    while (await window.fill());
    expect(warnings).toMatchObject([{ code: "FILE_SHRANK", offset: 2500, octets: 1500 }]);
  });

  test("a file that grows is read to its end", async () => {
    const { window, warnings } = open(handleOf(4000), 2500);
    expect(await window.need(4000)).toBe(true);
    expect(await window.fill()).toBe(false);
    expect(warnings).toEqual([]);
  });
});

describe("FileFeeder", () => {
  test("a read error names file and offset; closing closes the file, once", async () => {
    const handle = new FakeHandle(10_000, 3000);
    const { window, file } = open(handle, 10_000);
    for (let block = 0; block < 3; block++) expect(await window.fill()).toBe(true);
    await expect(window.fill()).rejects.toMatchObject({
      code: "READ_FAILED",
      offset: 3000,
      message: "a.pcap: reading failed at offset 3000: EIO: i/o error, read",
    });
    expect(file.bytesRead).toBe(3000);
    await window.close();
    await window.close();
    expect(handle.closed).toBe(1);
    expect(await window.fill()).toBe(false);
  });

  test("an error of a read at once names file and offset, too", async () => {
    const handle = new DiskHandle(10_001);
    const { window, file } = open(handle, 10_001);
    for (let block = 0; block < 3; block++) expect(await window.fill()).toBe(true);
    closeSync(handle.fd);
    await expect(window.fill()).rejects.toMatchObject({
      code: "READ_FAILED",
      offset: 3000,
      message: "a.pcap: reading failed at offset 3000: EBADF: bad file descriptor, read",
    });
    expect(file.bytesRead).toBe(3000);
    // What was read before it is still there.
    expect([window.offset, window.length]).toEqual([0, 3000]);
    expect(window.bytes[window.at + 2999]).toBe(octet(2999));
  });

  test("what takes no time is read at once, all of it", async () => {
    readsTake(0);
    const handle = new DiskHandle(60_000);
    const { window } = open(handle, 60_000);
    expect(await takeAll(window, 37)).toBe(60_000);
    expect(handle.poolReads).toBe(0);
  });

  test.each([
    { name: "all", milliseconds: [2], atOnce: 4 },
    { name: "two of three", milliseconds: [2, 2, 0], atOnce: 7 },
    { name: "every second", milliseconds: [0, 2], atOnce: 12 },
  ])(
    "the thread pool takes over where reads take long: $name",
    async ({ milliseconds, atOnce }) => {
      readsTake(...milliseconds);
      const size = 60_123;
      const handle = new DiskHandle(size);
      const { window, file } = open(handle, size);
      expect(await takeAll(window, 37)).toBe(size);
      expect(file.bytesRead).toBe(size);
      // The last read finds the end.
      expect(handle.poolReads).toBe(Math.ceil(size / BLOCK) - atOnce + 1);
    },
  );

  test.each([
    { name: "one of four", milliseconds: [2, 0, 0, 0] },
    { name: "all, but not very long", milliseconds: [0.9] },
  ])("the thread pool does not take over for a few reads: $name", async ({ milliseconds }) => {
    readsTake(...milliseconds);
    const handle = new DiskHandle(60_000);
    expect(await takeAll(open(handle, 60_000).window, 1001)).toBe(60_000);
    expect(handle.poolReads).toBe(0);
  });

  test("the thread pool takes over with a tail longer than the room for it", async () => {
    readsTake(2);
    const handle = new DiskHandle(800_000);
    const { window } = open(handle, 800_000);
    expect(await window.need(700_000)).toBe(true);
    expect(handle.poolReads).toBeGreaterThan(600);
    for (const offset of [0, 3999, 4000, 5001, 300_000, 699_999]) {
      expect(window.bytes[window.at + offset]).toBe(octet(offset));
    }
  });

  test("a file that shrinks is told once the thread pool has taken over", async () => {
    readsTake(2);
    const { window, warnings } = open(new DiskHandle(6500), 9000);
    while (await window.fill());
    expect(warnings).toMatchObject([{ code: "FILE_SHRANK", offset: 6500, octets: 2500 }]);
  });

  test("the event loop has its turns while blocks are read at once", async () => {
    const { window } = open(new DiskHandle(40_000), 40_000);
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns++;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    while (await window.fill()) window.at = window.end;
    isOver = true;
    expect(turns).toBeGreaterThanOrEqual(8);
  });

  test("is at its end if it is closed while it waits for its turn", async () => {
    const handle = new DiskHandle(40_000);
    const { window } = open(handle, 40_000);
    for (let block = 0; block < 3; block++) expect(await window.fill()).toBe(true);
    const pending = window.fill();
    await window.close();
    expect(await pending).toBe(false);
    expect(handle.closed).toBe(1);
  });
});

describe("FileFeeder, ahead on purpose", () => {
  /** As if the file on the disk were as large as those of which is asked. */
  const LARGE = 64 * 1024 * 1024;
  const AFTER = 16 * 1024 * 1024;
  const MIB = 1024 * 1024;
  /** What is read at once between two blocks of the thread pool. */
  const BETWEEN = 2 * MIB;
  const MAY = (): boolean => true;

  async function askedOf(size: number, mayReadAhead: (() => boolean) | null) {
    const handle = new HugeHandle(AFTER + 5 * MIB);
    const { window } = open(handle, size, new BlockBuffers(mayReadAhead, MIB));
    while (await window.fill()) window.at = window.end;
    await window.close();
    return handle.asked.map((position) => position / MIB);
  }

  /** A file of so many octets on disk, said to be a large one; its first block was read ahead and is in the window. */
  async function openAhead(octets: number, failsAt?: number) {
    const handle = new DiskHandle(octets, failsAt);
    const opened = open(handle, LARGE, new BlockBuffers(MAY, MIB));
    const { window } = opened;
    while (window.end - window.at < 1 || handle.asked.length === 0) {
      window.at = window.end;
      expect(await window.fill()).toBe(true);
    }
    expect(window.offset).toBe(AFTER);
    return { ...opened, handle };
  }

  test("asks once, some way into a large file, and then shares it with the thread pool", async () => {
    const asked = vi.fn(MAY);
    // The last is beyond the end, which a read at once finds before.
    expect(await askedOf(LARGE, asked)).toEqual([16, 19, 22]);
    expect(asked).toHaveBeenCalledTimes(1);
  });

  test.each([
    ["of a large file that may not", LARGE, (): boolean => false],
    ["of a smaller one", LARGE - 1, MAY],
    ["where nobody says", LARGE, null],
  ] as const)("goes on reading at once: %s", async (_, size, mayReadAhead) => {
    expect(await askedOf(size, mayReadAhead)).toEqual([]);
  });

  // What is between two blocks is no multiple of the second kind.
  test.each([undefined, 700_000])(
    "carries what is unread over into further blocks and what is between them (%o)",
    async (blockBytes) => {
      const size = AFTER + 15_000_000;
      const handle = new DiskHandle(size);
      const { window } = open(handle, LARGE, new BlockBuffers(MAY, blockBytes));
      expect(await takeAll(window, 100_003)).toBe(size);
      expect(handle.poolReads).toBeGreaterThan(2);
      await window.close();
    },
  );

  test("leaves all of it to the thread pool once reads at once take long", async () => {
    const { window, handle } = await openAhead(AFTER + 9 * MIB);
    readsTake(2);
    while (await window.fill()) window.at = window.end;
    // Two blocks between the first three of the thread pool, each read in two.
    expect(handle.asked.map((position) => (position - AFTER) / MIB)).toEqual([0, 3, 6, 7, 8, 9]);
    await window.close();
  });

  test("keeps what was read ahead where a long record needs more room meanwhile", async () => {
    const { window } = await openAhead(AFTER + 9 * MIB);
    window.at += 1000;
    const from = window.offset;
    expect(await window.need(4 * MIB)).toBe(true);
    for (let i = 0; i < 4 * MIB; i += 997) {
      if (window.bytes[window.at + i] !== octet(from + i)) expect.fail(`octet ${i} is wrong`);
    }
    while (await window.fill()) {
      expect(window.bytes[window.end - 1]).toBe(octet(window.offset + window.length - 1));
      window.at = window.end;
    }
    expect(window.offset).toBe(AFTER + 9 * MIB);
    await window.close();
  });

  test("tells of a file that ends between two blocks", async () => {
    const { window, warnings } = await openAhead(AFTER + MIB + 100_000);
    while (await window.fill()) window.at = window.end;
    expect(warnings).toMatchObject([{ code: "FILE_SHRANK", offset: AFTER + MIB + 100_000 }]);
    await window.close();
  });

  test("hands on what is before a block that could not be read, and then fails there", async () => {
    const { window, file } = await openAhead(AFTER + 9 * MIB, AFTER + 1);
    const failing = AFTER + MIB + BETWEEN;
    await expect(
      (async () => {
        while (await window.fill()) window.at = window.end;
      })(),
    ).rejects.toMatchObject({ code: "READ_FAILED", offset: failing });
    expect(file.bytesRead).toBe(failing);
    await window.close();
  });

  test("is at its end if it is closed between two blocks", async () => {
    const { window, handle } = await openAhead(AFTER + 9 * MIB);
    window.at = window.end;
    expect(await window.fill()).toBe(true);
    await window.close();
    expect(handle.closed).toBe(1);
    window.at = window.end;
    expect(await window.fill()).toBe(false);
  });
});

describe("BlockBuffers", () => {
  test.each([null, () => true])("lie in the memory given, until they grow (%o)", (mayReadAhead) => {
    const buffers = new BlockBuffers(mayReadAhead);
    const memory = new Uint8Array(buffers.memoryBytes);
    buffers.lay(memory);
    buffers.prepare();
    const { current, spare } = buffers;
    expect([current.buffer, spare.buffer]).toEqual([memory.buffer, memory.buffer]);
    expect(spare.byteOffset).toBe(current.byteOffset + current.length);
    expect(spare.byteOffset + spare.length).toBe(memory.length);
    buffers.room *= 2;
    buffers.prepare();
    expect(buffers.current.buffer).not.toBe(memory.buffer);
    buffers.lay(memory);
    expect(buffers.current.buffer).not.toBe(memory.buffer);
  });
});
