// NFLOG: Linux netfilter's log as type-length-value fields, one of which is the packet. Lengths and
// types are in the order of the capturing host, which the file does not say: the first type tells.

import { readUint16, readUint16LE } from "../../bytes.ts";
import { Outcome } from "../outcome.ts";
import { Next, type LayerReader } from "../walk.ts";

/** Address family, version 0, resource id. */
const HEADER_LENGTH = 4;
const FIELD_HEADER_LENGTH = 4;
const FIELD_PAYLOAD = 9;
/** Types are small; the two highest bits are flags of netlink. */
const TYPE_MASK = 0x3fff;
const FAMILY_IPV4 = 2;
const FAMILY_IPV6 = 10;

export const readNflog: LayerReader = (walk) => {
  if (walk.lacks(HEADER_LENGTH + FIELD_HEADER_LENGTH, Outcome.MALFORMED_LINK)) return Next.STOP;
  const { bytes } = walk;
  const family = bytes[walk.at]!;
  if (family !== FAMILY_IPV4 && family !== FAMILY_IPV6) return walk.stop(Outcome.NOT_IP);
  walk.at += HEADER_LENGTH;
  const isLittleEndian = (readUint16LE(bytes, walk.at + 2) & TYPE_MASK) < 0x100;
  const read = isLittleEndian ? readUint16LE : readUint16;
  for (;;) {
    if (walk.lacks(FIELD_HEADER_LENGTH, Outcome.MALFORMED_LINK)) return Next.STOP;
    const length = read(bytes, walk.at);
    if (length < FIELD_HEADER_LENGTH) return walk.stop(Outcome.MALFORMED_LINK);
    if ((read(bytes, walk.at + 2) & TYPE_MASK) === FIELD_PAYLOAD) {
      walk.limitTo(length);
      walk.at += FIELD_HEADER_LENGTH;
      return family === FAMILY_IPV4 ? Next.IPV4 : Next.IPV6;
    }
    // Fields are padded to four octets.
    walk.at += (length + 3) & ~3;
  }
};
