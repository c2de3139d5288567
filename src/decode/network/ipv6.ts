// IPv6 (RFC 8200) and its extension headers: hop-by-hop and destination options, routing, fragment.

import { readInt32, readUint16, readUint32 } from "../../bytes.ts";
import { Outcome } from "../outcome.ts";
import { Next, type LayerReader, type Walk } from "../walk.ts";
import { IpProtocol, noteIpVersion } from "./ip.ts";
import { readFragment } from "./read-fragment.ts";

const HEADER_LENGTH = 40;

export const readIpv6: LayerReader = (walk) => {
  if (walk.lacks(HEADER_LENGTH, Outcome.MALFORMED_IP)) return Next.STOP;
  const { bytes, at, segment } = walk;
  if (bytes[at]! >>> 4 !== 6) return walk.stop(Outcome.MALFORMED_IP);
  noteIpVersion(walk, 6);
  segment.ipStart = at;
  segment.ipId = 0;
  segment.source0 = readInt32(bytes, at + 8);
  segment.source1 = readInt32(bytes, at + 12);
  segment.source2 = readInt32(bytes, at + 16);
  segment.source3 = readInt32(bytes, at + 20);
  segment.destination0 = readInt32(bytes, at + 24);
  segment.destination1 = readInt32(bytes, at + 28);
  segment.destination2 = readInt32(bytes, at + 32);
  segment.destination3 = readInt32(bytes, at + 36);
  walk.protocol = bytes[at + 6]!;
  walk.at += HEADER_LENGTH;

  const payloadLength = readUint16(bytes, at + 4);
  // Length 0: segmentation offload, or a jumbogram, whose hop-by-hop options have the length.
  walk.lengthWasZero = payloadLength === 0;
  walk.awaitsJumboLength = payloadLength === 0 && walk.protocol === IpProtocol.HOP_BY_HOP;
  if (payloadLength !== 0) {
    if (walk.isGuess && walk.at + payloadLength > walk.wireEnd) {
      return walk.stop(Outcome.MALFORMED_IP);
    }
    walk.endAt(walk.at + payloadLength);
  }
  return Next.IP_PROTOCOL;
};

/** Takes an extension header of the common form; its length, or 0 with the outcome set. */
function takeExtension(walk: Walk): number {
  if (walk.lacks(2, Outcome.MALFORMED_IP)) return 0;
  const length = (walk.bytes[walk.at + 1]! + 1) << 3;
  if (walk.lacks(length, Outcome.MALFORMED_IP)) return 0;
  walk.protocol = walk.bytes[walk.at]!;
  return length;
}

export const readIpv6Options: LayerReader = (walk) => {
  const length = takeExtension(walk);
  if (length === 0) return Next.STOP;
  if (walk.awaitsJumboLength) takeJumboLength(walk, walk.at + length);
  walk.at += length;
  return Next.IP_PROTOCOL;
};

const OPTION_PAD1 = 0;
const OPTION_JUMBO = 0xc2;
const JUMBO_LENGTH = 4;

/** The length of a jumbogram counts from the first octet after the IPv6 header (RFC 2675 §2). */
function takeJumboLength(walk: Walk, optionsEnd: number): void {
  const { bytes } = walk;
  walk.awaitsJumboLength = false;
  let at = walk.at + 2;
  while (at + 2 <= optionsEnd) {
    const kind = bytes[at]!;
    if (kind === OPTION_PAD1) {
      at += 1;
      continue;
    }
    const optionEnd = at + 2 + bytes[at + 1]!;
    if (optionEnd > optionsEnd) return;
    if (kind === OPTION_JUMBO && bytes[at + 1] === JUMBO_LENGTH) {
      const length = readUint32(bytes, at + 2);
      // RFC 2675 §3: a length that the ordinary field could hold is wrong.
      if (length <= 0xffff) return;
      walk.lengthWasZero = false;
      walk.endAt(walk.at + length);
      return;
    }
    at = optionEnd;
  }
}

const ROUTING_SOURCE_ROUTE = 0;
const ROUTING_MOBILE = 2;
const ROUTING_SEGMENTS = 4;

/**
 * While segments are left the header's destination is only the next stop: checksum and flow are of the
 * last one (RFC 8200 §8.1), which is the last address of types 0 and 2 and the first of type 4 (RFC 8754).
 */
export const readIpv6Routing: LayerReader = (walk) => {
  const length = takeExtension(walk);
  if (length === 0) return Next.STOP;
  const { bytes, at, segment } = walk;
  walk.at += length;
  const type = bytes[at + 2]!;
  const segmentsLeft = bytes[at + 3]!;
  const isKnown =
    type === ROUTING_SOURCE_ROUTE || type === ROUTING_MOBILE || type === ROUTING_SEGMENTS;
  if (segmentsLeft === 0 || !isKnown || length < 24) return Next.IP_PROTOCOL;
  const addressAt = type === ROUTING_SEGMENTS ? at + 8 : at + 8 + (((length - 8) >>> 4) - 1) * 16;
  segment.destination0 = readInt32(bytes, addressAt);
  segment.destination1 = readInt32(bytes, addressAt + 4);
  segment.destination2 = readInt32(bytes, addressAt + 8);
  segment.destination3 = readInt32(bytes, addressAt + 12);
  return Next.IP_PROTOCOL;
};

const FRAGMENT_LENGTH = 8;

/** A header that says "the only fragment" is no fragmentation (RFC 6946). */
export const readIpv6Fragment: LayerReader = (walk) => {
  if (walk.lacks(FRAGMENT_LENGTH, Outcome.MALFORMED_IP)) return Next.STOP;
  const { bytes, at } = walk;
  const fragmentation = readUint16(bytes, at + 2);
  const offset = fragmentation & 0xfff8;
  const moreFragments = (fragmentation & 1) === 1;
  walk.protocol = bytes[at]!;
  walk.at += FRAGMENT_LENGTH;
  if (offset === 0 && !moreFragments) return Next.IP_PROTOCOL;
  return readFragment(walk, readUint32(bytes, at + 4), offset, moreFragments, HEADER_LENGTH);
};
