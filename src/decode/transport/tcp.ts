// The TCP header (RFC 9293 §3.1) into the segment. Runs once a packet.

import { OctetView } from "../../bytes.ts";
import { Outcome } from "../outcome.ts";
import { ChecksumState, type SegmentCursor } from "../segment-cursor.ts";

const MIN_HEADER_LENGTH = 20;
const views = new OctetView();

/**
 * `bytes[at, end)` was captured of a TCP segment that ends at `wireEnd` by its IP length, at least
 * `end`. Options and payload may be cut, the first 20 octets not. Fields of IP and path are the caller's.
 */
export function takeTcpHeader(
  segment: SegmentCursor,
  bytes: Uint8Array,
  at: number,
  end: number,
  wireEnd: number,
): Outcome {
  if (at + MIN_HEADER_LENGTH > end) {
    return at + MIN_HEADER_LENGTH > wireEnd ? Outcome.MALFORMED_TCP : Outcome.TRUNCATED_HEADER;
  }
  const headerLength = (bytes[at + 12]! >>> 4) << 2;
  const payloadStart = at + headerLength;
  if (headerLength < MIN_HEADER_LENGTH || payloadStart > wireEnd) return Outcome.MALFORMED_TCP;
  const capturedHeaderEnd = payloadStart < end ? payloadStart : end;
  segment.bytes = bytes;
  segment.tcpStart = at;
  segment.payloadStart = capturedHeaderEnd;
  segment.payloadEnd = end;
  segment.payloadLength = wireEnd - payloadStart;
  const view = views.of(bytes);
  segment.sourcePort = view.getUint16(at);
  segment.destinationPort = view.getUint16(at + 2);
  segment.seq = view.getInt32(at + 4);
  segment.ack = view.getInt32(at + 8);
  segment.flags = bytes[at + 13]!;
  segment.window = view.getUint16(at + 14);
  segment.tcpChecksum = view.getUint16(at + 16);
  segment.urgentPointer = view.getUint16(at + 18);
  segment.optionsStart = at + MIN_HEADER_LENGTH;
  segment.optionsEnd = capturedHeaderEnd;
  segment.checksum = ChecksumState.UNCHECKED;
  return Outcome.TCP;
}
