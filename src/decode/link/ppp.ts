// PPP (RFC 1661) with or without HDLC framing (RFC 1662), with a direction octet before it, over
// Ethernet (RFC 2516), and inside GRE (RFC 2637).

import { readUint16 } from "../../bytes.ts";
import { Outcome } from "../outcome.ts";
import { Tunnel } from "../tunnel-kind.ts";
import { Next, type LayerReader } from "../walk.ts";

const ADDRESS_ALL_STATIONS = 0xff;
const CONTROL_UI = 0x03;

/** PPP protocol numbers (IANA). */
const PppProtocol = {
  IPV4: 0x0021,
  COMPRESSED_TCP: 0x002d,
  UNCOMPRESSED_TCP: 0x002f,
  MULTILINK: 0x003d,
  ENCRYPTED: 0x0053,
  IPV6: 0x0057,
  COMPRESSED: 0x00fd,
  MPLS: 0x0281,
  MPLS_MULTICAST: 0x0283,
} as const;

/** Address and control may have been left out (RFC 1661 §6.6), and the protocol be one octet (§6.5). */
export const readPpp: LayerReader = (walk) => {
  if (walk.lacks(1, Outcome.MALFORMED_LINK)) return Next.STOP;
  const { bytes } = walk;
  if (bytes[walk.at] === ADDRESS_ALL_STATIONS) {
    if (walk.lacks(2, Outcome.MALFORMED_LINK)) return Next.STOP;
    if (bytes[walk.at + 1] === CONTROL_UI) walk.at += 2;
    if (walk.lacks(1, Outcome.MALFORMED_LINK)) return Next.STOP;
  }
  let protocol = bytes[walk.at]!;
  if ((protocol & 1) === 1) {
    walk.at += 1;
  } else {
    if (walk.lacks(2, Outcome.MALFORMED_LINK)) return Next.STOP;
    protocol = readUint16(bytes, walk.at);
    walk.at += 2;
  }
  switch (protocol) {
    case PppProtocol.IPV4:
      return Next.IPV4;
    case PppProtocol.IPV6:
      return Next.IPV6;
    case PppProtocol.MPLS:
    case PppProtocol.MPLS_MULTICAST:
      return Next.MPLS;
    case PppProtocol.ENCRYPTED:
      return walk.stop(Outcome.ENCRYPTED);
    case PppProtocol.COMPRESSED_TCP:
    case PppProtocol.UNCOMPRESSED_TCP:
    case PppProtocol.MULTILINK:
    case PppProtocol.COMPRESSED:
      return walk.stop(Outcome.UNSUPPORTED_ENCAPSULATION);
    default:
      return walk.stop(Outcome.NOT_IP);
  }
};

/** One octet says whether the packet was received or sent. */
export const readPppWithDirection: LayerReader = (walk) => {
  if (walk.lacks(1, Outcome.MALFORMED_LINK)) return Next.STOP;
  walk.at += 1;
  return Next.PPP_OR_HDLC;
};

/** A serial line is PPP or Cisco HDLC by its first octet. */
export const readPppOrHdlc: LayerReader = (walk) => {
  if (walk.lacks(1, Outcome.MALFORMED_LINK)) return Next.STOP;
  const address = walk.bytes[walk.at]!;
  return address === 0x0f || address === 0x8f ? Next.CISCO_HDLC : Next.PPP;
};

const PPPOE_HEADER_LENGTH = 6;
const PPPOE_VERSION_AND_TYPE = 0x11;
const PPPOE_SESSION_DATA = 0x00;

/** PPPoE (RFC 2516 §4): discovery carries no packets; the session is part of the path, without its id. */
export const readPppoe: LayerReader = (walk) => {
  if (walk.lacks(PPPOE_HEADER_LENGTH, Outcome.MALFORMED_LINK)) return Next.STOP;
  const { bytes, at } = walk;
  if (bytes[at]! !== PPPOE_VERSION_AND_TYPE) return walk.stop(Outcome.MALFORMED_LINK);
  if (bytes[at + 1]! !== PPPOE_SESSION_DATA) return walk.stop(Outcome.NOT_IP);
  if (!walk.enterLink(Tunnel.PPPOE)) return Next.STOP;
  walk.at += PPPOE_HEADER_LENGTH;
  walk.limitTo(readUint16(bytes, at + 4));
  return Next.PPP;
};
