// IEEE 802.2 LLC, with SNAP where it says so. FDDI, ARCNET's and 802.11's payload, RFC 1483.

import { readUint16 } from "../../bytes.ts";
import { Outcome } from "../outcome.ts";
import { Next, type LayerReader, type Walk } from "../walk.ts";

const HEADER_LENGTH = 3;
const SNAP_LENGTH = 5;
const SAP_SNAP = 0xaa;
const SAP_IP = 0x06;
const UNNUMBERED_INFORMATION = 0x03;

/** SNAP organisation codes: what follows is an EtherType (RFC 1042, IEEE 802.1H), or a bridged frame. */
const OUI_ENCAPSULATED_ETHERNET = 0x000000;
const OUI_BRIDGE_TUNNEL = 0x0000f8;
const OUI_BRIDGED = 0x0080c2;
/** Bridged Ethernet with and without frame check sequence (RFC 2427 §4.2, RFC 2684 §5.2). */
const PID_ETHERNET_WITH_FCS = 0x0001;
const PID_ETHERNET = 0x0007;
/** Octets before a bridged frame: two over ATM, none in Frame Relay. */
const BRIDGED_PADDING = 2;

/** Length of LLC and SNAP before an EtherType. */
export const LLC_SNAP_LENGTH = HEADER_LENGTH + SNAP_LENGTH;

/** True where LLC with SNAP begins at `at`. */
export function isSnap(bytes: Uint8Array, at: number, end: number): boolean {
  return (
    at + LLC_SNAP_LENGTH <= end &&
    bytes[at] === SAP_SNAP &&
    bytes[at + 1] === SAP_SNAP &&
    bytes[at + 2] === UNNUMBERED_INFORMATION
  );
}

export const readLlc: LayerReader = (walk) => {
  if (walk.lacks(HEADER_LENGTH, Outcome.MALFORMED_LINK)) return Next.STOP;
  const { bytes, at } = walk;
  const sap = bytes[at]!;
  if (sap !== bytes[at + 1]! || bytes[at + 2]! !== UNNUMBERED_INFORMATION) {
    return walk.stop(Outcome.NOT_IP);
  }
  walk.at += HEADER_LENGTH;
  if (sap === SAP_IP) return Next.IPV4;
  if (sap !== SAP_SNAP) return walk.stop(Outcome.NOT_IP);
  return readSnap(walk, BRIDGED_PADDING);
};

/** Organisation code and protocol, after LLC or in Frame Relay; a bridged frame may be padded. */
export function readSnap(walk: Walk, bridgedPadding: number): Next {
  if (walk.lacks(SNAP_LENGTH, Outcome.MALFORMED_LINK)) return Next.STOP;
  const { bytes, at } = walk;
  const organisation = (bytes[at]! << 16) | readUint16(bytes, at + 1);
  const protocol = readUint16(bytes, at + 3);
  walk.at += SNAP_LENGTH;
  switch (organisation) {
    case OUI_ENCAPSULATED_ETHERNET:
    case OUI_BRIDGE_TUNNEL:
      // Here the field is never a length.
      if (protocol < 0x0600) return walk.stop(Outcome.NOT_IP);
      walk.etherType = protocol;
      return Next.ETHER_TYPE;
    case OUI_BRIDGED:
      if (protocol !== PID_ETHERNET && protocol !== PID_ETHERNET_WITH_FCS) {
        return walk.stop(Outcome.NOT_IP);
      }
      walk.at += bridgedPadding;
      return Next.ETHERNET;
    default:
      return walk.stop(Outcome.NOT_IP);
  }
}
