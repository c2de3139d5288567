// Packets -> the octets of a capture file: classic pcap, pcapng, snoop (RFC 1761), gzip around any.
// A packet is { micros, bytes, originalLength, interface }.

import { crc32 } from "node:zlib";

const MICROS = 1_000_000;

/** @param {boolean} big @returns {(...values: number[]) => Buffer} writes 32-bit numbers */
function words(big) {
  return (...values) => {
    const octets = Buffer.alloc(values.length * 4);
    for (const [index, value] of values.entries()) {
      if (big) octets.writeUInt32BE(value >>> 0, index * 4);
      else octets.writeUInt32LE(value >>> 0, index * 4);
    }
    return octets;
  };
}

/**
 * @param {object[]} packets
 * @param {{ big?: boolean, nano?: boolean, linkType?: number, snapLength?: number }} options
 * @returns {Buffer[]} the file header and each record
 */
export function pcapParts(packets, options = {}) {
  const { big = false, nano = false, linkType = 1, snapLength = 262_144 } = options;
  const word = words(big);
  // the version's two 16-bit numbers, as a 32-bit one of the file's byte order
  const version = big ? 0x00020004 : 0x00040002;
  const header = word(nano ? 0xa1b23c4d : 0xa1b2c3d4, version, 0, 0, snapLength, linkType);
  const records = packets.map(({ micros, bytes, originalLength }) => {
    const fraction = (micros % MICROS) * (nano ? 1000 : 1);
    const lengths = word(Math.floor(micros / MICROS), fraction, bytes.length, originalLength);
    return Buffer.concat([lengths, bytes]);
  });
  return [header, ...records];
}

/** @returns {Buffer} */
export function pcapFile(packets, options) {
  return Buffer.concat(pcapParts(packets, options));
}

function padded(octets) {
  return Buffer.concat([octets, Buffer.alloc(-octets.length & 3)]);
}

/**
 * pcapng with enhanced packet blocks and, for interfaces that have them, statistics.
 * @param {object[]} packets
 * @param {{ name?: string, snapLength?: number, nano?: boolean, received?: number,
 *   droppedByInterface?: number, droppedByKernel?: number }[]} interfaces
 * @param {boolean} big
 * @returns {Buffer[]} each block
 */
export function pcapngParts(packets, interfaces = [{}], big = false) {
  const word = words(big);
  const half = (...values) => {
    const octets = Buffer.alloc(values.length * 2);
    for (const [index, value] of values.entries()) {
      if (big) octets.writeUInt16BE(value, index * 2);
      else octets.writeUInt16LE(value, index * 2);
    }
    return octets;
  };
  const block = (type, ...parts) => {
    const body = padded(Buffer.concat(parts));
    return Buffer.concat([word(type, body.length + 12), body, word(body.length + 12)]);
  };
  const option = (code, octets) => Buffer.concat([half(code, octets.length), padded(octets)]);
  const counter = (code, value) => {
    if (value === undefined) return Buffer.alloc(0);
    return option(code, big ? word(0, value) : word(value, 0));
  };
  const ticks = (micros, nano) => {
    const count = BigInt(micros) * (nano ? 1000n : 1n);
    return word(Number(count >> 32n), Number(count & 0xffffffffn));
  };
  const parts = [block(0x0a0d0d0a, word(0x1a2b3c4d), half(1, 0), word(0xffffffff, 0xffffffff))];
  for (const { name = "eth0", snapLength = 262_144, nano = false } of interfaces) {
    const resolution = option(9, Buffer.from([nano ? 9 : 6]));
    const options = [option(2, Buffer.from(name)), resolution, half(0, 0)];
    parts.push(block(1, half(1, 0), word(snapLength), ...options));
  }
  let last = 0;
  for (const { micros, bytes, originalLength, interface: id = 0 } of packets) {
    const time = ticks(micros, interfaces[id].nano);
    parts.push(block(6, word(id), time, word(bytes.length, originalLength), bytes));
    last = Math.max(last, micros);
  }
  for (const [id, statistics] of interfaces.entries()) {
    const { received, droppedByInterface, droppedByKernel, nano } = statistics;
    if (received === undefined) continue;
    const counters = [counter(4, received), counter(5, droppedByInterface)];
    counters.push(counter(7, droppedByKernel), half(0, 0));
    parts.push(block(5, word(id), ticks(last, nano), ...counters));
  }
  return parts;
}

/** @returns {Buffer} */
export function pcapngFile(packets, interfaces, big) {
  return Buffer.concat(pcapngParts(packets, interfaces, big));
}

/** snoop (RFC 1761), datalink type Ethernet: records padded to four octets. @returns {Buffer} */
export function snoopFile(packets) {
  const word = words(true);
  const records = packets.map(({ micros, bytes, originalLength }) => {
    const body = padded(bytes);
    const lengths = word(originalLength, bytes.length, 24 + body.length, 0);
    return Buffer.concat([lengths, word(Math.floor(micros / MICROS), micros % MICROS), body]);
  });
  return Buffer.concat([Buffer.from("snoop\0\0\0", "latin1"), word(2, 4), ...records]);
}

/**
 * One gzip member (RFC 1952) of stored blocks: the same octets with every version of zlib, which a
 * compressor does not promise.
 * @param {Uint8Array} octets @returns {Buffer}
 */
export function gzipFile(octets) {
  const parts = [Buffer.from("1f8b08000000000000ff", "hex")];
  for (let at = 0; at < octets.length || at === 0; at += 0xffff) {
    const piece = octets.subarray(at, at + 0xffff);
    const head = Buffer.from([at + piece.length >= octets.length ? 1 : 0, 0, 0, 0, 0]);
    head.writeUInt16LE(piece.length, 1);
    head.writeUInt16LE(~piece.length & 0xffff, 3);
    parts.push(head, piece);
  }
  return Buffer.concat([...parts, words(false)(crc32(octets), octets.length)]);
}
