// Captures that are written: every record comes back from our own reader as it went in, and the file is
// made as carefully as any other output.

import * as nodeFileSystem from "node:fs";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CaptureInterface } from "../../src/capture/capture-reader.ts";
import { captureEncoder, captureFormatOf } from "../../src/output/capture-encoder.ts";
import type { CaptureFormatName, PacketRecord } from "../../src/output/capture-encoder.ts";
import { CaptureWriter } from "../../src/output/capture-writer.ts";
import type { FileSystem } from "../../src/output/file-system.ts";
import { OctetBuilder } from "../../src/output/octet-builder.ts";
import { pcapFile, pcapngFile } from "../support/capture-builder.ts";
import type { BuiltInterface, BuiltPacket, PcapOptions } from "../support/capture-builder.ts";
import { octetsOf, readOctets } from "../capture/read-capture.ts";
import type { ReadPacket } from "../capture/read-capture.ts";
import { newFolder, systemError } from "./output-folder.ts";

const SECONDS = 1_700_000_000;

function interfaceOf(fields: Partial<CaptureInterface> = {}): CaptureInterface {
  return {
    fileIndex: 0,
    id: 0,
    name: null,
    linkType: 1,
    snapLength: 262_144,
    ticksPerSecond: 1e6,
    packets: 0,
    snappedPackets: 0,
    received: null,
    droppedByKernel: null,
    droppedByInterface: null,
    ...fields,
  };
}

function recordOf(fields: Partial<PacketRecord> & { readonly text?: string } = {}): PacketRecord {
  const bytes = Buffer.from(`##${fields.text ?? "octets"}##`);
  return {
    bytes,
    start: 2,
    end: bytes.length - 2,
    originalLength: bytes.length - 4,
    seconds: SECONDS,
    nanos: 123_456_000,
    linkType: 1,
    fcsLength: 0,
    interfaceIndex: 0,
    ...fields,
  };
}

/** The records of what was read. */
function recordsOf(packets: readonly ReadPacket[]): PacketRecord[] {
  return packets.map((packet) => {
    const bytes = Buffer.from(packet.octets, "hex");
    return { ...packet, bytes, start: 0, end: bytes.length };
  });
}

function encoded(
  format: CaptureFormatName,
  records: readonly PacketRecord[],
  interfaces: readonly CaptureInterface[],
): Buffer {
  const octets = new OctetBuilder();
  const encoder = captureEncoder(format, interfaces);
  for (const record of records) encoder.add(record, octets);
  encoder.finish(octets);
  return Buffer.from(octets.bytes.subarray(0, octets.length));
}

const PACKETS: readonly BuiltPacket[] = [
  { seconds: SECONDS, nanos: 1000, bytes: Buffer.from("one") },
  { seconds: SECONDS, nanos: 999_999_000, bytes: Buffer.from("three"), originalLength: 1500 },
  { seconds: 0xffff_ffff, nanos: 5000, bytes: new Uint8Array(0), originalLength: 7 },
  { seconds: SECONDS - 1, bytes: new Uint8Array(3000).fill(7) },
];

describe("pcap", () => {
  it.each<PcapOptions>([
    {},
    { resolution: "nano" },
    { linkType: 101, snapLength: 96 },
    { fcsLength: 4 },
    { linkType: 113, resolution: "nano", fcsLength: 2 },
  ])("of a little-endian pcap gives the same file: %j", async (options) => {
    const file = pcapFile(PACKETS, options);
    const { packets, input } = await readOctets(file);
    expect(packets).toHaveLength(PACKETS.length);
    expect(encoded("pcap", recordsOf(packets), input.interfaces)).toEqual(file);
  });

  it("without a record is a capture of the first interface's link type", () => {
    expect(encoded("pcap", [], [interfaceOf({ linkType: 113 })])).toEqual(
      pcapFile([], { linkType: 113 }),
    );
    expect(encoded("pcap", [], [])).toEqual(pcapFile([]));
  });

  it("has nanoseconds where any interface is finer than microseconds, and the longest snap length", () => {
    const interfaces = [
      interfaceOf({ snapLength: 96 }),
      interfaceOf({ ticksPerSecond: 2 ** 20, snapLength: 128 }),
      interfaceOf({ linkType: 101, snapLength: 9999 }),
    ];
    const record = recordOf({ nanos: 123_456_789 });
    const packet = { seconds: SECONDS, nanos: 123_456_789, bytes: Buffer.from("octets") };
    expect(encoded("pcap", [record], interfaces)).toEqual(
      pcapFile([packet], { resolution: "nano", snapLength: 128 }),
    );
  });

  it.each([
    ["link types", recordOf({ linkType: 101 }), /link types 1 and 101.*\.pcapng/u],
    ["frame check sequences", recordOf({ fcsLength: 4 }), /frame check sequences.*\.pcapng/u],
    ["resolutions", recordOf({ nanos: 1 }), /nanoseconds.*\.pcapng/u],
  ])("refuses different %s, and appends nothing", (_what, record, message) => {
    const octets = new OctetBuilder();
    const encoder = captureEncoder("pcap", [interfaceOf()]);
    encoder.add(recordOf(), octets);
    const { length } = octets;
    expect(() => encoder.add(record, octets)).toThrow(message);
    expect(octets.length).toBe(length);
  });
});

describe("pcapng", () => {
  it("keeps interfaces with their names, link types, resolutions and snap lengths, statistics not", async () => {
    const interfaces: BuiltInterface[] = [
      { name: "eth0", snapLength: 96 },
      { linkType: 113, timeResolution: 9 },
      { name: "no packets" },
      { linkType: 101, timeResolution: 0x80 | 29, fcsLength: 4, name: "tün" },
    ];
    const order = [3, 0, 1, 0];
    const built = PACKETS.map((packet, index) => ({ ...packet, interface: order[index]! }));
    const statistics = [{ interface: 0, received: 10, droppedByKernel: 3 }];
    const first = await readOctets(pcapngFile(built, { interfaces, statistics, endian: "big" }));
    const file = encoded("pcapng", recordsOf(first.packets), first.input.interfaces);
    const again = await readOctets(file);
    const known = (packets: readonly ReadPacket[]): object[] =>
      packets.map((packet) => ({ ...packet, recordOffset: 0, interfaceIndex: 0 }));
    expect(again.warnings).toEqual([]);
    expect(known(again.packets)).toEqual(known(first.packets));
    expect(again.packets.map(({ interfaceIndex }) => interfaceIndex)).toEqual([0, 1, 2, 1]);
    expect(
      again.input.interfaces.map(({ name, linkType, snapLength, ticksPerSecond, received }) => ({
        name,
        linkType,
        snapLength,
        ticksPerSecond,
        received,
      })),
    ).toEqual(
      [3, 0, 1].map((index) => ({
        name: interfaces[index]!.name ?? null,
        linkType: interfaces[index]!.linkType ?? 1,
        snapLength: interfaces[index]!.snapLength ?? 262_144,
        ticksPerSecond: first.input.interfaces[index]!.ticksPerSecond,
        received: null,
      })),
    );
  });

  it("keeps every time of every resolution", async () => {
    const resolutions = [0, 3, 6, 7, 8, 9, 0x80 | 1, 0x80 | 10, 0x80 | 20, 0x80 | 29];
    const times = fc.record({
      seconds: fc.integer({ min: 0, max: 0xffff_ffff }),
      nanos: fc.integer({ min: 0, max: 999_999_999 }),
      interface: fc.integer({ min: 0, max: resolutions.length - 1 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(times, { minLength: 1, maxLength: 20 }), async (list) => {
        const interfaces = resolutions.map((timeResolution) => ({ timeResolution }));
        const packets = list.map((time) => ({ ...time, bytes: Buffer.from("x") }));
        const first = await readOctets(pcapngFile(packets, { interfaces }));
        const file = encoded("pcapng", recordsOf(first.packets), first.input.interfaces);
        const again = await readOctets(file);
        const read = ({ seconds, nanos }: ReadPacket): number[] => [seconds, nanos];
        expect(again.packets.map(read)).toEqual(first.packets.map(read));
      }),
      { seed: 6, numRuns: 60 },
    );
  });

  it("without a record is a section without an interface", async () => {
    const { packets, warnings, input } = await readOctets(encoded("pcapng", [], [interfaceOf()]));
    expect([packets, warnings, input.interfaces]).toEqual([[], [], []]);
  });
});

describe("the format by the name", () => {
  it.each([
    ["a.pcap", "pcap"],
    ["-", "pcap"],
    ["a.cap", "pcap"],
    ["A.PCAPNG", "pcapng"],
    ["a.ntar", "pcapng"],
    ["pcapng", "pcap"],
  ])("%s: %s", (name, format) => expect(captureFormatOf(name)).toBe(format));

  it("compressed output is refused", () => {
    expect(() => captureFormatOf("a.pcap.gz")).toThrow(/uncompressed/u);
  });
});

describe("the file", () => {
  const options = { force: false, inputs: [], interfaces: [interfaceOf()] };
  const expected = pcapFile([
    { seconds: SECONDS, nanos: 123_456_000, bytes: Buffer.from("octets") },
  ]);

  it("is written in pieces and counted", async () => {
    const path = join(newFolder(), "out.pcap");
    const writer = CaptureWriter.open({ ...options, path });
    const text = "x".repeat(100_000);
    for (let i = 0; i < 30; i++) writer.write(recordOf({ text }), 0, false);
    writer.write(recordOf({ text: "for another flow again" }), 2, true);
    const totals = await writer.finish();
    const { packets } = await readOctets(readFileSync(path));
    expect(packets).toHaveLength(30);
    expect(totals).toEqual({ files: 1, bytes: readFileSync(path).length, error: null });
  });

  it("is not made where something has the name", () => {
    const folder = newFolder();
    const path = join(folder, "out.pcap");
    writeFileSync(path, "precious");
    expect(() => CaptureWriter.open({ ...options, path })).toThrow(/OUTPUT|there already/u);
    const link = join(folder, "link.pcap");
    symlinkSync(path, link);
    const dangling = join(folder, "dangling.pcap");
    symlinkSync(join(folder, "nowhere"), dangling);
    mkdirSync(join(folder, "directory"));
    for (const name of ["link.pcap", "dangling.pcap", "directory"]) {
      const open = (): unknown =>
        CaptureWriter.open({ ...options, path: join(folder, name), force: true });
      expect(open).toThrow(expect.objectContaining({ code: "OUTPUT_EXISTS", exitCode: 2 }));
    }
    expect(existsSync(join(folder, "nowhere"))).toBe(false);
    expect(readFileSync(path, "utf8")).toBe("precious");
  });

  it("replaces a file with force, but never an input", async () => {
    const path = join(newFolder(), "out.pcap");
    writeFileSync(path, "old");
    const inputs = ["-", "/no/such/file", path];
    const open = (): unknown => CaptureWriter.open({ ...options, path, force: true, inputs });
    expect(open).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
    expect(readFileSync(path, "utf8")).toBe("old");
    const writer = CaptureWriter.open({ ...options, path, force: true });
    writer.write(recordOf(), 1, false);
    await writer.finish();
    expect(readFileSync(path)).toEqual(expected);
  });

  it("can't be made: OUTPUT_NOT_WRITABLE", () => {
    const path = join(newFolder(), "absent", "out.pcap");
    const open = (): unknown => CaptureWriter.open({ ...options, path });
    expect(open).toThrow(expect.objectContaining({ code: "OUTPUT_NOT_WRITABLE", exitCode: 4 }));
  });

  it("on a full disk ends whole where the error says", async () => {
    const path = join(newFolder(), "out.pcap");
    let room = 100;
    const writeSync = (fd: number, bytes: Buffer, start: number, length: number, at: number) => {
      if (room === 0) throw systemError("ENOSPC");
      const count = Math.min(room, length);
      room -= count;
      return nodeFileSystem.writeSync(fd, bytes, start, count, at);
    };
    const fileSystem = { ...nodeFileSystem, writeSync } as unknown as FileSystem;
    const writer = CaptureWriter.open({ ...options, path, fileSystem });
    for (let i = 0; i < 10; i++) writer.write(recordOf(), 0, false);
    const totals = await writer.finish();
    expect(writer.failed).toBe(true);
    expect(totals.error).toMatchObject({ code: "WRITE_FAILED", offset: 100, file: path });
    expect(totals.bytes).toBe(100);
    expect(readFileSync(path)).toHaveLength(100);
  });

  it("with packets that pcap can't hold is whole up to them", async () => {
    const path = join(newFolder(), "out.pcap");
    const writer = CaptureWriter.open({ ...options, path });
    for (const linkType of [1, 101, 1]) writer.write(recordOf({ linkType }), 0, false);
    expect((await writer.finish()).error).toMatchObject({ code: "WRITE_FAILED", file: path });
    expect(readFileSync(path)).toEqual(expected);
  });

  it("of a run that came to nothing is taken back", () => {
    const path = join(newFolder(), "out.pcap");
    CaptureWriter.open({ ...options, path }).abandon();
    expect(existsSync(path)).toBe(false);
  });

  it("standard output whose reader goes is no error, a full one is", async () => {
    const endings: unknown[] = [];
    for (const code of ["EPIPE", "ENOSPC"]) {
      const written: number[] = [];
      const standardOutput = {
        write(bytes: Uint8Array, done: (error?: Error | null) => void) {
          written.push(bytes.length);
          setImmediate(() => done(written.length > 1 ? systemError(code) : null));
        },
      };
      const writer = CaptureWriter.open({ ...options, path: "-", standardOutput });
      writer.write(recordOf(), 0, false);
      await writer.flush();
      expect(writer.failed).toBe(false);
      writer.write(recordOf(), 0, false);
      await writer.flush();
      expect(writer.failed).toBe(true);
      writer.write(recordOf(), 0, false);
      const { error, bytes, files } = await writer.finish();
      expect(written).toEqual([24 + 16 + 6, 16 + 6]);
      endings.push([bytes, files, error?.code]);
    }
    expect(endings).toEqual([
      [46, 0, undefined],
      [46, 0, "WRITE_FAILED"],
    ]);
  });
});

it("reads of the test are those of the input", async () => {
  expect((await readOctets(pcapFile(PACKETS))).packets.map(({ octets }) => octets)).toEqual(
    octetsOf(PACKETS),
  );
});
