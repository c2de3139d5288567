// One input of the fuzzer with all that its run depends on, and its form on disk: a case that was written
// once gives the same run wherever it is read.

import { readFileSync, writeFileSync } from "node:fs";

/** Numbers and words of EngineOptions that a case may set. */
export interface CaseOptions {
  readonly vlan?: "separate" | "ignore" | "first";
  readonly checksums?: "auto" | "verify" | "count" | "ignore";
  readonly overlap?: "first" | "last" | "bsd" | "linux" | "windows" | "solaris";
  readonly maxFlows?: number;
  readonly maxJump?: number;
  readonly maxStreamBytes?: number;
  readonly maxTotalBytes?: number;
  readonly maxRanges?: number;
  readonly decapsulate?: boolean;
  /** Null: no timeouts. Seconds for every kind of timeout. */
  readonly timeoutSeconds?: number | null;
  readonly filter?: string;
  /** What tcpdump -ddd writes. */
  readonly bpf?: string;
}

/** What is written where a case runs with files. */
export interface CaseOutput {
  readonly layout?: "positioned" | "concat";
  readonly extend?: boolean;
  readonly chunks?: boolean;
  readonly keepConflicts?: boolean;
  readonly hash?: "sha256" | null;
  readonly group?: number;
  readonly name?: string;
}

export interface FuzzCase {
  readonly capture: Uint8Array;
  /** Through a file, or through a stream in chunks of so many octets. */
  readonly way: "file" | number;
  /** The engine with a sink that checks it, or the whole `extract` with files or without. */
  readonly run: "engine" | "extract" | "files";
  readonly options: CaseOptions;
  readonly output: CaseOutput;
  /** What the case showed when it was found. */
  readonly note?: string;
}

export function writeCase(path: string, found: FuzzCase): void {
  const { capture, ...rest } = found;
  const stored = { ...rest, capture: Buffer.from(capture).toString("base64") };
  writeFileSync(path, `${JSON.stringify(stored, null, 2)}\n`);
}

export function readCase(path: string): FuzzCase {
  const stored = JSON.parse(readFileSync(path, "utf8")) as Omit<FuzzCase, "capture"> & {
    readonly capture: string;
  };
  return { ...stored, capture: Buffer.from(stored.capture, "base64") };
}
