// Builds packets for tests, from the inside out: each function takes the fields of one header and the
// octets that follow it, and returns header and octets. What a test does not name is plausible and
// consistent (lengths, checksums); what it names stands in the header as given, right or wrong.
// Addresses are text ("10.0.0.1", "2001:db8::1") and decide which IP version and pseudo header is meant.

const IP_PROTOCOL_TCP = 6;
const IP_PROTOCOL_UDP = 17;
const ETHER_TYPE_IPV4 = 0x0800;
const ETHER_TYPE_IPV6 = 0x86dd;

/** What may stand as payload: octets, or text taken as Latin-1 (one octet a character). */
export type Payload = Uint8Array | string;

export function octets(payload: Payload | undefined): Uint8Array {
  if (payload === undefined) return new Uint8Array(0);
  return typeof payload === "string" ? new Uint8Array(Buffer.from(payload, "latin1")) : payload;
}

/** Joins parts: numbers are single octets. */
export function concat(...parts: readonly (Payload | readonly number[])[]): Uint8Array {
  return new Uint8Array(
    Buffer.concat(
      parts.map((part) => (typeof part === "string" ? octets(part) : Uint8Array.from(part))),
    ),
  );
}

/** Octets written in hexadecimal; spaces are ignored. */
export function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));
}

/** `count` octets that tell where they stand: 0, 1, 2, ... modulo 251. */
export function patternOctets(count: number, from = 0): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => (index + from) % 251);
}

export function uint16(value: number): number[] {
  return [(value >>> 8) & 0xff, value & 0xff];
}

export function uint32(value: number): number[] {
  return [...uint16(value >>> 16), ...uint16(value)];
}

function isIPv6(address: string): boolean {
  return address.includes(":");
}

/** The 4 or 16 octets of an address. */
export function addressOctets(address: string): Uint8Array {
  if (!isIPv6(address)) return Uint8Array.from(address.split("."), Number);
  const [head = "", tail] = address.split("::");
  const groups = (text: string): number[] =>
    text === ""
      ? []
      : text
          .split(":")
          .flatMap((group) =>
            group.includes(".") ? [...addressOctets(group)] : uint16(Number.parseInt(group, 16)),
          );
  const front = groups(head);
  const back = groups(tail ?? "");
  const middle = Array.from({ length: 16 - front.length - back.length }, () => 0);
  return Uint8Array.from([...front, ...middle, ...back]);
}

/** The Internet checksum of RFC 1071, the slow and obvious way. */
export function internetChecksum(...parts: readonly Uint8Array[]): number {
  const all = concat(...parts);
  let sum = 0;
  for (let at = 0; at < all.length; at += 2) sum += (all[at]! << 8) | (all[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

function pseudoHeader(
  source: string,
  destination: string,
  protocol: number,
  length: number,
): Uint8Array {
  const addresses = concat(addressOctets(source), addressOctets(destination));
  return isIPv6(source)
    ? concat(addresses, uint32(length), [0, 0, 0, protocol])
    : concat(addresses, [0, protocol], uint16(length));
}

// --- TCP and UDP ---

const FLAG_LETTERS: Readonly<Record<string, number>> = {
  F: 0x01,
  S: 0x02,
  R: 0x04,
  P: 0x08,
  A: 0x10,
  U: 0x20,
  E: 0x40,
  C: 0x80,
};

/** "SA" and 0x12 are the same; letters are F S R P A U E C. */
export function flagBits(flags: string | number): number {
  if (typeof flags === "number") return flags;
  let bits = 0;
  for (const letter of flags) {
    const bit = FLAG_LETTERS[letter];
    if (bit === undefined) throw new Error(`no TCP flag is called ${letter}`);
    bits |= bit;
  }
  return bits;
}

export interface TcpFields {
  readonly source?: string;
  readonly destination?: string;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly seq?: number;
  readonly ack?: number;
  /** Letters of F S R P A U E C, or bits. Default "A". */
  readonly flags?: string | number;
  readonly window?: number;
  readonly payload?: Payload;
  /** Padded with zeros (end of options) to a multiple of 4. */
  readonly options?: Uint8Array | readonly number[];
  readonly urgentPointer?: number;
  /** "bad" is the right one with its bits turned; a number stands as it is. Default "good". */
  readonly checksum?: "good" | "bad" | number;
  /** In 32-bit words; default what the options need. */
  readonly dataOffset?: number;
}

const CLIENT = "10.0.0.1";
const SERVER = "10.0.0.2";

/** TCP header and payload (RFC 9293 §3.1); 10.0.0.1:40000 to 10.0.0.2:80 unless told. */
export function tcpSegment(fields: TcpFields = {}): Uint8Array {
  const source = fields.source ?? CLIENT;
  const destination = fields.destination ?? SERVER;
  const options = Uint8Array.from(fields.options ?? []);
  const padding = Array.from({ length: (4 - (options.length % 4)) % 4 }, () => 0);
  const dataOffset = fields.dataOffset ?? 5 + (options.length + padding.length) / 4;
  const segment = concat(
    uint16(fields.sourcePort ?? 40_000),
    uint16(fields.destinationPort ?? 80),
    uint32(fields.seq ?? 0),
    uint32(fields.ack ?? 0),
    [dataOffset << 4, flagBits(fields.flags ?? "A")],
    uint16(fields.window ?? 65_535),
    [0, 0],
    uint16(fields.urgentPointer ?? 0),
    options,
    padding,
    octets(fields.payload),
  );
  const pseudo = pseudoHeader(source, destination, IP_PROTOCOL_TCP, segment.length);
  const good = internetChecksum(pseudo, segment);
  const wanted = fields.checksum ?? "good";
  const checksum = wanted === "good" ? good : wanted === "bad" ? good ^ 0x5a5a : wanted;
  segment.set(uint16(checksum), 16);
  return segment;
}

export interface UdpFields {
  readonly source?: string;
  readonly destination?: string;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly payload?: Payload;
  /** Default what the payload needs. */
  readonly length?: number;
}

/** UDP header (without checksum) and payload (RFC 768). */
export function udp(fields: UdpFields = {}): Uint8Array {
  const payload = octets(fields.payload);
  return concat(
    uint16(fields.sourcePort ?? 50_000),
    uint16(fields.destinationPort ?? 53),
    uint16(fields.length ?? payload.length + 8),
    [0, 0],
    payload,
  );
}

// --- IP ---

export interface Ipv4Fields {
  readonly source?: string;
  readonly destination?: string;
  /** Default TCP. */
  readonly protocol?: number;
  readonly payload?: Payload;
  readonly id?: number;
  readonly ttl?: number;
  /** In octets, a multiple of 8. */
  readonly fragmentOffset?: number;
  readonly moreFragments?: boolean;
  /** A multiple of 4 octets. */
  readonly options?: Uint8Array | readonly number[];
  /** As it stands in the header; default header and payload. */
  readonly totalLength?: number;
  /** In 32-bit words; default what the options need. */
  readonly headerLength?: number;
  readonly version?: number;
}

/** IPv4 header with a right header checksum, and payload (RFC 791). */
export function ipv4(fields: Ipv4Fields = {}): Uint8Array {
  const payload = octets(fields.payload);
  const options = Uint8Array.from(fields.options ?? []);
  const headerLength = fields.headerLength ?? 5 + options.length / 4;
  const fragmentation =
    ((fields.fragmentOffset ?? 0) >>> 3) | (fields.moreFragments === true ? 0x2000 : 0);
  const header = concat(
    [((fields.version ?? 4) << 4) | headerLength, 0],
    uint16(fields.totalLength ?? 20 + options.length + payload.length),
    uint16(fields.id ?? 0),
    uint16(fragmentation),
    [fields.ttl ?? 64, fields.protocol ?? IP_PROTOCOL_TCP, 0, 0],
    addressOctets(fields.source ?? CLIENT),
    addressOctets(fields.destination ?? SERVER),
    options,
  );
  header.set(uint16(internetChecksum(header)), 10);
  return concat(header, payload);
}

export interface Ipv6Fields {
  readonly source?: string;
  readonly destination?: string;
  /** Default TCP. */
  readonly nextHeader?: number;
  readonly payload?: Payload;
  readonly payloadLength?: number;
}

/** IPv6 header and payload (RFC 8200); extension headers are part of the payload. */
export function ipv6(fields: Ipv6Fields = {}): Uint8Array {
  const payload = octets(fields.payload);
  return concat(
    [0x60, 0, 0, 0],
    uint16(fields.payloadLength ?? payload.length),
    [fields.nextHeader ?? IP_PROTOCOL_TCP, 64],
    addressOctets(fields.source ?? "2001:db8::1"),
    addressOctets(fields.destination ?? "2001:db8::2"),
    payload,
  );
}

/** Numbers of the IPv6 extension headers, for `nextHeader`. */
export const IPV6_HOP_BY_HOP = 0;
export const IPV6_ROUTING = 43;
export const IPV6_FRAGMENT = 44;
export const IPV6_AUTHENTICATION = 51;
export const IPV6_DESTINATION = 60;

/** Hop-by-hop, destination or routing header around `payload`; its options fill 6 + 8n octets. */
export function ipv6Extension(fields: {
  readonly nextHeader?: number;
  readonly payload?: Payload;
  readonly options?: Uint8Array | readonly number[];
}): Uint8Array {
  const options = Uint8Array.from(fields.options ?? [1, 4, 0, 0, 0, 0]);
  return concat(
    [fields.nextHeader ?? IP_PROTOCOL_TCP, (options.length + 2) / 8 - 1],
    options,
    octets(fields.payload),
  );
}

/** The options of a hop-by-hop header that carry a jumbo payload length (RFC 2675). */
export function jumboOption(length: number): number[] {
  return [0xc2, 4, ...uint32(length)];
}

/** Fragment header (RFC 8200 §4.5) and its part of the payload. */
export function ipv6Fragment(fields: {
  readonly nextHeader?: number;
  readonly payload?: Payload;
  readonly id?: number;
  /** In octets, a multiple of 8. */
  readonly offset?: number;
  readonly moreFragments?: boolean;
}): Uint8Array {
  return concat(
    [fields.nextHeader ?? IP_PROTOCOL_TCP, 0],
    uint16(((fields.offset ?? 0) & 0xfff8) | (fields.moreFragments === true ? 1 : 0)),
    uint32(fields.id ?? 0),
    octets(fields.payload),
  );
}

/** Authentication header (RFC 4302), for IPv4 and IPv6. */
export function authenticationHeader(fields: {
  readonly nextHeader?: number;
  readonly payload?: Payload;
}): Uint8Array {
  const value = uint32(0x0badcafe);
  return concat(
    [fields.nextHeader ?? IP_PROTOCOL_TCP, 4, 0, 0],
    uint32(0x100),
    uint32(1),
    value,
    value,
    value,
    octets(fields.payload),
  );
}

/** IPv4 or IPv6 by the address, IPv4 where none is given. */
export function ip(
  fields: {
    readonly source?: string;
    readonly destination?: string;
    readonly protocol?: number;
    readonly payload?: Payload;
  } = {},
): Uint8Array {
  const { protocol, ...rest } = fields;
  if (fields.source !== undefined && isIPv6(fields.source)) {
    return ipv6(protocol === undefined ? rest : { ...rest, nextHeader: protocol });
  }
  return ipv4(fields);
}

/** UDP in IP. */
export function udpPacket(fields: UdpFields = {}): Uint8Array {
  const { source, destination } = fields;
  return ip({
    ...(source === undefined ? {} : { source }),
    ...(destination === undefined ? {} : { destination }),
    protocol: IP_PROTOCOL_UDP,
    payload: udp(fields),
  });
}

// --- Links ---

export interface VlanTag {
  /** Default 0x8100. */
  readonly tpid?: number;
  readonly id: number;
}

export interface EthernetFields {
  readonly payload?: Payload;
  /** Default by the IP version of the payload. */
  readonly etherType?: number;
  /** Outermost first. */
  readonly vlans?: readonly VlanTag[];
  /** Pads with zeros to at least this many octets (60 is what Ethernet wants). */
  readonly padTo?: number;
}

/** What an EtherType of this payload would be: IPv6 if its first nibble is 6, else IPv4. */
export function etherTypeOf(payload: Uint8Array): number {
  return payload[0]! >>> 4 === 6 ? ETHER_TYPE_IPV6 : ETHER_TYPE_IPV4;
}

/** Ethernet II header, VLAN tags and payload. */
export function ethernet(fields: EthernetFields): Uint8Array {
  const payload = octets(fields.payload);
  const tags = (fields.vlans ?? []).flatMap((tag) => [
    ...uint16(tag.tpid ?? 0x8100),
    ...uint16(tag.id),
  ]);
  const frame = concat(
    [0x02, 0, 0, 0, 0, 0x02],
    [0x02, 0, 0, 0, 0, 0x01],
    tags,
    uint16(fields.etherType ?? etherTypeOf(payload)),
    payload,
  );
  const missing = Math.max(0, (fields.padTo ?? 0) - frame.length);
  return concat(frame, new Uint8Array(missing));
}

/** IEEE 802.2 LLC with SNAP: organisation code 0 and an EtherType. */
export function llcSnap(payload: Uint8Array, etherType = etherTypeOf(payload)): Uint8Array {
  return concat([0xaa, 0xaa, 0x03, 0, 0, 0], uint16(etherType), payload);
}

// --- Tunnels ---

export interface GreFields {
  readonly payload?: Payload;
  /** Default by the IP version of the payload; 0x6558 is Ethernet. */
  readonly protocol?: number;
  readonly key?: number;
  readonly sequence?: number;
  readonly checksum?: boolean;
  readonly version?: number;
  /** PPTP only (version 1). */
  readonly ack?: number;
}

/** GRE (RFC 2784, 2890; version 1: RFC 2637) around a packet. */
export function gre(fields: GreFields): Uint8Array {
  const payload = octets(fields.payload);
  const { key, sequence, ack } = fields;
  return concat(
    [
      (fields.checksum === true ? 0x80 : 0) |
        (key === undefined ? 0 : 0x20) |
        (sequence === undefined ? 0 : 0x10),
      (ack === undefined ? 0 : 0x80) | (fields.version ?? 0),
    ],
    uint16(fields.protocol ?? etherTypeOf(payload)),
    fields.checksum === true ? [0, 0, 0, 0] : [],
    key === undefined ? [] : uint32(key),
    sequence === undefined ? [] : uint32(sequence),
    ack === undefined ? [] : uint32(ack),
    payload,
  );
}

/** VXLAN header (RFC 7348) around an Ethernet frame. */
export function vxlan(fields: { readonly network: number; readonly payload: Payload }): Uint8Array {
  return concat([0x08, 0, 0, 0], uint32(fields.network << 8), octets(fields.payload));
}

/** VXLAN-GPE header; next protocol 1 IPv4, 2 IPv6, 3 Ethernet. */
export function vxlanGpe(fields: {
  readonly network: number;
  readonly nextProtocol: number;
  readonly payload: Payload;
}): Uint8Array {
  return concat(
    [0x0c, 0, 0, fields.nextProtocol],
    uint32(fields.network << 8),
    octets(fields.payload),
  );
}

/** GENEVE header (RFC 8926), by default around an Ethernet frame; options a multiple of 4 octets. */
export function geneve(fields: {
  readonly network: number;
  readonly payload: Payload;
  readonly protocol?: number;
  readonly options?: readonly number[];
}): Uint8Array {
  const options = fields.options ?? [];
  return concat(
    [options.length / 4, 0],
    uint16(fields.protocol ?? 0x6558),
    uint32(fields.network << 8),
    options,
    octets(fields.payload),
  );
}

/** GTPv1-U G-PDU (3GPP TS 29.281); a sequence number makes the header 12 octets long. */
export function gtpU(fields: {
  readonly tunnel: number;
  readonly payload: Payload;
  readonly sequence?: number;
}): Uint8Array {
  const payload = octets(fields.payload);
  const optional = fields.sequence === undefined ? [] : [...uint16(fields.sequence), 0, 0];
  return concat(
    [fields.sequence === undefined ? 0x30 : 0x32, 0xff],
    uint16(optional.length + payload.length),
    uint32(fields.tunnel),
    optional,
    payload,
  );
}

/** MPLS label stack entries (RFC 3032), the last one marked as the bottom. */
export function mpls(labels: readonly number[], payload: Payload): Uint8Array {
  const entries = labels.flatMap((label, index) =>
    uint32(((label << 12) | (index === labels.length - 1 ? 0x100 : 0) | 64) >>> 0),
  );
  return concat(entries, octets(payload));
}

// --- Shortcuts ---

export type TcpPacketFields = TcpFields & {
  readonly id?: number;
  readonly vlans?: readonly VlanTag[];
  readonly padTo?: number;
};

/** TCP in IP: the version by the addresses. */
export function tcpInIp(fields: TcpFields & { readonly id?: number } = {}): Uint8Array {
  const addresses = {
    ...(fields.source === undefined ? {} : { source: fields.source }),
    ...(fields.destination === undefined ? {} : { destination: fields.destination }),
  };
  const payload = tcpSegment(fields);
  return fields.source !== undefined && isIPv6(fields.source)
    ? ipv6({ ...addresses, payload })
    : ipv4({ ...addresses, payload, ...(fields.id === undefined ? {} : { id: fields.id }) });
}

/** TCP in IP in Ethernet. */
export function tcpPacket(fields: TcpPacketFields = {}): Uint8Array {
  return ethernet({
    payload: tcpInIp(fields),
    ...(fields.vlans === undefined ? {} : { vlans: fields.vlans }),
    ...(fields.padTo === undefined ? {} : { padTo: fields.padTo }),
  });
}
