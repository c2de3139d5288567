// Which packets are plain: in a connection that the fast path takes, one packet of another kind each.

import { describe, expect, it } from "vitest";
import { pcapFile } from "../../support/capture-builder.ts";
import type { EthernetFields, Ipv4Fields, Ipv6Fields } from "../../support/packet-builder.ts";
import {
  concat,
  ethernet,
  ipv4,
  ipv6,
  tcpPacket,
  tcpSegment,
  uint32,
} from "../../support/packet-builder.ts";
import type { TcpPacketFields } from "../../support/packet-builder.ts";
import { expectSameRuns, expectSameStats, expectSameStreams } from "../../support/both-ways.ts";
import type { Sent } from "../../support/talk.ts";
import { captureOf, inTurns, Talk } from "../../support/talk.ts";

/** A packet with other fields in its IP header or link header than belong there. */
function frame(
  fields: TcpPacketFields,
  ip: Ipv4Fields & Ipv6Fields,
  link: Partial<EthernetFields> = {},
): Uint8Array {
  const { source = "", destination = "" } = fields;
  const inner = { source, destination, payload: tcpSegment(fields) };
  const payload = source.includes(":") ? ipv6({ ...inner, ...ip }) : ipv4({ ...inner, ...ip });
  return ethernet({ payload, ...link });
}

/** The same with an octet changed by `change`. */
function changed(bytes: Uint8Array, at: number, change: (octet: number) => number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = change(copy[at]!);
  return copy;
}

type Case = readonly [string, (talk: Talk) => Sent | readonly Sent[]];

const IPV4: readonly Case[] = [
  ["another EtherType", (talk) => frame(talk.send("c2s", 30), {}, { etherType: 0x88b5 })],
  ["EtherType IPv6", (talk) => frame(talk.send("c2s", 30), {}, { etherType: 0x86dd })],
  [
    "EtherType IPv6, of a fragment that looks like TCP behind IPv6",
    (talk) =>
      frame(talk.send("c2s", 30), { id: 7, fragmentOffset: 0x600 * 8 }, { etherType: 0x86dd }),
  ],
  ["version 5", (talk) => frame(talk.send("c2s", 30), { version: 5 })],
  ["version 6", (talk) => frame(talk.send("c2s", 30), { version: 6 })],
  [
    "options that look like TCP",
    (talk) => {
      const looks = tcpSegment({ ...talk.send("c2s", 0), window: 99 });
      const fields = { ...talk.ack("c2s"), sourcePort: 9, payload: "what is meant" };
      return frame(fields, { options: looks });
    },
  ],
  ["another protocol", (talk) => frame(talk.send("c2s", 30), { protocol: 17 })],
  ["more fragments to come", (talk) => frame(talk.send("c2s", 28), { moreFragments: true })],
  ["a later fragment", (talk) => frame(talk.send("c2s", 30), { fragmentOffset: 8 })],
  ["a much later one", (talk) => frame(talk.send("c2s", 30), { fragmentOffset: 8 * 256 })],
  ["the reserved flag", (talk) => changed(frame(talk.send("c2s", 30), {}), 20, (o) => o | 0x80)],
  ["do not fragment", (talk) => changed(frame(talk.send("c2s", 30), {}), 20, (o) => o | 0x40)],
  ["a length beyond the frame", (talk) => frame(talk.send("c2s", 30), { totalLength: 71 })],
  ["a length that cuts the payload", (talk) => frame(talk.send("c2s", 30), { totalLength: 60 })],
  ["a length that cuts the header", (talk) => frame(talk.send("c2s", 30), { totalLength: 39 })],
  ["a length of 0", (talk) => frame(talk.send("c2s", 30), { totalLength: 0 })],
  ["octets behind the packet", (talk) => concat(frame(talk.send("c2s", 30), {}), "trailer")],
  ["one tag", (talk) => ({ ...talk.send("c2s", 30), vlans: [{ id: 7 }] })],
  ...[13, 14, 33, 34, 53].map((length): Case => [
    `${length} octets`,
    (talk) => frame(talk.send("c2s", 30), {}).subarray(0, length),
  ]),
];

const IPV6: readonly Case[] = [
  ["another EtherType", (talk) => frame(talk.send("c2s", 30), {}, { etherType: 0x88b5 })],
  ["EtherType IPv4", (talk) => frame(talk.send("c2s", 30), {}, { etherType: 0x0800 })],
  [
    "version 4",
    (talk) => changed(frame(talk.send("c2s", 30), {}), 14, (octet) => (octet & 0x0f) | 0x40),
  ],
  [
    "a flow label, twice",
    (talk) => {
      const labelled = changed(frame(talk.send("c2s", 30), {}), 17, () => 7);
      return [labelled, labelled];
    },
  ],
  ["a traffic class", (talk) => changed(frame(talk.send("c2s", 30), {}), 14, (o) => o | 0x0b)],
  ["another protocol", (talk) => frame(talk.send("c2s", 30), { nextHeader: 17 })],
  ["a length beyond the frame", (talk) => frame(talk.send("c2s", 30), { payloadLength: 51 })],
  ["a length that cuts the payload", (talk) => frame(talk.send("c2s", 30), { payloadLength: 40 })],
  ["a length that cuts the header", (talk) => frame(talk.send("c2s", 30), { payloadLength: 19 })],
  ["a length of 0", (talk) => frame(talk.send("c2s", 30), { payloadLength: 0 })],
  ["octets behind the packet", (talk) => concat(frame(talk.send("c2s", 30), {}), "trailer")],
  ["73 octets", (talk) => frame(talk.send("c2s", 30), {}).subarray(0, 73)],
];

/** Blocks of octets that were never captured: of the server's beyond all that it sent. */
function blocks(talk: Talk): number[] {
  return [5, 10, ...uint32(talk.seq.s2c + 100), ...uint32(talk.seq.s2c + 200)];
}

const TCP: readonly Case[] = [
  ...[0, 4, 12, 15].map((dataOffset): Case => [
    `a header of ${dataOffset} words`,
    (talk) => talk.send("c2s", 30, { dataOffset }),
  ]),
  ["a header of a word more than there is", (talk) => talk.ack("c2s", { dataOffset: 6 })],
  ["a header of 13 words, all the segment", (talk) => talk.send("c2s", 32, { dataOffset: 13 })],
  ...["FPA", "FA", "SPA", "SA", "RA", "R", "FSRPA"].map((flags): Case => [
    `flags ${flags}`,
    (talk) => talk.send("c2s", 30, { flags }),
  ]),
  ...["P", 0].map((flags): Case => [
    `flags ${flags}, and what would be an acknowledgment`,
    (talk) => talk.send("c2s", 30, { flags, ack: talk.seq.s2c + 300 }),
  ]),
  ...["UPA", "EA", "CA", "UPAEC"].map((flags): Case => [
    `flags ${flags}`,
    (talk) => talk.send("c2s", 30, { flags, urgentPointer: 5 }),
  ]),
  ["blocks alone", (talk) => talk.ack("c2s", { options: [1, 1, ...blocks(talk)] })],
  ["blocks without padding", (talk) => talk.ack("c2s", { options: blocks(talk) })],
  [
    "timestamps and blocks",
    (talk) =>
      talk.ack("c2s", { options: [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, ...blocks(talk)] }),
  ],
  ["other options", (talk) => talk.send("c2s", 9, { options: [1, 1, 1, 1, 1, 1, 1, 1] })],
  ["a wrong checksum", (talk) => talk.send("c2s", 30, { checksum: "bad" })],
  ["a checksum of 0", (talk) => talk.send("c2s", 30, { checksum: 0 })],
  [
    "a wrong last octet of an odd length",
    (talk) => {
      const bytes = tcpPacket(talk.send("c2s", 31));
      return changed(bytes, bytes.length - 1, (octet) => octet ^ 1);
    },
  ],
];

/** A talk with the case's packet in the middle. */
function around([, odd]: Case, settings: ConstructorParameters<typeof Talk>[0]): Sent[] {
  const talk = new Talk(settings);
  const begin = [...talk.begin(), ...talk.exchange("c2s", 2, 100)];
  const middle = [odd(talk)].flat();
  return [...begin, ...middle, talk.ack("s2c"), ...talk.exchange("s2c", 2, 50), ...talk.fins()];
}

const IPV6_HOSTS = { client: "2001:db8::1", server: "2001:db8::2" };
const GROUPS = [
  { group: "IPv4", cases: IPV4, hosts: {}, isOneByOne: true },
  { group: "IPv6", cases: IPV6, hosts: IPV6_HOSTS, isOneByOne: true },
  { group: "TCP in IPv4", cases: TCP, hosts: {}, isOneByOne: true },
  { group: "TCP in IPv6", cases: TCP, hosts: IPV6_HOSTS, isOneByOne: false },
] as const;

describe.each(GROUPS)("$group", ({ cases, hosts, isOneByOne }) => {
  it.each((isOneByOne ? cases : []).map((one) => ({ name: one[0], one })))(
    "with $name",
    async ({ one }) => {
      const { taken } = await expectSameStats([pcapFile(captureOf(around(one, hosts)))], {
        checksums: "ignore",
      });
      expect(taken).toBeGreaterThan(3);
    },
  );

  it.each(["auto", "verify", "count"] as const)(
    "with all of them, checksums: %s",
    async (checksums) => {
      const talks = cases.map((one, i) => around(one, { ...hosts, clientPort: 30_000 + i }));
      const capture = pcapFile(captureOf(inTurns(...talks)));
      const { taken } = await expectSameStreams([capture], { checksums });
      expect(taken).toBeGreaterThan(4 * cases.length);
    },
  );
});

describe("what is plain", () => {
  it.each([
    ["IPv4", {}],
    ["IPv6", IPV6_HOSTS],
    ["timestamps", { hasTimestamps: true }],
    ["padded frames", { padTo: 90 }],
  ])("is taken, flags that open and close nothing included: %s", async (_, settings) => {
    const talk = new Talk(settings);
    const begin = talk.begin();
    const plain = ["A", "PA", "UA", "EPA", "CUEPA"].map((flags) => talk.send("c2s", 7, { flags }));
    const acks = ["EA", "CA", "UEA"].map((flags) => talk.ack("s2c", { flags }));
    const packets = [...begin, ...plain, ...acks];
    const { taken } = await expectSameRuns([pcapFile(captureOf(packets))]);
    // All but the handshake and the first octets and acknowledgments of each side.
    expect(taken).toBe(packets.length - 6);
  });
});
