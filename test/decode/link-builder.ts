// Headers of link layers and tunnels that only the tests of the decoder need; like packet-builder.ts,
// from the inside out.

import {
  concat,
  etherTypeOf,
  llcSnap,
  octets,
  uint16,
  uint32,
  type Payload,
} from "../support/packet-builder.ts";

/** `count` octets of no meaning, different from each other and from zero. */
export function filler(count: number): number[] {
  return Array.from({ length: count }, (_, index) => (index * 7 + 0x21) & 0xff);
}

/** Little-endian. */
export function uint16le(value: number): number[] {
  return uint16(value).toReversed();
}

export function uint32le(value: number): number[] {
  return uint32(value).toReversed();
}

/** BSD null or loop. */
export function loopback(family: number, payload: Uint8Array, order: "big" | "little"): Uint8Array {
  return concat(order === "big" ? uint32(family) : uint32le(family), payload);
}

export function linuxCooked(payload: Uint8Array, protocol = etherTypeOf(payload)): Uint8Array {
  return concat(uint16(0), uint16(1), uint16(6), filler(8), uint16(protocol), payload);
}

export function linuxCooked2(payload: Uint8Array, protocol = etherTypeOf(payload)): Uint8Array {
  return concat(uint16(protocol), [0, 0], uint32(3), uint16(1), [0, 6], filler(8), payload);
}

/** PPP protocol number of IPv4 or IPv6. */
export function pppProtocolOf(payload: Uint8Array): number {
  return payload[0]! >>> 4 === 6 ? 0x0057 : 0x0021;
}

export interface PppFields {
  readonly payload: Uint8Array;
  readonly protocol?: number;
  /** Address and control before the protocol. Default true. */
  readonly hdlc?: boolean;
  /** One octet of protocol. Default false. */
  readonly compressed?: boolean;
}

export function ppp(fields: PppFields): Uint8Array {
  const protocol = fields.protocol ?? pppProtocolOf(fields.payload);
  return concat(
    fields.hdlc === false ? [] : [0xff, 0x03],
    fields.compressed === true ? [protocol & 0xff] : uint16(protocol),
    fields.payload,
  );
}

export function pppoe(payload: Uint8Array, session = 0x1234): Uint8Array {
  const inner = ppp({ payload, hdlc: false });
  return concat([0x11, 0], uint16(session), uint16(inner.length), inner);
}

export function ciscoHdlc(payload: Uint8Array, etherType = etherTypeOf(payload)): Uint8Array {
  return concat([0x0f, 0], uint16(etherType), payload);
}

/** Q.922 address of `addressLength` octets, control and NLPID. */
export function frameRelay(payload: Uint8Array, addressLength = 2): Uint8Array {
  const address = Array.from({ length: addressLength }, (_, index) =>
    index === addressLength - 1 ? 0x41 : 0x18,
  );
  return concat(address, [0x03, payload[0]! >>> 4 === 6 ? 0x8e : 0xcc], payload);
}

export interface WlanFields {
  readonly payload: Uint8Array;
  readonly qos?: boolean;
  readonly fourAddresses?: boolean;
  readonly protected?: boolean;
  readonly moreFragments?: boolean;
  readonly htControl?: boolean;
  readonly aMsdu?: boolean;
  /** Mesh control with this many extra addresses, announced in the QoS field. */
  readonly meshAddresses?: number;
  /** The two octets of the frame control field the other way round. */
  readonly swapped?: boolean;
  /** Zeros up to a multiple of four octets of header. */
  readonly padded?: boolean;
}

/** 802.11 data frame; `payload` stands behind the header as it is. */
export function wlanFrame(fields: WlanFields): Uint8Array {
  const qos = fields.qos === true || fields.aMsdu === true || fields.meshAddresses !== undefined;
  const type = qos ? 0x88 : 0x08;
  const flags =
    (fields.fourAddresses === true ? 0x03 : 0x01) |
    (fields.moreFragments === true ? 0x04 : 0) |
    (fields.protected === true ? 0x40 : 0) |
    (fields.htControl === true ? 0x80 : 0);
  const header = concat(
    fields.swapped === true ? [flags, type] : [type, flags],
    uint16(0x2c00),
    filler(18),
    uint16(0x1000),
    fields.fourAddresses === true ? filler(6) : [],
    qos
      ? [fields.aMsdu === true ? 0x80 : 0x00, fields.meshAddresses === undefined ? 0x00 : 0x01]
      : [],
    fields.htControl === true ? filler(4) : [],
  );
  const padding = fields.padded === true ? (4 - (header.length % 4)) % 4 : 0;
  const mesh =
    fields.meshAddresses === undefined
      ? []
      : [fields.meshAddresses, 31, ...uint32(7), ...filler(fields.meshAddresses * 6)];
  return concat(header, new Uint8Array(padding), mesh, fields.payload);
}

/** 802.11 data frame with LLC and IP. */
export function wlan(packet: Uint8Array, fields: Omit<WlanFields, "payload"> = {}): Uint8Array {
  return wlanFrame({ ...fields, payload: llcSnap(packet) });
}

/** The body of an A-MSDU: every packet in a subframe, padded but for the last. */
export function aMsdu(packets: readonly Uint8Array[]): Uint8Array {
  return concat(
    ...packets.flatMap((packet, index) => {
      const payload = llcSnap(packet);
      const length = 14 + payload.length;
      const padding = index === packets.length - 1 ? 0 : (4 - (length % 4)) % 4;
      return [concat(filler(12), uint16(payload.length), payload, new Uint8Array(padding))];
    }),
  );
}

/** Radiotap with a TSFT and a flags field behind two masks. */
export function radiotap(frame: Uint8Array, flags = 0): Uint8Array {
  const present = [...uint32le(0x8000_0003), ...uint32le(0)];
  // TSFT is aligned to 8 octets: the masks end at 12.
  const fields = [0, 0, 0, 0, ...filler(8), flags];
  const length = 4 + present.length + fields.length;
  return concat([0, 0], uint16le(length), present, fields, frame);
}

export function prism(frame: Uint8Array): Uint8Array {
  return concat(uint32le(0x44), uint32le(144), filler(136), frame);
}

export function avs(frame: Uint8Array): Uint8Array {
  return concat(uint32(0x8021_1001), uint32(64), filler(56), frame);
}

export function fddi(payload: Uint8Array): Uint8Array {
  return concat([0x50], filler(12), llcSnap(payload));
}

export function arcnet(payload: Uint8Array, systemCode: number, isLinux: boolean): Uint8Array {
  const splits = systemCode === 240 ? [] : [0, ...uint16(99)];
  return concat([1, 2], isLinux ? [0, 0] : [], [systemCode], splits, payload);
}

export function slip(payload: Uint8Array): Uint8Array {
  return concat([1], filler(15), payload);
}

export function juniperEthernet(frame: Uint8Array, extension: number[] = filler(6)): Uint8Array {
  return concat([0x4d, 0x47, 0x43, 0x80], uint16(extension.length), extension, frame);
}

/** NFLOG with a prefix field before the packet, in the order of a host. */
export function nflog(payload: Uint8Array, order: "big" | "little" = "little"): Uint8Array {
  const number = order === "big" ? uint16 : uint16le;
  const field = (type: number, value: Payload): Uint8Array => {
    const body = octets(value);
    const padding = new Uint8Array((4 - (body.length % 4)) % 4);
    return concat(number(body.length + 4), number(type), body, padding);
  };
  const family = payload[0]! >>> 4 === 6 ? 10 : 2;
  return concat([family, 0], uint16(0), field(10, "tcpx\0"), field(9, payload));
}

export function pktap(linkType: number, frame: Uint8Array): Uint8Array {
  return concat(uint32le(108), uint32le(1), uint32le(linkType), filler(96), frame);
}

export function ipoib(payload: Uint8Array): Uint8Array {
  return concat(filler(40), uint16(etherTypeOf(payload)), [0, 0], payload);
}

export function appleFirewire(payload: Uint8Array): Uint8Array {
  return concat(filler(16), uint16(etherTypeOf(payload)), payload);
}

// --- Tunnels ---

/** ERSPAN II in front of a frame (for GRE protocol 0x88be with a sequence number). */
export function erspan2(frame: Uint8Array): Uint8Array {
  return concat([0x10, 0x05], uint16(0x0042), uint32(7), frame);
}

/** ERSPAN III (0x22eb), with the platform subheader or not. */
export function erspan3(
  payload: Uint8Array,
  fields: { platform?: boolean; frameType?: number } = {},
): Uint8Array {
  const last = ((fields.frameType ?? 0) << 2) | 0;
  return concat(
    [0x20, 0x05],
    uint16(0x0042),
    uint32(7),
    uint16(0),
    [last, fields.platform === true ? 0x01 : 0x00],
    fields.platform === true ? filler(8) : [],
    payload,
  );
}

/** Teredo with the indications wanted, before IPv6. */
export function teredo(
  packet: Uint8Array,
  fields: { authentication?: boolean; origin?: boolean } = {},
): Uint8Array {
  return concat(
    fields.authentication === true ? [0, 1, 2, 3, ...filler(5), ...filler(8), 0] : [],
    fields.origin === true ? [0, 0, ...filler(6)] : [],
    packet,
  );
}

export function ayiya(packet: Uint8Array): Uint8Array {
  const nextHeader = packet[0]! >>> 4 === 6 ? 41 : 4;
  return concat([0x44, 0x52, 0x11, nextHeader], uint32(1_234_567), filler(16), filler(20), packet);
}

/** CAPWAP data header; `native` is an 802.11 frame, else Ethernet. */
export function capwap(
  frame: Uint8Array,
  fields: { native?: boolean; fragment?: boolean; keepAlive?: boolean } = {},
): Uint8Array {
  const length = 4;
  const flags = (fields.fragment === true ? 0x80 : 0) | (fields.keepAlive === true ? 0x08 : 0);
  return concat(
    [0, length << 3, (1 << 1) | (fields.native === true ? 1 : 0), flags | 0x20],
    uint32(0),
    [4, ...filler(4), 0, 0, 0],
    frame,
  );
}

/** L2TPv3 over IP: session id, then as many octets of cookie and sublayer as said. */
export function l2tpIp(frame: Uint8Array, extra = 0): Uint8Array {
  return concat(uint32(0x0102_0304), filler(extra), frame);
}

/** WCCP version 2's redirect header. */
export function wccp(packet: Uint8Array): Uint8Array {
  return concat([0x00, 0x01, 0x02, 0x03], packet);
}
