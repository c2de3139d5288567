// Why a packet gives no segment: one line a reason. And what is counted of every packet.

import { describe, expect, it } from "vitest";
import type { OutcomeName } from "../../src/decode/outcome.ts";
import {
  concat,
  ethernet,
  etherTypeOf,
  geneve,
  gre,
  gtpU,
  ipv4,
  ipv6,
  ipv6Extension,
  IPV6_HOP_BY_HOP,
  llcSnap,
  mpls,
  tcpInIp,
  tcpPacket,
  tcpSegment,
  udpPacket,
  uint16,
  vxlan,
} from "../support/packet-builder.ts";
import { CELLS } from "./cells.ts";
import { DecodeHarness, decodeOne, ETHERNET, RAW_IP } from "./decode-harness.ts";
import * as link from "./link-builder.ts";

const WLAN = 105;
const TCP = tcpInIp({ payload: "abc" });

function nested(depth: number): Uint8Array {
  let packet = TCP;
  for (let index = 0; index < depth; index++) packet = ipv4({ protocol: 4, payload: packet });
  return packet;
}

function inUdp(destinationPort: number, payload: Uint8Array): Uint8Array {
  return udpPacket({ destinationPort, payload });
}

function inGre(payload: Uint8Array): Uint8Array {
  return ipv4({ protocol: 47, payload });
}

const CASES: readonly (readonly [OutcomeName, string, number, Uint8Array])[] = [
  ["not-ip", "ARP", ETHERNET, ethernet({ payload: new Uint8Array(46), etherType: 0x0806 })],
  ["not-ip", "a length that is none", ETHERNET, ethernet({ payload: TCP, etherType: 0x05dd })],
  ["not-ip", "spanning tree", ETHERNET, ethernet({ payload: "\x42\x42\x03....", etherType: 7 })],
  ["not-ip", "PPPoE discovery", 51, concat([0x11, 0x09, 0, 0, 0, 0])],
  ["not-ip", "PPP link control", 9, concat([0xff, 3, 0xc0, 0x21], new Uint8Array(8))],
  ["not-ip", "an 802.11 beacon", WLAN, concat([0x80, 0], new Uint8Array(60))],
  ["not-ip", "802.11 null data", WLAN, concat([0x48, 1], new Uint8Array(60))],
  ["not-ip", "an FDDI token", 10, concat([0x80], new Uint8Array(40))],
  ["not-ip", "an address family", 0, link.loopback(7, TCP, "little")],
  ["not-ip", "a length in SNAP", 100, llcSnap(llcSnap(TCP), 60)],
  ["not-ip", "a pseudowire of something else", 219, mpls([16], new Uint8Array(60))],
  [
    "not-ip",
    "a PKTAP record that is no packet",
    258,
    concat([108, 0, 0, 0, 2], new Uint8Array(150)),
  ],

  ["not-tcp", "UDP", RAW_IP, inUdp(53, tcpSegment())],
  ["not-tcp", "UDP too short for its header", RAW_IP, ipv4({ protocol: 17, payload: "abc" })],
  [
    "not-tcp",
    "an ICMP error that quotes TCP",
    RAW_IP,
    ipv4({ protocol: 1, payload: concat([3, 3, 0, 0, 0, 0, 0, 0], TCP) }),
  ],
  [
    "not-tcp",
    "an ICMPv6 error that quotes TCP",
    RAW_IP,
    ipv6({
      nextHeader: 58,
      payload: concat([1, 4, 0, 0, 0, 0, 0, 0], tcpInIp({ source: "::1", destination: "::2" })),
    }),
  ],
  [
    "not-tcp",
    "sFlow that samples TCP",
    RAW_IP,
    inUdp(6343, concat(new Uint8Array(52), tcpPacket())),
  ],
  ["not-tcp", "no next header", RAW_IP, ipv6({ nextHeader: 59, payload: "abc" })],
  [
    "not-tcp",
    "an IPv6 extension header in IPv4",
    RAW_IP,
    ipv4({ protocol: 60, payload: ipv6Extension({ payload: tcpSegment() }) }),
  ],
  ["not-tcp", "GRE keep-alive", RAW_IP, inGre(gre({ payload: "", protocol: 0 }))],
  ["not-tcp", "GRE version 2", RAW_IP, inGre(gre({ payload: TCP, version: 2 }))],
  ["not-tcp", "ARP in GRE", RAW_IP, inGre(gre({ payload: "abc", protocol: 0x0806 }))],
  [
    "not-tcp",
    "PPTP without data",
    RAW_IP,
    inGre(gre({ payload: "", protocol: 0x880b, version: 1, key: 7, ack: 1 })),
  ],
  [
    "not-tcp",
    "L2TP control",
    RAW_IP,
    ipv4({ protocol: 115, payload: concat([0, 0, 0, 0], tcpPacket()) }),
  ],

  [
    "not-tcp",
    "VXLAN without its flag",
    RAW_IP,
    inUdp(4789, concat([0], vxlan({ network: 1, payload: tcpPacket() }).subarray(1))),
  ],
  [
    "not-tcp",
    "VXLAN with a reserved octet",
    RAW_IP,
    inUdp(4789, concat([8, 1], vxlan({ network: 1, payload: tcpPacket() }).subarray(2))),
  ],
  [
    "not-tcp",
    "VXLAN with its last octet used",
    RAW_IP,
    inUdp(4789, concat([8, 0, 0, 0, 0, 0, 1, 1], tcpPacket())),
  ],
  [
    "not-tcp",
    "ARP in VXLAN",
    RAW_IP,
    inUdp(
      4789,
      vxlan({ network: 1, payload: ethernet({ payload: new Uint8Array(46), etherType: 0x806 }) }),
    ),
  ],
  [
    "not-tcp",
    "VXLAN with IP longer than it",
    RAW_IP,
    inUdp(
      4789,
      vxlan({
        network: 1,
        payload: ethernet({ payload: ipv4({ payload: tcpSegment(), totalLength: 41 }) }),
      }),
    ),
  ],
  [
    "not-tcp",
    "GENEVE control",
    RAW_IP,
    inUdp(6081, concat([0, 0x80], geneve({ network: 1, payload: tcpPacket() }).subarray(2))),
  ],
  [
    "not-tcp",
    "GENEVE version 1",
    RAW_IP,
    inUdp(6081, concat([0x40], geneve({ network: 1, payload: tcpPacket() }).subarray(1))),
  ],
  [
    "not-tcp",
    "GTP echo",
    RAW_IP,
    inUdp(2152, concat([0x30, 1], gtpU({ tunnel: 1, payload: TCP }).subarray(2))),
  ],
  [
    "not-tcp",
    "GTP longer than UDP",
    RAW_IP,
    inUdp(2152, concat([0x30, 0xff, 0xff], gtpU({ tunnel: 1, payload: TCP }).subarray(3))),
  ],
  [
    "not-tcp",
    "GTP with something else",
    RAW_IP,
    inUdp(2152, gtpU({ tunnel: 1, payload: concat([0x50], TCP.subarray(1)) })),
  ],
  ["not-tcp", "IPv4 on Teredo's port", RAW_IP, inUdp(3544, TCP)],
  [
    "not-tcp",
    "AYIYA of another kind",
    RAW_IP,
    inUdp(5072, concat(link.ayiya(TCP).subarray(0, 3), [58], link.ayiya(TCP).subarray(4))),
  ],
  [
    "not-tcp",
    "CAPWAP keep-alive",
    RAW_IP,
    inUdp(5247, link.capwap(link.wlan(TCP), { native: true, keepAlive: true })),
  ],
  [
    "not-tcp",
    "UDP longer than IP on a tunnel's port",
    RAW_IP,
    ipv4({
      protocol: 17,
      payload: concat(
        uint16(1),
        uint16(4789),
        uint16(999),
        [0, 0],
        vxlan({ network: 1, payload: tcpPacket() }),
      ),
    }),
  ],

  [
    "unsupported-encapsulation",
    "GRE with source routes",
    RAW_IP,
    inGre(concat([0x40, 0], uint16(etherTypeOf(TCP)), new Uint8Array(8), TCP)),
  ],
  ["unsupported-encapsulation", "compressed PPP", 9, concat([0xff, 3, 0, 0xfd], TCP)],
  ["unsupported-encapsulation", "compressed TCP in PPP", 9, concat([0xff, 3, 0, 0x2d], TCP)],
  [
    "unsupported-encapsulation",
    "an 802.11 fragment",
    WLAN,
    link.wlan(TCP, { moreFragments: true }),
  ],
  ["unsupported-encapsulation", "a split ARCNET packet", 7, concat([1, 2, 212, 1, 0, 9], TCP)],
  [
    "unsupported-encapsulation",
    "an A-MSDU in an A-MSDU",
    WLAN,
    link.wlanFrame({
      aMsdu: true,
      payload: link.aMsdu([
        inGre(
          gre({
            payload: link.wlanFrame({ aMsdu: true, payload: link.aMsdu([TCP]) }),
            protocol: 0x8200,
          }),
        ),
      ]),
    }),
  ],
  [
    "unsupported-encapsulation",
    "L2TP with a cookie too long",
    RAW_IP,
    ipv4({ protocol: 115, payload: link.l2tpIp(tcpPacket(), 16) }),
  ],

  ["encrypted", "ESP", RAW_IP, ipv4({ protocol: 50, payload: TCP })],
  ["encrypted", "MACsec", ETHERNET, ethernet({ payload: TCP, etherType: 0x88e5 })],
  [
    "encrypted",
    "a protected 802.11 frame",
    WLAN,
    link.wlanFrame({ protected: true, payload: concat(link.filler(16), TCP) }),
  ],
  ["encrypted", "encrypted PPP", 9, concat([0xff, 3, 0, 0x53], TCP)],
  ["encrypted", "CAPWAP in DTLS", RAW_IP, inUdp(5247, concat([1, 0, 0, 0, 23, 254, 253], TCP))],

  ["nesting-too-deep", "17 IPv4 headers in one", RAW_IP, nested(17)],

  ["malformed-link", "a short Ethernet frame", ETHERNET, new Uint8Array(13)],
  [
    "malformed-link",
    "a tag without the rest",
    ETHERNET,
    ethernet({ payload: "ab", etherType: 0x8100 }),
  ],
  [
    "malformed-link",
    "PPPoE of another version",
    51,
    concat([0x12, 0], link.pppoe(TCP).subarray(2)),
  ],
  ["malformed-link", "radiotap shorter than itself", 127, concat([0, 0, 7, 0], new Uint8Array(40))],
  ["malformed-link", "a label stack without a bottom", 219, new Uint8Array(400)],
  [
    "malformed-link",
    "a frame relay address of five octets",
    107,
    concat([0x18, 0x18], link.frameRelay(TCP, 3)),
  ],
  ["malformed-link", "a frame relay address without an end", 107, new Uint8Array(40)],
  ["malformed-link", "an NFLOG field of no length", 239, concat([2, 0, 0, 0], new Uint8Array(40))],
  [
    "malformed-link",
    "a PKTAP header too short",
    258,
    concat([50, 0, 0, 0, 1], new Uint8Array(150)),
  ],
  ["malformed-link", "Juniper without its magic", 178, new Uint8Array(60)],
  [
    "malformed-link",
    "an LLC frame of length 0",
    ETHERNET,
    ethernet({ payload: llcSnap(TCP), etherType: 0 }),
  ],

  ["malformed-ip", "another version", RAW_IP, concat([0x55], TCP.subarray(1))],
  [
    "malformed-ip",
    "IPv4 under IPv6's EtherType",
    ETHERNET,
    ethernet({ payload: TCP, etherType: 0x86dd }),
  ],
  [
    "malformed-ip",
    "a header of 16 octets",
    RAW_IP,
    ipv4({ payload: tcpSegment(), headerLength: 4 }),
  ],
  [
    "malformed-ip",
    "a total length below the header's",
    RAW_IP,
    ipv4({ payload: tcpSegment(), totalLength: 19 }),
  ],
  [
    "malformed-ip",
    "options beyond the packet",
    RAW_IP,
    ipv4({ headerLength: 15, totalLength: 40, payload: new Uint8Array(20) }),
  ],
  ["malformed-ip", "a short IPv6 header", RAW_IP, ipv6({}).subarray(0, 39)],
  [
    "malformed-ip",
    "an extension header beyond the packet",
    RAW_IP,
    ipv6({ nextHeader: IPV6_HOP_BY_HOP, payload: concat([6, 9], tcpSegment()) }),
  ],

  ["malformed-tcp", "a data offset of 4", RAW_IP, tcpInIp({ dataOffset: 4 })],
  ["malformed-tcp", "options beyond the IP length", RAW_IP, tcpInIp({ dataOffset: 6 })],
  [
    "malformed-tcp",
    "an IP length that ends within the header",
    RAW_IP,
    ipv4({ payload: tcpSegment(), totalLength: 39 }),
  ],
];

describe("outcomes", () => {
  it.each(CASES)("%s: %s", (outcome, _, linkType, bytes) => {
    expect(decodeOne({ bytes, linkType }).outcome).toBe(outcome);
  });

  it("nesting of 16 layers is read", () => {
    expect(decodeOne({ bytes: nested(16), linkType: RAW_IP }).segments).toMatchObject([
      { payload: "abc", encapsulation: Array.from({ length: 16 }, () => "ipip") },
    ]);
  });

  it("VLAN tags may be stacked to any depth", () => {
    const vlans = Array.from({ length: 40 }, (_, index) => ({ id: index + 1 }));
    const { segments } = decodeOne({ bytes: tcpPacket({ vlans }), linkType: ETHERNET });
    expect(segments[0]!.vlans).toEqual(vlans.slice(0, 16).map(({ id }) => id));
  });

  it("counts link types that are not read by their numbers", () => {
    const harness = new DecodeHarness();
    for (const linkType of [147, 147, 9999]) {
      expect(harness.decode({ bytes: TCP, linkType }).outcome).toBe("unsupported-link-type");
    }
    const pktap = link.pktap(147, TCP);
    expect(harness.decode({ bytes: pktap, linkType: 258 }).outcome).toBe("unsupported-link-type");
    expect([...harness.decoder.counters.unsupportedLinkTypes]).toEqual([
      [147, 3],
      [9999, 1],
    ]);
  });
});

describe("counters", () => {
  function countersOf(linkType: number, ...packets: readonly Uint8Array[]): object {
    const harness = new DecodeHarness();
    for (const bytes of packets) harness.decode({ bytes, linkType });
    const { unsupportedLinkTypes: _, ...counters } = harness.decoder.counters;
    return Object.fromEntries(Object.entries(counters).filter(([, count]) => count !== 0));
  }
  const V6 = { source: "2001:db8::1", destination: "2001:db8::2" };

  it.each<[string, number, Uint8Array, object]>([
    ["TCP in IPv4", ETHERNET, tcpPacket(), { ipv4Packets: 1, tcpPackets: 1 }],
    ["TCP in IPv6", ETHERNET, tcpPacket(V6), { ipv6Packets: 1, tcpPackets: 1 }],
    [
      "a tag",
      ETHERNET,
      tcpPacket({ vlans: [{ id: 0 }] }),
      { ipv4Packets: 1, tcpPackets: 1, encapsulatedPackets: 1 },
    ],
    [
      "tags",
      ETHERNET,
      tcpPacket({ vlans: [{ id: 1 }, { id: 2 }] }),
      { ipv4Packets: 1, tcpPackets: 1, encapsulatedPackets: 1 },
    ],
    ["UDP", RAW_IP, inUdp(53, TCP), { ipv4Packets: 1, udpPackets: 1 }],
    ["ICMP", RAW_IP, ipv4({ protocol: 1, payload: TCP }), { ipv4Packets: 1, otherPackets: 1 }],
    ["ARP", ETHERNET, ethernet({ payload: "", etherType: 0x806 }), { otherPackets: 1 }],
    ["nothing", ETHERNET, new Uint8Array(0), { otherPackets: 1 }],
    ["a broken TCP header", RAW_IP, tcpInIp({ dataOffset: 3 }), { ipv4Packets: 1, tcpPackets: 1 }],
    [
      "6in4, by the outermost IP and the innermost protocol",
      RAW_IP,
      ipv4({ protocol: 41, payload: tcpInIp(V6) }),
      { ipv4Packets: 1, tcpPackets: 1, encapsulatedPackets: 1 },
    ],
    [
      "a tunnel's port without a tunnel",
      RAW_IP,
      inUdp(4789, vxlan({ network: 1, payload: ethernet({ payload: "", etherType: 0x806 }) })),
      { ipv4Packets: 1, udpPackets: 1 },
    ],
    [
      "a tunnel's port, a tag, and no tunnel",
      RAW_IP,
      inUdp(
        4789,
        vxlan({
          network: 1,
          payload: ethernet({ payload: "", etherType: 0x806, vlans: [{ id: 5 }] }),
        }),
      ),
      { ipv4Packets: 1, udpPackets: 1 },
    ],
    [
      "a tunnel's port, IP, and no tunnel",
      RAW_IP,
      inUdp(2152, gtpU({ tunnel: 1, payload: inGre(concat([0x40, 0], new Uint8Array(30))) })),
      { ipv4Packets: 1, udpPackets: 1 },
    ],
    [
      "IP length 0",
      RAW_IP,
      ipv4({ payload: tcpSegment(), totalLength: 0 }),
      { ipv4Packets: 1, tcpPackets: 1, lengthZeroPackets: 1 },
    ],
    [
      "a fragment",
      RAW_IP,
      ipv4({ payload: tcpSegment(), moreFragments: true, id: 1 }),
      { ipv4Packets: 1, tcpPackets: 1, fragmentPackets: 1 },
    ],
    [
      "an A-MSDU of two segments",
      WLAN,
      link.wlanFrame({ aMsdu: true, payload: link.aMsdu([TCP, TCP]) }),
      { ipv4Packets: 1, tcpPackets: 1 },
    ],
  ])("%s", (_, linkType, bytes, expected) => {
    expect(countersOf(linkType, bytes)).toEqual(expected);
  });

  it("TCP, UDP and others sum to the packets read", () => {
    const harness = new DecodeHarness();
    const packets = [
      ...CELLS.map(({ bytes, linkType }) => ({ bytes, linkType })),
      ...CASES.map(([, , linkType, bytes]) => ({ bytes, linkType })),
    ];
    for (const packet of packets) harness.decode(packet);
    const { tcpPackets, udpPackets, otherPackets } = harness.decoder.counters;
    expect(tcpPackets + udpPackets + otherPackets).toBe(packets.length);
  });
});
