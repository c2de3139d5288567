// A flow's Community ID, version 1: one name for a flow in Zeek, Suricata, Wireshark and here.
// "1:" and the base64 of the SHA-1 over, in network order: seed (2 octets), lower address, upper address
// (4 or 16 each), protocol (1), zero (1), lower port, upper port (2 each). "Lower" is the endpoint whose
// address octets, then port, compare lower, so that both directions have the same ID.
// Runs once a flow. Source: https://github.com/corelight/community-id-spec

const PROTOCOL_TCP = 6;

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
  const bytes = Buffer.alloc(ipVersion === 4 ? 16 : 40);
  let at = bytes.writeUInt16BE(seed, 0);
  at = writeAddress(bytes, at, ipVersion, lower);
  at = writeAddress(bytes, at, ipVersion, upper);
  at = bytes.writeUInt8(PROTOCOL_TCP, at);
  at = bytes.writeUInt8(0, at);
  at = bytes.writeUInt16BE(lower.port, at);
  bytes.writeUInt16BE(upper.port, at);
  // loaded here: it takes 4 ms, and `stats` needs none
  const { hash } = process.getBuiltinModule("node:crypto");
  return `1:${hash("sha1", bytes, "base64")}`;
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
  bytes: Buffer,
  start: number,
  ipVersion: number,
  endpoint: CommunityIdEndpoint,
): number {
  let at = start;
  if (ipVersion !== 4) {
    at = bytes.writeInt32BE(endpoint.word0 | 0, at);
    at = bytes.writeInt32BE(endpoint.word1 | 0, at);
    at = bytes.writeInt32BE(endpoint.word2 | 0, at);
  }
  return bytes.writeInt32BE(endpoint.word3 | 0, at);
}
