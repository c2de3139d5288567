import { describe, expect, test } from "vitest";
import type { CaptureFile } from "../../src/capture/capture-reader.ts";
import { DamageLog } from "../../src/capture/damage-log.ts";
import { BlockBuffers, FileFeeder } from "../../src/capture/file-feeder.ts";
import type { ReadableHandle } from "../../src/capture/file-feeder.ts";
import { OctetWindow } from "../../src/capture/octet-window.ts";
import type { Warning } from "../../src/errors.ts";

const BLOCK = 1000;

function octet(offset: number): number {
  return (offset * 7 + (offset >> 8)) & 0xff;
}

/** A file of `size` octets that says it has `stated`, and fails at `failsAt`. */
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

function open(
  handle: FakeHandle,
  size: number,
  buffers = new BlockBuffers(BLOCK),
): { window: OctetWindow; file: CaptureFile; warnings: Warning[] } {
  const warnings: Warning[] = [];
  const file: CaptureFile = {
    path: "a.pcap",
    name: "a.pcap",
    format: "",
    formatText: "",
    bytesRead: 0,
    size,
    truncated: false,
    skippedBytes: 0,
    skippedBlocks: 0,
    packets: 0,
  };
  const damage = new DamageLog(file, (warning) => warnings.push(warning), false);
  return { window: new OctetWindow(new FileFeeder(handle, file, damage, buffers)), file, warnings };
}

describe("FileFeeder", () => {
  test.each([1, 37, 999, 1000, 1001, 25_000])(
    "carries what is unread over to the next block (%i octets at a time)",
    async (step) => {
      const size = 60_123;
      const { window, file } = open(new FakeHandle(size), size);
      let offset = 0;
      do {
        while (window.length >= step) {
          expect(window.offset).toBe(offset);
          // the ends of the stretch tell whether it is the right one
          expect(window.bytes[window.at]).toBe(octet(offset));
          expect(window.bytes[window.at + step - 1]).toBe(octet(offset + step - 1));
          window.at += step;
          offset += step;
        }
      } while (await window.fill());
      expect(size - offset).toBe(window.length);
      expect(file.bytesRead).toBe(size);
      expect(window.ended).toBe(true);
    },
  );

  test("its buffers grow with the longest tail, for the files behind it too", async () => {
    const buffers = new BlockBuffers(BLOCK);
    const { window } = open(new FakeHandle(800_000), 800_000, buffers);
    expect(await window.need(700_000)).toBe(true);
    expect(window.bytes[window.at + 699_999]).toBe(octet(699_999));
    const grown = buffers.current.length;
    await window.close();
    const next = open(new FakeHandle(5000), 5000, buffers);
    expect(await next.window.need(5000)).toBe(true);
    expect(buffers.current.length).toBe(grown);
  });

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

  test("a file that shrinks is told", async () => {
    const { window, warnings } = open(new FakeHandle(2500), 4000);
    while (await window.fill());
    expect(warnings).toMatchObject([{ code: "FILE_SHRANK", offset: 2500, octets: 1500 }]);
  });

  test("a file that grows is read to its end", async () => {
    const { window, warnings } = open(new FakeHandle(4000), 2500);
    expect(await window.need(4000)).toBe(true);
    expect(await window.fill()).toBe(false);
    expect(warnings).toEqual([]);
  });
});
