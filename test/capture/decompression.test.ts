import { join } from "node:path";
import * as zlib from "node:zlib";
import { describe, expect, test } from "vitest";
import { canDecompress } from "../../src/capture/decompression.ts";
import { pcapFile } from "../support/capture-builder.ts";
import { octetsOf, readAll, readOctets, somePackets, withFiles } from "./read-capture.ts";

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
