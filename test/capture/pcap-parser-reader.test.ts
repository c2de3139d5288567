// The own reader against npm's pcap-parser. Known differences, all by the package's design:
// - it reads classic pcap with microseconds only, and no record headers of Kuznetzov's patch;
// - it knows no FCS bits in the link type (the reader takes them off);
// - it refuses versions whose major is not 2 and whose minor is not 4, and takes 2.2's lengths in
//   their new order;
// - a cut tail and an impossible length it does not tell (the guard in front does).

import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { pcapFile, pcapngFile } from "../support/capture-builder.ts";
import type { BuiltPacket, PcapOptions } from "../support/capture-builder.ts";
import { readAll, readOctets, somePackets, withFiles, withUint32 } from "./read-capture.ts";

async function readBoth(file: Uint8Array): Promise<void> {
  await withFiles({ "a.pcap": file }, async (directory) => {
    const paths = [join(directory, "a.pcap")];
    const own = await readAll(paths);
    const second = await readAll(paths, { reader: "pcap-parser" });
    expect(second.packets).toEqual(own.packets);
    expect(second.warnings).toEqual(own.warnings);
    expect(second.input.files).toEqual(own.input.files);
    expect(second.input.interfaces).toEqual(own.input.interfaces);
    expect(own.packets.length).toBeGreaterThan(0);
  });
}

describe("both readers find the same in classic captures", () => {
  const many = Array.from({ length: 3000 }, (_, index) => ({
    seconds: 1_700_000_000 + (index >> 4),
    nanos: (index % 16) * 60_000_000,
    bytes: new Uint8Array(40 + ((index * 37) % 1460)).fill(index),
  }));
  const snapped = somePackets(9).map((packet) => ({ ...packet, originalLength: 1500 }));
  const cases: readonly (readonly [string, readonly BuiltPacket[], PcapOptions])[] = [
    ["little-endian", somePackets(50), {}],
    ["big-endian", somePackets(50), { endian: "big" }],
    ["several blocks", many, {}],
    ["another link type, with FCS", somePackets(5), { linkType: 105, fcsLength: 4 }],
    ["snapped packets", snapped, { snapLength: 300 }],
    [
      "wild times",
      [0, 0xffffffff, 5, 7].map((seconds) => ({ seconds, bytes: new Uint8Array(1) })),
      {},
    ],
    [
      "packets without octets",
      [1, 2].map((seconds) => ({ seconds, bytes: new Uint8Array(0) })),
      {},
    ],
  ];
  test.each(cases)("%s", (_name, packets, options) => readBoth(pcapFile(packets, options)));

  test("a cut capture", () => readBoth(pcapFile(somePackets(20)).subarray(0, -9)));

  test("impossible lengths", () => {
    const file = withUint32(pcapFile(somePackets(20)), 24 + 8, 0xffffffff);
    return readBoth(withUint32(file, 24 + 36 + 37 + 38 + 8, 0x7fffffff));
  });
});

describe("what pcap-parser can't read is wrong use of the option", () => {
  test.each([
    ["nanoseconds", pcapFile(somePackets(2), { resolution: "nano" })],
    ["Kuznetzov's records", pcapFile(somePackets(2), { magic: 0xa1b2cd34 })],
    ["pcapng", pcapngFile(somePackets(2))],
    ["gzip", gzipSync(pcapFile(somePackets(2)))],
  ])("%s", async (_name, file) => {
    await withFiles({ "a.cap": file }, async (directory) => {
      const path = join(directory, "a.cap");
      await expect(readAll([path], { reader: "pcap-parser" })).rejects.toMatchObject({
        code: "BAD_OPTION",
        message: expect.stringContaining(path),
      });
    });
  });

  test("a version that it does not know", async () => {
    await withFiles({ "a.cap": pcapFile([], { version: [3, 1] }) }, async (directory) => {
      const reading = readAll([join(directory, "a.cap")], { reader: "pcap-parser" });
      await expect(reading).rejects.toMatchObject({
        code: "BAD_OPTION",
        message: expect.stringContaining("unsupported version 3.1"),
      });
    });
  });

  test("standard input", async () => {
    const reading = readOctets(pcapFile(somePackets(2)), { reader: "pcap-parser" });
    await expect(reading).rejects.toMatchObject({ code: "BAD_OPTION" });
  });
});
