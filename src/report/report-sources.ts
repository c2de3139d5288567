// What the report is built from: plain counters of the stages, and what only the command line knows.

import type { CaptureFile, CaptureInterface } from "../capture/capture-reader.ts";
import type { DecodeCounters } from "../decode/decode-counters.ts";
import type { Warning } from "../errors.ts";
import type { CaptureTotals } from "./capture-totals.ts";
import type { FlowTotals } from "./flow-totals.ts";
import type { Report, SliceReport } from "./report.ts";

/** What became of the TCP checksums; all 0 with `--checksums ignore`. */
export interface ChecksumCounts {
  readonly ok: number;
  readonly bad: number;
  readonly unverifiable: number;
  /** Among `bad`. */
  readonly refused: number;
}

/** An input that could not be read, or not to its end. */
export interface InputError {
  /** As given on the command line, or null. */
  readonly file: string | null;
  readonly code: string;
  readonly message: string;
}

/** What was written. */
export interface OutputSource {
  /** The output directory as it was opened; null where nothing is written. */
  readonly path: string | null;
  readonly files: number;
  readonly bytes: number;
  readonly error: Readonly<Report["output"]["error"]>;
}

export interface ReportSources {
  /** Of tcpx. */
  readonly version: string;
  /** `percentageCompleted` is made from the files. */
  readonly run: Readonly<Omit<Report["run"], "percentageCompleted">>;
  readonly files: readonly CaptureFile[];
  readonly interfaces: readonly CaptureInterface[];
  readonly errors: readonly InputError[];
  readonly warnings: readonly Warning[];
  readonly warningsNotListed: number;
  readonly capture: Readonly<CaptureTotals>;
  readonly decode: Readonly<DecodeCounters>;
  /** Packets by Outcome code. */
  readonly outcomes: ArrayLike<number>;
  /** Segments decoded, whatever became of them; a packet may carry several. */
  readonly tcpSegments: number;
  readonly checksum: ChecksumCounts;
  readonly packetsWithoutFlow: number;
  readonly flows: Readonly<FlowTotals>;
  /** Null with `--no-timeouts`. */
  readonly timeouts: Readonly<NonNullable<Report["flows"]["timeoutsSec"]>> | null;
  readonly output: OutputSource;
  /** Absent where no packets were to be written. */
  readonly slice?: Readonly<SliceReport>;
  /** Absent without scripts. */
  readonly script?: Readonly<Report["script"]>;
}
