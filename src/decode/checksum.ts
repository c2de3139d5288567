// Verifies the TCP checksum of the segment in hand (RFC 9293 §3.1, RFC 1071; IPv6 pseudo header: RFC 8200
// §8.1). Runs once a segment unless checksums are ignored, so it must be as fast as reading the octets:
// 32-bit words into floating-point sums, which hold 2^21 of them exactly, 32 octets a step.
//
// Measured on 1480 octets: 16-bit words 1156 ns, with int32 sums of halves 880 ns, over a Uint32Array
// 288 to 357 ns (which must be aligned), over a DataView in network order 240 ns, little-endian 164 ns.

import { NO_BYTES } from "../bytes.ts";
import { ChecksumState, type SegmentCursor } from "./segment-cursor.ts";

const PROTOCOL_TCP = 6;
const STEP = 32;
const WORD = 2 ** 32;

/** The view of the block in hand: one for thousands of segments. */
const block: { bytes: Uint8Array; view: DataView } = {
  bytes: NO_BYTES,
  view: new DataView(NO_BYTES.buffer),
};

/** UNVERIFIABLE where an octet of the segment was not captured or its length is not known. */
export function verifyTcpChecksum(segment: SegmentCursor): ChecksumState {
  const { bytes, tcpStart, payloadEnd } = segment;
  const headerLength = (bytes[tcpStart + 12]! >>> 4) << 2;
  const length = headerLength + segment.payloadLength;
  if (segment.lengthWasZero || payloadEnd - tcpStart !== length) return ChecksumState.UNVERIFIABLE;
  const sum = fold(pseudoHeaderSum(segment, length) + internetSum(bytes, tcpStart, payloadEnd));
  return sum === 0xffff ? ChecksumState.GOOD : ChecksumState.BAD;
}

/** Sum of the pseudo header's 16-bit words; of IPv4's the upper address words are 0. */
function pseudoHeaderSum(segment: SegmentCursor, length: number): number {
  return (
    halves(segment.source0) +
    halves(segment.source1) +
    halves(segment.source2) +
    halves(segment.source3) +
    halves(segment.destination0) +
    halves(segment.destination1) +
    halves(segment.destination2) +
    halves(segment.destination3) +
    PROTOCOL_TCP +
    halves(length)
  );
}

function halves(word: number): number {
  return (word >>> 16) + (word & 0xffff);
}

/**
 * Ones' complement sum of the octets as 16-bit words in network order, the last one padded with 0:
 *
 *     for (at = start; at < end; at += 2) sum += (bytes[at] << 8) | (at + 1 < end ? bytes[at + 1] : 0)
 *
 * and carries folded in. A 32-bit word is worth the sum of its halves, since 2^16 is 1 modulo 65535; and
 * the sum of words with their octets exchanged is the sum with its octets exchanged (RFC 1071 §2 B).
 */
export function internetSum(bytes: Uint8Array, start: number, end: number): number {
  if (bytes !== block.bytes) {
    block.bytes = bytes;
    block.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  const { view } = block;
  const lastStep = end - STEP;
  let even = 0;
  let odd = 0;
  let at = start;
  for (; at <= lastStep; at += STEP) {
    even +=
      view.getUint32(at, true) +
      view.getUint32(at + 8, true) +
      view.getUint32(at + 16, true) +
      view.getUint32(at + 24, true);
    odd +=
      view.getUint32(at + 4, true) +
      view.getUint32(at + 12, true) +
      view.getUint32(at + 20, true) +
      view.getUint32(at + 28, true);
  }
  for (; at + 4 <= end; at += 4) even += view.getUint32(at, true);
  const sum = even + odd;
  let words = (sum % WORD) + Math.floor(sum / WORD);
  for (; at + 2 <= end; at += 2) words += bytes[at]! | (bytes[at + 1]! << 8);
  if (at < end) words += bytes[at]!;
  const folded = fold(words);
  return ((folded & 0xff) << 8) | (folded >>> 8);
}

/** Carries back into the low 16 bits. */
function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000);
  return folded;
}
