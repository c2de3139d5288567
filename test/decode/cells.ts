// Everything that the decoder reads, one line a case: link types, and encapsulations inside Ethernet,
// each around the same TCP segment in IPv4 or IPv6.

import {
  authenticationHeader,
  concat,
  ethernet,
  geneve,
  gre,
  gtpU,
  ipv4,
  ipv6,
  ipv6Extension,
  ipv6Fragment,
  IPV6_AUTHENTICATION,
  IPV6_DESTINATION,
  IPV6_FRAGMENT,
  IPV6_HOP_BY_HOP,
  IPV6_ROUTING,
  llcSnap,
  mpls,
  patternOctets,
  tcpInIp,
  tcpSegment,
  uint16,
  udpPacket,
  vxlan,
  vxlanGpe,
  type TcpFields,
} from "../support/packet-builder.ts";
import { ETHERNET, RAW_IP } from "./decode-harness.ts";
import * as link from "./link-builder.ts";

export type IpVersion = 4 | 6;

export interface Cell {
  readonly name: string;
  readonly linkType: number;
  readonly bytes: Uint8Array;
  readonly version: IpVersion;
  readonly vlans: readonly number[];
  readonly encapsulation: readonly string[];
}

export const PAYLOAD = Buffer.from(patternOctets(37)).toString("latin1");

const ADDRESSES = {
  4: { source: "10.0.0.1", destination: "10.0.0.2" },
  6: { source: "2001:db8::1", destination: "2001:db8::2" },
} as const;

export function flowOf(version: IpVersion): string {
  const { source, destination } = ADDRESSES[version];
  return `${source} 40000 > ${destination} 80`;
}

/** The segment that is in every cell. */
export function fieldsOf(version: IpVersion): TcpFields {
  return {
    ...ADDRESSES[version],
    seq: 0xfedc_ba98,
    ack: 0x1234_5678,
    flags: "PA",
    window: 4321,
    payload: PAYLOAD,
    options: [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2],
  };
}

export function packetOf(version: IpVersion): Uint8Array {
  return tcpInIp(fieldsOf(version));
}

function frameOf(version: IpVersion): Uint8Array {
  return ethernet({ payload: packetOf(version) });
}

type Build = (packet: Uint8Array, version: IpVersion) => Uint8Array;
type Row = readonly [
  name: string,
  linkType: number,
  build: Build,
  extra?: { only?: IpVersion; vlans?: readonly number[]; encapsulation?: readonly string[] },
];

const LINKS: readonly Row[] = [
  ["ethernet", ETHERNET, (packet) => ethernet({ payload: packet })],
  ["ethernet padded", ETHERNET, (packet) => ethernet({ payload: packet, padTo: 200 })],
  ["vlan", ETHERNET, (packet) => ethernet({ payload: packet, vlans: [{ id: 7 }] }), { vlans: [7] }],
  [
    "priority tag",
    ETHERNET,
    (packet) => ethernet({ payload: packet, vlans: [{ id: 0 }] }),
    { vlans: [] },
  ],
  [
    "vlan in vlan in vlan",
    ETHERNET,
    (packet) =>
      ethernet({
        payload: packet,
        vlans: [
          { tpid: 0x9100, id: 1 },
          { tpid: 0x88a8, id: 2 },
          { tpid: 0x8100, id: 4095 },
        ],
      }),
    { vlans: [1, 2, 4095] },
  ],
  [
    "802.3 with LLC and SNAP",
    ETHERNET,
    (packet) => {
      const payload = llcSnap(packet);
      return ethernet({ payload, etherType: payload.length });
    },
  ],
  [
    "LLC with the SAP of IP",
    ETHERNET,
    (packet) => ethernet({ payload: concat([6, 6, 3], packet), etherType: 0x8870 }),
    { only: 4 },
  ],
  [
    "bridged frame in rfc1483",
    100,
    (packet) => concat([0xaa, 0xaa, 3, 0, 0x80, 0xc2, 0, 7, 0, 0], ethernet({ payload: packet })),
  ],
  [
    "bridged frame in frame relay",
    107,
    (packet) =>
      concat([0x18, 0x41, 3, 0, 0x80, 0, 0x80, 0xc2, 0, 7], ethernet({ payload: packet })),
  ],
  ["null, little-endian", 0, (packet, v) => link.loopback(v === 4 ? 2 : 24, packet, "little")],
  ["null, big-endian", 0, (packet, v) => link.loopback(v === 4 ? 2 : 28, packet, "big")],
  ["null of Darwin", 0, (packet, v) => link.loopback(v === 4 ? 2 : 30, packet, "little")],
  ["loop", 108, (packet, v) => link.loopback(v === 4 ? 2 : 24, packet, "big")],
  ["loop of Linux", 108, (packet, v) => link.loopback(v === 4 ? 2 : 10, packet, "little")],
  ["arcnet rfc1201", 7, (packet, v) => link.arcnet(packet, v === 4 ? 212 : 196, false)],
  ["arcnet rfc1051", 7, (packet) => link.arcnet(packet, 240, false), { only: 4 }],
  [
    "arcnet with an exception filler",
    7,
    (packet) => concat([1, 2, 212, 0xff, 0xff, 0xff, 212, 0, 0, 9], packet),
    { only: 4 },
  ],
  ["arcnet linux", 129, (packet, v) => link.arcnet(packet, v === 4 ? 212 : 196, true)],
  ["slip", 8, (packet) => link.slip(packet)],
  ["ppp", 9, (packet) => link.ppp({ payload: packet, hdlc: false })],
  ["ppp with address and control", 9, (packet) => link.ppp({ payload: packet })],
  [
    "ppp with all fields compressed",
    9,
    (packet) => link.ppp({ payload: packet, hdlc: false, compressed: true }),
  ],
  ["fddi", 10, (packet) => link.fddi(packet)],
  ["raw 12", 12, (packet) => packet],
  ["raw 14", 14, (packet) => packet],
  ["ppp in hdlc", 50, (packet) => link.ppp({ payload: packet })],
  ["ppp in hdlc, really Cisco's", 50, (packet) => link.ciscoHdlc(packet)],
  ["pppoe", 51, (packet) => link.pppoe(packet), { encapsulation: ["pppoe"] }],
  [
    "pppoe in ethernet",
    ETHERNET,
    (packet) => ethernet({ payload: link.pppoe(packet), etherType: 0x8864 }),
    { encapsulation: ["pppoe"] },
  ],
  ["rfc1483", 100, (packet) => llcSnap(packet)],
  ["raw", RAW_IP, (packet) => packet],
  ["cisco hdlc", 104, (packet) => link.ciscoHdlc(packet)],
  ["frame relay", 107, (packet) => link.frameRelay(packet)],
  ["frame relay, long address", 107, (packet) => link.frameRelay(packet, 4)],
  [
    "frame relay of Cisco",
    107,
    (packet, v) => concat([0x18, 0x41], uint16(v === 4 ? 0x0800 : 0x86dd), packet),
  ],
  [
    "frame relay with SNAP",
    107,
    (packet, v) =>
      concat([0x18, 0x41, 3, 0, 0x80, 0, 0, 0], uint16(v === 4 ? 0x0800 : 0x86dd), packet),
  ],
  ["802.11", 105, (packet) => link.wlan(packet)],
  ["802.11 qos", 105, (packet) => link.wlan(packet, { qos: true })],
  [
    "802.11 qos, high throughput",
    105,
    (packet) => link.wlan(packet, { qos: true, htControl: true }),
  ],
  ["802.11 four addresses", 105, (packet) => link.wlan(packet, { fourAddresses: true })],
  ["802.11 mesh", 105, (packet) => link.wlan(packet, { fourAddresses: true, meshAddresses: 2 })],
  ["802.11 decrypted, flag left", 105, (packet) => link.wlan(packet, { protected: true })],
  [
    "802.11 decrypted, vector left",
    105,
    (packet) =>
      link.wlanFrame({ protected: true, payload: concat(link.filler(8), llcSnap(packet)) }),
  ],
  ["802.11 radiotap", 127, (packet) => link.radiotap(link.wlan(packet))],
  [
    "802.11 radiotap, fcs and padding",
    127,
    (packet) =>
      link.radiotap(concat(link.wlan(packet, { qos: true, padded: true }), link.filler(4)), 0x30),
  ],
  ["802.11 prism", 119, (packet) => link.prism(link.wlan(packet))],
  ["802.11 prism, really AVS", 119, (packet) => link.avs(link.wlan(packet))],
  ["802.11 avs", 163, (packet) => link.avs(link.wlan(packet))],
  [
    "802.11 a-msdu of one",
    105,
    (packet) => link.wlanFrame({ aMsdu: true, payload: link.aMsdu([packet]) }),
  ],
  ["linux cooked", 113, (packet) => link.linuxCooked(packet)],
  [
    "linux cooked with vlan",
    113,
    (packet, v) =>
      link.linuxCooked(concat(uint16(9), uint16(v === 4 ? 0x0800 : 0x86dd), packet), 0x8100),
    { vlans: [9] },
  ],
  ["linux cooked with llc", 113, (packet) => link.linuxCooked(llcSnap(packet), 4)],
  ["linux cooked 2", 276, (packet) => link.linuxCooked2(packet)],
  [
    "linux cooked 2 with vlan",
    276,
    (packet, v) =>
      link.linuxCooked2(concat(uint16(9), uint16(v === 4 ? 0x0800 : 0x86dd), packet), 0x8100),
    { vlans: [9] },
  ],
  ["ip over firewire", 138, (packet) => link.appleFirewire(packet)],
  ["juniper ethernet", 178, (packet) => link.juniperEthernet(ethernet({ payload: packet }))],
  [
    "juniper without link layer",
    178,
    (packet) => concat([0x4d, 0x47, 0x43, 0x02, 0, 0, 0, 2], packet),
  ],
  ["ppp with direction", 204, (packet) => concat([1], link.ppp({ payload: packet }))],
  ["mpls", 219, (packet) => mpls([16, 17], packet), { encapsulation: ["mpls"] }],
  ["raw ipv4", 228, (packet) => packet, { only: 4 }],
  ["raw ipv6", 229, (packet) => packet, { only: 6 }],
  ["nflog", 239, (packet) => link.nflog(packet)],
  ["nflog, big-endian", 239, (packet) => link.nflog(packet, "big")],
  ["ipoib", 242, (packet) => link.ipoib(packet)],
  ["pktap of ethernet", 258, (packet) => link.pktap(1, ethernet({ payload: packet }))],
  ["pktap of raw", 258, (packet) => link.pktap(12, packet)],
];

const IPV4_OPTIONS = [0x94, 0x04, 0, 0];

/** IPv4 options and IPv6 extension headers, raw. */
const NETWORKS: readonly Row[] = [
  [
    "ipv4 options",
    RAW_IP,
    () => ipv4({ payload: tcpSegment(fieldsOf(4)), options: IPV4_OPTIONS }),
    { only: 4 },
  ],
  [
    "ipv4 authentication",
    RAW_IP,
    () =>
      ipv4({ protocol: 51, payload: authenticationHeader({ payload: tcpSegment(fieldsOf(4)) }) }),
    { only: 4 },
  ],
  [
    "all extension headers of ipv6",
    RAW_IP,
    () => {
      const fragment = ipv6Fragment({ payload: tcpSegment(fieldsOf(6)) });
      const authentication = authenticationHeader({ nextHeader: IPV6_FRAGMENT, payload: fragment });
      const routing = ipv6Extension({ nextHeader: IPV6_AUTHENTICATION, payload: authentication });
      const destination = ipv6Extension({ nextHeader: IPV6_ROUTING, payload: routing });
      const hops = ipv6Extension({ nextHeader: IPV6_DESTINATION, payload: destination });
      return ipv6({ ...ADDRESSES[6], nextHeader: IPV6_HOP_BY_HOP, payload: hops });
    },
    { only: 6 },
  ],
];

/** Encapsulations in IPv4 in Ethernet: what the packet is wrapped into, between other addresses. */
const OUTER = { source: "192.0.2.1", destination: "192.0.2.2" } as const;
const OUTER_6 = { source: "2001:db8:f::1", destination: "2001:db8:f::2" } as const;

function inIpv4(protocol: number, payload: Uint8Array): Uint8Array {
  return ethernet({ payload: ipv4({ ...OUTER, protocol, payload }) });
}

function inUdp(destinationPort: number, payload: Uint8Array): Uint8Array {
  return ethernet({ payload: udpPacket({ ...OUTER, destinationPort, payload }) });
}

function inGre(fields: Parameters<typeof gre>[0]): Uint8Array {
  return inIpv4(47, gre(fields));
}

function tunnelRow(name: string, build: Build, encapsulation: string[], only?: IpVersion): Row {
  return [name, ETHERNET, build, { encapsulation, ...(only === undefined ? {} : { only }) }];
}

const TUNNELS: readonly Row[] = [
  tunnelRow("ip in ip", (packet) => inIpv4(4, packet), ["ipip"], 4),
  tunnelRow("6in4", (packet) => inIpv4(41, packet), ["6in4"], 6),
  tunnelRow(
    "4in6",
    (packet) => ethernet({ payload: ipv6({ ...OUTER_6, nextHeader: 4, payload: packet }) }),
    ["4in6"],
    4,
  ),
  tunnelRow(
    "6in6",
    (packet) => ethernet({ payload: ipv6({ ...OUTER_6, nextHeader: 41, payload: packet }) }),
    ["6in6"],
    6,
  ),
  tunnelRow("gre", (packet) => inGre({ payload: packet }), ["gre"]),
  tunnelRow(
    "gre with all fields",
    (packet) => inGre({ payload: packet, key: 0xffff_fffe, sequence: 5, checksum: true }),
    ["gre 4294967294"],
  ),
  tunnelRow(
    "gre with ethernet",
    (_, v) => inGre({ payload: frameOf(v), protocol: 0x6558, key: 0 }),
    ["gre 0"],
  ),
  tunnelRow(
    "gre with mpls",
    (packet) => inGre({ payload: mpls([100], packet), protocol: 0x8847 }),
    ["gre", "mpls"],
  ),
  tunnelRow("erspan i", (_, v) => inGre({ payload: frameOf(v), protocol: 0x88be }), ["erspan"]),
  tunnelRow(
    "erspan ii",
    (_, v) => inGre({ payload: link.erspan2(frameOf(v)), protocol: 0x88be, sequence: 1 }),
    ["erspan"],
  ),
  tunnelRow(
    "erspan iii",
    (_, v) => inGre({ payload: link.erspan3(frameOf(v)), protocol: 0x22eb, sequence: 1 }),
    ["erspan"],
  ),
  tunnelRow(
    "erspan iii with platform header",
    (_, v) =>
      inGre({
        payload: link.erspan3(frameOf(v), { platform: true }),
        protocol: 0x22eb,
        sequence: 1,
      }),
    ["erspan"],
  ),
  tunnelRow(
    "erspan iii with ip",
    (packet) =>
      inGre({ payload: link.erspan3(packet, { frameType: 2 }), protocol: 0x22eb, sequence: 1 }),
    ["erspan"],
  ),
  tunnelRow("wccp 1", (packet) => inGre({ payload: packet, protocol: 0x883e }), ["wccp"], 4),
  tunnelRow("wccp 2", (packet) => inGre({ payload: link.wccp(packet), protocol: 0x883e }), [
    "wccp",
  ]),
  tunnelRow(
    "gre of Aruba",
    (packet) => inGre({ payload: link.wlan(packet, { qos: true }), protocol: 0x8240 }),
    ["gre"],
  ),
  tunnelRow(
    "pptp",
    (packet) => {
      const inner = link.ppp({ payload: packet });
      const key = inner.length * 0x10000 + 77;
      return inGre({ payload: inner, protocol: 0x880b, version: 1, key, sequence: 3, ack: 9 });
    },
    ["pptp"],
  ),
  tunnelRow("mpls in ip", (packet) => inIpv4(137, mpls([9], packet)), ["mpls"]),
  tunnelRow(
    "mpls in ethernet",
    (packet) => ethernet({ payload: mpls([16, 3, 2], packet), etherType: 0x8847 }),
    ["mpls"],
  ),
  tunnelRow(
    "pseudowire",
    (_, v) => ethernet({ payload: mpls([16], frameOf(v)), etherType: 0x8847 }),
    ["mpls"],
  ),
  tunnelRow(
    "pseudowire with control word",
    (_, v) =>
      ethernet({ payload: mpls([16], concat([0, 0, 0, 1], frameOf(v))), etherType: 0x8847 }),
    ["mpls"],
  ),
  tunnelRow("l2tp", (_, v) => inIpv4(115, link.l2tpIp(frameOf(v))), ["l2tp"]),
  tunnelRow("l2tp with cookie", (_, v) => inIpv4(115, link.l2tpIp(frameOf(v), 8)), ["l2tp"]),
  tunnelRow("vxlan", (_, v) => inUdp(4789, vxlan({ network: 0xabcdef, payload: frameOf(v) })), [
    "vxlan 11259375",
  ]),
  tunnelRow(
    "vxlan with group policy",
    (_, v) => {
      const outer = vxlan({ network: 5, payload: frameOf(v) });
      outer.set([0x88, 0x00, 0x12, 0x34]);
      return inUdp(4789, outer);
    },
    ["vxlan 5"],
  ),
  tunnelRow(
    "vxlan-gpe with ip",
    (packet, v) =>
      inUdp(4790, vxlanGpe({ network: 3, nextProtocol: v === 4 ? 1 : 2, payload: packet })),
    ["vxlan-gpe 3"],
  ),
  tunnelRow(
    "vxlan-gpe with ethernet",
    (_, v) => inUdp(4790, vxlanGpe({ network: 3, nextProtocol: 3, payload: frameOf(v) })),
    ["vxlan-gpe 3"],
  ),
  tunnelRow(
    "vxlan-gpe with mpls",
    (packet) => inUdp(4790, vxlanGpe({ network: 3, nextProtocol: 5, payload: mpls([9], packet) })),
    ["vxlan-gpe 3", "mpls"],
  ),
  tunnelRow("geneve", (_, v) => inUdp(6081, geneve({ network: 9, payload: frameOf(v) })), [
    "geneve 9",
  ]),
  tunnelRow(
    "geneve with options and ip",
    (packet, v) =>
      inUdp(
        6081,
        geneve({
          network: 9,
          payload: packet,
          protocol: v === 4 ? 0x0800 : 0x86dd,
          options: link.filler(12),
        }),
      ),
    ["geneve 9"],
  ),
  tunnelRow("gtp-u", (packet) => inUdp(2152, gtpU({ tunnel: 1, payload: packet })), ["gtp-u"]),
  tunnelRow(
    "gtp-u with sequence",
    (packet) => inUdp(2152, gtpU({ tunnel: 1, payload: packet, sequence: 7 })),
    ["gtp-u"],
  ),
  tunnelRow(
    "gtp-u with extension headers",
    (packet) => {
      const inner = concat([0, 0, 0, 0x85, 1, 0, 9, 0x85, 2, 1, 2, 3, 4, 5, 6, 0], packet);
      return inUdp(2152, concat([0x34, 0xff], uint16(inner.length), [0, 0, 0, 1], inner));
    },
    ["gtp-u"],
  ),
  tunnelRow("teredo", (packet) => inUdp(3544, link.teredo(packet)), ["teredo"], 6),
  tunnelRow(
    "teredo with indications",
    (packet) => inUdp(3544, link.teredo(packet, { authentication: true, origin: true })),
    ["teredo"],
    6,
  ),
  tunnelRow("mpls in udp", (packet) => inUdp(6635, mpls([9], packet)), ["mpls"]),
  tunnelRow("gre in udp", (packet) => inUdp(4754, gre({ payload: packet, key: 4 })), ["gre 4"]),
  tunnelRow("ayiya", (packet) => inUdp(5072, link.ayiya(packet)), ["ayiya"]),
  tunnelRow(
    "capwap with 802.11",
    (packet) => inUdp(5247, link.capwap(link.wlan(packet), { native: true })),
    ["capwap"],
  ),
  tunnelRow(
    "capwap with 802.11, octets exchanged",
    (packet) => inUdp(5247, link.capwap(link.wlan(packet, { swapped: true }), { native: true })),
    ["capwap"],
  ),
  tunnelRow("capwap with ethernet", (_, v) => inUdp(5247, link.capwap(frameOf(v))), ["capwap"]),
  tunnelRow(
    "vlan in vxlan in gre in ip",
    (packet) =>
      inIpv4(
        4,
        ipv4({
          protocol: 47,
          payload: gre({
            payload: udpPacket({
              destinationPort: 4789,
              payload: vxlan({
                network: 1,
                payload: ethernet({ payload: packet, vlans: [{ id: 12 }] }),
              }),
            }),
          }),
        }),
      ),
    ["ipip", "gre", "vxlan 1"],
  ),
];

function cellsOf(row: Row): Cell[] {
  const [name, linkType, build, extra = {}] = row;
  const versions: IpVersion[] = extra.only === undefined ? [4, 6] : [extra.only];
  const vlans = name.startsWith("vlan in vxlan") ? [12] : (extra.vlans ?? []);
  return versions.map((version) => ({
    name: `${name}, IPv${version}`,
    linkType,
    bytes: build(packetOf(version), version),
    version,
    vlans,
    encapsulation: extra.encapsulation ?? [],
  }));
}

/** A link layer as a function around any IP packet. */
export interface LinkLayer {
  readonly name: string;
  readonly linkType: number;
  readonly build: Build;
  /** IP version that it carries, where it carries only one. */
  readonly only: IpVersion | undefined;
  readonly vlans: readonly number[];
  readonly encapsulation: readonly string[];
}

export const LINK_LAYERS: readonly LinkLayer[] = LINKS.map(([name, linkType, build, extra]) => ({
  name,
  linkType,
  build,
  only: extra?.only,
  vlans: extra?.vlans ?? [],
  encapsulation: extra?.encapsulation ?? [],
}));

export const LINK_CELLS: readonly Cell[] = LINKS.flatMap(cellsOf);
export const NETWORK_CELLS: readonly Cell[] = NETWORKS.flatMap(cellsOf);
export const TUNNEL_CELLS: readonly Cell[] = TUNNELS.flatMap(cellsOf);
export const CELLS: readonly Cell[] = [...LINK_CELLS, ...NETWORK_CELLS, ...TUNNEL_CELLS];
