// The reader of each layer, by what comes next.

import { readAppleIpOverFirewire, readPktap } from "./link/apple.ts";
import { readArcnet, readArcnetLinux } from "./link/arcnet.ts";
import { readEthernet, readEtherType } from "./link/ethernet.ts";
import { readFddi } from "./link/fddi.ts";
import { readIpoib } from "./link/ipoib.ts";
import { readJuniperEthernet } from "./link/juniper.ts";
import { readLinkType } from "./link/link-types.ts";
import { readLinuxCooked, readLinuxCooked2 } from "./link/linux-cooked.ts";
import { readLlc } from "./link/llc.ts";
import { readLoopback } from "./link/loopback.ts";
import { readNflog } from "./link/nflog.ts";
import { readPpp, readPppoe, readPppOrHdlc, readPppWithDirection } from "./link/ppp.ts";
import { readCiscoHdlc, readFrameRelay, readSlip } from "./link/serial.ts";
import { readAMsdu, readWlan } from "./link/wlan.ts";
import { readAvs, readPrism, readRadiotap } from "./link/wlan-capture-headers.ts";
import { readAuthentication, readIp, readIpProtocol } from "./network/ip.ts";
import { readIpv4 } from "./network/ipv4.ts";
import { readIpv6, readIpv6Fragment, readIpv6Options, readIpv6Routing } from "./network/ipv6.ts";
import { takeTcpHeader } from "./transport/tcp.ts";
import { readAyiya } from "./tunnel/ayiya.ts";
import { readCapwap } from "./tunnel/capwap.ts";
import { readGeneve } from "./tunnel/geneve.ts";
import { readGre, readGreInUdp } from "./tunnel/gre.ts";
import { readGtpU } from "./tunnel/gtp-u.ts";
import { readL2tpIp } from "./tunnel/l2tp.ts";
import { readMpls } from "./tunnel/mpls.ts";
import { readTeredo } from "./tunnel/teredo.ts";
import { readMplsInUdp, readUdp } from "./tunnel/udp-tunnels.ts";
import { readVxlan, readVxlanGpe } from "./tunnel/vxlan.ts";
import { Next, type LayerReader } from "./walk.ts";

/** The end of every walk that succeeds. */
const readTcp: LayerReader = (walk) =>
  walk.stop(takeTcpHeader(walk.segment, walk.bytes, walk.at, walk.end, walk.wireEnd));

const READERS: readonly (readonly [Next, LayerReader])[] = [
  [Next.LINK_TYPE, readLinkType],
  [Next.ETHERNET, readEthernet],
  [Next.ETHER_TYPE, readEtherType],
  [Next.LLC, readLlc],
  [Next.LOOPBACK, readLoopback],
  [Next.LINUX_COOKED, readLinuxCooked],
  [Next.LINUX_COOKED_2, readLinuxCooked2],
  [Next.PPP, readPpp],
  [Next.PPP_OR_HDLC, readPppOrHdlc],
  [Next.PPP_WITH_DIRECTION, readPppWithDirection],
  [Next.PPPOE, readPppoe],
  [Next.CISCO_HDLC, readCiscoHdlc],
  [Next.FRAME_RELAY, readFrameRelay],
  [Next.WLAN, readWlan],
  [Next.RADIOTAP, readRadiotap],
  [Next.PRISM, readPrism],
  [Next.AVS, readAvs],
  [Next.A_MSDU, readAMsdu],
  [Next.FDDI, readFddi],
  [Next.ARCNET, readArcnet],
  [Next.ARCNET_LINUX, readArcnetLinux],
  [Next.SLIP, readSlip],
  [Next.JUNIPER_ETHERNET, readJuniperEthernet],
  [Next.NFLOG, readNflog],
  [Next.PKTAP, readPktap],
  [Next.IPOIB, readIpoib],
  [Next.APPLE_IP_OVER_FIREWIRE, readAppleIpOverFirewire],
  [Next.MPLS, readMpls],
  [Next.IP, readIp],
  [Next.IPV4, readIpv4],
  [Next.IPV6, readIpv6],
  [Next.IP_PROTOCOL, readIpProtocol],
  [Next.TCP, readTcp],
  [Next.UDP, readUdp],
  [Next.IPV6_OPTIONS, readIpv6Options],
  [Next.IPV6_ROUTING, readIpv6Routing],
  [Next.IPV6_FRAGMENT, readIpv6Fragment],
  [Next.AUTHENTICATION, readAuthentication],
  [Next.GRE, readGre],
  [Next.L2TP_IP, readL2tpIp],
  [Next.VXLAN, readVxlan],
  [Next.VXLAN_GPE, readVxlanGpe],
  [Next.GENEVE, readGeneve],
  [Next.GTP_U, readGtpU],
  [Next.TEREDO, readTeredo],
  [Next.MPLS_IN_UDP, readMplsInUdp],
  [Next.GRE_IN_UDP, readGreInUdp],
  [Next.AYIYA, readAyiya],
  [Next.CAPWAP, readCapwap],
];

/** Indexed by `Next`; there is none for STOP. */
export const LAYER_READERS: readonly (LayerReader | undefined)[] = READERS.reduce<LayerReader[]>(
  (table, [next, reader]) => {
    table[next] = reader;
    return table;
  },
  [],
);
