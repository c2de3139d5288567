// What IPv4 and IPv6 share: the version nibble, protocol numbers, and who comes next by them.

import { Outcome } from "../outcome.ts";
import { Tunnel } from "../tunnel-kind.ts";
import { Next, type LayerReader, type Walk } from "../walk.ts";

/** IP protocol numbers (IANA) that lead on, and ESP, behind which nothing can be read. */
export const IpProtocol = {
  HOP_BY_HOP: 0,
  IPV4: 4,
  TCP: 6,
  UDP: 17,
  IPV6: 41,
  ROUTING: 43,
  FRAGMENT: 44,
  GRE: 47,
  ESP: 50,
  AUTHENTICATION: 51,
  DESTINATION_OPTIONS: 60,
  L2TP: 115,
  MPLS: 137,
} as const;

/** IPv4 or IPv6 by the first nibble, where the layer below does not say. */
export const readIp: LayerReader = (walk) => {
  if (walk.lacks(1, Outcome.MALFORMED_IP)) return Next.STOP;
  switch (walk.bytes[walk.at]! >>> 4) {
    case 4:
      return Next.IPV4;
    case 6:
      return Next.IPV6;
    default:
      return walk.stop(Outcome.MALFORMED_IP);
  }
};

/** Goes by `walk.protocol`: TCP, UDP, a tunnel, or an extension header of IPv6. */
export const readIpProtocol: LayerReader = (walk) => {
  const isIpv6 = walk.segment.ipVersion === 6;
  switch (walk.protocol) {
    case IpProtocol.TCP:
      return Next.TCP;
    case IpProtocol.UDP:
      return Next.UDP;
    case IpProtocol.IPV4:
      return tunnelled(walk, isIpv6 ? Tunnel.IPV4_IN_IPV6 : Tunnel.IP_IN_IP, Next.IPV4);
    case IpProtocol.IPV6:
      return tunnelled(walk, isIpv6 ? Tunnel.IPV6_IN_IPV6 : Tunnel.IPV6_IN_IPV4, Next.IPV6);
    case IpProtocol.GRE:
      return Next.GRE;
    case IpProtocol.AUTHENTICATION:
      return Next.AUTHENTICATION;
    case IpProtocol.ESP:
      return walk.stop(Outcome.ENCRYPTED);
    case IpProtocol.L2TP:
      return Next.L2TP_IP;
    case IpProtocol.MPLS:
      return Next.MPLS;
    case IpProtocol.HOP_BY_HOP:
    case IpProtocol.DESTINATION_OPTIONS:
      return isIpv6 ? Next.IPV6_OPTIONS : walk.stop(Outcome.NOT_TCP);
    case IpProtocol.ROUTING:
      return isIpv6 ? Next.IPV6_ROUTING : walk.stop(Outcome.NOT_TCP);
    case IpProtocol.FRAGMENT:
      return isIpv6 ? Next.IPV6_FRAGMENT : walk.stop(Outcome.NOT_TCP);
    default:
      return walk.stop(Outcome.NOT_TCP);
  }
};

function tunnelled(walk: Walk, tunnel: Tunnel, next: Next): Next {
  return walk.enter(tunnel) ? next : Next.STOP;
}

/** Lengths in units of four octets, counted without the first two (RFC 4302 §2.2). */
const AUTHENTICATION_MIN_LENGTH = 12;

/** Authentication header, which says what it authenticates and hides nothing. */
export const readAuthentication: LayerReader = (walk) => {
  if (walk.lacks(AUTHENTICATION_MIN_LENGTH, Outcome.MALFORMED_IP)) return Next.STOP;
  const length = (walk.bytes[walk.at + 1]! + 2) * 4;
  if (length < AUTHENTICATION_MIN_LENGTH) return walk.stop(Outcome.MALFORMED_IP);
  if (walk.lacks(length, Outcome.MALFORMED_IP)) return Next.STOP;
  walk.protocol = walk.bytes[walk.at]!;
  walk.at += length;
  return Next.IP_PROTOCOL;
};

/** Notes the IP version; the outermost one is what the packet is counted by. */
export function noteIpVersion(walk: Walk, version: 4 | 6): void {
  walk.segment.ipVersion = version;
  if (walk.outerIpVersion === 0) walk.outerIpVersion = version;
}
