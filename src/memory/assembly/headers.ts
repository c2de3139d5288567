// Fields of the headers of a packet in memory, at the addresses where IP and TCP begin, in host order; and
// which packets are plain enough for the fast path.

import { sum } from "./octets";

/** Octets of headers without options, and of a TCP header's timestamps with the padding all stacks send. */
const ETHERNET_BYTES: usize = 14;
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
const FRAGMENTATION_MASK: u16 = 0xffbf;
const IPV4_WITHOUT_OPTIONS: u8 = 0x45;
const TCP_PROTOCOL: u8 = 6;

const FIN_SYN_RST_ACK: u8 = 0x17;
const ACK: u8 = 0x10;

/**
 * Address of the IP header of the Ethernet frame `[frame, end)`, or 0 if the packet is not plain: untagged, IPv4 or
 * IPv6 without options, whole, and TCP with nothing but ACK of the flags that open or close anything.
 */
export function plainPacket(frame: usize, end: usize): usize {
  const ip = frame + ETHERNET_BYTES;
  if (end < ip + IPV4_BYTES + TCP_BYTES) return 0;
  const etherType = load<u16>(frame, 12);
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
