// The fields of one header and the octets that follow it -> header and octets, from the inside out.
// Lengths and checksums are right unless a field says otherwise. Addresses are text and decide the
// version of IP (RFC 791, RFC 8200) and the pseudo header (RFC 9293 §3.1).

export const PROTOCOL = { ipv4: 4, tcp: 6, udp: 17, ipv6: 41, gre: 47 };
export const ETHER_TYPE = { ipv4: 0x0800, ipv6: 0x86dd, vlan: 0x8100, providerVlan: 0x88a8 };
const FLAG_BITS = { F: 0x01, S: 0x02, R: 0x04, P: 0x08, A: 0x10, U: 0x20 };

/** @param {...number} values @returns {Buffer} 16-bit numbers, big-endian */
export function uint16(...values) {
  const octets = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) octets.writeUInt16BE(value & 0xffff, index * 2);
  return octets;
}

/** @param {...number} values @returns {Buffer} 32-bit numbers, big-endian, taken modulo 2^32 */
export function uint32(...values) {
  const octets = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) octets.writeUInt32BE(value >>> 0, index * 4);
  return octets;
}

/** @param {string} address @returns {boolean} */
export function isIPv6(address) {
  return address.includes(":");
}

/** @param {string} address @returns {Buffer} its 4 or 16 octets */
export function addressOctets(address) {
  if (!isIPv6(address)) return Buffer.from(address.split(".").map(Number));
  const [head = "", tail = ""] = address.split("::");
  const groups = (text) =>
    text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const front = groups(head);
  const back = groups(tail);
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => 0);
  return uint16(...front, ...zeros, ...back);
}

/** The Internet checksum (RFC 1071). @param {...Uint8Array} parts @returns {number} */
export function internetChecksum(...parts) {
  const octets = Buffer.concat(parts);
  let sum = 0;
  for (let at = 0; at < octets.length; at += 2) sum += (octets[at] << 8) | (octets[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function pseudoHeader(source, destination, protocol, length) {
  return Buffer.concat([
    addressOctets(source),
    addressOctets(destination),
    isIPv6(source) ? uint32(length, protocol) : uint16(protocol, length),
  ]);
}

/** @param {object} fields @returns {Buffer} TCP header, options padded to four, payload */
export function tcp(fields) {
  const { source, destination, sourcePort, destinationPort, seq, ack, flags, payload } = fields;
  const options = Buffer.from(fields.options ?? []);
  const padded = Buffer.concat([options, Buffer.alloc(-options.length & 3)]);
  let bits = 0;
  for (const letter of flags) bits |= FLAG_BITS[letter];
  const segment = Buffer.concat([
    uint16(sourcePort, destinationPort),
    uint32(seq, ack),
    uint16(((5 + padded.length / 4) << 12) | bits, fields.window ?? 64_000, 0, 0),
    padded,
    payload,
  ]);
  const pseudo = pseudoHeader(source, destination, PROTOCOL.tcp, segment.length);
  const checksum = internetChecksum(pseudo, segment);
  segment.writeUInt16BE(fields.badChecksum ? checksum ^ 0x5555 : checksum, 16);
  return segment;
}

/** Without a checksum, as tunnels over IPv4 do (RFC 7348 §4.1). */
export function udp(sourcePort, destinationPort, payload) {
  return Buffer.concat([uint16(sourcePort, destinationPort, 8 + payload.length, 0), payload]);
}

/** @param {object} fields fragmentOffset in octets @returns {Buffer} IPv4 header and payload */
export function ipv4(fields) {
  const { source, destination, protocol, payload, id = 0 } = fields;
  const fragment = ((fields.fragmentOffset ?? 0) >>> 3) | (fields.moreFragments ? 0x2000 : 0);
  const header = Buffer.concat([
    uint16(0x4500, 20 + payload.length, id, fragment, (64 << 8) | protocol, 0),
    addressOctets(source),
    addressOctets(destination),
  ]);
  header.writeUInt16BE(internetChecksum(header), 10);
  return Buffer.concat([header, payload]);
}

/** @param {object} fields @returns {Buffer} IPv6 header and payload (extension headers included) */
export function ipv6({ source, destination, nextHeader, payload }) {
  return Buffer.concat([
    uint32(0x60000000),
    uint16(payload.length, (nextHeader << 8) | 64),
    addressOctets(source),
    addressOctets(destination),
    payload,
  ]);
}

/** A hop-by-hop (0), routing (43) or destination options (60) header of eight octets. */
export function ipv6Extension(kind, nextHeader, payload) {
  // routing: type 253 (RFC 4727), no segments left; options: PadN of four octets
  const body = kind === 43 ? [253, 0, 0, 0, 0, 0] : [1, 4, 0, 0, 0, 0];
  return Buffer.concat([Buffer.from([nextHeader, 0, ...body]), payload]);
}

/** An IPv6 fragment header and its part (RFC 8200 §4.5); `offset` in octets. */
export function ipv6Fragment({ nextHeader, offset, more, id, part }) {
  const head = Buffer.concat([uint16(nextHeader << 8, offset | (more ? 1 : 0)), uint32(id)]);
  return Buffer.concat([head, part]);
}

const MAC_CLIENT = Buffer.from("020000000001", "hex");
const MAC_SERVER = Buffer.from("020000000002", "hex");

/**
 * Ethernet II; `tags` are VLAN ids from the outside in, the outer one of two as 802.1ad. Short frames
 * are padded to 60 octets, as they are on the wire.
 */
export function ethernet(etherType, payload, fromClient = true, tags = []) {
  const [source, destination] = fromClient ? [MAC_CLIENT, MAC_SERVER] : [MAC_SERVER, MAC_CLIENT];
  const stack = tags.map((id, index) =>
    uint16(index < tags.length - 1 ? ETHER_TYPE.providerVlan : ETHER_TYPE.vlan, id),
  );
  const frame = Buffer.concat([destination, source, ...stack, uint16(etherType), payload]);
  return Buffer.concat([frame, Buffer.alloc(Math.max(0, 60 - frame.length))]);
}

/** GRE with a key (RFC 2890). */
export function gre(protocolType, key, payload) {
  return Buffer.concat([uint16(0x2000, protocolType), uint32(key), payload]);
}

/** VXLAN (RFC 7348): an Ethernet frame in a virtual network. */
export function vxlan(network, frame) {
  return Buffer.concat([uint32(0x08000000, network << 8), frame]);
}

/** MPLS labels from the outside in (RFC 3032). */
export function mpls(labels, payload) {
  const bottom = labels.length - 1;
  const stack = labels.map((label, index) => (label << 12) | (index === bottom ? 0x100 : 0) | 64);
  return Buffer.concat([uint32(...stack), payload]);
}
