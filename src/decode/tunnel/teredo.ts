// Teredo (RFC 4380 §5.1.1): IPv6 in UDP, behind an authentication and an origin indication.

import { readUint16 } from "../../bytes.ts";
import { Outcome } from "../outcome.ts";
import { Tunnel } from "../tunnel-kind.ts";
import { Next, type LayerReader } from "../walk.ts";

const INDICATOR_LENGTH = 2;
const ORIGIN = 0x0000;
const ORIGIN_LENGTH = 8;
const AUTHENTICATION = 0x0001;
/** Indicator, two lengths, nonce and confirmation. */
const AUTHENTICATION_FIXED_LENGTH = 13;

export const readTeredo: LayerReader = (walk) => {
  if (walk.lacks(INDICATOR_LENGTH + 2, Outcome.NOT_TCP)) return Next.STOP;
  const { bytes } = walk;
  if (readUint16(bytes, walk.at) === AUTHENTICATION) {
    const length = AUTHENTICATION_FIXED_LENGTH + bytes[walk.at + 2]! + bytes[walk.at + 3]!;
    if (walk.lacks(length + INDICATOR_LENGTH, Outcome.NOT_TCP)) return Next.STOP;
    walk.at += length;
  }
  if (readUint16(bytes, walk.at) === ORIGIN) {
    if (walk.lacks(ORIGIN_LENGTH + 1, Outcome.NOT_TCP)) return Next.STOP;
    walk.at += ORIGIN_LENGTH;
  }
  if (bytes[walk.at]! >>> 4 !== 6) return walk.stop(Outcome.NOT_TCP);
  return walk.enter(Tunnel.TEREDO) ? Next.IPV6 : Next.STOP;
};
