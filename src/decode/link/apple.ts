// What macOS captures: PKTAP, a header that names process and interface before a packet of any link
// type, and IP over FireWire (RFC 2734).

import { readUint16, readUint32LE } from "../../bytes.ts";
import { Outcome } from "../outcome.ts";
import { Next, type LayerReader } from "../walk.ts";

/** The fields that every version has; the header says its own length. Little-endian as the host. */
const PKTAP_MIN_LENGTH = 108;
const PKTAP_RECORD_PACKET = 1;

export const readPktap: LayerReader = (walk) => {
  if (walk.lacks(PKTAP_MIN_LENGTH, Outcome.MALFORMED_LINK)) return Next.STOP;
  const { bytes, at } = walk;
  const length = readUint32LE(bytes, at);
  if (length < PKTAP_MIN_LENGTH) return walk.stop(Outcome.MALFORMED_LINK);
  if (walk.lacks(length, Outcome.MALFORMED_LINK)) return Next.STOP;
  if (readUint32LE(bytes, at + 4) !== PKTAP_RECORD_PACKET) return walk.stop(Outcome.NOT_IP);
  walk.linkType = readUint32LE(bytes, at + 8);
  walk.at += length;
  return Next.LINK_TYPE;
};

/** Two EUI-64 and an EtherType. */
const FIREWIRE_LENGTH = 18;

export const readAppleIpOverFirewire: LayerReader = (walk) => {
  if (walk.lacks(FIREWIRE_LENGTH, Outcome.MALFORMED_LINK)) return Next.STOP;
  walk.etherType = readUint16(walk.bytes, walk.at + 16);
  walk.at += FIREWIRE_LENGTH;
  if (walk.etherType < 0x0600) return walk.stop(Outcome.NOT_IP);
  return Next.ETHER_TYPE;
};
