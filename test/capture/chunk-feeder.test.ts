import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { captureFile } from "../../src/capture/capture-file.ts";
import { ChunkFeeder } from "../../src/capture/chunk-feeder.ts";
import type { ChunkSource } from "../../src/capture/chunk-source.ts";
import { PeekableChunks } from "../../src/capture/chunk-source.ts";
import { BlockBuffers } from "../../src/capture/file-feeder.ts";
import { OctetWindow } from "../../src/capture/octet-window.ts";

/** `count` chunks of `size` octets, each its number. */
class FakeChunks implements ChunkSource {
  #next = 0;
  readonly #count: number;
  readonly #size: number;

  constructor(count: number, size: number) {
    this.#count = count;
    this.#size = size;
  }

  read(): Promise<Uint8Array | null> {
    if (this.#next === this.#count) return Promise.resolve(null);
    return Promise.resolve(new Uint8Array(this.#size).fill(this.#next++));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

describe("ChunkFeeder", () => {
  test("hands a chunk on as it comes", async () => {
    const window = new OctetWindow(new ChunkFeeder(new FakeChunks(3, 5), new BlockBuffers()));
    expect(await window.fill()).toBe(true);
    expect(window.length).toBe(5);
    expect(await window.fill()).toBe(true);
    expect(window.length).toBe(10);
  });

  test.each([
    [100_000, 1, 30],
    [3000, 700, 1000],
    [40, 3_000_000, 1_000_000],
    [300, 65_536, 400_000],
  ])("%i chunks of %i octets, read %i at a time", async (count, size, step) => {
    const buffers = new BlockBuffers();
    const window = new OctetWindow(new ChunkFeeder(new FakeChunks(count, size), buffers));
    let offset = 0;
    do {
      while (window.length >= step) {
        if (window.offset !== offset) expect(window.offset).toBe(offset);
        const first = Math.floor(offset / size) & 0xff;
        if (window.bytes[window.at] !== first) expect(window.bytes[window.at]).toBe(first);
        window.at += step;
        offset += step;
      }
    } while (await window.fill());
    expect(offset + window.length).toBe(count * size);
    // the buffer never grows beyond a few times what is read at once
    expect(window.bytes.length).toBeLessThanOrEqual(Math.max(buffers.memoryBytes / 2, 4 * step));
  });
});

describe("PeekableChunks", () => {
  test("what was looked at is read again, in its order", async () => {
    const chunks = new PeekableChunks(new FakeChunks(9, 2));
    expect([...(await chunks.peek(5))]).toEqual([0, 0, 1, 1, 2]);
    expect([...((await chunks.read()) ?? [])]).toEqual([0, 0, 1, 1, 2, 2]);
    expect([...((await chunks.read()) ?? [])]).toEqual([3, 3]);
  });

  test("an input shorter than the look, and an empty one", async () => {
    expect([...(await new PeekableChunks(new FakeChunks(1, 2)).peek(12))]).toEqual([0, 0]);
    const empty = new PeekableChunks(new FakeChunks(0, 0));
    expect([...(await empty.peek(12))]).toEqual([]);
    expect(await empty.read()).toBeNull();
  });
});

test("a Readable of strings is taken octet by octet", async () => {
  const { StreamChunks } = await import("../../src/capture/chunk-source.ts");
  const file = captureFile("-", null);
  const source = new StreamChunks(Readable.from(["\u00d4\u00c3", "", "\u00b2"]), file);
  expect([...((await source.read()) ?? [])]).toEqual([0xd4, 0xc3]);
  expect([...((await source.read()) ?? [])]).toEqual([0xb2]);
  expect(await source.read()).toBeNull();
  expect(file.bytesRead).toBe(3);
});
