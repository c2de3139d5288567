// The one packet in hand: what every reader fills and every later stage reads. Runs once a packet:
// a single instance a run, its fields overwritten by `next(cursor)`; nothing of it may be kept.

import { NO_BYTES } from "../bytes.ts";

/** Where a packet lies and when it was captured; also kept (copied) for segments that have to wait. */
export interface PacketPosition {
  /** Counts from 1 over the whole run, in the order read. */
  readonly number: number;
  /** Index of the file in the run's list of captures. */
  readonly fileIndex: number;
  /** Capture time: whole seconds since 1970, 0 to 2^32 - 1 (what lies outside is clamped). */
  readonly seconds: number;
  /** Capture time: nanoseconds within the second, 0 to 999,999,999. */
  readonly nanos: number;
}

/**
 * A view of one record of the capture. `bytes[start, end)` are its captured octets, valid until the
 * next call of `next` or `fill` of the reader that filled it.
 */
export class PacketCursor implements PacketPosition {
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;
  /** Octets on the wire; at least `end - start` (readers raise it where a record says less). */
  originalLength = 0;
  seconds = 0;
  nanos = 0;
  /** LINKTYPE value of the interface (pcap link type list), FCS bits removed. */
  linkType = 0;
  /** Octets of frame check sequence at the end of each packet, where the file says so; else 0. */
  fcsLength = 0;
  /** Index into the run's list of interfaces (`CaptureInput.interfaces`). */
  interfaceIndex = 0;
  number = 0;
  fileIndex = 0;
  /** Octet offset of the record or block in its (decompressed) file. */
  recordOffset = 0;
  /**
   * Seconds of the next record's time where this record's time steps forward by more than an hour,
   * NaN otherwise and at the end of the input: the evidence of tcp.md's clock rule.
   */
  followingSeconds = Number.NaN;

  /** Octets captured of this packet. */
  get capturedLength(): number {
    return this.end - this.start;
  }
}
