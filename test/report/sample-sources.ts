// Counters as a run of tcpx hands them to buildReport, for the tests of this folder.

import type { CaptureFile, CaptureInterface } from "../../src/capture/capture-reader.ts";
import { DecodeCounters } from "../../src/decode/decode-counters.ts";
import { OUTCOME_COUNT } from "../../src/decode/outcome.ts";
import { CaptureTotals } from "../../src/report/capture-totals.ts";
import { FlowTotals } from "../../src/report/flow-totals.ts";
import type { ReportSources } from "../../src/report/report-sources.ts";

/** Nothing was read. Each call gives fresh counters. */
export function emptySources() {
  return {
    version: "1.2.3",
    run: {
      command: "stats",
      elapsedSec: 0.001,
      unloadedSec: 0.002,
      memoryBytes: 50_000_000,
      machineMemoryBytes: 1_000_000_000,
      interrupted: false,
      checksums: "auto",
      overlap: "first",
      vlan: "separate",
    },
    files: [] as CaptureFile[],
    interfaces: [] as CaptureInterface[],
    errors: [],
    warnings: [],
    warningsNotListed: 0,
    capture: new CaptureTotals(),
    decode: new DecodeCounters(),
    outcomes: new Float64Array(OUTCOME_COUNT),
    tcpSegments: 0,
    checksum: { ok: 0, bad: 0, unverifiable: 0, refused: 0 },
    packetsWithoutFlow: 0,
    flows: new FlowTotals(),
    timeouts: { new: 120, established: 610, closing: 120, closed: 10, reset: 10 },
    output: { path: null, files: 0, bytes: 0, error: null },
  } satisfies ReportSources;
}

/** A file of a run, read to its end. */
export function captureFile(path: string, fields: Partial<CaptureFile> = {}): CaptureFile {
  return {
    path,
    name: path.split("/").at(-1) ?? path,
    format: "pcap",
    formatText: "pcap 2.4, little-endian, microseconds",
    bytesRead: 24,
    size: 24,
    truncated: false,
    skippedBytes: 0,
    skippedBlocks: 0,
    packets: 0,
    ...fields,
  };
}

/** The one interface of a classic pcap file. */
export function captureInterface(
  fileIndex: number,
  fields: Partial<CaptureInterface> = {},
): CaptureInterface {
  return {
    fileIndex,
    id: 0,
    name: null,
    linkType: 1,
    snapLength: 262_144,
    ticksPerSecond: 1_000_000,
    packets: 0,
    snappedPackets: 0,
    received: null,
    droppedByKernel: null,
    droppedByInterface: null,
    ...fields,
  };
}
