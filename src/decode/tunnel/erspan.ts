// ERSPAN: frames mirrored by a switch, in GRE (draft-foschiano-erspan-03). The session id names the
// mirror, not a network, and both directions may have different ones: no part of the path.

import { Outcome } from "../outcome.ts";
import { Tunnel } from "../tunnel-kind.ts";
import { Next, type Walk } from "../walk.ts";

const VERSION_2 = 1;
const VERSION_3 = 2;
const HEADER_LENGTH_2 = 8;
const HEADER_LENGTH_3 = 12;
const PLATFORM_LENGTH = 8;
const HAS_PLATFORM = 0x01;
/** Frame type in version 3: 0 is Ethernet, 2 is IP. */
const FRAME_TYPE_IP = 2;

/** Type I has no header, and no sequence number in GRE. */
export function readErspan2(walk: Walk, hasSequence: boolean): Next {
  if (!walk.enter(Tunnel.ERSPAN)) return Next.STOP;
  if (!hasSequence) return Next.ETHERNET;
  if (walk.lacks(HEADER_LENGTH_2, Outcome.NOT_TCP)) return Next.STOP;
  if (walk.bytes[walk.at]! >>> 4 !== VERSION_2) return walk.stop(Outcome.NOT_TCP);
  walk.at += HEADER_LENGTH_2;
  return Next.ETHERNET;
}

export function readErspan3(walk: Walk): Next {
  if (!walk.enter(Tunnel.ERSPAN)) return Next.STOP;
  if (walk.lacks(HEADER_LENGTH_3, Outcome.NOT_TCP)) return Next.STOP;
  const { bytes, at } = walk;
  if (bytes[at]! >>> 4 !== VERSION_3) return walk.stop(Outcome.NOT_TCP);
  const frameType = (bytes[at + 10]! >>> 2) & 0x1f;
  const hasPlatform = (bytes[at + 11]! & HAS_PLATFORM) !== 0;
  const length = HEADER_LENGTH_3 + (hasPlatform ? PLATFORM_LENGTH : 0);
  if (walk.lacks(length, Outcome.NOT_TCP)) return Next.STOP;
  walk.at += length;
  return frameType === FRAME_TYPE_IP ? Next.IP : Next.ETHERNET;
}
