import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { OctetMemory } from "../../../src/memory/octet-memory.ts";
import { COMMANDS, TEXT_ROOM } from "../../../src/output/thread/command-ring.ts";
import { FileThread } from "../../../src/output/thread/file-thread.ts";
import type { OctetsToWrite } from "../../../src/output/thread/file-thread.ts";
import { newFolder } from "../output-folder.ts";

const isLinux = process.platform === "linux";
const BYTES = 64 * 1024;
const TABLES = 1024;

let running: FileThread[] = [];

function start(source?: string): { thread: FileThread; octets: Uint8Array } {
  const memory = new OctetMemory(BYTES, TABLES, true);
  memory.octets.forEach((_, i) => {
    memory.octets[i] = i % 251;
  });
  const thread = FileThread.start(memory, source)!;
  running.push(thread);
  return { thread, octets: memory.octets };
}

afterEach(() => {
  for (const thread of running) thread.close();
  running = [];
});

/** What came of commands, in the order told. */
interface Told {
  readonly name: string;
  readonly count: number;
  readonly error: string | null;
  readonly isMade: boolean;
}

function listener(told: Told[], name: string) {
  return (count: number, error: Error | null, isMade: boolean): void => {
    told.push({ name, count, error: error?.message ?? null, isMade });
  };
}

function stretch(at: number, length: number, position: number): OctetsToWrite {
  return { at, length, position };
}

async function allTold(thread: FileThread): Promise<void> {
  while (thread.pending > 0) await thread.progress();
}

describe("FileThread", () => {
  test("is none for memory that is not shared, or that has no room for its ring", () => {
    expect(FileThread.start(new OctetMemory(BYTES, TABLES))).toBeNull();
    expect(FileThread.start(new OctetMemory(BYTES, 0, true))).toBeNull();
  });

  test("writes what lies in the memory, in order, and tells only when asked", async () => {
    const { thread, octets } = start();
    const path = join(newFolder(), "file");
    const descriptor = openSync(path, "w");
    const told: Told[] = [];
    thread.write(descriptor, stretch(10, 100, 0), listener(told, "first"));
    thread.write(descriptor, stretch(500, 50, 60), listener(told, "second"));
    const last = thread.write(descriptor, stretch(0, 1, 2 ** 33), listener(told, "third"));
    thread.waitFor(last);
    expect(told).toEqual([]);
    expect(thread.pending).toBe(3);
    thread.poll();
    const done = { error: null, isMade: true };
    expect(told).toEqual([
      { name: "first", count: 100, ...done },
      { name: "second", count: 50, ...done },
      { name: "third", count: 1, ...done },
    ]);
    closeSync(descriptor);
    expect(statSync(path).size).toBe(2 ** 33 + 1);
    const written = Buffer.alloc(110);
    const again = openSync(path, "r");
    readSync(again, written, 0, 110, 0);
    closeSync(again);
    const wanted = Buffer.concat([octets.subarray(10, 70), octets.subarray(500, 550)]);
    expect(written.equals(wanted)).toBe(true);
  });

  test("makes whole files: at a position, with a size, closed", async () => {
    const { thread, octets } = start();
    const folder = newFolder();
    const told: Told[] = [];
    thread.writeFile(join(folder, "plain"), stretch(7, 20, 0), 0, listener(told, "plain"));
    thread.writeFile(join(folder, "späť"), stretch(7, 20, 5), 40, listener(told, "later"));
    thread.writeFile(join(folder, "cut"), stretch(7, 20, 5), 22, listener(told, "cut"));
    await allTold(thread);
    expect(told.map(({ count, error }) => [count, error])).toEqual(
      Array.from({ length: 3 }, () => [20, null]),
    );
    const payload = octets.slice(7, 27);
    expect(readFileSync(join(folder, "plain")).equals(payload)).toBe(true);
    const wanted = Buffer.concat([Buffer.alloc(5), payload, Buffer.alloc(15)]);
    expect(readFileSync(join(folder, "späť")).equals(wanted)).toBe(true);
    expect(statSync(join(folder, "cut")).size).toBe(25);
  });

  test.skipIf(!isLinux)("leaves none of the files that it makes open", async () => {
    const { thread } = start();
    const folder = newFolder();
    thread.writeFile(join(folder, "first"), stretch(0, 1, 0), 0, () => {});
    await allTold(thread);
    const before = readdirSync("/proc/self/fd").length;
    for (let i = 0; i < 100; i++)
      thread.writeFile(join(folder, `${i}`), stretch(0, 1, 0), 0, () => {});
    await allTold(thread);
    expect(readdirSync("/proc/self/fd").length).toBeLessThan(before + 50);
  });

  test("says how far it came where the file was made and something failed then", async () => {
    const { thread } = start();
    const path = join(newFolder(), "file");
    const told: Told[] = [];
    // No file is as long as that.
    const number = thread.writeFile(path, stretch(0, 9, 0), 2 ** 60, listener(told, "long"))!;
    thread.waitFor(number);
    expect(thread.hasMadeFile(number)).toBe(true);
    thread.poll();
    expect(told).toEqual([{ name: "long", count: 9, error: expect.any(String), isMade: true }]);
    expect(readFileSync(path).length).toBe(9);
  });

  test("says what failed, and whether a file was made; follows no link", async () => {
    const { thread } = start();
    const folder = newFolder();
    const told: Told[] = [];
    writeFileSync(join(folder, "there"), "as it was");
    symlinkSync(join(folder, "elsewhere"), join(folder, "link"));
    thread.writeFile(join(folder, "there"), stretch(0, 9, 0), 0, listener(told, "there"));
    thread.writeFile(join(folder, "link"), stretch(0, 9, 0), 0, listener(told, "link"));
    thread.writeFile(join(folder, "no/such"), stretch(0, 9, 0), 0, listener(told, "folder"));
    thread.writeFile(join(folder, "good"), stretch(0, 9, 0), 0, listener(told, "good"));
    // Not open for writing.
    const descriptor = openSync(join(folder, "there"), "r");
    const number = thread.write(descriptor, stretch(0, 9, 0), listener(told, "write"));
    thread.waitFor(number);
    expect(thread.hasMadeFile(number - 1)).toBe(true);
    expect(thread.hasMadeFile(number - 2)).toBe(false);
    thread.poll();
    closeSync(descriptor);
    expect(told.map(({ name, count, isMade }) => [name, count, isMade])).toEqual([
      ["there", 0, false],
      ["link", 0, false],
      ["folder", 0, false],
      ["good", 9, true],
      ["write", 0, false],
    ]);
    expect(told[0]!.error).toContain("EEXIST");
    expect(told[1]!.error).toMatch(/EEXIST|ELOOP/);
    expect(told[2]!.error).toContain("ENOENT");
    expect(told[4]!.error).toContain("EBADF");
    expect(readFileSync(join(folder, "there"), "utf8")).toBe("as it was");
    expect(existsSync(join(folder, "elsewhere"))).toBe(false);
  });

  test("takes no path that is too long for its ring", () => {
    const { thread } = start();
    expect(thread.writeFile("x".repeat(TEXT_ROOM + 1), stretch(0, 1, 0), 0, () => {})).toBeNull();
    expect(thread.pending).toBe(0);
  });

  test("goes round its ring many times, full at times", async () => {
    const { thread } = start();
    const path = join(newFolder(), "file");
    const descriptor = openSync(path, "w");
    const order: number[] = [];
    let wasFull = 0;
    for (let i = 0; i < 5 * COMMANDS; i++) {
      while (thread.isFull) {
        wasFull++;
        await thread.progress();
      }
      thread.write(descriptor, stretch(i % 251, 1, i), () => order.push(i));
    }
    await allTold(thread);
    closeSync(descriptor);
    expect(wasFull).toBeGreaterThan(0);
    expect(order).toEqual(Array.from({ length: 5 * COMMANDS }, (_, i) => i));
    expect([...readFileSync(path)]).toEqual(order.map((i) => i % 251));
  });

  for (const [what, source] of [
    ["ends at once", ""],
    ["fails at once", "throw new Error('no')"],
  ] as const) {
    test(`does the work itself where the thread ${what}`, async () => {
      const { thread } = start(source);
      const folder = newFolder();
      const told: Told[] = [];
      const number = thread.writeFile(
        join(folder, "one"),
        stretch(0, 9, 0),
        0,
        listener(told, "one"),
      )!;
      while (told.length === 0) await thread.progress();
      expect(told).toEqual([{ name: "one", count: 9, error: null, isMade: true }]);
      thread.writeFile(join(folder, "two"), stretch(0, 9, 0), 0, listener(told, "two"));
      thread.waitFor(number + 1);
      expect(thread.hasMadeFile(number + 1)).toBe(true);
      thread.poll();
      expect(told.length).toBe(2);
      expect(readFileSync(join(folder, "two")).length).toBe(9);
    });
  }
});
