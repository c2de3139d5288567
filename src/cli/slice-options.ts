// The options about packets that are written as they were captured, of `slice` and, as `--pcap-out`, of
// the other commands.

import type { Command } from "commander";
import { TcpxError } from "../errors.ts";
import type { SliceOptions } from "../extract/run-options.ts";
import { quote } from "../filter/filter-error.ts";
import { suggestWord } from "../filter/suggestion.ts";
import { STATUS_ENTRIES, StatusBit } from "../report/status-word.ts";
import { badValue, parseChoice, parseText } from "./option-values.ts";
import { given } from "./options.ts";
import type { Session } from "./session.ts";

const DIRECTIONS = ["both", "c2s", "s2c"] as const satisfies readonly SliceOptions["direction"][];

/** Bits that only a whole run has. */
const RUN_BITS =
  StatusBit.FRAG_INCOMPLETE |
  StatusBit.TIME_BACKWARDS |
  StatusBit.CAPTURE_DROPS |
  StatusBit.INPUT_DAMAGED |
  StatusBit.UNDECODABLE |
  StatusBit.CHECKSUM_OFFLOAD;
const FLOW_STATUS = STATUS_ENTRIES.filter(({ bit }) => (bit & RUN_BITS) === 0);

/** What commander makes of them; undefined where not given. */
export interface SliceFlags {
  /** `-w` of `slice`. */
  readonly write?: string;
  readonly pcapOut?: string;
  readonly pcapPerFlow?: string;
  readonly direction?: SliceOptions["direction"];
  readonly withStatus?: number;
  readonly marked?: boolean;
  readonly force?: boolean;
}

/** Of commands that write packets besides. */
export function addPcapOutOptions(command: Command): void {
  command
    .optionsGroup("Packets of flows, as they were captured:")
    .option(
      "--pcap-out <FILE>",
      "the packets of flows that a script marks (without scripts: of all flows chosen); " +
        "pcapng if FILE ends so",
      (text) => parseText("--pcap-out", text, "file"),
    );
  addCommonOptions(command);
}

/** Of `slice`. */
export function addSliceOptions(command: Command): void {
  command
    .optionsGroup("Output:")
    .option("-w, --write <FILE>", "the packets; pcapng if FILE ends so, - is stdout", (text) =>
      parseText("--write", text, "file"),
    );
  addCommonOptions(command);
  command
    .option("--marked", "only flows that a script marks")
    .option("--force", "replace FILE, and what an earlier run left in DIR");
}

function addCommonOptions(command: Command): void {
  command
    .option("--pcap-per-flow <DIR>", "a capture for each flow", (text) =>
      parseText("--pcap-per-flow", text, "directory"),
    )
    .option(
      "--with-status <LIST>",
      "flows that end with one of these: ackedUnseen, conflict, ... (comma between)",
      parseStatusNames,
    )
    .option("--direction <WHICH>", `${DIRECTIONS.join(", ")} (default: both)`, (text) =>
      parseChoice("--direction", text, DIRECTIONS),
    );
}

/** Null where no packets are to be written. @throws TcpxError BAD_OPTION */
export function sliceOptionsOf(flags: SliceFlags, session: Session): SliceOptions | null {
  const file = flags.write ?? flags.pcapOut;
  const { pcapPerFlow, direction, withStatus, marked, force } = flags;
  if (file === undefined && pcapPerFlow === undefined) {
    const alone = Object.entries({ "--with-status": withStatus, "--direction": direction });
    const [name] = alone.find(([, value]) => value !== undefined) ?? [];
    if (name === undefined) return null;
    throw new TcpxError(
      "BAD_OPTION",
      `${name} is about packets that are written: add --pcap-out FILE`,
    );
  }
  if (file === "-" && session.stdout.isTTY === true) {
    throw new TcpxError(
      "BAD_OPTION",
      "-: standard output is a terminal; name a file, or lead the packets into a pipe",
    );
  }
  return {
    ...given({ file, perFlow: pcapPerFlow, direction, withStatus, marked, force }),
    ...(file === "-" ? { standardOutput: session.stdout } : {}),
  };
}

/** Names of the status word that flows can have. @throws TcpxError BAD_OPTION */
export function parseStatusNames(text: string): number {
  return text.split(",").reduce((bits, name) => bits | bitOf(name.trim()), 0);
}

function bitOf(name: string): number {
  const entry = FLOW_STATUS.find((known) => known.name === name);
  if (entry !== undefined) return entry.bit;
  if (STATUS_ENTRIES.some((known) => known.name === name)) {
    throw badValue("--with-status", name, "is a status of whole runs, no flow has it");
  }
  const names = FLOW_STATUS.map((known) => known.name);
  const near = suggestWord(
    name.toLowerCase(),
    names.map((known) => known.toLowerCase()),
  );
  const meant = names.find((known) => known.toLowerCase() === near);
  const suggestion = meant === undefined ? "" : `; did you mean ${quote(meant)}?`;
  throw badValue("--with-status", name, `is no status of flows (${names.join(", ")})${suggestion}`);
}
