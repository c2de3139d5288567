// Fields of the headers of a packet in memory, at the addresses where IP and TCP begin, in host order; and
// which packets are plain enough for the fast path.

import { sum } from "./octets";

/** Octets of headers without options, and of a TCP header's timestamps with the padding all stacks send. */
const TAG_BYTES: usize = 4;
const TYPE_BYTES: usize = 2;
const IPV4_BYTES: usize = 20;
const IPV6_BYTES: usize = 40;
const TCP_BYTES: usize = 20;
const PADDED_TIMESTAMPS_BYTES: usize = 12;
const SMALLEST_SACK_BYTES: usize = 10;
/** As they lie in memory: two NOPs, kind 8, length 10. */
const PADDED_TIMESTAMPS: u32 = 0x0a08_0101;
/** Ether types, and fragment offset with all flags but "do not fragment", as they lie in memory. */
const IPV4_TYPE: u16 = 0x0008;
const IPV6_TYPE: u16 = 0xdd86;
const VLAN_TYPE: u16 = 0x0081;
const FRAGMENTATION_MASK: u16 = 0xffbf;
const IPV4_WITHOUT_OPTIONS: u8 = 0x45;
const TCP_PROTOCOL: u8 = 6;

const VLAN_ID_MASK: u32 = 0x0fff;

const FIN_SYN_RST_ACK: u8 = 0x17;
const ACK: u8 = 0x10;

/** Octets before the IP header, and where among them the ether type stands, if there is one. */
let linkBytes: usize = 0;
let hasType = false;
let typeAt: usize = 0;
/** Numbers of the paths of single tags, by VLAN id: 0 where none was seen yet. Flows may be told apart by them. */
let tagPaths: usize = 0;
let separatesTags = false;

/** Of the packet that was plain: whether it has a tag, and the path that the key of its flow has. */
export let isTagged = false;
export let keyPath: i32 = 0;

/** `type`: where in the link header the ether type stands, -1 where none does and IP follows. */
export function openLink(type: i32, headerBytes: i32): void {
  hasType = type >= 0;
  typeAt = <usize>type;
  linkBytes = <usize>headerBytes;
}

export function openTags(pathsById: usize, areSeparate: bool): void {
  tagPaths = pathsById;
  separatesTags = areSeparate;
}

/**
 * Address of the IP header of the frame `[frame, end)`, or 0 if the packet is not plain: at most one tag, of a VLAN
 * that was seen before, IPv4 or IPv6 without options, whole, and TCP with nothing but ACK of the flags that open or
 * close anything.
 */
export function plainPacket(frame: usize, end: usize): usize {
  let ip = frame + linkBytes;
  if (end < ip + IPV4_BYTES + TCP_BYTES) return 0;
  let etherType = hasType ? load<u16>(frame + typeAt) : typeOfVersion(ip);
  isTagged = etherType == VLAN_TYPE;
  if (isTagged) {
    ip = behindTag(ip);
    etherType = load<u16>(ip - TYPE_BYTES);
  } else {
    keyPath = 0;
  }
  if (etherType == IPV4_TYPE) {
    if (load<u8>(ip) != IPV4_WITHOUT_OPTIONS || load<u8>(ip, 9) != TCP_PROTOCOL) return 0;
    if ((load<u16>(ip, 6) & FRAGMENTATION_MASK) != 0) return 0;
  } else if (etherType == IPV6_TYPE) {
    if (end < ip + IPV6_BYTES + TCP_BYTES) return 0;
    if (load<u8>(ip) >> 4 != 6 || load<u8>(ip, 6) != TCP_PROTOCOL) return 0;
    if (load<u16>(ip, 4) == 0) return 0;
  } else {
    return 0;
  }
  const wireEnd = wireEndOf(ip);
  const tcp = tcpOf(ip);
  if (wireEnd > end || tcp + TCP_BYTES > wireEnd) return 0;
  const payload = payloadOf(tcp);
  if (payload < tcp + TCP_BYTES || payload > wireEnd) return 0;
  return (flagsOf(tcp) & FIN_SYN_RST_ACK) == ACK ? ip : 0;
}

/** Where that begins which has the tag; -1, the path of no flow, is that of a VLAN that was not seen before. */
function behindTag(tag: usize): usize {
  const id = uint16(tag) & VLAN_ID_MASK;
  const path = load<i32>(tagPaths + ((<usize>id) << 2));
  if (path == 0 && id != 0) keyPath = -1;
  else keyPath = separatesTags ? path : 0;
  return tag + TAG_BYTES;
}

function typeOfVersion(ip: usize): u16 {
  return isIPv6(ip) ? IPV6_TYPE : IPV4_TYPE;
}

export function isIPv6(ip: usize): bool {
  return load<u8>(ip) >> 4 == 6;
}

/** Behind the last octet that belongs to the IP packet: a frame may have padding. */
export function wireEndOf(ip: usize): usize {
  return isIPv6(ip) ? ip + IPV6_BYTES + uint16(ip + 4) : ip + uint16(ip + 2);
}

/** Where TCP begins. */
export function tcpOf(ip: usize): usize {
  return ip + (isIPv6(ip) ? IPV6_BYTES : IPV4_BYTES);
}

/** Where the payload begins. */
export function payloadOf(tcp: usize): usize {
  return tcp + ((<usize>load<u8>(tcp, 12) >> 4) << 2);
}

/** The last 32 bits of an address: all of an IPv4 address. */
export function sourceOf(ip: usize): i32 {
  return int32(ip + (isIPv6(ip) ? 20 : 12));
}
export function destinationOf(ip: usize): i32 {
  return int32(ip + (isIPv6(ip) ? 36 : 16));
}

/** IPv4 identification; 0 for IPv6. */
export function idOf(ip: usize): u32 {
  return isIPv6(ip) ? 0 : uint16(ip + 4);
}

export function sourcePortOf(tcp: usize): u32 {
  return uint16(tcp);
}
export function destinationPortOf(tcp: usize): u32 {
  return uint16(tcp + 2);
}
export function seqOf(tcp: usize): i32 {
  return int32(tcp + 4);
}
export function ackOf(tcp: usize): i32 {
  return int32(tcp + 8);
}
export function flagsOf(tcp: usize): u8 {
  return load<u8>(tcp, 13);
}
export function windowOf(tcp: usize): u32 {
  return uint16(tcp + 14);
}
export function checksumOf(tcp: usize): u32 {
  return uint16(tcp + 16);
}

/** False for what nearly every segment has: no options, or timestamps alone. */
export function mayHoldSack(tcp: usize): bool {
  const length = payloadOf(tcp) - tcp - TCP_BYTES;
  if (length < SMALLEST_SACK_BYTES) return false;
  return length != PADDED_TIMESTAMPS_BYTES || load<u32>(tcp, 20) != PADDED_TIMESTAMPS;
}

/** True if the TCP checksum over pseudo header and segment is right (RFC 9293 §3.1, RFC 8200 §8.1). */
export function hasGoodChecksum(ip: usize, tcp: usize, wireEnd: usize): bool {
  const addresses = isIPv6(ip) ? sum(ip + 8, ip + 40) : sum(ip + 12, ip + 20);
  const words = halves(addresses) + halves(sum(tcp, wireEnd));
  // The words were read with their octets exchanged, so these are exchanged as well (RFC 1071 §2 B).
  const lengthAndProtocol = <u32>bswap<u16>(<u16>(wireEnd - tcp)) + ((<u32>TCP_PROTOCOL) << 8);
  return halves(halves(words + lengthAndProtocol)) == 0xffff;
}

function halves(word: u32): u32 {
  return (word & 0xffff) + (word >> 16);
}

/** An integer in network order. */
export function int32(at: usize): i32 {
  return <i32>bswap<u32>(load<u32>(at));
}
function uint16(at: usize): u32 {
  return <u32>bswap<u16>(load<u16>(at));
}
