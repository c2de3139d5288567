// The short straight way for what nearly every packet is: TCP in IPv4 or IPv6, without options or
// extension headers, in Ethernet with at most one tag. Everything else, and everything irregular, takes
// the walk of decoder.ts, which gives the same for these packets. Runs once a packet.

import { OctetView } from "../bytes.ts";
import { Outcome } from "./outcome.ts";
import { takeTcpHeader } from "./transport/tcp.ts";
import type { PacketCursor } from "../capture/packet-cursor.ts";
import type { LayerTable } from "./layer-table.ts";
import type { SegmentCursor } from "./segment-cursor.ts";

const ETHERNET_LENGTH = 14;
const IPV4_LENGTH = 20;
const IPV6_LENGTH = 40;
const TCP_LENGTH = 20;
const ETHER_TYPE_IPV4 = 0x0800;
const ETHER_TYPE_IPV6 = 0x86dd;
const ETHER_TYPE_VLAN = 0x8100;
const TAG_LENGTH = 4;
const IPV4_WITHOUT_OPTIONS = 0x45;
/** All but "do not fragment". */
const FRAGMENTATION_MASK = 0xbfff;
const PROTOCOL_TCP = 6;
const views = new OctetView();

/** Ids that a tag has room for. */
export const VLAN_IDS = 4096;

/** What a plain packet was: its IP version, and a bit where it had a tag. */
export const Plain = { NO: 0, IPV4: 4, IPV6: 6, TAGGED: 8 } as const;

/** Paths of one VLAN tag by its id, interned when first seen; id 0 carries a priority only. */
export class TagPaths {
  /** By id; 0 where none was seen yet. */
  readonly numbers: Int32Array;
  readonly #table: LayerTable;

  /** `numbers`: VLAN_IDS zeros. */
  constructor(table: LayerTable, numbers: Int32Array) {
    this.#table = table;
    this.numbers = numbers;
  }

  number(id: number): number {
    const known = this.numbers[id]!;
    if (known !== 0 || id === 0) return known;
    const number = this.#table.intern([{ kind: "vlan", id }]);
    this.numbers[id] = number;
    return number;
  }
}

/** Bits of `Plain`: the segment is filled; or NO, and it is unreadable. Only for link type Ethernet. */
export function decodePlainPacket(
  packet: PacketCursor,
  segment: SegmentCursor,
  tagPaths: TagPaths,
): number {
  const { bytes, start } = packet;
  let ipStart = start + ETHERNET_LENGTH;
  // Long enough for the shortest: each longer case looks again.
  if (packet.end < ipStart + IPV4_LENGTH + TCP_LENGTH) return Plain.NO;
  const view = views.of(bytes);
  let etherType = view.getUint16(start + 12);
  let isTagged = false;
  let vlanPath = 0;
  if (etherType === ETHER_TYPE_VLAN) {
    isTagged = true;
    vlanPath = tagPaths.number(view.getUint16(ipStart) & 0x0fff);
    etherType = view.getUint16(ipStart + 2);
    ipStart += TAG_LENGTH;
    if (packet.end < ipStart + IPV4_LENGTH + TCP_LENGTH) return Plain.NO;
  }
  let tcpStart: number;
  let wireEnd: number;
  if (etherType === ETHER_TYPE_IPV4) {
    if (bytes[ipStart] !== IPV4_WITHOUT_OPTIONS) return Plain.NO;
    if (bytes[ipStart + 9] !== PROTOCOL_TCP) return Plain.NO;
    if ((view.getUint16(ipStart + 6) & FRAGMENTATION_MASK) !== 0) return Plain.NO;
    tcpStart = ipStart + IPV4_LENGTH;
    wireEnd = ipStart + view.getUint16(ipStart + 2);
  } else if (etherType === ETHER_TYPE_IPV6) {
    if (packet.end < ipStart + IPV6_LENGTH + TCP_LENGTH) return Plain.NO;
    if (bytes[ipStart]! >>> 4 !== 6 || bytes[ipStart + 6] !== PROTOCOL_TCP) return Plain.NO;
    const payloadLength = view.getUint16(ipStart + 4);
    if (payloadLength === 0) return Plain.NO;
    tcpStart = ipStart + IPV6_LENGTH;
    wireEnd = tcpStart + payloadLength;
  } else {
    return Plain.NO;
  }
  const frameEnd = start + packet.originalLength - packet.fcsLength;
  const capturedEnd = packet.end < frameEnd ? packet.end : frameEnd;
  const end = capturedEnd < wireEnd ? capturedEnd : wireEnd;
  if (takeTcpHeader(segment, bytes, tcpStart, end, wireEnd) !== Outcome.TCP) return Plain.NO;

  segment.ipStart = ipStart;
  if (etherType === ETHER_TYPE_IPV4) {
    segment.ipVersion = 4;
    segment.ipId = view.getUint16(ipStart + 4);
    segment.source0 = 0;
    segment.source1 = 0;
    segment.source2 = 0;
    segment.source3 = view.getInt32(ipStart + 12);
    segment.destination0 = 0;
    segment.destination1 = 0;
    segment.destination2 = 0;
    segment.destination3 = view.getInt32(ipStart + 16);
  } else {
    segment.ipVersion = 6;
    segment.ipId = 0;
    segment.source0 = view.getInt32(ipStart + 8);
    segment.source1 = view.getInt32(ipStart + 12);
    segment.source2 = view.getInt32(ipStart + 16);
    segment.source3 = view.getInt32(ipStart + 20);
    segment.destination0 = view.getInt32(ipStart + 24);
    segment.destination1 = view.getInt32(ipStart + 28);
    segment.destination2 = view.getInt32(ipStart + 32);
    segment.destination3 = view.getInt32(ipStart + 36);
  }
  segment.vlanPath = vlanPath;
  segment.encapsulation = 0;
  segment.lengthWasZero = false;
  segment.reassembled = false;
  segment.earlierFragments = 0;
  segment.earlierFragmentBytes = 0;
  return isTagged ? segment.ipVersion | Plain.TAGGED : segment.ipVersion;
}
