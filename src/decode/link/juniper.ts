// Juniper Ethernet: what a router of theirs puts before a frame that it captured itself.

import { readUint16 } from "../../bytes.ts";
import { Outcome } from "../outcome.ts";
import { Next, type LayerReader } from "../walk.ts";

const JUNIPER_LENGTH = 4;
const JUNIPER_MAGIC = 0x4d4743;
const JUNIPER_NO_LINK_LAYER = 0x02;
const JUNIPER_EXTENSION = 0x80;

/** Magic, flags, extensions that the flags announce; without a link layer, a family and IP. */
export const readJuniperEthernet: LayerReader = (walk) => {
  if (walk.lacks(JUNIPER_LENGTH, Outcome.MALFORMED_LINK)) return Next.STOP;
  const { bytes, at } = walk;
  const magic = (bytes[at]! << 16) | readUint16(bytes, at + 1);
  if (magic !== JUNIPER_MAGIC) return walk.stop(Outcome.MALFORMED_LINK);
  const flags = bytes[at + 3]!;
  walk.at += JUNIPER_LENGTH;
  if ((flags & JUNIPER_EXTENSION) !== 0) {
    if (walk.lacks(2, Outcome.MALFORMED_LINK)) return Next.STOP;
    walk.at += 2 + readUint16(bytes, walk.at);
  }
  if ((flags & JUNIPER_NO_LINK_LAYER) === 0) return Next.ETHERNET;
  walk.at += 4;
  return Next.IP;
};
