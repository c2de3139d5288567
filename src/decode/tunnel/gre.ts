// GRE: version 0 (RFC 2784, 2890) with what vendors carry in it, version 1 for PPTP (RFC 2637), and
// version 0 in UDP (RFC 8086).

import { readUint16, readUint32 } from "../../bytes.ts";
import { EtherType } from "../link/ethernet.ts";
import { Outcome } from "../outcome.ts";
import { Tunnel } from "../tunnel-kind.ts";
import { Next, type LayerReader, type Walk } from "../walk.ts";
import { readErspan2, readErspan3 } from "./erspan.ts";

const MIN_HEADER_LENGTH = 4;

/** First two octets. */
const CHECKSUM = 0x8000;
const ROUTING = 0x4000;
const KEY = 0x2000;
const SEQUENCE = 0x1000;
const ACKNOWLEDGMENT = 0x0080;
const VERSION_MASK = 0x0007;
/** Bits that version 0 of RFC 2784 has no use for. */
const RESERVED_MASK = 0x0ff8;

const GreProtocol = { ERSPAN_2: 0x88be, ERSPAN_3: 0x22eb, WCCP: 0x883e } as const;

/** Aruba access points: 802.11 frames under a number for each virtual access point. */
const ARUBA_FIRST = 0x8200;
const ARUBA_LAST = 0x8370;

export const readGre: LayerReader = (walk) => {
  if (walk.lacks(MIN_HEADER_LENGTH, Outcome.NOT_TCP)) return Next.STOP;
  const { bytes, at } = walk;
  const flags = readUint16(bytes, at);
  const protocol = readUint16(bytes, at + 2);
  if ((flags & VERSION_MASK) === 1) return readPptp(walk, flags, protocol);
  if ((flags & VERSION_MASK) !== 0) return walk.stop(Outcome.NOT_TCP);
  // Source routes were deprecated with RFC 1701 and have no fixed length.
  if ((flags & ROUTING) !== 0) return walk.stop(Outcome.UNSUPPORTED_ENCAPSULATION);
  const hasKey = (flags & KEY) !== 0;
  const hasSequence = (flags & SEQUENCE) !== 0;
  const keyAt = at + MIN_HEADER_LENGTH + ((flags & CHECKSUM) === 0 ? 0 : 4);
  const length = keyAt - at + (hasKey ? 4 : 0) + (hasSequence ? 4 : 0);
  if (walk.lacks(length, Outcome.NOT_TCP)) return Next.STOP;
  walk.at += length;

  if (protocol === GreProtocol.ERSPAN_2) return readErspan2(walk, hasSequence);
  if (protocol === GreProtocol.ERSPAN_3) return readErspan3(walk);
  const key = hasKey ? readUint32(bytes, keyAt) : null;
  if (protocol === GreProtocol.WCCP) return readWccp(walk, key);
  if (!enterGre(walk, Tunnel.GRE, key)) return Next.STOP;
  if (protocol >= ARUBA_FIRST && protocol <= ARUBA_LAST) return Next.WLAN;
  if (protocol < 0x0600) return walk.stop(Outcome.NOT_TCP);
  walk.etherType = protocol;
  return Next.ETHER_TYPE;
};

/** A key is the same in both directions, so it is part of the path. */
function enterGre(walk: Walk, tunnel: Tunnel, key: number | null): boolean {
  return key === null ? walk.enter(tunnel) : walk.enterWithId(tunnel, key);
}

const WCCP_LENGTH = 4;

/** Version 2 has a redirect header, version 1 none: an IPv4 header tells itself by its first nibble. */
function readWccp(walk: Walk, key: number | null): Next {
  if (!enterGre(walk, Tunnel.WCCP, key)) return Next.STOP;
  if (walk.lacks(1, Outcome.NOT_TCP)) return Next.STOP;
  if (walk.bytes[walk.at]! >>> 4 === 4) return Next.IPV4;
  if (walk.lacks(WCCP_LENGTH, Outcome.NOT_TCP)) return Next.STOP;
  walk.at += WCCP_LENGTH;
  return Next.IP;
}

/** PPTP: the key holds a length and the receiver's call id; without a sequence number there is no data. */
function readPptp(walk: Walk, flags: number, protocol: number): Next {
  const isPptp = protocol === EtherType.PPP && (flags & KEY) !== 0;
  if (!isPptp || (flags & SEQUENCE) === 0) return walk.stop(Outcome.NOT_TCP);
  const length = MIN_HEADER_LENGTH + 8 + ((flags & ACKNOWLEDGMENT) === 0 ? 0 : 4);
  if (walk.lacks(length, Outcome.NOT_TCP)) return Next.STOP;
  const payloadLength = readUint16(walk.bytes, walk.at + 4);
  if (!walk.enter(Tunnel.PPTP)) return Next.STOP;
  walk.at += length;
  walk.limitTo(payloadLength);
  return Next.PPP;
}

/** Only what RFC 2784 and 2890 define: other bits would be another protocol's. */
export const readGreInUdp: LayerReader = (walk) => {
  if (walk.lacks(MIN_HEADER_LENGTH, Outcome.NOT_TCP)) return Next.STOP;
  const flags = readUint16(walk.bytes, walk.at);
  const isGre = (flags & (ROUTING | RESERVED_MASK | VERSION_MASK)) === 0;
  return isGre ? Next.GRE : walk.stop(Outcome.NOT_TCP);
};
