// The short straight way for what nearly every packet is: TCP in IPv4 or IPv6, without options or
// extension headers, in Ethernet without tags. Everything else, and everything irregular, takes the
// walk of decoder.ts, which gives the same for these packets. Runs once a packet.

import { readInt32, readUint16 } from "../bytes.ts";
import { Outcome } from "./outcome.ts";
import { takeTcpHeader } from "./transport/tcp.ts";
import type { PacketCursor } from "../capture/packet-cursor.ts";
import type { SegmentCursor } from "./segment-cursor.ts";

const ETHERNET_LENGTH = 14;
const IPV4_LENGTH = 20;
const IPV6_LENGTH = 40;
const TCP_LENGTH = 20;
const ETHER_TYPE_IPV4 = 0x0800;
const ETHER_TYPE_IPV6 = 0x86dd;
const IPV4_WITHOUT_OPTIONS = 0x45;
/** All but "do not fragment". */
const FRAGMENTATION_MASK = 0xbfff;
const PROTOCOL_TCP = 6;

/**
 * 4 or 6 where the Ethernet packet was plain and the segment is filled, but for its path; 0 where it
 * was not, and the segment is unreadable.
 */
export function decodePlainPacket(packet: PacketCursor, segment: SegmentCursor): 0 | 4 | 6 {
  const { bytes, start } = packet;
  const captured = packet.end - start;
  if (captured < ETHERNET_LENGTH + IPV4_LENGTH + TCP_LENGTH) return 0;
  const ipStart = start + ETHERNET_LENGTH;
  const etherType = readUint16(bytes, start + 12);
  let tcpStart: number;
  let wireEnd: number;
  if (etherType === ETHER_TYPE_IPV4) {
    if (bytes[ipStart] !== IPV4_WITHOUT_OPTIONS || bytes[ipStart + 9] !== PROTOCOL_TCP) return 0;
    if ((readUint16(bytes, ipStart + 6) & FRAGMENTATION_MASK) !== 0) return 0;
    tcpStart = ipStart + IPV4_LENGTH;
    wireEnd = ipStart + readUint16(bytes, ipStart + 2);
  } else if (etherType === ETHER_TYPE_IPV6) {
    if (captured < ETHERNET_LENGTH + IPV6_LENGTH + TCP_LENGTH) return 0;
    if (bytes[ipStart]! >>> 4 !== 6 || bytes[ipStart + 6] !== PROTOCOL_TCP) return 0;
    const payloadLength = readUint16(bytes, ipStart + 4);
    if (payloadLength === 0) return 0;
    tcpStart = ipStart + IPV6_LENGTH;
    wireEnd = tcpStart + payloadLength;
  } else {
    return 0;
  }
  const frameEnd = start + packet.originalLength - packet.fcsLength;
  const capturedEnd = packet.end < frameEnd ? packet.end : frameEnd;
  const end = capturedEnd < wireEnd ? capturedEnd : wireEnd;
  if (takeTcpHeader(segment, bytes, tcpStart, end, wireEnd) !== Outcome.TCP) return 0;

  segment.ipStart = ipStart;
  if (etherType === ETHER_TYPE_IPV4) {
    segment.ipVersion = 4;
    segment.ipId = readUint16(bytes, ipStart + 4);
    segment.source0 = 0;
    segment.source1 = 0;
    segment.source2 = 0;
    segment.source3 = readInt32(bytes, ipStart + 12);
    segment.destination0 = 0;
    segment.destination1 = 0;
    segment.destination2 = 0;
    segment.destination3 = readInt32(bytes, ipStart + 16);
  } else {
    segment.ipVersion = 6;
    segment.ipId = 0;
    segment.source0 = readInt32(bytes, ipStart + 8);
    segment.source1 = readInt32(bytes, ipStart + 12);
    segment.source2 = readInt32(bytes, ipStart + 16);
    segment.source3 = readInt32(bytes, ipStart + 20);
    segment.destination0 = readInt32(bytes, ipStart + 24);
    segment.destination1 = readInt32(bytes, ipStart + 28);
    segment.destination2 = readInt32(bytes, ipStart + 32);
    segment.destination3 = readInt32(bytes, ipStart + 36);
  }
  segment.vlanPath = 0;
  segment.encapsulation = 0;
  segment.lengthWasZero = false;
  segment.reassembled = false;
  segment.earlierFragments = 0;
  segment.earlierFragmentBytes = 0;
  return segment.ipVersion as 4 | 6;
}
