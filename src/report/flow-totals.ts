// The sums over all flows and streams of a run; what the report says of flows, segments, payload and
// loss is made from these. Counters have the names of tcp.md §6. Filled when a flow ends.

import type { BiggestGap, BiggestLoser, CauseReport, GapCause } from "./report.ts";

function noMissing(): CauseReport {
  return { bytes: 0, gaps: 0, maxBytes: 0 };
}

/** All zero; `biggestGap` and `biggestLoser` null: nothing is missing so far. */
export class FlowTotals {
  /** Flows, without those left out by filters. */
  flows = 0;

  // How they began: exactly one of the three each.
  startHandshake = 0;
  startPartial = 0;
  startMidstream = 0;

  /** Of one direction no packet was captured. */
  oneWay = 0;

  // How they ended: exactly one of the seven each.
  endFin = 0;
  endRst = 0;
  endTimeout = 0;
  endEvicted = 0;
  endOpen = 0;
  endReplaced = 0;
  endScript = 0;

  /** Their key was taken over by a new SYN, however they had ended. */
  replacedByNewSyn = 0;

  // Those that ended with `timeout`, by the state in which they were silent.
  timedOutNew = 0;
  timedOutEstablished = 0;
  timedOutClosing = 0;

  maxInMemory = 0;
  /** Left out by filter, time limits or number. */
  filtered = 0;
  /** Flows of one direction that mirror each other under different VLAN tags. */
  mirroredUnderVlans = 0;

  // Packets of flows, and their captured octets (link layer included).
  c2sPackets = 0;
  c2sBytes = 0;
  s2cPackets = 0;
  s2cBytes = 0;

  /** Segments with payload: the sum of the seven classes below. */
  segments = 0;
  inOrder = 0;
  afterHole = 0;
  outOfOrder = 0;
  overlapping = 0;
  retransmitted = 0;
  probes = 0;
  notPlaced = 0;

  duplicatedPackets = 0;
  zeroWindows = 0;
  implausibleResets = 0;
  syn = 0;
  fin = 0;
  rst = 0;

  /** Payload octets captured, and those of the same packets that the snap length cut off. */
  capturedBytes = 0;
  snappedBytes = 0;
  writtenBytes = 0;
  retransmittedBytes = 0;
  overlappingBytes = 0;
  probeBytes = 0;
  refusedBytes = 0;
  beforeStartBytes = 0;
  implausibleBytes = 0;
  resetPayloadBytes = 0;
  afterFinBytes = 0;
  afterResetBytes = 0;
  lateFillBytes = 0;
  conflictingBytes = 0;
  notComparedBytes = 0;

  streamBytes = 0;
  missingBytes = 0;
  gaps = 0;
  readonly missing: Record<GapCause, CauseReport> = {
    discarded: noMissing(),
    snapped: noMissing(),
    ackedUnseen: noMissing(),
    neverAcked: noMissing(),
  };
  /** The first of the longest, by flow number, then c2s before s2c, then seek position. */
  biggestGap: BiggestGap | null = null;
  /** The stream with the most octets missing; the first of equals, in the same order. */
  biggestLoser: BiggestLoser | null = null;

  /** Streams of which at least one octet was written. */
  withData = 0;
  /** Streams of which octets are known and none was written; among `incomplete`. */
  withoutData = 0;
  /** With data and nothing missing. */
  complete = 0;
  /** At least one octet missing. */
  incomplete = 0;
  finUnseen = 0;

  /** Union of the status words of all flows and streams (`StatusBit`). */
  status = 0;
}
