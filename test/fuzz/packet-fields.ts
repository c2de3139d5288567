// Where the headers of a packet lie, found the plain way (Ethernet with VLAN tags, raw IP, otherwise by
// looking for what may be an IP header), and checksums made right again after a mutation.

import { internetChecksum } from "../support/packet-builder.ts";

export interface PacketFields {
  /** Offset of the IP header, or -1. */
  readonly ip: number;
  readonly version: 4 | 6;
  /** Offset of what the IP header carries, and its end by the IP length. */
  readonly transport: number;
  readonly end: number;
  readonly protocol: number;
}

const NONE: PacketFields = { ip: -1, version: 4, transport: -1, end: -1, protocol: -1 };

/** The outermost IP header that is plausible, with what it carries. */
export function fieldsOf(bytes: Uint8Array, linkType: number): PacketFields {
  const first = linkType === 1 ? 14 : linkType === 113 ? 16 : 0;
  for (let at = first; at + 20 <= bytes.length && at < first + 80; at += at < 4 ? 1 : 2) {
    const fields = ipAt(bytes, at);
    if (fields !== null) return fields;
  }
  return NONE;
}

function ipAt(bytes: Uint8Array, at: number): PacketFields | null {
  const version = bytes[at]! >>> 4;
  const left = bytes.length - at;
  if (version === 4) {
    const headerLength = (bytes[at]! & 15) * 4;
    const total = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    if (headerLength < 20 || total < headerLength || total > left + 64) return null;
    return {
      ip: at,
      version: 4,
      transport: at + headerLength,
      end: Math.min(at + total, bytes.length),
      protocol: bytes[at + 9]!,
    };
  }
  if (version !== 6 || left < 40) return null;
  const total = 40 + ((bytes[at + 4]! << 8) | bytes[at + 5]!);
  if (total > left + 64) return null;
  return {
    ip: at,
    version: 6,
    transport: at + 40,
    end: Math.min(at + total, bytes.length),
    protocol: bytes[at + 6]!,
  };
}

/** Makes the checksums of the outermost IPv4 header, and of TCP in it if it is whole, right. */
export function repairChecksums(bytes: Uint8Array, linkType: number): void {
  const { ip, version, transport, end, protocol } = fieldsOf(bytes, linkType);
  if (ip < 0) return;
  if (version === 4) {
    put16(bytes, ip + 10, 0);
    put16(bytes, ip + 10, internetChecksum(bytes.subarray(ip, Math.min(transport, bytes.length))));
  }
  if (protocol !== 6 || transport + 20 > end) return;
  const addresses =
    version === 4 ? bytes.subarray(ip + 12, ip + 20) : bytes.subarray(ip + 8, ip + 40);
  const length = end - transport;
  const pseudo = Uint8Array.of(0, 6, length >>> 8, length & 0xff);
  put16(bytes, transport + 16, 0);
  const segment = bytes.subarray(transport, end);
  put16(bytes, transport + 16, internetChecksum(addresses, pseudo, segment));
}

export function put16(bytes: Uint8Array, at: number, value: number): void {
  if (at + 2 > bytes.length) return;
  bytes[at] = (value >>> 8) & 0xff;
  bytes[at + 1] = value & 0xff;
}

export function put32(bytes: Uint8Array, at: number, value: number): void {
  put16(bytes, at, (value >>> 16) & 0xffff);
  put16(bytes, at + 2, value & 0xffff);
}

export function get16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

export function get32(bytes: Uint8Array, at: number): number {
  return ((get16(bytes, at) << 16) | get16(bytes, at + 2)) >>> 0;
}
