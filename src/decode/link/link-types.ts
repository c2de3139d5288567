// What a packet of each link type begins with (LINKTYPE_ values of the pcap link type list).

import { Next, type LayerReader } from "../walk.ts";
import { Outcome } from "../outcome.ts";

/** The first layer by link type; what is not listed is not read. */
export const LINK_TYPES: ReadonlyMap<number, Next> = new Map([
  [0, Next.LOOPBACK], // NULL
  [1, Next.ETHERNET],
  [7, Next.ARCNET], // ARCNET_BSD
  [8, Next.SLIP],
  [9, Next.PPP],
  [10, Next.FDDI],
  [12, Next.IP], // RAW, as most systems number it
  [14, Next.IP], // RAW, as OpenBSD numbers it
  [50, Next.PPP_OR_HDLC], // PPP_HDLC
  [51, Next.PPPOE], // PPP_ETHER
  [100, Next.LLC], // ATM_RFC1483
  [101, Next.IP], // RAW
  [104, Next.CISCO_HDLC], // C_HDLC
  [105, Next.WLAN], // IEEE802_11
  [107, Next.FRAME_RELAY], // FRELAY
  [108, Next.LOOPBACK], // LOOP
  [113, Next.LINUX_COOKED], // LINUX_SLL
  [119, Next.PRISM], // IEEE802_11_PRISM
  [127, Next.RADIOTAP], // IEEE802_11_RADIOTAP
  [129, Next.ARCNET_LINUX],
  [138, Next.APPLE_IP_OVER_FIREWIRE], // APPLE_IP_OVER_IEEE1394
  [163, Next.AVS], // IEEE802_11_AVS
  [178, Next.JUNIPER_ETHERNET],
  [204, Next.PPP_WITH_DIRECTION], // PPP_WITH_DIR
  [219, Next.MPLS],
  [228, Next.IPV4],
  [229, Next.IPV6],
  [239, Next.NFLOG],
  [242, Next.IPOIB],
  [258, Next.PKTAP],
  [276, Next.LINUX_COOKED_2], // LINUX_SLL2
]);

/** The layer that `walk.linkType` says. */
export const readLinkType: LayerReader = (walk) =>
  LINK_TYPES.get(walk.linkType) ?? walk.stop(Outcome.UNSUPPORTED_LINK_TYPE);
