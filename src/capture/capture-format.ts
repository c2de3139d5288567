// Tells what a file is by its first octets, never by its name: captures, compressed files, or neither.

import { readUint32 } from "../bytes.ts";
import { TcpxError } from "../errors.ts";

/** As many first octets are looked at. */
export const MAGIC_BYTES = 12;

/** Readers and the magic numbers that lead to them. */
export type CaptureFormat = "pcap" | "pcapng" | "snoop";
export type Compression = "gzip" | "zstd" | "xz" | "lz4" | "bzip2";

export const PCAP_MICRO_MAGIC = 0xa1b2c3d4;
export const PCAP_NANO_MAGIC = 0xa1b23c4d;
/** Records of Kuznetzov's patch to libpcap: 24 octets of record header. */
export const PCAP_KUZNETZOV_MAGIC = 0xa1b2cd34;
export const SECTION_HEADER_TYPE = 0x0a0d0d0a;
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

function swapped(value: number): number {
  const rest = ((value >>> 8) & 0xff00) | ((value << 8) & 0xff0000);
  return ((value << 24) | rest | (value >>> 24)) >>> 0;
}

/** Whether a file header's first four octets are a pcap magic, and in which byte order. */
export function pcapMagic(
  bytes: Uint8Array,
  at: number,
): { magic: number; little: boolean } | null {
  const stored = readUint32(bytes, at);
  for (const magic of [PCAP_MICRO_MAGIC, PCAP_NANO_MAGIC, PCAP_KUZNETZOV_MAGIC]) {
    if (stored === magic) return { magic, little: false };
    if (stored === swapped(magic)) return { magic, little: true };
  }
  return null;
}

/** Byte order of a section header block at `at`: its byte-order magic, or null if it has none. */
export function sectionIsLittleEndian(bytes: Uint8Array, at: number): boolean | null {
  if (readUint32(bytes, at) !== SECTION_HEADER_TYPE) return null;
  const magic = readUint32(bytes, at + 8);
  if (magic === BYTE_ORDER_MAGIC) return false;
  return magic === swapped(BYTE_ORDER_MAGIC) ? true : null;
}

function beginsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return bytes.length >= magic.length && magic.every((octet, at) => bytes[at] === octet);
}

/** The capture format that begins with `bytes` (MAGIC_BYTES of them), or null. */
export function captureFormat(bytes: Uint8Array): CaptureFormat | null {
  if (bytes.length >= 4 && pcapMagic(bytes, 0) !== null) return "pcap";
  if (bytes.length >= 12 && sectionIsLittleEndian(bytes, 0) !== null) return "pcapng";
  if (beginsWith(bytes, [0x73, 0x6e, 0x6f, 0x6f, 0x70, 0, 0, 0])) return "snoop";
  return null;
}

const COMPRESSIONS: readonly (readonly [Compression, readonly number[]])[] = [
  ["gzip", [0x1f, 0x8b, 0x08]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ["lz4", [0x04, 0x22, 0x4d, 0x18]],
  ["lz4", [0x02, 0x21, 0x4c, 0x18]],
  ["bzip2", [0x42, 0x5a, 0x68]],
];

/** The compression that begins with `bytes`, or null. */
export function compressionOf(bytes: Uint8Array): Compression | null {
  for (const [compression, magic] of COMPRESSIONS) {
    if (beginsWith(bytes, magic)) return compression;
  }
  return null;
}

/** The first octets as hexadecimal and as text. */
function shown(first: Uint8Array): string {
  const octets = [...first.subarray(0, MAGIC_BYTES)];
  const hexadecimal = octets.map((octet) => octet.toString(16).padStart(2, "0")).join(" ");
  const text = octets.map((octet) =>
    octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : ".",
  );
  return `${hexadecimal} "${text.join("")}"`;
}

/** NOT_A_CAPTURE: what a file that no reader takes begins with. */
export function notACapture(path: string, first: Uint8Array): TcpxError {
  const found = first.length === 0 ? "it has no octets" : `it begins with ${shown(first)}`;
  return new TcpxError(
    "NOT_A_CAPTURE",
    `${path} is not a capture: ${found}; expected pcap, pcapng or snoop, plain or gzip`,
    { file: path, offset: 0 },
  );
}

/** NOT_A_CAPTURE: the magic number is right, but there is no whole file header. */
export function noFileHeader(path: string, first: Uint8Array, expectation: string): TcpxError {
  return new TcpxError(
    "NOT_A_CAPTURE",
    `${path} is not a capture: no whole file header, it has ${first.length} octets and begins ` +
      `with ${shown(first)}; expected ${expectation}`,
    { file: path, offset: 0 },
  );
}
