// L2TPv3 directly over IP (RFC 3931 §4.1.1). The length of its cookie and of the sublayer header was
// agreed between the ends and is not in the packet: Ethernet is followed where just one place fits it.

import { readUint32 } from "../../bytes.ts";
import { isExactlyEthernet } from "../network/plausible.ts";
import { Outcome } from "../outcome.ts";
import { Tunnel } from "../tunnel-kind.ts";
import { Next, type LayerReader } from "../walk.ts";

const SESSION_LENGTH = 4;
/** Cookie of 0, 4 or 8 octets and sublayer header of 0 or 4. */
const MAX_EXTRA_LENGTH = 12;

export const readL2tpIp: LayerReader = (walk) => {
  if (walk.lacks(SESSION_LENGTH, Outcome.NOT_TCP)) return Next.STOP;
  // Session 0 is the control connection.
  if (readUint32(walk.bytes, walk.at) === 0) return walk.stop(Outcome.NOT_TCP);
  if (!walk.enter(Tunnel.L2TP)) return Next.STOP;
  walk.at += SESSION_LENGTH;
  let found = -1;
  for (let extra = 0; extra <= MAX_EXTRA_LENGTH; extra += 4) {
    if (!isExactlyEthernet(walk.bytes, walk.at + extra, walk.end, walk.wireEnd)) continue;
    if (found !== -1) return walk.stop(Outcome.UNSUPPORTED_ENCAPSULATION);
    found = extra;
  }
  if (found === -1) return walk.stop(Outcome.UNSUPPORTED_ENCAPSULATION);
  walk.at += found;
  return Next.ETHERNET;
};
