// The end-of-run report as one plain object: `report.json`, `--json` and the text are all made from it
// (schema "tcpx.report/1", schemas/report.schema.json). Counts and octets are numbers, times strings
// with nine decimals, null is only "not recorded".

import type { OutcomeName } from "../decode/outcome.ts";

export const REPORT_SCHEMA = "tcpx.report/1";

/** Why octets are missing, in the order in which the causes are tried (tcp.md §4.2). */
export const GAP_CAUSES = ["discarded", "snapped", "ackedUnseen", "neverAcked"] as const;
export type GapCause = (typeof GAP_CAUSES)[number];

export interface InterfaceReport {
  id: number;
  name: string | null;
  linkType: number;
  snapLen: number;
  packets: number;
  snappedPackets: number;
  received: number | null;
  droppedByKernel: number | null;
  droppedByInterface: number | null;
}

export interface FileReport {
  /** Base name. */
  file: string;
  format: string;
  formatText: string;
  /** Octets read of it, as stored. */
  bytes: number;
  packets: number;
  truncated: boolean;
  skippedBytes: number;
  skippedBlocks: number;
  interfaces: InterfaceReport[];
}

export interface CauseReport {
  bytes: number;
  gaps: number;
  maxBytes: number;
}

/** A place in a stream, for "Biggest gap" and "Biggest loser". */
export interface StreamPlace {
  flow: number;
  direction: "c2s" | "s2c";
  source: string;
  sourcePort: number;
  destination: string;
  destinationPort: number;
}

export interface BiggestGap extends StreamPlace {
  start: number;
  length: number;
  cause: GapCause;
}

export interface BiggestLoser extends StreamPlace {
  missingBytes: number;
  streamBytes: number;
  gaps: number;
}

/** Packets that were written (`--pcap-out`, `tcpx slice`). */
export interface SliceReport {
  /** Base names of the capture and of the directory with one a flow; null where not asked for. */
  file: string | null;
  dir: string | null;
  files: number;
  bytes: number;
  /** Packets written, forged ones included, and flows with a packet among them. */
  packets: number;
  flows: number;
  /** Packets that scripts forged. */
  forged: number;
  /** Packets of chosen flows that had left the memory when the reason came; 0 with two passes. */
  forgotten: number;
  /** How often the input was read. */
  passes: 1 | 2;
}

export interface Report {
  schema: typeof REPORT_SCHEMA;
  /** Version of tcpx. */
  tcpx: string;
  run: {
    command: "extract" | "stats" | "slice";
    elapsedSec: number;
    /** Until all files were closed; the second of the two times of the text. */
    unloadedSec: number;
    /** Peak resident memory, octets, and the machine's memory. */
    memoryBytes: number;
    machineMemoryBytes: number;
    interrupted: boolean;
    /** Share of the input's octets that was read, 0 to 100; null for pipes. */
    percentageCompleted: number | null;
    checksums: "auto" | "verify" | "count" | "ignore";
    overlap: string;
    vlan: "separate" | "ignore" | "first";
  };
  input: {
    files: FileReport[];
    /** Captures that could not be read: code and one line each. */
    errors: { file: string | null; code: string; message: string }[];
    warnings: { file: string; code: string; message: string }[];
    /** Warnings beyond the bound of the list above. */
    warningsNotListed: number;
    firstTs: string | null;
    lastTs: string | null;
    durationSec: string | null;
  };
  capture: {
    packets: number;
    capturedBytes: number;
    wireBytes: number;
    /** Octets of the capture files as stored, as far as they were read: the sum of `files[].bytes`. */
    pcapBytes: number;
    snapped: { packets: number; bytes: number };
    received: number | null;
    dropped: { kernel: number | null; interface: number | null };
    timestampsBackwards: { count: number; maxSec: string };
    /** Forward steps of more than an hour that no second packet confirmed (tcp.md §5.1). */
    timestampsIgnored: number;
  };
  decode: {
    ipv4Packets: number;
    ipv6Packets: number;
    tcpPackets: number;
    udpPackets: number;
    otherPackets: number;
    undecodablePackets: number;
    lengthZeroPackets: number;
    encapsulatedPackets: number;
    fragments: { packets: number; reassembled: number; incomplete: number };
    tcpSegments: number;
    checksum: {
      ok: number;
      bad: number;
      unverifiable: number;
      refused: number;
      offloadSuspected: boolean;
    };
    packetsWithoutFlow: number;
    direction: {
      c2s: { packets: number; bytes: number };
      s2c: { packets: number; bytes: number };
    };
    outcomes: Record<OutcomeName, number>;
    /** Packets by link type number that is not read. */
    unsupportedLinkTypes: Record<string, number>;
  };
  flows: {
    total: number;
    start: { handshake: number; partial: number; midstream: number };
    oneWay: number;
    end: {
      fin: number;
      rst: number;
      timeout: number;
      evicted: number;
      open: number;
      replaced: number;
      script: number;
    };
    /** Flows whose key a new SYN took over, however they had ended. */
    replaced: number;
    timedOut: { new: number; established: number; closing: number };
    maxInMemory: number;
    /** Null where `--no-timeouts` was given. */
    timeoutsSec: {
      new: number;
      established: number;
      closing: number;
      closed: number;
      reset: number;
    } | null;
    /** Left out by filter, time limits or number; not among `total`. */
    filtered: number;
    /** Flows of one direction that mirror each other under different VLAN tags. */
    mirroredUnderVlans: number;
  };
  segments: {
    total: number;
    inOrder: number;
    afterHole: number;
    outOfOrder: number;
    overlapping: number;
    retransmitted: number;
    probes: number;
    notPlaced: number;
    duplicatedPackets: number;
    zeroWindows: number;
    implausibleResets: number;
    /** Segments with the flag, in whatever combination. */
    syn: number;
    fin: number;
    rst: number;
  };
  payload: {
    wireBytes: number;
    capturedBytes: number;
    snappedBytes: number;
    newBytes: number;
    retransmittedBytes: number;
    overlappingBytes: number;
    probeBytes: number;
    refusedBytes: number;
    beforeStartBytes: number;
    implausibleBytes: number;
    resetPayloadBytes: number;
    afterFinBytes: number;
    afterResetBytes: number;
    lateFillBytes: number;
    conflictingBytes: number;
    notComparedBytes: number;
  };
  loss: {
    streamBytes: number;
    writtenBytes: number;
    missingBytes: number;
    missing: Record<GapCause, CauseReport>;
    gaps: number;
    /** missing / stream bytes, six decimals; 0 for no stream bytes. */
    ratio: number;
    biggestGap: BiggestGap | null;
    biggestLoser: BiggestLoser | null;
  };
  streams: {
    /** At least one octet written. */
    withData: number;
    /** Octets known to have been sent, none of them captured; among `incomplete`. */
    withoutData: number;
    /** With data and nothing missing. */
    complete: number;
    /** At least one octet missing. */
    incomplete: number;
    /** Ended by a FIN that the peer acknowledged and no packet of the capture carries. */
    finUnseen: number;
  };
  output: {
    /** Base name of the output directory; null where nothing is written. */
    dir: string | null;
    files: number;
    bytes: number;
    /** Octets that could not be written, and the error; null where all went well. */
    error: { code: string; message: string } | null;
  };
  /** Null where no packets were to be written. */
  slice: SliceReport | null;
  script: {
    /** Base names, in the order given. */
    scripts: string[];
    /** What scripts counted by `engine.counter(name)`. */
    counters: Record<string, number>;
    alarms: number;
    flowsWithAlarms: number;
    /** Flows that every script voted to leave out. */
    flowsSkipped: number;
    /** Handlers that threw: each detached its script from that flow. */
    exceptions: number;
  };
  status: {
    tcpxStat: string;
    warnings: string[];
    infos: string[];
  };
}
