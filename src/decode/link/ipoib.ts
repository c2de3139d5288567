// IP over InfiniBand: a global routing header of 40 octets, then RFC 4391's header.

import { readUint16 } from "../../bytes.ts";
import { Outcome } from "../outcome.ts";
import { Next, type LayerReader } from "../walk.ts";

/** The routing header, EtherType, two reserved octets (RFC 4391 §6). */
const IPOIB_LENGTH = 44;

export const readIpoib: LayerReader = (walk) => {
  if (walk.lacks(IPOIB_LENGTH, Outcome.MALFORMED_LINK)) return Next.STOP;
  walk.etherType = readUint16(walk.bytes, walk.at + 40);
  walk.at += IPOIB_LENGTH;
  if (walk.etherType < 0x0600) return walk.stop(Outcome.NOT_IP);
  return Next.ETHER_TYPE;
};
