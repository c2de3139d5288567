// What packets begin with, up to IP: link layers and tags that the fast path sees, and those that it leaves.

import { describe, expect, it } from "vitest";
import { PLAIN_LINKS } from "../../../src/decode/link/plain-links.ts";
import { expectSameRuns, expectSameStats } from "../../support/both-ways.ts";
import { pcapFile, pcapngFile } from "../../support/capture-builder.ts";
import type { BuiltPacket } from "../../support/capture-builder.ts";
import { concat } from "../../support/packet-builder.ts";
import type { VlanTag } from "../../support/packet-builder.ts";
import { captureOf, inTurns, Talk } from "../../support/talk.ts";
import type { Sent, TalkSettings } from "../../support/talk.ts";

const ETHERNET = 1;
const RAW = 101;
const COOKED = 113;
const COOKED_2 = 276;

/** The packet of an Ethernet frame as each link type has it. */
const FRAMES: ReadonlyMap<number, (frame: Uint8Array) => Uint8Array> = new Map([
  [ETHERNET, (frame) => frame],
  [12, (frame) => frame.subarray(14)],
  [14, (frame) => frame.subarray(14)],
  [RAW, (frame) => frame.subarray(14)],
  [
    COOKED,
    (frame) => concat([0, 4, 0, 1, 0, 6], frame.subarray(6, 12), [0, 0], frame.subarray(12)),
  ],
  [
    COOKED_2,
    (frame) =>
      concat(
        frame.subarray(12, 14),
        [0, 0, 0, 0, 0, 2, 0, 1, 4, 6],
        frame.subarray(6, 12),
        [0, 0],
        frame.subarray(14),
      ),
  ],
]);

/** BSD loopback, which is not plain. */
const LOOPBACK = 0;
const onLoopback = (frame: Uint8Array): Uint8Array => concat([2, 0, 0, 0], frame.subarray(14));

function onLink(packets: readonly BuiltPacket[], linkType: number): BuiltPacket[] {
  const frameOf = FRAMES.get(linkType)!;
  return packets.map((packet) => ({ ...packet, bytes: frameOf(packet.bytes) }));
}

function file(packets: readonly Sent[], linkType: number): Buffer {
  return pcapFile(onLink(captureOf(packets), linkType), { linkType });
}

const LINKS = [...FRAMES.keys()];
const IPV4_BYTES = 20;
const IPV6_HOSTS = { client: "2001:db8::1", server: "2001:db8::2" };
/** The handshake and what each side does for the first time: the long way's. */
const BEGIN_MISSED = 6;

function talk(settings: TalkSettings = {}): Sent[] {
  const one = new Talk(settings);
  return [...one.begin(), ...one.exchange("c2s", 5, 90), ...one.exchange("s2c", 5, 200)];
}

describe("link layers", () => {
  it("that are plain are those with a test here", () => {
    expect([...PLAIN_LINKS.keys()]).toEqual(LINKS);
  });

  it.each(LINKS.flatMap((link) => [[link, {}] as const, [link, IPV6_HOSTS] as const]))(
    "of type %i are taken: %j",
    async (link, hosts) => {
      const packets = talk(hosts);
      const { taken } = await expectSameRuns([file(packets, link)]);
      expect(taken).toBe(packets.length - BEGIN_MISSED);
    },
  );

  it.each(LINKS)("of type %i that are cut at every octet are told the same", async (link) => {
    const one = new Talk();
    const begin = [...one.begin(), ...one.exchange("c2s", 3, 30)];
    const whole = onLink(captureOf(begin), link).at(-2)!.bytes;
    const cut = Array.from({ length: whole.length }, (_, length) => whole.subarray(0, length));
    const packets = onLink(captureOf(begin), link);
    const odd = cut.map((bytes) => ({ seconds: 1000, nanos: 999_000, bytes }));
    const rest = onLink(captureOf(one.exchange("s2c", 40, 30), 1001), link);
    const { taken } = await expectSameStats([
      pcapFile([...packets, ...odd, ...rest], { linkType: link }),
    ]);
    expect(taken).toBeGreaterThan(10);
  });

  it.each(LINKS)("of type %i with other octets in the header are told the same", async (link) => {
    const one = new Talk();
    const begin = onLink(captureOf([...one.begin(), ...one.exchange("c2s", 3, 30)]), link);
    const whole = begin.at(-1)!.bytes;
    const odd = Array.from({ length: PLAIN_LINKS.get(link)!.headerBytes + IPV4_BYTES }, (_, at) =>
      [0x00, 0x45, 0x60, 0x81].map((octet) => {
        const bytes = whole.slice();
        bytes[at] = octet;
        return { seconds: 1000, nanos: 999_000, bytes };
      }),
    ).flat();
    // What the odd ones make of their connection is its own affair.
    const rest = onLink(captureOf(talk({ clientPort: 40_001 }), 1001), link);
    const capture = pcapFile([...begin, ...odd, ...rest], { linkType: link });
    const { taken } = await expectSameStats([capture], { checksums: "ignore" });
    expect(taken).toBeGreaterThan(10);
  });

  it("that are not plain are left to the long way", async () => {
    const loopback = captureOf(talk()).map((packet) => ({
      ...packet,
      bytes: onLoopback(packet.bytes),
    }));
    const { taken, report } = await expectSameRuns([pcapFile(loopback, { linkType: LOOPBACK })]);
    expect(taken).toBe(0);
    expect(report.loss.streamBytes).toBe(5 * 90 + 5 * 200 + 20);
  });

  it("that nobody reads are not taken, whatever the packets look like", async () => {
    const one = new Talk();
    const begin = captureOf([...one.begin(), ...one.exchange("c2s", 3, 30)]);
    const other = captureOf(one.exchange("c2s", 9, 30), 1001).map((packet) => ({
      ...packet,
      interface: 1,
    }));
    const interfaces = [{ linkType: ETHERNET }, { linkType: 147 }];
    const { report } = await expectSameRuns([pcapngFile([...begin, ...other], { interfaces })]);
    expect(report.decode.outcomes["unsupported-link-type"]).toBe(other.length);
  });

  it("of several interfaces in turns are told apart, and those of files one behind the other", async () => {
    const types = [...LINKS, LOOPBACK];
    const talks = types.map((linkType, index) =>
      captureOf(talk({ clientPort: 30_000 + index })).map((packet) => {
        const frameOf = FRAMES.get(linkType) ?? onLoopback;
        return { ...packet, bytes: frameOf(packet.bytes), interface: index };
      }),
    );
    const interfaces = types.map((linkType) => ({ linkType }));
    // several of one interface at a time, so that some are taken
    const runs = talks.map((packets) => [
      packets.slice(0, 9),
      packets.slice(9, 16),
      packets.slice(16),
    ]);
    const mixed = inTurns(...runs).flat();
    const ordered = mixed.map((packet, index) => ({ ...packet, nanos: index * 1000 }));
    const { taken } = await expectSameRuns([pcapngFile(ordered, { interfaces })]);
    expect(taken).toBeGreaterThan(8 * LINKS.length);
    const files = LINKS.map((linkType, index) =>
      pcapFile(onLink(captureOf(talk({ clientPort: 30_000 + index }), 1000 + index), linkType), {
        linkType,
      }),
    );
    const all = await expectSameRuns(files);
    expect(all.taken).toBeGreaterThanOrEqual((talk().length - BEGIN_MISSED) * LINKS.length);
  });
});

describe("tags", () => {
  const tagged = (vlans: readonly VlanTag[], settings: TalkSettings = {}): Sent[] =>
    talk(settings).map((packet) => ({ ...packet, vlans }));
  /** Taken in all link types, where the decoder's short way meets them and keeps the number of their path, or nowhere. */
  const CASES: readonly (readonly [string, readonly VlanTag[], readonly number[]])[] = [
    ["one", [{ id: 5 }], [ETHERNET]],
    ["the highest", [{ id: 4095 }], [ETHERNET]],
    ["one with a priority", [{ id: 0xe005 }], [ETHERNET]],
    ["a priority alone", [{ id: 0xe000 }], [ETHERNET, COOKED]],
    ["two", [{ id: 5 }, { id: 6 }], []],
    ["one of a provider", [{ tpid: 0x88a8, id: 5 }], []],
  ];

  it.each(
    [ETHERNET, COOKED].flatMap((link) =>
      CASES.flatMap(([name, vlans, takenOn]) =>
        [{}, IPV6_HOSTS].map((hosts) => ({
          link,
          name,
          vlans,
          isTaken: takenOn.includes(link),
          hosts,
        })),
      ),
    ),
  )("link type $link, $name, taken: $isTaken, $hosts", async ({ link, vlans, isTaken, hosts }) => {
    const packets = tagged(vlans, hosts);
    const { taken, report } = await expectSameRuns([file(packets, link)]);
    expect(taken).toBe(isTaken ? packets.length - BEGIN_MISSED : 0);
    expect(report.decode.encapsulatedPackets).toBe(packets.length);
  });

  it("of the same connection are flows of their own, or one if they do not count", async () => {
    const ids = [1, 2, 3, 4095];
    const packets = inTurns(
      ...[[] as VlanTag[], ...ids.map((id) => [{ id }])].map((vlans) => tagged(vlans)),
    );
    const separate = await expectSameRuns([file(packets, ETHERNET)]);
    expect(separate.flows.map(({ vlan }) => vlan)).toEqual(
      expect.arrayContaining([[], [1], [2], [3], [4095]]),
    );
    expect(separate.taken).toBe(packets.length - 5 * BEGIN_MISSED);
    const one = await expectSameRuns([file(packets, ETHERNET)], { vlan: "ignore" });
    expect(one.flows).toHaveLength(1);
    const alone = tagged([{ id: 5 }]);
    const { taken } = await expectSameRuns([file(alone, ETHERNET)], { vlan: "ignore" });
    expect(taken).toBe(alone.length - BEGIN_MISSED);
  });

  it("that come up in the middle of a connection, and tags with nothing behind them", async () => {
    const one = new Talk();
    const begin: Sent[] = [...one.begin(), ...one.exchange("c2s", 3, 30)];
    const odd = [5, 6, 5, 0, 6].map((id) => ({ ...one.send("s2c", 40), vlans: [{ id }] }));
    const cut = captureOf([{ ...one.send("s2c", 40), vlans: [{ id: 5 }] }])[0]!.bytes;
    const short = Array.from({ length: 60 }, (_, length) => cut.subarray(0, length));
    const rest = one.exchange("c2s", 40, 30);
    for (const vlan of ["separate", "ignore", "first"] as const) {
      const packets = [...begin, ...odd, ...short, ...rest];
      const { taken } = await expectSameStats([file(packets, ETHERNET)], { vlan });
      if (vlan !== "first") expect(taken).toBeGreaterThan(10);
    }
  });
});
