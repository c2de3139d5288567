// A flow's Community ID, version 1: one name for a flow in Zeek, Suricata, Wireshark and here.
// "1:" and the base64 of the SHA-1 over, in network order: seed (2 octets), lower address, upper address
// (4 or 16 each), protocol (1), zero (1), lower port, upper port (2 each). "Lower" is the endpoint whose
// address octets, then port, compare lower, so that both directions have the same ID.
// Runs once a flow. Source: https://github.com/corelight/community-id-spec

import type { hash as hashOf } from "node:crypto";

const PROTOCOL_TCP = 6;

/** What is hashed; reused, so that the octet behind the protocol stays 0. */
const IPV4_OCTETS = new DataView(new ArrayBuffer(16));
const IPV6_OCTETS = new DataView(new ArrayBuffer(40));
/** Loaded with the first ID: it takes 4 ms, and `stats` needs none. */
let hash: typeof hashOf | null = null;

/** One side of a flow, as the flow table holds it. */
export interface CommunityIdEndpoint {
  /** Words in network order, signed or not; IPv4 stands in word 3, the others are 0. */
  readonly word0: number;
  readonly word1: number;
  readonly word2: number;
  readonly word3: number;
  readonly port: number;
}

/**
 * The Community ID of a TCP flow, 30 characters; which side is which does not matter.
 * `seed` (0 to 65535) is 0 unless a site has agreed on another.
 * @throws RangeError where the seed or a port has more than 16 bits
 */
export function communityId(
  ipVersion: number,
  one: CommunityIdEndpoint,
  other: CommunityIdEndpoint,
  seed = 0,
): string {
  const oneIsLower = isLower(one, other);
  const lower = oneIsLower ? one : other;
  const upper = oneIsLower ? other : one;
  if (((seed | one.port | other.port) & ~0xffff) !== 0) {
    throw new RangeError(`not 0 to 65535: seed ${seed}, ports ${one.port} and ${other.port}`);
  }
  const octets = ipVersion === 4 ? IPV4_OCTETS : IPV6_OCTETS;
  octets.setUint16(0, seed);
  let at = writeAddress(octets, 2, ipVersion, lower);
  at = writeAddress(octets, at, ipVersion, upper);
  octets.setUint8(at, PROTOCOL_TCP);
  octets.setUint16(at + 2, lower.port);
  octets.setUint16(at + 4, upper.port);
  hash ??= process.getBuiltinModule("node:crypto").hash;
  return `1:${hash("sha1", octets, "base64")}`;
}

function isLower(one: CommunityIdEndpoint, other: CommunityIdEndpoint): boolean {
  const difference =
    (one.word0 >>> 0) - (other.word0 >>> 0) ||
    (one.word1 >>> 0) - (other.word1 >>> 0) ||
    (one.word2 >>> 0) - (other.word2 >>> 0) ||
    (one.word3 >>> 0) - (other.word3 >>> 0) ||
    one.port - other.port;
  return difference <= 0;
}

/** Writes 4 or 16 octets; the index behind them. */
function writeAddress(
  octets: DataView,
  start: number,
  ipVersion: number,
  endpoint: CommunityIdEndpoint,
): number {
  let at = start;
  if (ipVersion !== 4) {
    octets.setInt32(at, endpoint.word0);
    octets.setInt32(at + 4, endpoint.word1);
    octets.setInt32(at + 8, endpoint.word2);
    at += 12;
  }
  octets.setInt32(at, endpoint.word3);
  return at + 4;
}
