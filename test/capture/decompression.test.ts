import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import * as zlib from "node:zlib";
import { describe, expect, test } from "vitest";
import type { ChunkSource } from "../../src/capture/chunk-source.ts";
import { Decompressor, canDecompress } from "../../src/capture/decompression.ts";
import { DecompressionPass, QUICK, engineMaker } from "../../src/capture/decompression-pass.ts";
import { pcapFile } from "../support/capture-builder.ts";
import {
  octetsOf,
  readAll,
  readChunks,
  readOctets,
  somePackets,
  withFiles,
} from "./read-capture.ts";
import type { ReadResult } from "./read-capture.ts";

const BUILT = somePackets(2000);
const FILE = pcapFile(BUILT);

describe("gzip", () => {
  test("is recognised by content, in files and on standard input", async () => {
    const zipped = zlib.gzipSync(FILE);
    await withFiles({ "capture.txt": zipped }, async (directory) => {
      const { input, packets, warnings } = await readAll([join(directory, "capture.txt")]);
      expect(packets.map(({ octets }) => octets)).toEqual(octetsOf(BUILT));
      expect(warnings).toEqual([]);
      expect(input.files[0]).toMatchObject({ bytesRead: zipped.length, size: zipped.length });
    });
    for (const chunkBytes of [1, 7, 4096, 100_000]) {
      const { input, packets, warnings } = await readOctets(zipped, {}, chunkBytes);
      expect(packets).toHaveLength(2000);
      expect(warnings).toEqual([]);
      expect(input.files[0]).toMatchObject({ bytesRead: zipped.length, size: null });
    }
  });

  test("several members are one capture", async () => {
    const parts = [FILE.subarray(0, 1000), FILE.subarray(1000, 1001), FILE.subarray(1001)];
    const zipped = Buffer.concat(parts.map((part) => zlib.gzipSync(part)));
    const { packets, warnings } = await readOctets(zipped);
    expect(packets.map(({ octets }) => octets)).toEqual(octetsOf(BUILT));
    expect(warnings).toEqual([]);
  });

  test("that is cut: what was read counts", async () => {
    const zipped = zlib.gzipSync(FILE);
    const { packets, warnings, input } = await readOctets(zipped.subarray(0, zipped.length / 2));
    expect(warnings.map(({ code }) => code)).toEqual(["DECOMPRESSION_FAILED", "CAPTURE_CUT_SHORT"]);
    expect(warnings[0]).toMatchObject({ offset: Math.floor(zipped.length / 2), file: "-" });
    expect(packets.length).toBeGreaterThan(500);
    expect(packets.map(({ octets }) => octets)).toEqual(octetsOf(BUILT.slice(0, packets.length)));
    expect(input.files[0]?.truncated).toBe(true);
  });

  test("that is wrong in the middle: what was read counts, with the offset", async () => {
    // stored, so that the place of the damage is known
    const zipped = zlib.gzipSync(FILE, { level: 0 });
    const at = 10 + 5 + 65_535;
    zipped[at] = 0x07;
    const { packets, warnings } = await readOctets(zipped);
    expect(warnings[0]?.code).toBe("DECOMPRESSION_FAILED");
    const offset = warnings[0]?.offset ?? -1;
    expect(offset).toBeLessThanOrEqual(at);
    expect(offset).toBeGreaterThan(at - 16_385);
    expect(packets.length).toBeGreaterThan(300);
  });

  test("with a wrong checksum loses no octet", async () => {
    const few = somePackets(5);
    const zipped = zlib.gzipSync(pcapFile(few));
    zipped[zipped.length - 6] = zipped[zipped.length - 6]! ^ 1;
    const { packets, warnings } = await readOctets(zipped);
    expect(packets).toHaveLength(5);
    expect(warnings.map(({ code }) => code)).toEqual(["DECOMPRESSION_FAILED"]);
  });

  test("under strict a failure ends the run", async () => {
    const zipped = zlib.gzipSync(FILE).subarray(0, -20);
    await expect(readOctets(zipped, { strict: true })).rejects.toMatchObject({
      code: "DAMAGED_CAPTURE",
      message: expect.stringContaining("DECOMPRESSION_FAILED"),
    });
  });

  test("that expands beyond the limit is given up", async () => {
    const header = pcapFile([], { snapLength: 262_144 });
    const record = pcapFile([{ seconds: 1, bytes: new Uint8Array(200_000) }]).subarray(24);
    const plain = Buffer.concat([header, ...Array<Buffer>(500).fill(record)]);
    const zipped = zlib.gzipSync(plain);
    const whole = await readOctets(zipped);
    expect(whole.packets).toHaveLength(500);
    expect(whole.warnings).toEqual([]);
    const { packets, warnings } = await readOctets(zipped, { maxExpansion: 10 });
    expect(warnings[0]?.code).toBe("DECOMPRESSION_FAILED");
    expect(warnings[0]?.message).toContain("10:1");
    expect(packets.length).toBeGreaterThan(300);
    expect(packets.length).toBeLessThan(500);
  });

  test("of what is no capture is an error that shows the first octets inside", async () => {
    await expect(readOctets(zlib.gzipSync("hello, world"))).rejects.toMatchObject({
      code: "NOT_A_CAPTURE",
      message: expect.stringContaining('68 65 6c 6c 6f 2c 20 77 6f 72 6c 64 "hello, world"'),
    });
  });

  test("of gzip is no capture", async () => {
    await expect(readOctets(zlib.gzipSync(zlib.gzipSync(FILE)))).rejects.toMatchObject({
      code: "NOT_A_CAPTURE",
    });
  });
});

/** Of more than one quick slice, compressed, and of several quick chunks. */
const MANY = somePackets(20_000).map((packet, index) => ({
  ...packet,
  bytes: Uint8Array.from(packet.bytes, (_, at) => ((index + 1) * (at + 7) * 2_654_435_761) >>> 13),
}));
const LARGE = pcapFile(MANY);

describe("a gzip file", () => {
  /** Read as a file, and as a pipe that comes in the chunks that a file is read in. */
  async function bothWays(zipped: Uint8Array): Promise<[ReadResult, ReadResult]> {
    return withFiles({ "a.gz": zipped }, async (directory) => {
      const file = await readAll([join(directory, "a.gz")]);
      return [file, await readOctets(zipped, {}, 256 * 1024)];
    });
  }
  const told = ({ warnings }: ReadResult): unknown[] =>
    warnings.map(({ code, offset, packet }) => ({ code, offset, packet }));

  test("of many slices is one capture", async () => {
    const zipped = zlib.gzipSync(LARGE);
    expect(zipped.length).toBeGreaterThan(2 * QUICK.sliceBytes);
    const [{ packets, warnings, input }] = await bothWays(zipped);
    expect(packets.map(({ octets }) => octets)).toEqual(octetsOf(MANY));
    expect(warnings).toEqual([]);
    expect(input.files[0]).toMatchObject({ bytesRead: zipped.length, size: zipped.length });
  });

  // Each place: a byte of the compressed octets that is changed, and how much of them there is.
  test.each([
    [0.05, 1],
    [0.2, 1],
    [0.5, 1],
    [0.71, 0.99],
    [0.9999, 1],
    [1, 0.4],
    [1, 0.999999],
  ])("that is damaged at %d, of %d: as much is kept as of a pipe", async (at, part) => {
    const zipped = zlib.gzipSync(LARGE);
    const place = Math.max(30, Math.floor(at * (zipped.length - 1)));
    if (at < 1) zipped[place] = zipped[place]! ^ 0x55;
    const [file, pipe] = await bothWays(zipped.subarray(0, Math.floor(part * zipped.length)));
    expect(told(file)).toEqual(told(pipe));
    expect(file.warnings.map(({ code }) => code)).toContain("DECOMPRESSION_FAILED");
    expect(file.packets.map(({ octets }) => octets)).toEqual(
      pipe.packets.map(({ octets }) => octets),
    );
    expect(file.packets.length).toBeGreaterThan(20_000 * Math.min(at, part) - 1500);
    expect(file.input.files[0]).toMatchObject({ truncated: true });
    expect(file.input.files[0]?.bytesRead).toBeLessThanOrEqual(zipped.length);
  });
});

/** Octets in pieces, of which a source says how often it was begun again. */
class Pieces implements ChunkSource {
  rewinds = 0;
  #at = 0;
  readonly #pieces: readonly (Uint8Array | Error)[];

  constructor(...pieces: (Uint8Array | Error)[]) {
    this.#pieces = pieces;
  }

  async read(): Promise<Uint8Array | null> {
    const piece = this.#pieces[this.#at++] ?? null;
    await Promise.resolve();
    if (piece instanceof Error) throw piece;
    return piece;
  }

  rewind(): void {
    this.#at = 0;
    this.rewinds++;
  }

  async close(): Promise<void> {}
}

describe("a Decompressor", () => {
  const failures: [string, number][] = [];
  const decompressor = (source: ChunkSource): Decompressor => {
    failures.length = 0;
    return new Decompressor(source, "gzip", {
      maxExpansion: 1000,
      onFailure: (reason, offset) => failures.push([reason, offset]),
    });
  };

  test("begins again once if the octets are damaged, never if they are whole or broke off", async () => {
    const whole = zlib.gzipSync(LARGE);
    const sound = new Pieces(whole);
    expect((await readChunks(decompressor(sound))).equals(LARGE)).toBe(true);
    expect({ rewinds: sound.rewinds, failures }).toEqual({ rewinds: 0, failures: [] });

    const half = new Pieces(whole.subarray(0, 700_000));
    const some = await readChunks(decompressor(half));
    expect(LARGE.subarray(0, some.length).equals(some)).toBe(true);
    expect(half.rewinds).toBe(0);
    expect(failures).toEqual([["unexpected end of file", 700_000]]);

    const damaged = Buffer.from(whole);
    damaged.fill(0xff, 700_000, 700_100);
    const twice = new Pieces(damaged);
    const kept = await readChunks(decompressor(twice));
    expect(twice.rewinds).toBe(1);
    const [toldOfFile] = failures;
    twice.rewind();
    const once = { read: () => twice.read(), close: () => twice.close() };
    expect((await readChunks(decompressor(once))).equals(kept)).toBe(true);
    expect(failures).toEqual([toldOfFile]);
    expect(kept.length).toBeGreaterThan(some.length - 65_536);
  });

  test("of a source that fails gives what came before, then the error", async () => {
    const zipped = zlib.gzipSync(LARGE);
    const source = new Pieces(zipped.subarray(0, 400_000), new Error("the disk is gone"));
    const reading = decompressor(source);
    let length = 0;
    const readOn = async (): Promise<never> => {
      for (;;) length += (await reading.read())!.length;
    };
    await expect(readOn()).rejects.toThrow("the disk is gone");
    expect(length).toBeGreaterThan(300_000);
    await reading.close();
  });

  test("goes on while its octets are used, but not far", async () => {
    const zeros = zlib.gzipSync(Buffer.alloc(40_000_000));
    const pass = new DecompressionPass(new Pieces(zeros), engineMaker("gzip")!, QUICK);
    let length = 0;
    let most = 0;
    for (let octets = await pass.read(); octets !== null; octets = await pass.read()) {
      length += octets.length;
      // as long as it likes
      for (let turn = 0; turn < 3; turn++) await setTimeout(1);
      most = Math.max(most, pass.bytesOut - length);
    }
    expect(length).toBe(40_000_000);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(QUICK.mostWaiting + 2 * QUICK.chunkBytes);
  });

  test("that is closed while it works reads no more", async () => {
    const source = new Pieces(zlib.gzipSync(LARGE));
    const reading = decompressor(source);
    await reading.read();
    const waiting = reading.read();
    await reading.close();
    await waiting;
    expect(await reading.read()).toBeNull();
    expect(failures).toEqual([]);
  });
});

describe("other compressions", () => {
  const magics = {
    zstd: [0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0, 0],
    xz: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 4],
    lz4: [0x04, 0x22, 0x4d, 0x18, 0, 0, 0, 0],
    bzip2: [0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26],
  } as const;

  test.each(["xz", "lz4", "bzip2"] as const)(
    "%s: the error says which pipe to use",
    async (name) => {
      await withFiles({ "some.pcap": Uint8Array.from(magics[name]) }, async (directory) => {
        const path = join(directory, "some.pcap");
        await expect(readAll([path])).rejects.toMatchObject({
          code: "UNSUPPORTED_COMPRESSION",
          message: expect.stringContaining(`${name} -dc ${path} | tcpx extract - -o out`),
        });
      });
      await expect(readOctets(Uint8Array.from(magics[name]))).rejects.toMatchObject({
        code: "UNSUPPORTED_COMPRESSION",
      });
    },
  );

  test("zstd is read where Node has it, and otherwise says which pipe to use", async () => {
    const compress: unknown = Reflect.get(zlib, "zstdCompressSync");
    if (typeof compress === "function") {
      const packed: unknown = compress(FILE);
      if (!(packed instanceof Uint8Array)) throw new Error("zstdCompressSync gave no octets");
      expect((await readOctets(packed)).packets).toHaveLength(2000);
      return;
    }
    expect(canDecompress("zstd")).toBe(false);
    await expect(readOctets(Uint8Array.from(magics.zstd))).rejects.toMatchObject({
      code: "UNSUPPORTED_COMPRESSION",
      message: expect.stringContaining("zstd -dc | tcpx extract - -o out"),
    });
  });
});
