// GENEVE (RFC 8926): version 0, options skipped, payload by EtherType.

import { readUint16, readUint32 } from "../../bytes.ts";
import { Outcome } from "../outcome.ts";
import { Tunnel } from "../tunnel-kind.ts";
import { Next, type LayerReader } from "../walk.ts";

const HEADER_LENGTH = 8;
const VERSION_SHIFT = 6;
const OPTIONS_LENGTH_MASK = 0x3f;
const IS_CONTROL = 0x80;
const RESERVED_MASK = 0x3f;

export const readGeneve: LayerReader = (walk) => {
  if (walk.lacks(HEADER_LENGTH, Outcome.NOT_TCP)) return Next.STOP;
  const { bytes, at } = walk;
  const flags = bytes[at + 1]!;
  const protocol = readUint16(bytes, at + 2);
  const isGeneve =
    bytes[at]! >>> VERSION_SHIFT === 0 &&
    (flags & RESERVED_MASK) === 0 &&
    bytes[at + 7] === 0 &&
    protocol >= 0x0600;
  if (!isGeneve || (flags & IS_CONTROL) !== 0) return walk.stop(Outcome.NOT_TCP);
  const length = HEADER_LENGTH + (bytes[at]! & OPTIONS_LENGTH_MASK) * 4;
  if (walk.lacks(length, Outcome.NOT_TCP)) return Next.STOP;
  if (!walk.enterWithId(Tunnel.GENEVE, readUint32(bytes, at + 4) >>> 8)) return Next.STOP;
  walk.at += length;
  walk.etherType = protocol;
  return Next.ETHER_TYPE;
};
