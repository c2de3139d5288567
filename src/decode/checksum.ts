// Verifies the TCP checksum of the segment in hand (RFC 9293 §3.1, RFC 1071; IPv6 pseudo header: RFC 8200
// §8.1). Runs once a segment unless checksums are ignored, so it must be as fast as reading the octets:
// memory with a kernel (octet-memory.ts) is summed by it; elsewhere, 32-bit words are added into
// floating-point sums, which hold 2^21 of them exactly, 64 octets a step.
//
// Measured on 1480 octets: 16-bit words 1156 ns, sums of high and low octets 876 ns, halves of words of
// a DataView in int32 sums 281 ns, of an (aligned) Uint32Array 288 ns, floating-point 178 ns, kernel 63 ns.

import { NO_BYTES } from "../bytes.ts";
import type { OctetKernel } from "../memory/fast-path-module.ts";
import { kernelOf } from "../memory/octet-memory.ts";
import { ChecksumState, type SegmentCursor } from "./segment-cursor.ts";

const PROTOCOL_TCP = 6;
const STEP = 64;
const WORD = 2 ** 32;

/** The block in hand, one for thousands of segments, and how to sum it. */
const block: { bytes: Uint8Array; kernel: OctetKernel | null; from: number; view: DataView } = {
  bytes: NO_BYTES,
  kernel: null,
  /** Index of the block's first octet in the kernel's memory. */
  from: 0,
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
  const sum =
    halves(segment.source3) + halves(segment.destination3) + PROTOCOL_TCP + halves(length);
  if (segment.ipVersion === 4) return sum;
  return (
    sum +
    halves(segment.source0) +
    halves(segment.source1) +
    halves(segment.source2) +
    halves(segment.destination0) +
    halves(segment.destination1) +
    halves(segment.destination2)
  );
}

/** Sum of the two 16-bit words of a 32-bit one. */
function halves(word: number): number {
  return (word & 0xffff) + (word >>> 16);
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
  if (bytes !== block.bytes) take(bytes);
  const { kernel, from } = block;
  return kernel === null
    ? sumWords(block.view, bytes, start, end)
    : exchanged(fold(halves(kernel.sum(from + start, from + end))));
}

function take(bytes: Uint8Array): void {
  block.bytes = bytes;
  block.kernel = kernelOf(bytes.buffer);
  block.from = bytes.byteOffset;
  block.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function sumWords(view: DataView, bytes: Uint8Array, start: number, end: number): number {
  const lastStep = end - STEP;
  // Two sums, so that one addition need not wait for the other.
  let first = 0;
  let second = 0;
  let at = start;
  for (; at <= lastStep; at += STEP) {
    first += fourWords(view, at) + fourWords(view, at + 16);
    second += fourWords(view, at + 32) + fourWords(view, at + 48);
  }
  for (; at + 4 <= end; at += 4) first += view.getUint32(at, true);
  const sum = first + second;
  const carries = Math.floor(sum / WORD);
  let words = halves(sum - carries * WORD) + halves(carries);
  for (; at + 2 <= end; at += 2) words += bytes[at]! | (bytes[at + 1]! << 8);
  if (at < end) words += bytes[at]!;
  return exchanged(fold(words));
}

/** The octets of a 16-bit word exchanged. */
function exchanged(word: number): number {
  return ((word & 0xff) << 8) | (word >>> 8);
}

function fourWords(view: DataView, at: number): number {
  return (
    view.getUint32(at, true) +
    view.getUint32(at + 4, true) +
    view.getUint32(at + 8, true) +
    view.getUint32(at + 12, true)
  );
}

/** Carries back into the low 16 bits, twice, since the first may carry again; `sum` is below 2^31. */
function fold(sum: number): number {
  return halves(halves(sum));
}
