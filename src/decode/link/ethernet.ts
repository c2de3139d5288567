// Ethernet II, IEEE 802.3 with LLC, and VLAN tags (IEEE 802.1Q, 802.1ad and the older 0x9100) stacked
// to any depth; and what an EtherType says, which many other layers use too.

import { readUint16 } from "../../bytes.ts";
import { Outcome } from "../outcome.ts";
import { Next, type LayerReader } from "../walk.ts";

const HEADER_LENGTH = 14;
const TAG_LENGTH = 4;
/** Up to here the field is a length (IEEE 802.3 §3.2.6). */
const MAX_LENGTH = 1500;

export const EtherType = {
  IPV4: 0x0800,
  TRANSPARENT_ETHERNET: 0x6558,
  VLAN: 0x8100,
  IPV6: 0x86dd,
  PPP: 0x880b,
  MPLS: 0x8847,
  MPLS_MULTICAST: 0x8848,
  PPPOE_SESSION: 0x8864,
  JUMBO_LLC: 0x8870,
  SERVICE_VLAN: 0x88a8,
  MACSEC: 0x88e5,
  OLD_VLAN: 0x9100,
} as const;

export function isVlanTag(etherType: number): boolean {
  return (
    etherType === EtherType.VLAN ||
    etherType === EtherType.SERVICE_VLAN ||
    etherType === EtherType.OLD_VLAN
  );
}

export const readEthernet: LayerReader = (walk) => {
  if (walk.lacks(HEADER_LENGTH, Outcome.MALFORMED_LINK)) return Next.STOP;
  walk.etherType = readUint16(walk.bytes, walk.at + 12);
  walk.at += HEADER_LENGTH;
  return Next.ETHER_TYPE;
};

/** Removes VLAN tags, then goes by `walk.etherType`; a length means that LLC follows. */
export const readEtherType: LayerReader = (walk) => {
  let etherType = walk.etherType;
  while (isVlanTag(etherType)) {
    if (walk.lacks(TAG_LENGTH, Outcome.MALFORMED_LINK)) return Next.STOP;
    walk.noteVlan(readUint16(walk.bytes, walk.at) & 0x0fff);
    etherType = readUint16(walk.bytes, walk.at + 2);
    walk.at += TAG_LENGTH;
  }
  switch (etherType) {
    case EtherType.IPV4:
      return Next.IPV4;
    case EtherType.IPV6:
      return Next.IPV6;
    case EtherType.MPLS:
    case EtherType.MPLS_MULTICAST:
      return Next.MPLS;
    case EtherType.PPPOE_SESSION:
      return Next.PPPOE;
    case EtherType.PPP:
      return Next.PPP;
    case EtherType.TRANSPARENT_ETHERNET:
      return Next.ETHERNET;
    case EtherType.JUMBO_LLC:
      return Next.LLC;
    case EtherType.MACSEC:
      return walk.stop(Outcome.ENCRYPTED);
    default:
      if (etherType > MAX_LENGTH) return walk.stop(Outcome.NOT_IP);
      walk.limitTo(etherType);
      return Next.LLC;
  }
};
