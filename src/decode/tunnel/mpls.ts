// MPLS (RFC 3032): labels to the bottom of the stack. What follows is not said: IP by its first nibble
// (RFC 4928 §3), else a pseudowire with Ethernet, with or without control word (RFC 4448).

import { Outcome } from "../outcome.ts";
import { looksLikeEthernet, plausibleIpLength } from "../network/plausible.ts";
import { Tunnel } from "../tunnel-kind.ts";
import { Next, type LayerReader, type Walk } from "../walk.ts";

const LABEL_LENGTH = 4;
const BOTTOM_OF_STACK = 0x01;
const CONTROL_WORD_LENGTH = 4;

/** Labels are chosen by the receiver, so they are no part of the path: one layer for the whole stack. */
export const readMpls: LayerReader = (walk) => {
  if (!walk.enter(Tunnel.MPLS)) return Next.STOP;
  let isBottom = false;
  while (!isBottom) {
    if (walk.lacks(LABEL_LENGTH, Outcome.MALFORMED_LINK)) return Next.STOP;
    isBottom = (walk.bytes[walk.at + 2]! & BOTTOM_OF_STACK) !== 0;
    walk.at += LABEL_LENGTH;
  }
  return readPayload(walk);
};

function readPayload(walk: Walk): Next {
  if (walk.lacks(1, Outcome.NOT_IP)) return Next.STOP;
  const { bytes, at, end, wireEnd } = walk;
  const nibble = bytes[at]! >>> 4;
  const isIp = nibble === 4 || nibble === 6;
  if (isIp && plausibleIpLength(bytes, at, end, wireEnd) !== 0) return Next.IP;
  if (nibble === 0 && looksLikeEthernet(bytes, at + CONTROL_WORD_LENGTH, end, wireEnd)) {
    walk.at += CONTROL_WORD_LENGTH;
    return Next.ETHERNET;
  }
  if (looksLikeEthernet(bytes, at, end, wireEnd)) return Next.ETHERNET;
  // Cut, or with lengths of its own: IP it is, by the nibble.
  return isIp ? Next.IP : walk.stop(Outcome.NOT_IP);
}
