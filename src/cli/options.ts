// Options that several commands take, in the groups of their help texts, and the way from them to
// RunOptions. What is not given is left to the engine's defaults; no option is interpreted anywhere else.

import type { Command } from "commander";
import { TcpxError } from "../errors.ts";
import { DEFAULT_ENGINE_OPTIONS, ENGINE_CHOICES } from "../extract/engine-options.ts";
import type { EngineOptions } from "../extract/engine-options.ts";
import type { InputOptions } from "../extract/run-options.ts";
import { parseFlowFilter } from "../filter/flow-filter.ts";
import type { FlowFilter } from "../filter/flow-filter.ts";
import { parseFlowNumbers } from "../filter/flow-numbers.ts";
import type { FlowNumbers } from "../filter/flow-numbers.ts";
import { isAtOrAfter, parseTimeLimit } from "../filter/time-limit.ts";
import type { TimeLimit } from "../filter/time-limit.ts";
import { DEFAULT_TIMEOUTS } from "../flow/timeouts.ts";
import type { Timeouts } from "../flow/timeouts.ts";
import { readBpfProgram } from "./bpf-file.ts";
import { parseFailOn } from "./fail-on.ts";
import type { FailCondition } from "./fail-on.ts";
import {
  parseChoice,
  parseCount,
  parseDecapPort,
  parseSeconds,
  parseSize,
} from "./option-values.ts";
import type { DecapPort } from "./option-values.ts";

const READERS = ["own", "pcap-parser"] as const satisfies readonly InputOptions["reader"][];

const MOST_FLOWS = 100_000_000;
const FARTHEST_JUMP = 2 ** 31 - 1;
const MOST_EXPANSION = 1_000_000;

/** What commander makes of the shared options; undefined where not given. */
export interface RunFlags {
  readonly reader?: InputOptions["reader"];
  readonly strict?: boolean;
  readonly sortFiles?: boolean;
  readonly maxExpansion?: number;
  readonly filter?: FlowFilter;
  readonly bpf?: string;
  readonly after?: TimeLimit;
  readonly before?: TimeLimit;
  readonly flow?: FlowNumbers;
  readonly decap: boolean;
  readonly decapPort?: readonly DecapPort[];
  readonly vlan?: EngineOptions["vlan"];
  readonly checksums?: EngineOptions["checksums"];
  readonly overlap?: EngineOptions["overlap"];
  readonly idleTimeout?: number;
  readonly newTimeout?: number;
  readonly closingTimeout?: number;
  readonly closedTimeout?: number;
  readonly resetTimeout?: number;
  /** False by `--no-timeouts`. */
  readonly timeouts: boolean;
  readonly maxFlows?: number;
  readonly maxJump?: number;
  readonly maxBytes?: number;
  readonly maxTotal?: number;
}

/** What a command with a report takes besides. */
export interface ReportFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly failOn?: readonly FailCondition[];
}

export function addReportOptions(command: Command): void {
  command
    .optionsGroup("Report:")
    .option("--json", "print the report as one JSON document; errors on stderr as JSON too")
    .option("--quiet", "no progress and no warnings on stderr; results and errors stay")
    .option(
      "--fail-on <LIST>",
      "exit 1 if one of these holds: loss, 'loss>0.1%', warnings, names of the status word " +
        "such as ackedUnseen, conflict, inputDamaged (comma between)",
      parseFailOn,
    );
}

export function addInputOptions(command: Command): void {
  command
    .optionsGroup("Captures:")
    .option("--sort-files", "read the captures in the order of their first packets")
    .option("--strict", "end with an error (exit 3) where a capture is damaged")
    .option("--reader <NAME>", `${READERS.join(" or ")}: the reader (default: own)`, (text) =>
      parseChoice("--reader", text, READERS),
    )
    .option(
      "--max-expansion <N>",
      "octets out for each octet in that a compressed capture may have (default: 1000)",
      (text) => parseCount("--max-expansion", text, { least: 1, most: MOST_EXPANSION }),
    );
}

export function addSelectionOptions(command: Command): void {
  command
    .optionsGroup("Choosing flows and packets:")
    .option(
      "-f, --filter <EXPR>",
      "flows by an expression of tcpdump: 'host A and port 80'",
      (text) => parseFlowFilter(text),
    )
    .option("--bpf <FILE>", "packets by a program that tcpdump -ddd wrote")
    .option(
      "--after <TIME>",
      "packets at or after it: seconds since 1970, or UTC in ISO 8601",
      (text) => parseTimeLimit(text, "--after"),
    )
    .option("--before <TIME>", "packets before it", (text) => parseTimeLimit(text, "--before"))
    .option("--flow <LIST>", "flows by number: 1,2,5-9", (text) => parseFlowNumbers(text));
}

export function addEngineOptions(command: Command): void {
  const { maxFlows, maxJump } = DEFAULT_ENGINE_OPTIONS;
  const { vlan, checksums, overlap, decapKinds } = ENGINE_CHOICES;
  command
    .optionsGroup("Flows and streams:")
    .option(
      "--vlan <MODE>",
      `${vlan.join(", ")}: VLAN tags in a flow's key (default: separate)`,
      (text) => parseChoice("--vlan", text, vlan),
    )
    .option(
      "--checksums <MODE>",
      `${checksums.join(", ")}: wrong TCP checksums (default: auto)`,
      (text) => parseChoice("--checksums", text, checksums),
    )
    .option(
      "--overlap <POLICY>",
      `${overlap.join(", ")}: which of two copies is kept (default: first)`,
      (text) => parseChoice("--overlap", text, overlap),
    )
    .option("--no-decap", "take no tunnels off")
    .option(
      "--decap-port <KIND=PORT>",
      `a further UDP port of a tunnel (${decapKinds.join(", ")}); repeatable`,
      (text, before: readonly DecapPort[] | undefined) => [
        ...(before ?? []),
        parseDecapPort("--decap-port", text, decapKinds),
      ],
    )
    .optionsGroup("Timeouts, in seconds of capture time:");
  addTimeout(command, "idle", "an established flow", DEFAULT_TIMEOUTS.established);
  addTimeout(command, "new", "a flow whose handshake is not complete", DEFAULT_TIMEOUTS.new);
  addTimeout(command, "closing", "a flow after its first FIN", DEFAULT_TIMEOUTS.closing);
  addTimeout(command, "closed", "a closed flow waits for stragglers", DEFAULT_TIMEOUTS.closed);
  addTimeout(command, "reset", "a reset flow waits for stragglers", DEFAULT_TIMEOUTS.reset);
  command
    .option("--no-timeouts", "no flow ends by silence")
    .optionsGroup("Limits (octets: k, M, G, T are powers of 1024):")
    .option(
      "--max-flows <N>",
      `flows in memory; the longest idle is evicted (default: ${maxFlows})`,
      (text) => parseCount("--max-flows", text, { least: 1, most: MOST_FLOWS }),
    )
    .option(
      "--max-jump <SIZE>",
      `how far ahead a segment may lie unconfirmed (default: ${maxJump / 1024 ** 2}M)`,
      (text) => parseSize("--max-jump", text, { least: 0, most: FARTHEST_JUMP }),
    )
    .option("--max-bytes <SIZE>", "octets taken of one stream; more is discarded", (text) =>
      parseSize("--max-bytes", text, { least: 0, most: Number.MAX_SAFE_INTEGER }),
    )
    .option("--max-total <SIZE>", "octets taken in all; more is discarded", (text) =>
      parseSize("--max-total", text, { least: 0, most: Number.MAX_SAFE_INTEGER }),
    );
}

function addTimeout(command: Command, name: string, what: string, seconds: number): void {
  const option = `--${name}-timeout`;
  const mayBeZero = name === "closed" || name === "reset";
  command.option(`${option} <SECONDS>`, `${what} (default: ${seconds})`, (text) =>
    parseSeconds(option, text, mayBeZero),
  );
}

/** Only what was given, so that it can be spread over defaults. */
export type Given<Values> = { [Name in keyof Values]?: Exclude<Values[Name], undefined> };

export function given<Values extends object>(values: Values): Given<Values> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Given<Values>;
}

/** @throws TcpxError BAD_OPTION, BAD_FILTER */
export async function engineOptionsOf(flags: RunFlags): Promise<Partial<EngineOptions>> {
  const { after, before } = flags;
  if (after !== undefined && before !== undefined) {
    if (isAtOrAfter(after.seconds, after.nanos, before)) {
      throw new TcpxError(
        "BAD_OPTION",
        "--after: no packet lies at or after it and before --before",
      );
    }
  }
  return given({
    vlan: flags.vlan,
    checksums: flags.checksums,
    overlap: flags.overlap,
    timeouts: timeoutsOf(flags),
    maxFlows: flags.maxFlows,
    maxJump: flags.maxJump,
    maxStreamBytes: flags.maxBytes,
    maxTotalBytes: flags.maxTotal,
    decapsulate: flags.decap,
    decapPorts: flags.decapPort,
    filter: flags.filter,
    bpf: flags.bpf === undefined ? undefined : await readBpfProgram(flags.bpf),
    flowNumbers: flags.flow,
    after,
    before,
  });
}

/** Null without timeouts. @throws TcpxError BAD_OPTION where one is set and all are turned off */
function timeoutsOf(flags: RunFlags): Timeouts | null {
  const set = given({
    established: flags.idleTimeout,
    new: flags.newTimeout,
    closing: flags.closingTimeout,
    closed: flags.closedTimeout,
    reset: flags.resetTimeout,
  });
  if (flags.timeouts) return { ...DEFAULT_TIMEOUTS, ...set };
  const [name] = Object.keys(set);
  if (name === undefined) return null;
  const option = name === "established" ? "idle" : name;
  throw new TcpxError(
    "BAD_OPTION",
    `--${option}-timeout and --no-timeouts contradict each other: leave out one of them`,
  );
}

export function inputOptionsOf(captures: readonly string[], flags: RunFlags): InputOptions {
  return {
    captures,
    ...given({
      reader: flags.reader,
      strict: flags.strict,
      sortFiles: flags.sortFiles,
      maxExpansion: flags.maxExpansion,
    }),
  };
}
