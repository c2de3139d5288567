// One flow as a line of flows.jsonl shows it (schema "tcpx.flow/1", schemas/flow.schema.json).
// Counters are those of tcp.md §6, under the same names.

import type { GapCause } from "./report.ts";

export const FLOW_SCHEMA = "tcpx.flow/1";

/** A maximal run of missing octets of one cause; `start` is a seek position. */
export interface Gap {
  start: number;
  length: number;
  cause: GapCause;
}

export interface StreamSummary {
  /** Path below the output directory; null where nothing was written. */
  file: string | null;
  originBasis: "syn" | "syn-ack" | "first-payload" | null;
  /** Initial sequence number as sent; null where the handshake was not captured. */
  isn: number | null;
  tcpxStat: string;
  packets: number;
  segments: number;
  capturedBytes: number;
  writtenBytes: number;
  streamBytes: number;
  missingBytes: number;
  missing: Record<GapCause, number>;
  gapCount: number;
  gaps: Gap[];
  /** How many of `gapCount` stand in `gaps`; the rest stands in FILE.gaps.jsonl. */
  gapsListed: number;
  complete: boolean;
  inOrder: number;
  afterHole: number;
  outOfOrder: number;
  overlapping: number;
  retransmitted: number;
  probes: number;
  notPlaced: number;
  retransmittedBytes: number;
  overlappingBytes: number;
  conflictingBytes: number;
  notComparedBytes: number;
  probeBytes: number;
  refusedBytes: number;
  beforeStartBytes: number;
  implausibleBytes: number;
  resetPayloadBytes: number;
  afterFinBytes: number;
  afterResetBytes: number;
  lateFillBytes: number;
  snappedBytes: number;
  duplicatedPackets: number;
  zeroWindows: number;
  badChecksums: number;
  implausibleResets: number;
  otherPathPackets: number;
  syn: number;
  fin: number;
  rst: number;
  finUnseen: boolean;
  windowScale: number | null;
  mss: number | null;
  sackPermitted: boolean;
  timestamps: boolean;
  firstTs: string | null;
  lastTs: string | null;
  /** From the flow's first packet to this stream's first payload octet. */
  timeToFirstOctetSec: string | null;
  /** With `--hash sha256`. */
  sha256?: string;
}

/** Counters that stand side by side in a stream's summary and that most streams never need, in its order. */
export const RARE_COUNTERS = [
  "afterHole",
  "outOfOrder",
  "overlapping",
  "retransmitted",
  "probes",
  "notPlaced",
  "retransmittedBytes",
  "overlappingBytes",
  "conflictingBytes",
  "notComparedBytes",
  "probeBytes",
  "refusedBytes",
  "beforeStartBytes",
  "implausibleBytes",
  "resetPayloadBytes",
  "afterFinBytes",
  "afterResetBytes",
  "lateFillBytes",
  "snappedBytes",
  "duplicatedPackets",
  "zeroWindows",
  "badChecksums",
  "implausibleResets",
  "otherPathPackets",
] as const satisfies readonly (keyof StreamSummary)[];

export interface FlowSummary {
  schema: typeof FLOW_SCHEMA;
  flow: number;
  client: string;
  clientPort: number;
  server: string;
  serverPort: number;
  ipVersion: 4 | 6;
  roleBasis: "syn" | "syn-ack" | "port" | "first-packet";
  directionIsGuessed: boolean;
  start: "handshake" | "partial" | "midstream";
  end: FlowEnd;
  /** Number of the flow that was swept on the same key before, where it is still known. */
  resumes: number | null;
  /** Its key was taken over by a new SYN. */
  replacedByNewSyn: boolean;
  oneWay: boolean;
  firstTs: string;
  lastTs: string;
  durationSec: string;
  /** From the SYN to the ACK of the SYN+ACK. */
  handshakeRttSec: string | null;
  communityId: string;
  connState: string;
  history: string;
  /** VLAN ids, outermost first. */
  vlan: number[];
  /** "gre", "vxlan:100", ... outermost first. */
  encapsulation: string[];
  tcpxStat: string;
  status: string[];
  c2s: StreamSummary;
  s2c: StreamSummary;
  /** What scripts tagged it with; absent where they did not. */
  tags?: string[];
  /** Values by attribute name, in the order found (`--attributes`, scripts); absent without any. */
  attributes?: Record<string, string[]>;
}

/** How a flow ended (tcp.md §2.6). */
export const FLOW_ENDS = [
  "fin",
  "rst",
  "timeout",
  "replaced",
  "evicted",
  "open",
  "script",
] as const;
export type FlowEnd = (typeof FLOW_ENDS)[number];
