// One run, as the library and the command line ask for it, and what comes back.

import type { TcpxError, WarningListener } from "../errors.ts";
import type { OctetStream } from "../output/capture-writer.ts";
import type { StreamSink } from "../output/stream-sink.ts";
import type { FlowSummary } from "../report/flow-summary.ts";
import type { Report } from "../report/report.ts";
import type { EngineOptions } from "./engine-options.ts";
import type { ScriptOptions } from "./script-wiring.ts";

export interface InputOptions {
  /** Paths; "-" is standard input; a directory means the captures in it. */
  readonly captures: readonly string[];
  readonly reader?: "own" | "pcap-parser";
  /** Damage ends the run with DAMAGED_CAPTURE instead of a warning. */
  readonly strict?: boolean;
  readonly sortFiles?: boolean;
  /** Octets out for each octet in that a compressed capture may have. */
  readonly maxExpansion?: number;
  readonly standardInput?: NodeJS.ReadableStream;
}

export interface OutputOptions {
  readonly directory: string;
  readonly force?: boolean;
  /** Template with {flow} {client} {clientPort} {server} {serverPort} {start} {vlan} {direction}. */
  readonly name?: string;
  /** Flows a subdirectory; 0 for none. */
  readonly group?: number;
  readonly layout?: "positioned" | "concat";
  /** False: a file ends at its last captured octet. */
  readonly extend?: boolean;
  readonly hash?: "sha256" | null;
  readonly chunks?: boolean;
  readonly keepConflicts?: boolean;
  /** A table for each flow with a line a packet: NAME.flow.tsv. */
  readonly flowLog?: boolean;
  readonly maxOpenFiles?: number;
}

/** Packets of chosen flows, whole original records. */
export interface SliceOptions {
  /** One capture of all: pcapng where the name ends so, else pcap; "-" is `standardOutput`. */
  readonly file?: string;
  /** A directory for a capture of each flow; pcapng where `file` is. */
  readonly perFlow?: string;
  readonly force?: boolean;
  /** Packets of one direction only; "both" if absent. */
  readonly direction?: "both" | "c2s" | "s2c";
  /** Bits of the status word: flows that end with one of them. Without this and `marked`: all flows. */
  readonly withStatus?: number;
  /** Flows that scripts mark; if absent: where there are scripts, but for the command `slice`. */
  readonly marked?: boolean;
  /**
   * Packets of no flow as well: all that scripts let pass. If absent: with the command `slice` and
   * scripts, and no other reason to choose by.
   */
  readonly passesOther?: boolean;
  /** Octets of packets remembered of input that can't be read again; 64 MiB if absent. */
  readonly memoryBytes?: number;
  /** Where "-" leads. */
  readonly standardOutput?: OctetStream;
}

/** A look at a run that goes on; plain numbers, cheap to take. */
export interface Progress {
  /** Octets read of the captures, as stored; `totalBytes` null where a pipe is among them. */
  readonly bytesRead: number;
  readonly totalBytes: number | null;
  readonly packets: number;
  readonly liveFlows: number;
}

export interface RunOptions extends Partial<EngineOptions>, InputOptions, ScriptOptions {
  /** Null or absent: nothing is written (`stats`). */
  readonly output?: OutputOptions | null;
  /** Takes the octets instead of files (library); not together with `output`. */
  readonly sink?: StreamSink;
  /** Packets are written besides. */
  readonly slice?: SliceOptions | null;
  readonly command?: Report["run"]["command"];
  readonly signal?: AbortSignal;
  readonly onWarning?: WarningListener;
  /** Called once, before the first packet, with a function that tells how far the run is. */
  readonly onStart?: (progress: () => Progress) => void;
  /** Called for each flow as it ends. */
  readonly onFlow?: (summary: FlowSummary) => void;
  /** Wall clock in milliseconds and peak memory in octets: the only way either gets into a report. */
  readonly now?: () => number;
  readonly memory?: () => { peakBytes: number; machineBytes: number };
  /**
   * Octets of captures, as stored, from which files are written by a thread of the run's own; 64 MiB if absent.
   * Results do not depend on it.
   */
  readonly threadFrom?: number;
}

export interface RunResult {
  readonly report: Report;
  /** What could not be read; the rest was done and reported. */
  readonly inputErrors: readonly TcpxError[];
  /** The first error of the output, or null. */
  readonly outputError: TcpxError | null;
  /** What scripts did wrong, each place once; the rest is done. */
  readonly scriptErrors?: readonly TcpxError[];
  readonly interrupted: boolean;
}
