// Enhanced packet blocks of pcapng as the fast path takes them; index.test.ts has the records of classic pcap.

import { describe, expect, it } from "vitest";
import type { BuiltBlock, BuiltPacket, PcapngOptions } from "../../support/capture-builder.ts";
import { pcapFile, pcapngBlock, pcapngFile } from "../../support/capture-builder.ts";
import { concat, tcpPacket } from "../../support/packet-builder.ts";
import { expectSameRuns, expectSameStats } from "../../support/both-ways.ts";
import type { Sent } from "../../support/talk.ts";
import { captureOf, inTurns, Talk } from "../../support/talk.ts";

/** Octets of any length, so that blocks end with padding of any length. */
function conversation(settings = {}): Sent[] {
  const talk = new Talk(settings);
  const begin = talk.begin();
  const data = Array.from({ length: 40 }, (_, i) => [talk.send("c2s", 1 + i), talk.ack("s2c")]);
  return [...begin, ...data.flat(), ...talk.exchange("s2c", 10, 50)];
}

const PACKETS = conversation();
const CAPTURE = captureOf(PACKETS);

/** The body of an enhanced packet block (little-endian, microseconds), right unless told. */
function packetBody(
  packet: BuiltPacket,
  fields: { interfaceId?: number; captured?: number; original?: number; options?: number[] } = {},
): Uint8Array {
  const { interfaceId = 0, captured = packet.bytes.length, original = captured } = fields;
  const ticks = BigInt(packet.seconds) * 1_000_000n + BigInt((packet.nanos ?? 0) / 1000);
  const head = Buffer.alloc(20);
  head.writeUInt32LE(interfaceId, 0);
  head.writeUInt32LE(Number(ticks >> 32n), 4);
  head.writeUInt32LE(Number(ticks & 0xffff_ffffn), 8);
  head.writeUInt32LE(captured, 12);
  head.writeUInt32LE(original, 16);
  const padding = new Uint8Array(-packet.bytes.length & 3);
  return concat(head, packet.bytes, padding, fields.options ?? []);
}

/** The capture with a block in the place of a packet in the middle. */
function withBlock(type: number, body: (packet: BuiltPacket) => Uint8Array): Buffer {
  const place = 30;
  const block: BuiltBlock = { type, body: body(CAPTURE[place]!), before: place };
  return pcapngFile([...CAPTURE.slice(0, place), ...CAPTURE.slice(place + 1)], {
    extraBlocks: [block],
  });
}

describe("packets of pcapng", () => {
  it.each([undefined, 6, 9, 7])("are taken (resolution %s)", async (timeResolution) => {
    const interfaces = [timeResolution === undefined ? {} : { timeResolution }];
    const { taken } = await expectSameRuns([pcapngFile(CAPTURE, { interfaces })]);
    expect(taken).toBeGreaterThan(PACKETS.length - 20);
  });

  it("are taken in seconds and tenths of them, and where seconds pass", async () => {
    const slowly = CAPTURE.map((packet, i) => ({ ...packet, seconds: 1000 + (i >> 1), nanos: 0 }));
    for (const timeResolution of [0, 1, 6, 9]) {
      const capture = pcapngFile(slowly, { interfaces: [{ timeResolution }] });
      const { taken } = await expectSameStats([capture]);
      expect(taken).toBeGreaterThan(PACKETS.length - 20);
    }
  });

  it.each<[string, PcapngOptions]>([
    ["of binary fractions", { interfaces: [{ timeResolution: 0x80 | 20 }] }],
    ["of picoseconds", { interfaces: [{ timeResolution: 12 }] }],
    ["with times that count from another one", { interfaces: [{ timeOffset: 500 }] }],
    ["with a frame check sequence", { interfaces: [{ fcsLength: 4 }] }],
    ["of another link type", { interfaces: [{ linkType: 101 }] }],
    ["in big-endian", { endian: "big" }],
    ["in obsolete blocks", { packetBlock: "obsolete" }],
    ["in simple blocks", { packetBlock: "simple" }],
  ])("are left to the reader: %s", async (_, options) => {
    const { taken } = await expectSameStats([pcapngFile(CAPTURE, options)]);
    expect(taken).toBe(0);
  });

  it("of several interfaces are those of each, in turns and in runs", async () => {
    const interfaces = [{}, { timeResolution: 9 }, { linkType: 101 }, { timeOffset: 20 }];
    const turns = CAPTURE.map((packet, i) => ({ ...packet, interface: i % 2 }));
    const runs = CAPTURE.map((packet, i) => ({ ...packet, interface: (i >> 4) % 4 }));
    await expectSameStats([pcapngFile(turns, { interfaces })]);
    const { taken } = await expectSameRuns([pcapngFile(runs, { interfaces })]);
    expect(taken).toBeGreaterThan(40);
  });

  it("of several sections and files, in either order of octets, go on", async () => {
    const parts = [0, 20, 40, 60, 80].map((from, i, all) => CAPTURE.slice(from, all[i + 1]));
    const sections = parts.map((packets, i) =>
      pcapngFile(packets, {
        endian: i % 3 === 1 ? "big" : "little",
        interfaces: [{ timeResolution: 6 + i }],
        statistics: [{ interface: 0, received: 100 + i, droppedByKernel: i }],
      }),
    );
    const whole = await expectSameRuns([Buffer.concat(sections)]);
    expect(whole.packets).toBe(CAPTURE.length);
    expect(whole.taken).toBeGreaterThan(30);
    const apart = await expectSameRuns([...sections.slice(0, 3), pcapFile(CAPTURE.slice(60))]);
    expect(apart.taken).toBeGreaterThan(30);
  });

  it.each<[string, (packet: BuiltPacket) => Uint8Array]>([
    ["one more", (packet) => packetBody(packet)],
    [
      "with options",
      (packet) => packetBody(packet, { options: [2, 0, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0] }),
    ],
    [
      "with drops",
      (packet) => packetBody(packet, { options: [4, 0, 8, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] }),
    ],
    ["of an interface that nobody described", (packet) => packetBody(packet, { interfaceId: 1 })],
    ["longer on the wire", (packet) => packetBody(packet, { original: 500 })],
    ["shorter on the wire", (packet) => packetBody(packet, { original: 60 })],
    ["that says it is longer than its block", (packet) => packetBody(packet, { captured: 300 })],
    ["that says it is shorter than its block", (packet) => packetBody(packet, { captured: 60 })],
    ["too short for a packet", (packet) => packetBody(packet).subarray(0, 16)],
    [
      "longer than any that is believed",
      (packet) => packetBody({ ...packet, bytes: concat(packet.bytes, new Uint8Array(400_000)) }),
    ],
    ["in the year 40000", (packet) => packetBody({ ...packet, seconds: 1.2e12 })],
    [
      "2^32 seconds later",
      (packet) => packetBody({ ...packet, seconds: 2 ** 32 + packet.seconds }),
    ],
    ["of the last second", (packet) => packetBody({ ...packet, seconds: 2 ** 32 - 1 })],
    ["of the first second", (packet) => packetBody({ ...packet, seconds: 0 })],
    [
      "of the second before",
      (packet) => packetBody({ ...packet, seconds: 999, nanos: 999_999_000 }),
    ],
  ])("are left to the reader where it has to look: one %s", async (_, body) => {
    const { taken } = await expectSameStats([withBlock(6, body)]);
    expect(taken).toBeGreaterThan(30);
  });

  it.each([0, 5, 0x0bad_beef, 1])("stand between blocks of other types (%i)", async (type) => {
    const { taken } = await expectSameStats([withBlock(type, (packet) => packetBody(packet))]);
    expect(taken).toBeGreaterThan(30);
  });

  it.each([
    ["its first length", 4],
    ["its last length", -4],
  ])("are left to the reader where a block is wrong: %s", async (_, at) => {
    const whole = pcapngBlock(6, packetBody(CAPTURE[40]!));
    for (const change of [1, 4, -4, 1000, 0x4000_0000]) {
      const block = Buffer.from(whole);
      const offset = at < 0 ? block.length + at : at;
      block.writeUInt32LE((block.readUInt32LE(offset) + change) >>> 0, offset);
      const [head, tail] = [pcapngFile(CAPTURE.slice(0, 40)), pcapngFile(CAPTURE.slice(41))];
      const { taken } = await expectSameStats([Buffer.concat([head, block, tail])]);
      expect(taken).toBeGreaterThan(20);
    }
  });

  it("are left to the reader where a block's length is no multiple of four", async () => {
    const place = CAPTURE.findIndex(({ bytes }) => bytes.length % 4 === 1);
    const body = packetBody(CAPTURE[place]!);
    const unpadded = body.subarray(0, body.length - 3);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(unpadded.length + 12);
    const block = concat([6, 0, 0, 0], length, unpadded, length);
    const [head, tail] = [
      pcapngFile(CAPTURE.slice(0, place)),
      pcapngFile(CAPTURE.slice(place + 1)),
    ];
    await expectSameStats([Buffer.concat([head, block, tail])]);
    await expectSameStats([Buffer.concat([head, block, tail.subarray(48)])]);
  });

  it.each([1, 4, 5, 30, 61, 66])("end early, by %i octets", async (cut) => {
    const octets = pcapngFile(CAPTURE);
    await expectSameStats([octets.subarray(0, octets.length - cut)]);
  });

  it("lie across the borders of blocks", async () => {
    const talk = new Talk();
    const many: Sent[] = [...talk.begin()];
    for (let count = 0; count < 1300; count++) many.push(talk.send("s2c", 700 + (count % 501)));
    const other = conversation({ clientPort: 5 }).map((fields) => tcpPacket(fields as object));
    const octets = pcapngFile(captureOf(inTurns(many, other)));
    expect(octets.length).toBeGreaterThan(1.1 * 1024 * 1024);
    const { taken } = await expectSameStats([octets]);
    expect(taken).toBeGreaterThan(many.length * 0.95);
  });
});
