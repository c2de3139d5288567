// Serial lines other than PPP: Cisco HDLC, Frame Relay (RFC 2427, and Cisco's own), SLIP (RFC 1055).

import { readUint16 } from "../../bytes.ts";
import { Outcome } from "../outcome.ts";
import { Next, type LayerReader } from "../walk.ts";
import { readSnap } from "./llc.ts";

const CISCO_HDLC_LENGTH = 4;

/** Address, control, EtherType. */
export const readCiscoHdlc: LayerReader = (walk) => {
  if (walk.lacks(CISCO_HDLC_LENGTH, Outcome.MALFORMED_LINK)) return Next.STOP;
  const etherType = readUint16(walk.bytes, walk.at + 2);
  walk.at += CISCO_HDLC_LENGTH;
  if (etherType < 0x0600) return walk.stop(Outcome.NOT_IP);
  walk.etherType = etherType;
  return Next.ETHER_TYPE;
};

const MAX_ADDRESS_LENGTH = 4;
const CONTROL_UI = 0x03;
const NLPID_PADDING = 0x00;
const NLPID_SNAP = 0x80;
const NLPID_IPV6 = 0x8e;
const NLPID_IPV4 = 0xcc;
const NLPID_PPP = 0xcf;

/** Q.922 address of 2 to 4 octets, the last one marked; then control and NLPID, or an EtherType. */
export const readFrameRelay: LayerReader = (walk) => {
  let length = 0;
  do {
    if (length === MAX_ADDRESS_LENGTH) return walk.stop(Outcome.MALFORMED_LINK);
    length++;
    if (walk.lacks(length, Outcome.MALFORMED_LINK)) return Next.STOP;
  } while ((walk.bytes[walk.at + length - 1]! & 1) === 0);
  if (length < 2) return walk.stop(Outcome.MALFORMED_LINK);
  walk.at += length;

  if (walk.lacks(2, Outcome.MALFORMED_LINK)) return Next.STOP;
  const { bytes } = walk;
  if (bytes[walk.at]! !== CONTROL_UI) {
    const etherType = readUint16(bytes, walk.at);
    if (etherType < 0x0600) return walk.stop(Outcome.NOT_IP);
    walk.etherType = etherType;
    walk.at += 2;
    return Next.ETHER_TYPE;
  }
  walk.at += 1;
  if (bytes[walk.at] === NLPID_PADDING) {
    if (walk.lacks(2, Outcome.MALFORMED_LINK)) return Next.STOP;
    walk.at += 1;
  }
  const protocol = bytes[walk.at]!;
  walk.at += 1;
  switch (protocol) {
    case NLPID_IPV4:
      return Next.IPV4;
    case NLPID_IPV6:
      return Next.IPV6;
    case NLPID_SNAP:
      return readSnap(walk, 0);
    case NLPID_PPP:
      return Next.PPP;
    default:
      return walk.stop(Outcome.NOT_IP);
  }
};

/** A direction octet and room for a compressed header; the packet itself is always captured whole. */
const SLIP_LENGTH = 16;

export const readSlip: LayerReader = (walk) => {
  if (walk.lacks(SLIP_LENGTH, Outcome.MALFORMED_LINK)) return Next.STOP;
  walk.at += SLIP_LENGTH;
  return Next.IP;
};
