// The one TCP segment in hand: what the decoder fills and flow and reassembly read. Runs once a
// packet: a single instance a run; after a decode that did not return Outcome.TCP it is unreadable.

import { NO_BYTES } from "../bytes.ts";

/** TCP flags as bits of `SegmentCursor.flags` (RFC 9293 §3.1). */
export const TcpFlag = {
  FIN: 0x01,
  SYN: 0x02,
  RST: 0x04,
  PSH: 0x08,
  ACK: 0x10,
  URG: 0x20,
  ECE: 0x40,
  CWR: 0x80,
} as const;

/** What is known of the TCP checksum of the segment in hand. */
export const ChecksumState = { UNCHECKED: 0, GOOD: 1, BAD: 2, UNVERIFIABLE: 3 } as const;
export type ChecksumState = (typeof ChecksumState)[keyof typeof ChecksumState];

/** `bytes` is the packet's block or, for a reassembled datagram, a buffer of the fragment table. */
export class SegmentCursor {
  bytes: Uint8Array = NO_BYTES;
  /** First octet of the innermost IP header (not contiguous with TCP in a reassembled datagram). */
  ipStart = 0;
  /** First octet of the TCP header. */
  tcpStart = 0;
  /** Captured payload is `bytes[payloadStart, payloadEnd)`. */
  payloadStart = 0;
  payloadEnd = 0;
  /** Octets of payload on the wire, by the IP length; at least `payloadEnd - payloadStart`. */
  payloadLength = 0;

  /** 4 or 6. */
  ipVersion = 4;
  /** Addresses as four int32 words in network order; IPv4 stands in word 3, words 0 to 2 are 0. */
  source0 = 0;
  source1 = 0;
  source2 = 0;
  source3 = 0;
  destination0 = 0;
  destination1 = 0;
  destination2 = 0;
  destination3 = 0;
  sourcePort = 0;
  destinationPort = 0;
  /** IPv4 identification; 0 for IPv6. */
  ipId = 0;

  /** Sequence and acknowledgment number as int32. */
  seq = 0;
  ack = 0;
  /** Bits of TcpFlag. */
  flags = 0;
  /** As in the header, not scaled. */
  window = 0;
  /** As in the header. */
  tcpChecksum = 0;
  urgentPointer = 0;
  /** TCP options are `bytes[optionsStart, optionsEnd)`, cut at the captured end. */
  optionsStart = 0;
  optionsEnd = 0;

  /**
   * Interned stack of VLAN tags and of encapsulations (`LayerTable`); 0 is the empty stack. Equal
   * numbers are equal stacks, within one run.
   */
  vlanPath = 0;
  encapsulation = 0;

  checksum: ChecksumState = ChecksumState.UNCHECKED;
  /** True where the IP length field was 0 (segmentation offload) and the frame's length was used. */
  lengthWasZero = false;
  /** True where the datagram was put together from fragments. */
  reassembled = false;
  /**
   * Fragments of this datagram that came in earlier packets, and their captured octets: they count
   * towards the flow of this segment (tcp.md §1.1). 0 where it was not fragmented.
   */
  earlierFragments = 0;
  earlierFragmentBytes = 0;
  /**
   * Numbers of these packets, and of packets of an A-MSDU with such fragments; to be looked at only
   * where `reassembled` says so.
   */
  earlierFragmentNumbers: readonly number[] = [];
  /** Packets this segment stands for: 1 and its earlier fragments; 0 for a further one of a packet. */
  packets = 1;

  /** Sequence number of the first payload octet: a SYN occupies one of its own (RFC 9293 §3.4). */
  get payloadSeq(): number {
    return (this.flags & TcpFlag.SYN) === 0 ? this.seq : (this.seq + 1) | 0;
  }
}
