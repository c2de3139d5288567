// Records of the plainest form, for whoever takes many of them at once instead of one by one with `next`:
// classic pcap, little-endian, of whole Ethernet frames.

import type { OctetWindow } from "./octet-window.ts";

export interface PlainRecords {
  /** Where they lie; whoever takes some moves `at` behind them. */
  readonly window: OctetWindow;
  /** 1e6 or 1e9. */
  readonly fractionsPerSecond: number;
  readonly nanosPerFraction: number;
  /** Octets before each frame. */
  readonly headerBytes: number;
  /** Longest captured length that is believed, octets. */
  readonly longest: number;
  /** Index into the run's list of interfaces. */
  readonly interfaceIndex: number;
  /** Says that `count` records were taken, the last one of that second. */
  readonly passed: (count: number, seconds: number) => void;
}
