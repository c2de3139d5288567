// Linux cooked capture, both versions: what the `any` device gives. The protocol is an EtherType (so
// VLAN tags may follow) or one of a few small numbers of Linux.

import { readUint16 } from "../../bytes.ts";
import { Outcome } from "../outcome.ts";
import { Next, type LayerReader, type Walk } from "../walk.ts";

const HEADER_LENGTH = 16;
const HEADER_LENGTH_2 = 20;
/** ETH_P_802_2: an LLC header follows. */
const LINUX_LLC = 0x0004;

export const readLinuxCooked: LayerReader = (walk) => {
  if (walk.lacks(HEADER_LENGTH, Outcome.MALFORMED_LINK)) return Next.STOP;
  const protocol = readUint16(walk.bytes, walk.at + 14);
  walk.at += HEADER_LENGTH;
  return byLinuxProtocol(walk, protocol);
};

export const readLinuxCooked2: LayerReader = (walk) => {
  if (walk.lacks(HEADER_LENGTH_2, Outcome.MALFORMED_LINK)) return Next.STOP;
  const protocol = readUint16(walk.bytes, walk.at);
  walk.at += HEADER_LENGTH_2;
  return byLinuxProtocol(walk, protocol);
};

function byLinuxProtocol(walk: Walk, protocol: number): Next {
  if (protocol === LINUX_LLC) return Next.LLC;
  if (protocol < 0x0600) return walk.stop(Outcome.NOT_IP);
  walk.etherType = protocol;
  return Next.ETHER_TYPE;
}
