import { describe, expect, test } from "vitest";
import { snoopFile } from "../support/capture-builder.ts";
import { octetsOf, readOctets, somePackets } from "./read-capture.ts";

describe("SnoopReader", () => {
  test("reads records with padding, lengths and times", async () => {
    const built = [
      { seconds: 911_274_719, nanos: 885_516_000, bytes: new Uint8Array(61).fill(3) },
      { seconds: 911_274_720, bytes: new Uint8Array(64).fill(4), originalLength: 1514 },
      ...somePackets(3),
    ];
    const { input, packets, warnings } = await readOctets(snoopFile(built));
    expect(warnings).toEqual([]);
    expect(packets.map(({ octets }) => octets)).toEqual(octetsOf(built));
    expect(packets[0]).toMatchObject({ seconds: 911_274_719, nanos: 885_516_000, linkType: 1 });
    expect(packets[1]).toMatchObject({ originalLength: 1514, recordOffset: 16 + 24 + 64 });
    expect(input.files[0]).toMatchObject({ format: "snoop", formatText: expect.any(String) });
    expect(input.interfaces).toMatchObject([{ packets: 5, snappedPackets: 1, droppedByKernel: 0 }]);
  });

  test.each([
    [0, 1],
    [2, 6],
    [4, 1],
    [8, 10],
    [5, 0x10005],
  ])("datalink type %i is link type %i", async (dataLink, linkType) => {
    const { packets } = await readOctets(snoopFile(somePackets(1), { dataLink }));
    expect(packets[0]?.linkType).toBe(linkType);
  });

  test("cumulative drops are the interface's", async () => {
    const { input } = await readOctets(snoopFile(somePackets(2), { drops: 12 }));
    expect(input.interfaces[0]?.droppedByKernel).toBe(12);
  });

  test("another version is no capture that tcpx reads", async () => {
    await expect(readOctets(snoopFile(somePackets(1), { version: 3 }))).rejects.toMatchObject({
      code: "NOT_A_CAPTURE",
      message: expect.stringContaining("version 2"),
    });
  });
});
