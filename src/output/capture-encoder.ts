// What the encoders of capture formats have in common: records in, octets of a capture file out. The
// record is the reader's: octets, lengths, time, link type and interface stay as they were read.

import type { CaptureInterface } from "../capture/capture-reader.ts";
import { TcpxError } from "../errors.ts";
import type { OctetBuilder } from "./octet-builder.ts";
import { PcapEncoder } from "./pcap-encoder.ts";
import { PcapngEncoder } from "./pcapng-encoder.ts";

/** A record as it was read; `PacketCursor` is one. `bytes[start, end)` are its captured octets. */
export interface PacketRecord {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Octets on the wire. */
  readonly originalLength: number;
  /** Capture time: seconds since 1970 (0 to 2^32 - 1) and nanoseconds within the second. */
  readonly seconds: number;
  readonly nanos: number;
  readonly linkType: number;
  /** Octets of frame check sequence at its end; 0 where the input says nothing of it. */
  readonly fcsLength: number;
  /** Index into the run's list of interfaces. */
  readonly interfaceIndex: number;
}

export interface CaptureEncoder {
  /**
   * Appends the record, and before the first one the file's header.
   * @throws TcpxError WRITE_FAILED where the format has no room for the record beside those before it:
   * known only while reading; nothing was appended then
   */
  add(record: PacketRecord, into: OctetBuilder): void;
  /** Appends what a file without a record needs to be one. */
  finish(into: OctetBuilder): void;
}

export const CAPTURE_FORMATS = ["pcap", "pcapng"] as const;
export type CaptureFormatName = (typeof CAPTURE_FORMATS)[number];

/**
 * The format by the name of the file: pcapng for `.pcapng` and `.ntar`, pcap for all else ("-" too).
 * @throws TcpxError BAD_OPTION for names of compressed files
 */
export function captureFormatOf(path: string): CaptureFormatName {
  const compression = /\.(gz|zst|bz2|xz|lz4|zip)$/iu.exec(path);
  if (compression !== null) {
    throw new TcpxError(
      "BAD_OPTION",
      `${path}: captures are written uncompressed; give a name without ${compression[0]}, or - and a pipe`,
      { file: path },
    );
  }
  return /\.(pcapng|ntar)$/iu.test(path) ? "pcapng" : "pcap";
}

/** `interfaces`: the run's list, which may grow; those that are known are looked at with each record. */
export function captureEncoder(
  format: CaptureFormatName,
  interfaces: readonly CaptureInterface[],
): CaptureEncoder {
  return format === "pcap" ? new PcapEncoder(interfaces) : new PcapngEncoder(interfaces);
}
