// What tells a packet from the one before it in its direction, beside its numbers: a packet that was
// captured twice is the same in all of them (report.md, duplicated packets).

import type { SegmentCursor } from "../decode/segment-cursor.ts";

/**
 * Flags and identification of the segment's packet in one int32. The identification tells a copy from a
 * retransmission; where it is 0 (RFC 6864 allows it for atomic datagrams, and IPv6 has none) the TCP
 * checksum has to.
 */
export function packetIdentity(segment: SegmentCursor): number {
  return segment.ipId === 0
    ? (segment.flags << 24) | (1 << 16) | segment.tcpChecksum
    : (segment.flags << 24) | segment.ipId;
}
