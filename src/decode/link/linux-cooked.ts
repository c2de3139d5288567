// Linux cooked capture, both versions: what the `any` device gives. The protocol is an EtherType (so
// VLAN tags may follow) or one of a few small numbers of Linux.

import { readUint16 } from "../../bytes.ts";
import { Outcome } from "../outcome.ts";
import { LINUX_COOKED, LINUX_COOKED_2, type PlainLink } from "./plain-links.ts";
import { Next, type LayerReader, type Walk } from "../walk.ts";

/** ETH_P_802_2: an LLC header follows. */
const LINUX_LLC = 0x0004;

export const readLinuxCooked: LayerReader = (walk) => readHeader(walk, LINUX_COOKED);
export const readLinuxCooked2: LayerReader = (walk) => readHeader(walk, LINUX_COOKED_2);

function readHeader(walk: Walk, { typeAt, headerBytes }: PlainLink): Next {
  if (walk.lacks(headerBytes, Outcome.MALFORMED_LINK)) return Next.STOP;
  const protocol = readUint16(walk.bytes, walk.at + typeAt);
  walk.at += headerBytes;
  if (protocol === LINUX_LLC) return Next.LLC;
  if (protocol < 0x0600) return walk.stop(Outcome.NOT_IP);
  walk.etherType = protocol;
  return Next.ETHER_TYPE;
}
