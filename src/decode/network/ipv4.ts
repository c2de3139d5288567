// IPv4 (RFC 791): addresses and identification into the segment, bounds by the total length, options
// skipped, fragments to the table.

import { readInt32, readUint16 } from "../../bytes.ts";
import { Outcome } from "../outcome.ts";
import { Next, type LayerReader, type Walk } from "../walk.ts";
import { noteIpVersion } from "./ip.ts";
import { readFragment } from "./read-fragment.ts";

const MIN_HEADER_LENGTH = 20;
const MORE_FRAGMENTS = 0x2000;
const OFFSET_MASK = 0x1fff;

export const readIpv4: LayerReader = (walk) => {
  if (walk.lacks(MIN_HEADER_LENGTH, Outcome.MALFORMED_IP)) return Next.STOP;
  const { bytes, at, segment } = walk;
  const versionAndLength = bytes[at]!;
  const headerLength = (versionAndLength & 0x0f) << 2;
  if (versionAndLength >>> 4 !== 4 || headerLength < MIN_HEADER_LENGTH) {
    return walk.stop(Outcome.MALFORMED_IP);
  }
  if (!takeTotalLength(walk, readUint16(bytes, at + 2), headerLength)) return Next.STOP;
  if (walk.lacks(headerLength, Outcome.MALFORMED_IP)) return Next.STOP;
  noteIpVersion(walk, 4);
  segment.ipStart = at;
  segment.ipId = readUint16(bytes, at + 4);
  segment.source0 = 0;
  segment.source1 = 0;
  segment.source2 = 0;
  segment.source3 = readInt32(bytes, at + 12);
  segment.destination0 = 0;
  segment.destination1 = 0;
  segment.destination2 = 0;
  segment.destination3 = readInt32(bytes, at + 16);
  walk.protocol = bytes[at + 9]!;
  walk.at += headerLength;

  const fragmentation = readUint16(bytes, at + 6);
  const offset = (fragmentation & OFFSET_MASK) << 3;
  const moreFragments = (fragmentation & MORE_FRAGMENTS) !== 0;
  if (offset === 0 && !moreFragments) return Next.IP_PROTOCOL;
  return readFragment(walk, segment.ipId, offset, moreFragments, headerLength);
};

/** Length 0 is a packet before segmentation offload: the frame's end is its end (tcp.md §1.2). */
function takeTotalLength(walk: Walk, totalLength: number, headerLength: number): boolean {
  if (totalLength === 0) {
    walk.lengthWasZero = true;
    return true;
  }
  const fits =
    totalLength >= headerLength && !(walk.isGuess && walk.at + totalLength > walk.wireEnd);
  if (!fits) {
    walk.outcome = Outcome.MALFORMED_IP;
    return false;
  }
  walk.lengthWasZero = false;
  walk.endAt(walk.at + totalLength);
  return true;
}
