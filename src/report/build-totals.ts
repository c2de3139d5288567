// The parts of the report that are sums over flows and streams: `flows`, `segments`, `payload`, `loss`,
// `streams`.

import type { ReportSources } from "./report-sources.ts";
import type { FlowTotals } from "./flow-totals.ts";
import type { Report } from "./report.ts";

/** `timeouts` is null where there are none. */
export function flowsReport(
  flows: Readonly<FlowTotals>,
  timeouts: ReportSources["timeouts"],
): Report["flows"] {
  return {
    total: flows.flows,
    start: {
      handshake: flows.startHandshake,
      partial: flows.startPartial,
      midstream: flows.startMidstream,
    },
    oneWay: flows.oneWay,
    end: {
      fin: flows.endFin,
      rst: flows.endRst,
      timeout: flows.endTimeout,
      evicted: flows.endEvicted,
      open: flows.endOpen,
      replaced: flows.endReplaced,
      script: flows.endScript,
    },
    replaced: flows.replacedByNewSyn,
    timedOut: {
      new: flows.timedOutNew,
      established: flows.timedOutEstablished,
      closing: flows.timedOutClosing,
    },
    maxInMemory: flows.maxInMemory,
    timeoutsSec:
      timeouts === null
        ? null
        : {
            new: timeouts.new,
            established: timeouts.established,
            closing: timeouts.closing,
            closed: timeouts.closed,
            reset: timeouts.reset,
          },
    filtered: flows.filtered,
    mirroredUnderVlans: flows.mirroredUnderVlans,
  };
}

export function segmentsReport(flows: Readonly<FlowTotals>): Report["segments"] {
  return {
    total: flows.segments,
    inOrder: flows.inOrder,
    afterHole: flows.afterHole,
    outOfOrder: flows.outOfOrder,
    overlapping: flows.overlapping,
    retransmitted: flows.retransmitted,
    probes: flows.probes,
    notPlaced: flows.notPlaced,
    duplicatedPackets: flows.duplicatedPackets,
    zeroWindows: flows.zeroWindows,
    implausibleResets: flows.implausibleResets,
    syn: flows.syn,
    fin: flows.fin,
    rst: flows.rst,
  };
}

export function payloadReport(flows: Readonly<FlowTotals>): Report["payload"] {
  return {
    wireBytes: flows.capturedBytes + flows.snappedBytes,
    capturedBytes: flows.capturedBytes,
    snappedBytes: flows.snappedBytes,
    newBytes: flows.writtenBytes,
    retransmittedBytes: flows.retransmittedBytes,
    overlappingBytes: flows.overlappingBytes,
    probeBytes: flows.probeBytes,
    refusedBytes: flows.refusedBytes,
    beforeStartBytes: flows.beforeStartBytes,
    implausibleBytes: flows.implausibleBytes,
    resetPayloadBytes: flows.resetPayloadBytes,
    afterFinBytes: flows.afterFinBytes,
    afterResetBytes: flows.afterResetBytes,
    lateFillBytes: flows.lateFillBytes,
    conflictingBytes: flows.conflictingBytes,
    notComparedBytes: flows.notComparedBytes,
  };
}

export function lossReport(flows: Readonly<FlowTotals>): Report["loss"] {
  const { streamBytes, missingBytes } = flows;
  return {
    streamBytes,
    writtenBytes: flows.writtenBytes,
    missingBytes,
    missing: structuredClone(flows.missing),
    gaps: flows.gaps,
    ratio: streamBytes === 0 ? 0 : Math.round((missingBytes / streamBytes) * 1e6) / 1e6,
    biggestGap: structuredClone(flows.biggestGap),
    biggestLoser: structuredClone(flows.biggestLoser),
  };
}

export function streamsReport(flows: Readonly<FlowTotals>): Report["streams"] {
  return {
    withData: flows.withData,
    withoutData: flows.withoutData,
    complete: flows.complete,
    incomplete: flows.incomplete,
    finUnseen: flows.finUnseen,
  };
}
