// Records of the plainest forms, for whoever takes many of them at once instead of one by one with `next`:
// frames of one link type in classic pcap or in enhanced packet blocks of pcapng, little-endian.

import type { OctetWindow } from "./octet-window.ts";

export interface PlainRecords {
  /** Where they lie; whoever takes some moves `at` behind them. */
  readonly window: OctetWindow;
  /** Else classic pcap. */
  readonly isPcapng: boolean;
  /** pcapng: the interface within its section whose packets these are; others are not meant. */
  readonly interfaceId: number;
  /** Units of a timestamp, of pcap in its fraction: 1 to 1e9. */
  readonly ticksPerSecond: number;
  readonly nanosPerTick: number;
  /** Longest captured length that is believed, octets. */
  readonly longest: number;
  /** Of all of them (LINKTYPE_ value); none has a frame check sequence. */
  readonly linkType: number;
  /** Index into the run's list of interfaces. */
  readonly interfaceIndex: number;
  /** Says that `count` records were taken, the last one of that time. */
  readonly passed: (count: number, seconds: number, nanos: number) => void;
}
