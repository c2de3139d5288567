// The rows of the damage table that concern records and blocks, and what no damage may do.

import { describe, expect, test } from "vitest";
import { TcpxError } from "../../src/errors.ts";
import { pcapFile, pcapngBlock, pcapngFile, snoopFile } from "../support/capture-builder.ts";
import type { BuiltPacket } from "../support/capture-builder.ts";
import { octetsOf, readOctets, somePackets, withUint32 } from "./read-capture.ts";
import type { ReadResult } from "./read-capture.ts";

/** Offset of packet `index`'s record in a classic pcap. */
function recordAt(packets: readonly BuiltPacket[], index: number): number {
  return packets.slice(0, index).reduce((at, { bytes }) => at + 16 + bytes.length, 24);
}

/** Offset of packet `index`'s block in a pcapng file of one interface without options. */
function blockAt(packets: readonly BuiltPacket[], index: number): number {
  const padded = (length: number): number => length + (-length & 3);
  return packets.slice(0, index).reduce((at, { bytes }) => at + 32 + padded(bytes.length), 28 + 20);
}

function codes({ warnings }: ReadResult): string[] {
  return warnings.map(({ code }) => code);
}

const BUILT = somePackets(12);

describe("a capture that is cut short", () => {
  test("inside a packet: what is before it counts", async () => {
    const file = pcapFile(BUILT);
    const result = await readOctets(file.subarray(0, -7));
    expect(result.packets.map(({ octets }) => octets)).toEqual(octetsOf(BUILT.slice(0, 11)));
    expect(result.warnings).toEqual([
      {
        code: "CAPTURE_CUT_SHORT",
        message: `-: packet 12, offset ${recordAt(BUILT, 11)}: the capture ends inside a record, 7 octets are missing`,
        file: "-",
        packet: 12,
        offset: recordAt(BUILT, 11),
        octets: 7,
      },
    ]);
    expect(result.input.files[0]).toMatchObject({ truncated: true, skippedBytes: 0, packets: 11 });
  });

  test("inside a record header", async () => {
    const file = pcapFile(BUILT);
    const result = await readOctets(file.subarray(0, recordAt(BUILT, 11) + 5));
    expect(result.warnings).toMatchObject([{ code: "CAPTURE_CUT_SHORT", octets: 11, packet: 12 }]);
    expect(result.packets).toHaveLength(11);
  });

  test("inside a block and inside a snoop record", async () => {
    for (const file of [pcapngFile(BUILT), snoopFile(BUILT)]) {
      const result = await readOctets(file.subarray(0, -7));
      expect(result.warnings).toMatchObject([{ code: "CAPTURE_CUT_SHORT", octets: 7, packet: 12 }]);
      expect(result.packets).toHaveLength(11);
    }
  });

  test("inside a packet that carries a capture of another time is not misread", async () => {
    const carried = pcapFile(somePackets(9, 1_500_000_000)).subarray(24);
    const built = [...BUILT, { seconds: 1_700_000_099, bytes: carried }];
    const result = await readOctets(pcapFile(built).subarray(0, -3));
    expect(codes(result)).toEqual(["CAPTURE_CUT_SHORT"]);
    expect(result.packets).toHaveLength(12);
  });

  test("with a length past the end although records follow: the length is wrong", async () => {
    const file = withUint32(pcapFile(BUILT), recordAt(BUILT, 4) + 8, 100_000);
    const result = await readOctets(withUint32(file, recordAt(BUILT, 4) + 12, 100_000));
    const octets = 16 + BUILT[4]!.bytes.length;
    expect(result.warnings).toMatchObject([
      { code: "BAD_RECORD", packet: 5, offset: recordAt(BUILT, 4), octets },
    ]);
    expect(result.packets.map(({ octets }) => octets)).toEqual(
      octetsOf([...BUILT.slice(0, 4), ...BUILT.slice(5)]),
    );
    expect(result.input.files[0]).toMatchObject({ truncated: true, skippedBytes: octets });
  });

  test("with a block length past the end although blocks follow: the length is wrong", async () => {
    const result = await readOctets(withUint32(pcapngFile(BUILT), blockAt(BUILT, 4) + 4, 100_000));
    expect(codes(result)).toEqual(["BAD_BLOCK"]);
    expect(result.packets).toHaveLength(11);
  });
});

describe("an impossible record", () => {
  test("a second that was not carried into the seconds is none: the packet is good", async () => {
    const at = recordAt(BUILT, 4);
    const result = await readOctets(withUint32(pcapFile(BUILT), at + 4, 1_653_292));
    expect(result.warnings).toEqual([]);
    expect(result.packets[4]).toMatchObject({
      seconds: BUILT[4]!.seconds + 1,
      nanos: 653_292_000,
    });
  });

  test.each([
    ["captured length over the limit", 8, 262_145, "captured length 262145, at most 262144"],
    ["captured length of 4 GiB", 8, 0xffffffff, "captured length 4294967295"],
    ["original length", 12, 0x7fffffff, "original length 2147483647"],
    [
      "fraction of a second",
      4,
      2_000_000,
      "fraction of a second 2000000, it must be below 1000000",
    ],
  ])("%s: skipped, and what follows is read", async (_name, field, value, text) => {
    const at = recordAt(BUILT, 4);
    const result = await readOctets(withUint32(pcapFile(BUILT), at + field, value));
    const octets = 16 + BUILT[4]!.bytes.length;
    expect(result.warnings).toMatchObject([{ code: "BAD_RECORD", packet: 5, offset: at, octets }]);
    expect(result.warnings[0]?.message).toContain(text);
    expect(result.packets.map(({ octets }) => octets)).toEqual(
      octetsOf([...BUILT.slice(0, 4), ...BUILT.slice(5)]),
    );
    expect(result.packets.map(({ number }) => number)).toEqual(
      Array.from({ length: 11 }, (_, index) => index + 1),
    );
    expect(result.input.files[0]).toMatchObject({
      truncated: true,
      skippedBytes: octets,
      packets: 11,
    });
  });

  test("captured length above 256 KiB is possible up to the file's snap length", async () => {
    const bytes = new Uint8Array(300_000);
    const allowed = await readOctets(pcapFile([{ seconds: 1, bytes }], { snapLength: 300_000 }));
    expect(codes(allowed)).toEqual([]);
    const refused = await readOctets(pcapFile([{ seconds: 1, bytes }], { snapLength: 65_535 }));
    expect(codes(refused)).toEqual(["BAD_RECORD"]);
    expect(refused.packets).toEqual([]);
  });

  test("a snap length of 4 GiB does not raise the limit beyond 16 MiB", async () => {
    const file = pcapFile(BUILT, { snapLength: 0xffffffff });
    const result = await readOctets(withUint32(file, recordAt(BUILT, 4) + 8, 16_777_217));
    expect(codes(result)).toEqual(["BAD_RECORD"]);
    expect(result.packets).toHaveLength(11);
  });

  test("nanoseconds may be what microseconds may not", async () => {
    const file = pcapFile(BUILT, { resolution: "nano" });
    expect(codes(await readOctets(withUint32(file, 28, 999_999_999)))).toEqual([]);
    expect(codes(await readOctets(withUint32(file, 28, 2_000_000_000)))).toEqual(["BAD_RECORD"]);
  });

  test("the first record", async () => {
    const result = await readOctets(withUint32(pcapFile(BUILT), 24 + 8, 0x40000000));
    expect(result.packets.map(({ octets }) => octets)).toEqual(octetsOf(BUILT.slice(1)));
    expect(result.warnings).toMatchObject([{ packet: 1, offset: 24 }]);
  });

  test("the last but one: a last record that ends with the file is enough", async () => {
    const file = withUint32(pcapFile(BUILT), recordAt(BUILT, 10) + 8, 0x40000000);
    expect((await readOctets(file)).packets).toHaveLength(11);
  });

  test("the last: the rest of the file is skipped", async () => {
    const file = withUint32(pcapFile(BUILT), recordAt(BUILT, 11) + 8, 0x40000000);
    const result = await readOctets(file);
    expect(result.packets).toHaveLength(11);
    expect(result.warnings).toMatchObject([
      { code: "BAD_RECORD", octets: 16 + BUILT[11]!.bytes.length },
    ]);
  });

  test("octets that somebody inserted are skipped exactly", async () => {
    const file = pcapFile(BUILT);
    const at = recordAt(BUILT, 6);
    const noise = new Uint8Array(999).fill(0xee);
    const result = await readOctets(
      Buffer.concat([file.subarray(0, at), noise, file.subarray(at)]),
    );
    expect(result.packets.map(({ octets }) => octets)).toEqual(octetsOf(BUILT));
    expect(result.input.files[0]?.skippedBytes).toBe(999);
  });

  test("zeros are no records", async () => {
    const file = pcapFile(BUILT);
    const at = recordAt(BUILT, 6);
    const noise = Buffer.concat([new Uint8Array(16).fill(0xff), new Uint8Array(5000)]);
    const result = await readOctets(
      Buffer.concat([file.subarray(0, at), noise, file.subarray(at)]),
    );
    expect(result.packets).toHaveLength(12);
    expect(result.input.files[0]?.skippedBytes).toBe(5016);
  });

  test("headers read from their second word on are no records", async () => {
    // times like small numbers, and packets that begin with zeros, as on a loopback interface
    for (const first of [0, 1]) {
      const built = Array.from({ length: 9 }, (_, index) => ({
        seconds: index,
        nanos: 5_000_000,
        bytes: new Uint8Array(40).fill(first === 0 ? 0 : 1, 0, 4).fill(7, 4),
      }));
      for (let index = 0; index < 8; index++) {
        const file = withUint32(pcapFile(built), recordAt(built, index) + 8, 2 ** 31);
        const result = await readOctets(file);
        expect(result.packets).toHaveLength(8);
        expect(result.input.files[0]?.skippedBytes).toBe(56);
      }
    }
  });

  test("a record inside the bad one's packet, of another time, is passed over", async () => {
    const carried = pcapFile(somePackets(9, 1_500_000_000)).subarray(24);
    const built = [...somePackets(3), { seconds: 1_700_000_003, bytes: carried }];
    built.push(...somePackets(6, 1_700_000_004));
    const result = await readOctets(withUint32(pcapFile(built), recordAt(built, 3) + 8, 2 ** 31));
    expect(result.packets.map(({ octets }) => octets)).toEqual(
      octetsOf([...built.slice(0, 3), ...built.slice(4)]),
    );
  });

  test("records far ahead in time are found all the same", async () => {
    const built = [...somePackets(3), ...somePackets(5, 1_800_000_000)];
    const result = await readOctets(withUint32(pcapFile(built), recordAt(built, 2) + 8, 2 ** 31));
    expect(result.packets).toHaveLength(7);
  });

  test("records far ahead in time are found beyond a block's length too", async () => {
    const far = somePackets(3000, 1_800_000_000).map((packet) => ({
      ...packet,
      bytes: new Uint8Array(1400).fill(9),
    }));
    const built = [...somePackets(3), ...far];
    const file = withUint32(pcapFile(built), recordAt(built, 2) + 8, 2 ** 31);
    for (const chunkBytes of [65_536, 100_000_000]) {
      const result = await readOctets(file, {}, chunkBytes);
      expect(result.packets).toHaveLength(3002);
      expect(codes(result)).toEqual(["BAD_RECORD"]);
    }
  });

  test("many: each is told up to a hundred, the rest is summed up", async () => {
    const built = somePackets(1300);
    let file: Buffer = pcapFile(built);
    for (let index = 5; index < 1300; index += 10) {
      file = withUint32(file, recordAt(built, index) + 8, 2 ** 30);
    }
    const result = await readOctets(file);
    expect(result.packets).toHaveLength(1170);
    expect(result.warnings).toHaveLength(101);
    expect(result.warnings[100]?.message).toContain("30 more warnings");
    const told = result.warnings.reduce((sum, { octets }) => sum + (octets ?? 0), 0);
    expect(told).toBe(result.input.files[0]?.skippedBytes);
  });

  test("snoop", async () => {
    const file = snoopFile(BUILT);
    file.writeUInt32BE(0x40000000, 16 + 4);
    const result = await readOctets(file);
    expect(codes(result)).toEqual(["BAD_RECORD"]);
    expect(result.packets.map(({ octets }) => octets)).toEqual(octetsOf(BUILT.slice(1)));
  });
});

describe("a bad block", () => {
  test.each([
    ["length too small", 4, 8],
    ["length no multiple of four", 4, 61],
    ["length of 4 GiB", 4, 0xfffffff0],
    ["type and length", 0, 0xffffffff],
  ])("%s: skipped, and what follows is read", async (_name, field, value) => {
    const at = blockAt(BUILT, 4);
    let file = withUint32(pcapngFile(BUILT), at + field, value);
    if (field === 0) file = withUint32(file, at + 4, value);
    const result = await readOctets(file);
    const octets = blockAt(BUILT, 5) - at;
    expect(result.warnings).toMatchObject([{ code: "BAD_BLOCK", packet: 5, offset: at, octets }]);
    expect(result.packets.map(({ octets }) => octets)).toEqual(
      octetsOf([...BUILT.slice(0, 4), ...BUILT.slice(5)]),
    );
    expect(result.input.files[0]).toMatchObject({ truncated: true, skippedBytes: octets });
  });

  test("trailer differs", async () => {
    const at = blockAt(BUILT, 5) - 4;
    const result = await readOctets(withUint32(pcapngFile(BUILT), at, 12));
    expect(codes(result)).toEqual(["BAD_BLOCK"]);
    expect(result.warnings[0]?.message).toContain("12 at its end");
    expect(result.packets).toHaveLength(11);
  });

  test.each([
    ["an interface that there is not", 8, 1, "an interface that is not among the section's 1"],
    ["a captured length beyond the block", 20, 500, "captured length 500"],
    ["an impossible original length", 24, 0xffffffff, "original length 4294967295"],
  ])("%s: only this block is skipped", async (_name, field, value, text) => {
    const at = blockAt(BUILT, 4);
    const result = await readOctets(withUint32(pcapngFile(BUILT), at + field, value));
    expect(result.warnings).toMatchObject([{ octets: blockAt(BUILT, 5) - at, packet: 5 }]);
    expect(result.warnings[0]?.message).toContain(text);
    expect(result.packets).toHaveLength(11);
  });

  test("the next section is found, whatever its byte order", async () => {
    const noise = new Uint8Array(777).fill(0xee);
    const second = pcapngFile(BUILT, { endian: "big", interfaces: [{ linkType: 101 }] });
    const result = await readOctets(Buffer.concat([pcapngFile(BUILT), noise, second]));
    expect(result.packets).toHaveLength(24);
    expect(result.packets[23]?.linkType).toBe(101);
    expect(result.input.files[0]?.skippedBytes).toBe(777);
  });

  test("a first section header with a wrong length", async () => {
    const result = await readOctets(withUint32(pcapngFile(BUILT), 4, 30));
    expect(result.packets).toHaveLength(12);
    expect(result.input.files[0]?.skippedBytes).toBe(28);
  });

  test("an unknown block longer than any that is held in memory", async () => {
    const long = pcapngBlock(77, new Uint8Array(18 * 1024 * 1024));
    const file = Buffer.concat([pcapngFile(BUILT.slice(0, 6)), long]);
    const result = await readOctets(Buffer.concat([file, pcapngFile(BUILT.slice(6))]));
    expect(result.packets).toHaveLength(12);
    expect(result.input.files[0]?.skippedBytes).toBe(long.length);
  });
});

describe("under strict", () => {
  test.each([
    ["a bad record", withUint32(pcapFile(BUILT), recordAt(BUILT, 4) + 8, 2 ** 30), "BAD_RECORD"],
    ["a cut capture", pcapFile(BUILT).subarray(0, -1), "CAPTURE_CUT_SHORT"],
    ["a bad block", withUint32(pcapngFile(BUILT), blockAt(BUILT, 4) + 4, 8), "BAD_BLOCK"],
    ["a bad packet", withUint32(pcapngFile(BUILT), blockAt(BUILT, 4) + 8, 9), "BAD_BLOCK"],
  ])("%s ends the run", async (_name, file, code) => {
    const reading = readOctets(file, { strict: true });
    await expect(reading).rejects.toThrow(TcpxError);
    await expect(reading).rejects.toMatchObject({
      code: "DAMAGED_CAPTURE",
      message: expect.stringContaining(code),
      offset: expect.any(Number),
    });
  });

  test("a whole capture is read", async () => {
    expect((await readOctets(pcapFile(BUILT), { strict: true })).packets).toHaveLength(12);
  });
});

describe("no input makes the readers throw anything but TcpxError, or hang", () => {
  const built = somePackets(5);
  const extraBlocks = [{ type: 4, body: new Uint8Array(9), before: 2 }];
  const captures: readonly (readonly [string, Buffer])[] = [
    ["pcap", pcapFile(built)],
    ["pcapng", pcapngFile(built, { extraBlocks, statistics: [{ interface: 0, received: 5 }] })],
    ["snoop", snoopFile(built)],
  ];

  async function readOrRefuse(octets: Uint8Array): Promise<ReadResult | null> {
    try {
      return await readOctets(octets);
    } catch (error) {
      expect(error).toBeInstanceOf(TcpxError);
      return null;
    }
  }

  test.each(captures)("%s, cut at every offset", async (_name, file) => {
    for (let length = 0; length < file.length; length++) {
      const result = await readOrRefuse(file.subarray(0, length));
      if (result === null) expect(length).toBeLessThan(28);
      else
        expect(octetsOf(built)).toEqual(
          expect.arrayContaining(result.packets.map((p) => p.octets)),
        );
    }
  });

  test.each(captures)("%s, every octet changed in several ways", async (_name, file) => {
    for (let at = 0; at < file.length; at++) {
      for (const change of [0x01, 0x80, 0xff]) {
        const copy = Buffer.from(file);
        copy[at] = copy[at]! ^ change;
        const result = await readOrRefuse(copy);
        // what is wrong with one record costs that one and at most its neighbour
        if (result !== null && at >= 48) expect(result.packets.length).toBeGreaterThanOrEqual(3);
      }
    }
  });

  test.each(captures)("%s, with noise behind its header", async (_name, file) => {
    let state = 12_345;
    const noise = Buffer.alloc(300_000);
    for (let at = 0; at < noise.length; at++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
      noise[at] = state >>> 16;
    }
    const result = await readOrRefuse(Buffer.concat([file.subarray(0, 48), noise]));
    expect(result?.input.files[0]?.truncated).toBe(true);
  });
});

describe("the size of the chunks makes no difference", () => {
  const built = somePackets(40);
  const bad = withUint32(pcapFile(built), recordAt(built, 9) + 8, 2 ** 31);
  test.each([
    ["pcap", pcapFile(built)],
    ["pcap with a bad record", bad],
    ["pcap with a bad record, cut", bad.subarray(0, -9)],
    ["pcapng", pcapngFile(built)],
    ["pcapng with a bad block", withUint32(pcapngFile(built), blockAt(built, 9) + 4, 2 ** 31)],
    ["snoop", snoopFile(built)],
  ])("%s", async (_name, file) => {
    const whole = await readOctets(file, {}, file.length);
    for (const chunkBytes of [1, 7, 4096]) {
      const result = await readOctets(file, {}, chunkBytes);
      expect(result.packets).toEqual(whole.packets);
      expect(result.warnings).toEqual(whole.warnings);
      expect(result.input.files).toEqual(whole.input.files);
    }
  });
});
