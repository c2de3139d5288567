// An RST that the network never carried, for a firewall that resets a flow: the octets of a whole
// packet, from the headers of the packet that caused it and the numbers that its receiver expects
// (RFC 9293 §3.5.2, §3.10.7; RFC 5961 §3: a stack takes an RST at exactly RCV.NXT). Pure.

import { readUint16 } from "../bytes.ts";
import type { PacketCursor } from "../capture/packet-cursor.ts";
import type { SegmentCursor } from "../decode/segment-cursor.ts";
import { TcpFlag } from "../decode/segment-cursor.ts";
import type { StreamCursor } from "../reassembly/stream-cursor.ts";
import { Mark } from "../reassembly/stream-cursor.ts";
import { sequenceAdd } from "../reassembly/sequence.ts";

export interface ResetNumbers {
  readonly seq: number;
  /** Null: no ACK flag. */
  readonly ack: number | null;
}

const ETHERNET = 1;
/** Link types whose packets begin with the IP header: raw IP, IPv4, IPv6, and two BSD numbers. */
const RAW_LINKS: readonly number[] = [12, 14, 101, 228, 229];
/** Octets of the link header: BSD loopback (two orders), Linux cooked, and its second version. */
const FIXED_LINKS: Readonly<Record<number, number>> = { 0: 4, 108: 4, 113: 16, 276: 20 };
const VLAN_TYPES: readonly number[] = [0x8100, 0x88a8, 0x9100];
const TCP = 6;
const TCP_HEADER = 20;
const HOPS = 64;

/**
 * The numbers of an RST that goes to the sender of `outgoing` (the receiver of `incoming`).
 * `segment` is the one in hand, not delivered to anybody; `isFromReceiver` where it is the receiver's.
 * `incomingBefore` is the highest position of `incoming` before the segment in hand.
 */
export function resetNumbers(
  incoming: StreamCursor,
  outgoing: StreamCursor,
  incomingBefore: number,
  segment: SegmentCursor,
  isFromReceiver: boolean,
): ResetNumbers {
  if (isFromReceiver && (segment.flags & TcpFlag.ACK) !== 0 && !incoming.has(Mark.ORIGIN)) {
    return { seq: segment.ack, ack: null };
  }
  if (incoming.has(Mark.ORIGIN)) {
    let position = Math.min(incoming.highest, incomingBefore);
    const holes = incoming.sideIfAny?.holes;
    if (holes !== undefined && holes.count > 0) {
      position = Math.min(position, Math.max(holes.start(0), incoming.acked));
    }
    const { finPosition } = incoming;
    if (finPosition >= 0 && position >= finPosition && isFinDelivered(incoming)) {
      position = finPosition + 1;
    }
    return { seq: sequenceAdd(incoming.nextSeq, position - incoming.highest), ack: null };
  }
  // The receiver waits for a SYN+ACK (SYN-SENT): it takes an RST only with the ACK of its SYN.
  const isSyn = isFromReceiver && (segment.flags & TcpFlag.SYN) !== 0;
  if (isSyn) return { seq: 0, ack: sequenceAdd(segment.seq, 1 + segment.payloadLength) };
  if (outgoing.has(Mark.ORIGIN)) return { seq: 0, ack: outgoing.nextSeq };
  // Nothing is known of either: the segment in hand is all there is.
  return { seq: segment.seq, ack: null };
}

function isFinDelivered(stream: StreamCursor): boolean {
  return stream.has(Mark.FIN) && stream.highest <= stream.finPosition;
}

/**
 * The RST as a whole packet. `turns`: it goes against the direction of the segment in hand. Null where
 * the packet's headers can't be imitated: tunnels, reassembled datagrams, unusual link layers.
 */
export function forgeReset(
  packet: PacketCursor,
  segment: SegmentCursor,
  turns: boolean,
  numbers: ResetNumbers,
): Uint8Array | null {
  const linkLength = linkHeaderLength(packet, segment);
  if (linkLength < 0) return null;
  const isIpv6 = segment.ipVersion === 6;
  const ipLength = isIpv6 ? 40 : 20;
  const bytes = new Uint8Array(linkLength + ipLength + TCP_HEADER);
  bytes.set(packet.bytes.subarray(packet.start, packet.start + linkLength));
  if (turns && packet.linkType === ETHERNET) {
    bytes.copyWithin(0, 6, 12);
    bytes.set(packet.bytes.subarray(packet.start, packet.start + 6), 6);
  }
  const ip = bytes.subarray(linkLength, linkLength + ipLength);
  const tcp = bytes.subarray(linkLength + ipLength);
  fillTcp(tcp, segment, turns, numbers);
  if (isIpv6) fillIpv6(ip, segment, turns);
  else fillIpv4(ip, segment, turns);
  const addresses = isIpv6 ? ip.subarray(8, 40) : ip.subarray(12, 20);
  const sum = onesSum(addresses) + TCP + TCP_HEADER + onesSum(tcp);
  putUint16(tcp, 16, folded(sum));
  return bytes;
}

/** Octets before the IP header, or -1 where they are not understood. */
function linkHeaderLength(packet: PacketCursor, segment: SegmentCursor): number {
  if (segment.bytes !== packet.bytes || segment.reassembled || segment.encapsulation !== 0) {
    return -1;
  }
  const length = segment.ipStart - packet.start;
  if (RAW_LINKS.includes(packet.linkType)) return length === 0 ? 0 : -1;
  if (packet.linkType !== ETHERNET) {
    return FIXED_LINKS[packet.linkType] === length ? length : -1;
  }
  let at = 12;
  while (at + 2 < length && VLAN_TYPES.includes(readUint16(packet.bytes, packet.start + at))) {
    at += 4;
  }
  return at + 2 === length ? length : -1;
}

function fillTcp(
  tcp: Uint8Array,
  segment: SegmentCursor,
  turns: boolean,
  { seq, ack }: ResetNumbers,
): void {
  putUint16(tcp, 0, turns ? segment.destinationPort : segment.sourcePort);
  putUint16(tcp, 2, turns ? segment.sourcePort : segment.destinationPort);
  putInt32(tcp, 4, seq);
  putInt32(tcp, 8, ack ?? 0);
  tcp[12] = (TCP_HEADER / 4) << 4;
  tcp[13] = ack === null ? TcpFlag.RST : TcpFlag.RST | TcpFlag.ACK;
}

function fillIpv4(ip: Uint8Array, segment: SegmentCursor, turns: boolean): void {
  ip[0] = 0x45;
  putUint16(ip, 2, ip.length + TCP_HEADER);
  // Atomic: not fragmented, never to be (RFC 6864), so that the identification may be 0.
  putUint16(ip, 6, 0x4000);
  ip[8] = HOPS;
  ip[9] = TCP;
  putInt32(ip, 12, turns ? segment.destination3 : segment.source3);
  putInt32(ip, 16, turns ? segment.source3 : segment.destination3);
  putUint16(ip, 10, folded(onesSum(ip)));
}

function fillIpv6(ip: Uint8Array, segment: SegmentCursor, turns: boolean): void {
  ip[0] = 0x60;
  putUint16(ip, 4, TCP_HEADER);
  ip[6] = TCP;
  ip[7] = HOPS;
  const { source0, source1, source2, source3 } = segment;
  const { destination0, destination1, destination2, destination3 } = segment;
  const source = [source0, source1, source2, source3];
  const destination = [destination0, destination1, destination2, destination3];
  const words = turns ? [...destination, ...source] : [...source, ...destination];
  words.forEach((word, index) => putInt32(ip, 8 + index * 4, word));
}

/** The sum of 16-bit words of an even number of octets (RFC 1071). */
function onesSum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += readUint16(bytes, at);
  return sum;
}

function folded(sum: number): number {
  let rest = sum;
  while (rest > 0xffff) rest = (rest & 0xffff) + (rest >>> 16);
  return ~rest & 0xffff;
}

function putUint16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

function putInt32(bytes: Uint8Array, at: number, value: number): void {
  putUint16(bytes, at, value >>> 16);
  putUint16(bytes, at + 2, value);
}
