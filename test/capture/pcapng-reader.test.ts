import { describe, expect, test } from "vitest";
import { pcapngBlock, pcapngFile } from "../support/capture-builder.ts";
import { octetsOf, readOctets, somePackets } from "./read-capture.ts";

const SECOND = { seconds: 1_700_000_000, nanos: 123_456_789, bytes: Uint8Array.of(1, 2, 3, 4, 5) };

describe("PcapngReader", () => {
  test.each(["enhanced", "obsolete"] as const)("reads %s packet blocks", async (packetBlock) => {
    for (const endian of ["little", "big"] as const) {
      const interfaces = [{ timeResolution: 9, linkType: 101, snapLength: 0, name: "eth7" }];
      const octets = pcapngFile([SECOND], { endian, packetBlock, interfaces });
      const { input, packets, warnings } = await readOctets(octets);
      expect(warnings).toEqual([]);
      expect(packets).toMatchObject([
        { seconds: 1_700_000_000, nanos: 123_456_789, octets: "0102030405", linkType: 101 },
      ]);
      expect(input.files[0]).toMatchObject({
        format: "pcapng",
        formatText: `pcapng 1.0, ${endian}-endian`,
        packets: 1,
      });
      expect(input.interfaces).toMatchObject([
        { id: 0, name: "eth7", linkType: 101, snapLength: 0, ticksPerSecond: 1e9, packets: 1 },
      ]);
    }
  });

  test("simple packet blocks take the time of the packet before and the snap length", async () => {
    const interfaces = [{ snapLength: 4 }];
    const first = pcapngFile([SECOND], { interfaces: [{}] });
    const simple = pcapngFile([{ ...SECOND, originalLength: 99 }], {
      interfaces,
      packetBlock: "simple",
    });
    const { packets } = await readOctets(Buffer.concat([simple, first, simple]));
    expect(packets).toMatchObject([
      { seconds: 0, octets: "01020304", originalLength: 99 },
      { seconds: 1_700_000_000, nanos: 123_456_000 },
      { seconds: 1_700_000_000, nanos: 123_456_000, octets: "01020304" },
    ]);
  });

  test("interfaces have their own link type, resolution, offset and FCS length", async () => {
    const interfaces = [
      { linkType: 1 },
      { linkType: 113, timeResolution: 0x80 | 20, fcsLength: 4 },
      { linkType: 228, timeResolution: 9, timeOffset: 1_699_999_000 },
    ];
    const built = [0, 1, 2].map((index) => ({ ...SECOND, nanos: 500_000_000, interface: index }));
    const { input, packets } = await readOctets(pcapngFile(built, { interfaces }));
    expect(packets).toMatchObject(
      [1, 113, 228].map((linkType, index) => ({
        seconds: 1_700_000_000,
        nanos: 500_000_000,
        linkType,
        interfaceIndex: index,
        fcsLength: index === 1 ? 4 : 0,
      })),
    );
    expect(input.interfaces.map(({ packets }) => packets)).toEqual([1, 1, 1]);
  });

  test("sections have their own byte order and interfaces; ids count over all of them", async () => {
    const octets = Buffer.concat([
      pcapngFile([SECOND], { interfaces: [{ linkType: 1 }, { linkType: 9 }] }),
      pcapngFile([SECOND], { endian: "big", interfaces: [{ linkType: 101 }] }),
      pcapngFile([SECOND], { interfaces: [{ linkType: 113 }] }),
    ]);
    const { input, packets, warnings } = await readOctets(octets);
    expect(warnings).toEqual([]);
    expect(packets.map(({ linkType }) => linkType)).toEqual([1, 101, 113]);
    expect(packets.map(({ interfaceIndex }) => interfaceIndex)).toEqual([0, 2, 3]);
    expect(input.interfaces.map(({ id }) => id)).toEqual([0, 1, 2, 3]);
  });

  test("the newest statistics of an interface stand", async () => {
    const options = {
      interfaces: [{}, {}],
      statistics: [
        { interface: 1, received: 100, droppedByKernel: 1, droppedByInterface: 2 },
        { interface: 1, received: 5_000_000_000, droppedByKernel: 7 },
      ],
    };
    const { input } = await readOctets(pcapngFile([SECOND], options));
    const none = { received: null, droppedByKernel: null, droppedByInterface: null };
    expect(input.interfaces).toMatchObject([
      none,
      { received: 5_000_000_000, droppedByKernel: 7, droppedByInterface: 2 },
    ]);
  });

  test("names, secrets, custom and unknown blocks are passed over and counted", async () => {
    const extraBlocks = [4, 10, 0xbad, 0x40000bad, 0x12345678].map((type, index) => ({
      type,
      body: new Uint8Array(index * 1000).fill(index),
      before: 1,
    }));
    const built = somePackets(3);
    const { input, packets, warnings } = await readOctets(pcapngFile(built, { extraBlocks }));
    expect(packets.map(({ octets }) => octets)).toEqual(octetsOf(built));
    expect(input.files[0]).toMatchObject({ skippedBlocks: 5, skippedBytes: 0, truncated: false });
    expect(warnings).toEqual([]);
  });

  test("a section header alone is a capture", async () => {
    const { input, packets, warnings } = await readOctets(pcapngFile([], { interfaces: [] }));
    expect(packets).toEqual([]);
    expect(input.interfaces).toEqual([]);
    expect(warnings).toEqual([]);
  });

  test("times outside of 32-bit seconds are clamped", async () => {
    const interfaces = [{ timeOffset: 0 }];
    const octets = pcapngFile([SECOND], { interfaces });
    octets.fill(0xff, octets.length - 40 + 12, octets.length - 40 + 20);
    const { packets } = await readOctets(octets);
    expect(packets).toMatchObject([{ seconds: 0xffffffff, nanos: 999_999_999 }]);
  });

  test("a name is cut to 255 octets", async () => {
    const interfaces = [{ name: "n".repeat(3000) }];
    const { input } = await readOctets(pcapngFile([], { interfaces }));
    expect(input.interfaces[0]?.name).toBe("n".repeat(255));
  });

  test("options that are not whole end the list", async () => {
    const body = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 0, 9, 0, 0, 0, 2, 0, 200, 0]);
    const section = pcapngFile([], { interfaces: [] });
    const { input, warnings } = await readOctets(Buffer.concat([section, pcapngBlock(1, body)]));
    expect(input.interfaces).toMatchObject([{ ticksPerSecond: 1e9, name: null }]);
    expect(warnings).toEqual([]);
  });

  test("at most 65,536 interfaces are kept of a hostile file", async () => {
    const section = pcapngFile([], { interfaces: [] });
    const description = pcapngBlock(1, Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]));
    const octets = Buffer.concat([section, ...Array<Buffer>(65_600).fill(description)]);
    const { input, warnings } = await readOctets(octets);
    expect(input.interfaces).toHaveLength(65_536);
    expect(input.files[0]?.skippedBytes).toBe(64 * description.length);
    expect(warnings[0]?.code).toBe("BAD_BLOCK");
  });
});
