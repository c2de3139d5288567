// Whether octets look like IP or like Ethernet that carries it, for layers that do not say what they
// carry (MPLS, L2TPv3). Lengths must fit into what was on the wire; nothing is changed.

import { readUint16 } from "../../bytes.ts";
import { EtherType, isVlanTag } from "../link/ethernet.ts";

const IPV4_LENGTH = 20;
const IPV6_LENGTH = 40;
const ETHERNET_LENGTH = 14;
/** Shortest payload that Ethernet does not pad (IEEE 802.3 §4.2.3.3). */
const MIN_ETHERNET_PAYLOAD = 46;
const MAX_TAGS = 4;

/** Length that the IP header at `at` states for its packet; 0 where none is plausible. */
export function plausibleIpLength(
  bytes: Uint8Array,
  at: number,
  end: number,
  wireEnd: number,
): number {
  if (at >= end) return 0;
  const version = bytes[at]! >>> 4;
  if (version === 4) {
    if (at + IPV4_LENGTH > end) return 0;
    const headerLength = (bytes[at]! & 0x0f) << 2;
    const length = readUint16(bytes, at + 2);
    const fits = headerLength >= IPV4_LENGTH && length >= headerLength && at + length <= wireEnd;
    return fits ? length : 0;
  }
  if (version !== 6 || at + IPV6_LENGTH > end) return 0;
  const length = IPV6_LENGTH + readUint16(bytes, at + 4);
  return at + length <= wireEnd ? length : 0;
}

/** True where an Ethernet header at `at` announces IP, behind VLAN tags or not, and IP is there. */
export function looksLikeEthernet(
  bytes: Uint8Array,
  at: number,
  end: number,
  wireEnd: number,
): boolean {
  let ipAt = at + ETHERNET_LENGTH;
  for (let tags = 0; tags <= MAX_TAGS; tags++) {
    if (ipAt >= end) return false;
    const etherType = readUint16(bytes, ipAt - 2);
    if (!isVlanTag(etherType)) return announcesIp(bytes, etherType, ipAt, end, wireEnd);
    ipAt += 4;
  }
  return false;
}

function announcesIp(
  bytes: Uint8Array,
  etherType: number,
  at: number,
  end: number,
  wireEnd: number,
): boolean {
  const version = bytes[at]! >>> 4;
  const isAnnounced =
    (etherType === EtherType.IPV4 && version === 4) ||
    (etherType === EtherType.IPV6 && version === 6);
  return isAnnounced && plausibleIpLength(bytes, at, end, wireEnd) !== 0;
}

/** The same, and the packet ends where the frame ends: for guesses that have nothing else to go by. */
export function isExactlyEthernet(
  bytes: Uint8Array,
  at: number,
  end: number,
  wireEnd: number,
): boolean {
  if (!looksLikeEthernet(bytes, at, end, wireEnd)) return false;
  let ipAt = at + ETHERNET_LENGTH;
  while (isVlanTag(readUint16(bytes, ipAt - 2))) ipAt += 4;
  const length = plausibleIpLength(bytes, ipAt, end, wireEnd);
  return ipAt + length === wireEnd || wireEnd - ipAt <= MIN_ETHERNET_PAYLOAD;
}
