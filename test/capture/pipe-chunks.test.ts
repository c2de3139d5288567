// Chunks from descriptors, on FIFOs with a writer of this process.

import { execFileSync } from "node:child_process";
import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { captureFile } from "../../src/capture/capture-file.ts";
import { PipeChunks } from "../../src/capture/pipe-chunks.ts";
import { readChunks, withFiles } from "./read-capture.ts";

/** Octet N is a function of N, so that none can be lost, repeated or exchanged. */
function pattern(count: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: count }, (_, index) => (index * 31) ^ (index >> 8)));
}

/** A FIFO's two ends, neither of which waits. */
async function withPipe(use: (reading: number, writing: number) => Promise<void>): Promise<void> {
  await withFiles({}, async (directory) => {
    const path = join(directory, "fifo");
    execFileSync("mkfifo", [path]);
    const reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    await use(reading, openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
  });
}

/** Writes all of it, as fast as it is read or in steps of `most` octets with pauses, and closes. */
async function writeAll(descriptor: number, octets: Buffer, most: number): Promise<void> {
  for (let at = 0; at < octets.length;) {
    try {
      at += writeSync(descriptor, octets, at, Math.min(most, octets.length - at));
      if (most < octets.length) await setTimeout(1);
    } catch {
      // it is full
      await setTimeout(0);
    }
  }
  closeSync(descriptor);
}

describe.skipIf(process.platform === "win32")("of a pipe", () => {
  test.each([
    [3_000_000, Infinity],
    [400_000, 20_000],
    [100_000, 16_384],
    [2000, 100],
    [0, 1],
  ])("%d octets, written %d at a time, come in their order", async (count, most) => {
    await withPipe(async (reading, writing) => {
      const octets = pattern(count);
      const file = captureFile("some-pipe", null);
      const chunks = new PipeChunks(reading, true, file);
      const [read] = await Promise.all([readChunks(chunks), writeAll(writing, octets, most)]);
      expect(read.equals(octets)).toBe(true);
      expect(file.bytesRead).toBe(count);
      expect(await chunks.read()).toBeNull();
      await chunks.close();
    });
  });

  test("what waits is handed on before more comes", async () => {
    await withPipe(async (reading, writing) => {
      const chunks = new PipeChunks(reading, true, captureFile("some-pipe", null));
      // long and short ones: after a long one more is looked for at once
      for (const count of [1, 40_000, 65_536, 3]) {
        const octets = pattern(count);
        const waiting = chunks.read();
        writeSync(writing, octets);
        expect(octets.equals((await waiting)!)).toBe(true);
      }
      closeSync(writing);
      expect(await chunks.read()).toBeNull();
    });
  });

  test("a read that waits ends when it is closed, and the descriptor is", async () => {
    await withPipe(async (reading, writing) => {
      const chunks = new PipeChunks(reading, true, captureFile("some-pipe", null));
      const waiting = chunks.read();
      await setTimeout(5);
      await chunks.close();
      expect(await waiting).toBeNull();
      await setTimeout(5);
      expect(() => fstatSync(reading)).toThrow("EBADF");
      closeSync(writing);
    });
  });

  test("a reader that is fast and a writer that is faster leave turns to the event loop", async () => {
    await withPipe(async (reading, writing) => {
      const chunks = new PipeChunks(reading, true, captureFile("some-pipe", null));
      const octets = pattern(65_536);
      let turns = 0;
      let immediate: NodeJS.Immediate;
      const count = (): void => {
        turns++;
        immediate = setImmediate(count);
      };
      count();
      for (let chunk = 0; chunk < 300; chunk++) {
        writeSync(writing, octets);
        expect((await chunks.read())?.length).toBe(octets.length);
      }
      clearImmediate(immediate!);
      expect(turns).toBeGreaterThanOrEqual(300 / 64 - 1);
      closeSync(writing);
      await chunks.close();
    });
  });
});

describe("of a file", () => {
  test("from where its descriptor stands to its end; it stays open", async () => {
    const octets = pattern(1_000_000);
    await withFiles({ some: octets }, async (directory) => {
      const descriptor = openSync(join(directory, "some"), "r");
      readSync(descriptor, Buffer.alloc(1000), 0, 1000, null);
      const file = captureFile("some-pipe", null);
      const chunks = new PipeChunks(descriptor, false, file);
      expect((await readChunks(chunks)).equals(octets.subarray(1000))).toBe(true);
      expect(file.bytesRead).toBe(octets.length - 1000);
      await chunks.close();
      closeSync(descriptor);
    });
  });

  test("what can't be read is READ_FAILED, with the offset", async () => {
    await withFiles({}, async (directory) => {
      const descriptor = openSync(directory, "r");
      const chunks = new PipeChunks(descriptor, false, captureFile("some-pipe", null));
      await expect(chunks.read()).rejects.toMatchObject({
        code: "READ_FAILED",
        file: "some-pipe",
        offset: 0,
        message: expect.stringContaining("EISDIR"),
      });
      closeSync(descriptor);
    });
  });
});
