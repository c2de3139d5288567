import { describe, expect, test } from "vitest";
import { pcapFile } from "../support/capture-builder.ts";
import { octetsOf, readOctets, somePackets, withUint32 } from "./read-capture.ts";

describe("PcapReader", () => {
  test.each([
    ["little", "micro", "pcap 2.4, little-endian, microseconds"],
    ["big", "micro", "pcap 2.4, big-endian, microseconds"],
    ["little", "nano", "pcap 2.4, little-endian, nanoseconds"],
    ["big", "nano", "pcap 2.4, big-endian, nanoseconds"],
  ] as const)("reads %s-endian %sseconds", async (endian, resolution, formatText) => {
    const built = [
      { seconds: 1_700_000_000, nanos: 123_456_789, bytes: Uint8Array.of(1, 2, 3) },
      { seconds: 0xffffffff, nanos: 999_999_999, bytes: Uint8Array.of(4), originalLength: 1500 },
    ];
    const options = { endian, resolution, linkType: 113, snapLength: 96 };
    const { input, packets } = await readOctets(pcapFile(built, options));
    expect(input.files[0]).toMatchObject({ format: "pcap", formatText, packets: 2 });
    expect(input.interfaces).toMatchObject([
      { linkType: 113, snapLength: 96, packets: 2, snappedPackets: 1, received: null, name: null },
    ]);
    const lost = resolution === "nano" ? 0 : 789;
    expect(packets).toMatchObject([
      { seconds: 1_700_000_000, nanos: 123_456_789 - lost, octets: "010203", originalLength: 3 },
      { seconds: 0xffffffff, nanos: 999_999_999 - (lost === 0 ? 0 : 999), originalLength: 1500 },
    ]);
    expect(packets.map(({ recordOffset }) => recordOffset)).toEqual([24, 24 + 16 + 3]);
  });

  test.each(["little", "big"] as const)("reads Kuznetzov's %s-endian records", async (endian) => {
    const built = somePackets(5);
    const { input, packets, warnings } = await readOctets(
      pcapFile(built, { endian, magic: 0xa1b2cd34 }),
    );
    expect(packets.map(({ octets }) => octets)).toEqual(octetsOf(built));
    expect(input.files[0]?.formatText).toContain("modified pcap 2.4");
    expect(warnings).toEqual([]);
  });

  test("takes the FCS length out of the link type", async () => {
    const { packets } = await readOctets(pcapFile(somePackets(1), { linkType: 105, fcsLength: 4 }));
    expect(packets[0]).toMatchObject({ linkType: 105, fcsLength: 4 });
  });

  test("ignores reserved bits of the link type", async () => {
    const octets = withUint32(pcapFile(somePackets(1)), 20, 0x0003_0071);
    const { packets } = await readOctets(octets);
    expect(packets[0]).toMatchObject({ linkType: 113, fcsLength: 0 });
  });

  test("raises an original length below the captured one", async () => {
    const built = [{ seconds: 1, bytes: new Uint8Array(60), originalLength: 40 }];
    const { input, packets, warnings } = await readOctets(pcapFile(built));
    expect(packets).toMatchObject([{ originalLength: 60 }]);
    expect(input.interfaces[0]?.snappedPackets).toBe(0);
    expect(warnings).toEqual([]);
  });

  test.each([
    ["2.2 has the lengths the other way round", [2, 2], 1500, 60],
    ["2.3 has them in either order: the other one here", [2, 3], 1500, 60],
    ["2.3 has them in either order: the usual one here", [2, 3], 60, 1500],
  ] as const)("version %s", async (_name, version, first, second) => {
    const octets = pcapFile([{ seconds: 1, bytes: new Uint8Array(60) }], { version });
    const { packets, input } = await readOctets(
      withUint32(withUint32(octets, 24 + 8, first), 24 + 12, second),
    );
    expect(packets).toMatchObject([{ originalLength: 1500 }]);
    expect(packets[0]?.octets).toHaveLength(120);
    expect(input.files[0]?.formatText).toContain(version.join("."));
  });

  test("a file header without packets is a capture", async () => {
    const { input, packets, warnings } = await readOctets(pcapFile([]));
    expect(packets).toEqual([]);
    expect(warnings).toEqual([]);
    expect(input.errors).toEqual([]);
    expect(input.files[0]).toMatchObject({ format: "pcap", packets: 0, truncated: false });
  });

  test("packets without octets are packets", async () => {
    const built = [0, 1, 2].map((seconds) => ({ seconds, bytes: new Uint8Array(0) }));
    const { packets, warnings } = await readOctets(pcapFile(built));
    expect(packets).toHaveLength(3);
    expect(warnings).toEqual([]);
  });

  test("reads packets of up to the file's own snap length", async () => {
    const bytes = new Uint8Array(3 * 1024 * 1024).fill(7);
    const built = [{ seconds: 1, bytes }, ...somePackets(2)];
    const file = pcapFile(built, { snapLength: bytes.length });
    const { packets, warnings } = await readOctets(file);
    expect(packets.map(({ octets }) => octets)).toEqual(octetsOf(built));
    expect(warnings).toEqual([]);
  });
});
