// ARCNET, as BSD and as Linux capture it. RFC 1201 splits packets over frames, RFC 1051 does not; a
// packet that was split is not put together.

import { Outcome } from "../outcome.ts";
import { Next, type LayerReader, type Walk } from "../walk.ts";

/** Source and destination; Linux adds two octets of offset. */
const ADDRESSES_LENGTH = 2;
const ADDRESSES_LENGTH_LINUX = 4;
/** RFC 1201: split flag and sequence number. */
const SPLIT_LENGTH = 3;
/** The flag of a filler before a frame whose length ARCNET cannot carry (RFC 1201 §2.2.3). */
const EXCEPTION = 0xff;
const EXCEPTION_LENGTH = 4;

const SystemCode = { IPV6: 196, IPV4: 212, IPV4_RFC1051: 240 } as const;

export const readArcnet: LayerReader = (walk) => readSystemCode(walk, ADDRESSES_LENGTH);

export const readArcnetLinux: LayerReader = (walk) => readSystemCode(walk, ADDRESSES_LENGTH_LINUX);

function readSystemCode(walk: Walk, addressesLength: number): Next {
  if (walk.lacks(addressesLength + 1, Outcome.MALFORMED_LINK)) return Next.STOP;
  const systemCode = walk.bytes[walk.at + addressesLength]!;
  walk.at += addressesLength + 1;
  switch (systemCode) {
    case SystemCode.IPV4_RFC1051:
      return Next.IPV4;
    case SystemCode.IPV4:
      return readSplit(walk, Next.IPV4);
    case SystemCode.IPV6:
      return readSplit(walk, Next.IPV6);
    default:
      return walk.stop(Outcome.NOT_IP);
  }
}

function readSplit(walk: Walk, next: Next): Next {
  if (walk.lacks(SPLIT_LENGTH, Outcome.MALFORMED_LINK)) return Next.STOP;
  if (walk.bytes[walk.at] === EXCEPTION) {
    walk.at += EXCEPTION_LENGTH;
    if (walk.lacks(SPLIT_LENGTH, Outcome.MALFORMED_LINK)) return Next.STOP;
  }
  if (walk.bytes[walk.at]! !== 0) return walk.stop(Outcome.UNSUPPORTED_ENCAPSULATION);
  walk.at += SPLIT_LENGTH;
  return next;
}
