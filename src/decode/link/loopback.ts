// BSD null and loop: four octets of address family, in the byte order of the host or of the network.
// The file does not say which: the order that gives a small number is the right one.

import { readUint32, readUint32LE } from "../../bytes.ts";
import { Outcome } from "../outcome.ts";
import { Next, type LayerReader } from "../walk.ts";

const HEADER_LENGTH = 4;
const FAMILY_IPV4 = 2;
/** AF_INET6 of Linux, NetBSD and OpenBSD, FreeBSD, and Darwin. */
const FAMILIES_IPV6: readonly number[] = [10, 24, 28, 30];

export const readLoopback: LayerReader = (walk) => {
  if (walk.lacks(HEADER_LENGTH, Outcome.MALFORMED_LINK)) return Next.STOP;
  const big = readUint32(walk.bytes, walk.at);
  const family = big > 0xffff ? readUint32LE(walk.bytes, walk.at) : big;
  walk.at += HEADER_LENGTH;
  if (family === FAMILY_IPV4) return Next.IPV4;
  if (FAMILIES_IPV6.includes(family)) return Next.IPV6;
  return walk.stop(Outcome.NOT_IP);
};
