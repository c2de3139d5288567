// The seam of the capture stage: octets of one file in, records out. A reader parses what lies in its
// block synchronously and asks for more between blocks, so that nothing is awaited once a packet.
//
//     while (true) {
//       while (reader.next(cursor)) use(cursor);      // no promise, no allocation
//       if (!(await reader.fill())) break;            // end of the capture, or damage that ends it
//     }

import type { PacketCursor } from "./packet-cursor.ts";
import type { PlainRecords } from "./plain-records.ts";

/** One interface of a capture (a classic pcap file has one), as the report shows it. */
export interface CaptureInterface {
  /** Index of its file in the run's list. */
  readonly fileIndex: number;
  /** Number within its file (pcapng interface id over all sections; 0 in classic pcap). */
  readonly id: number;
  readonly name: string | null;
  readonly linkType: number;
  /** Octets; 0 where the file states no limit. */
  readonly snapLength: number;
  /** Units of a timestamp in a second, e.g. 1e6; for what is written back to pcapng. */
  readonly ticksPerSecond: number;
  packets: number;
  snappedPackets: number;
  /** From the newest interface statistics block; null where not recorded. */
  received: number | null;
  droppedByKernel: number | null;
  droppedByInterface: number | null;
}

/** One file of the run. */
export interface CaptureFile {
  /** As given on the command line. */
  readonly path: string;
  /** Base name, the only thing of the path that goes into reports. */
  readonly name: string;
  /** "pcap", "pcapng", "snoop", ...; "" until the first octets are known. */
  format: string;
  /** "pcap 2.4, little-endian, microseconds", "pcapng 1.0, little-endian" and the like. */
  formatText: string;
  /** Octets read of it so far (as stored, compressed where it is compressed). */
  bytesRead: number;
  /** Octets in all, null for pipes. */
  size: number | null;
  /** True where it ended early or had damage; each reason was also a warning. */
  truncated: boolean;
  /** Octets passed over while looking for the next plausible record. */
  skippedBytes: number;
  /** Blocks passed over by their length: name, secrets, custom, unknown. */
  skippedBlocks: number;
  packets: number;
}

/** Reads one file. Closing twice is harmless. */
export interface CaptureReader {
  /**
   * Moves `cursor` to the next record of the octets at hand; false if a whole one isn't there. Sets
   * all fields but `number`, `fileIndex` and `followingSeconds`. Allocates nothing. Its view is
   * valid until the next call of `next` or `fill`.
   */
  next(cursor: PacketCursor): boolean;
  /**
   * Brings more octets in; false at the end. Damage is reported to the warning listener.
   * @throws TcpxError READ_FAILED, NOT_A_CAPTURE; DAMAGED_CAPTURE under `strict`
   */
  fill(): Promise<boolean>;
  /** Its records, where they may be taken other than by `next`; else null. */
  readonly plainRecords?: PlainRecords | null;
  close(): Promise<void>;
}
