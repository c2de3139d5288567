// `tcpx extract CAPTURE... -o DIR`: each direction's stream into its file, flows.jsonl and the report.

import type { Command } from "commander";
import { TcpxError } from "../../errors.ts";
import type { OutputOptions } from "../../extract/run-options.ts";
import type { Invocation } from "../invocation.ts";
import { parseChoice, parseCount, parseText } from "../option-values.ts";
import {
  addEngineOptions,
  addInputOptions,
  addReportOptions,
  addSelectionOptions,
  engineOptionsOf,
  given,
  inputOptionsOf,
} from "../options.ts";
import type { ReportFlags, RunFlags } from "../options.ts";
import { addPcapOutOptions, sliceOptionsOf } from "../slice-options.ts";
import type { SliceFlags } from "../slice-options.ts";
import { addScriptOptions, scriptOptionsOf } from "../script-options.ts";
import type { ScriptFlags } from "../script-options.ts";

const EXAMPLES = `
Examples:
  tcpx extract capture.pcap -o out/
  tcpx extract captures/ --sort-files -o out/ --force
  tcpx extract capture.pcap -o out/ -f 'port 80' --hash sha256 --chunks
  tcpdump -U -w - | tcpx extract - -o out/
  zstd -dc capture.pcap.zst | tcpx extract - -o out/ --quiet

DIR gets NNNNNN-CLIENT.PORT-SERVER.PORT.c2s and .s2c (octet N of the stream is at
offset N, gaps are holes of the file), flows.jsonl with one line a flow and its
gaps, report.json and report.txt. CAPTURE is pcap, pcapng or snoop, plain or
compressed; a directory means the captures in it, - is standard input.`;

const LAYOUTS = ["positioned", "concat"] as const satisfies readonly OutputOptions["layout"][];
const HASHES = ["sha256"] as const satisfies readonly OutputOptions["hash"][];

interface OutputFlags {
  readonly output?: string;
  readonly force?: boolean;
  readonly name?: string;
  readonly group?: number;
  readonly layout?: (typeof LAYOUTS)[number];
  /** False by `--no-extend`. */
  readonly extend: boolean;
  readonly hash?: (typeof HASHES)[number];
  readonly chunks?: boolean;
  readonly keepConflicts?: boolean;
  readonly flowLog?: boolean;
  readonly maxOpenFiles?: number;
}

export function addExtractCommand(program: Command, invocation: Invocation): void {
  const command = program
    .command("extract")
    .summary("write each direction's stream to a file, and report what is missing")
    .description(
      "Writes the octets of each direction of each TCP connection to a file, each octet\n" +
        "at its seek position, and prints the end-of-run report.",
    )
    .argument("<CAPTURE...>", "captures to read");
  addOutputOptions(command);
  addReportOptions(command);
  addSelectionOptions(command);
  addPcapOutOptions(command);
  addInputOptions(command);
  addEngineOptions(command);
  addScriptOptions(command);
  command
    .addHelpText("after", EXAMPLES)
    .action(
      async (
        captures: string[],
        flags: OutputFlags & RunFlags & ReportFlags & ScriptFlags & SliceFlags,
      ) => {
        const output = outputOptionsOf(flags);
        const slice = sliceOptionsOf(flags, invocation.session);
        const engine = await engineOptionsOf(flags);
        const options = {
          ...engine,
          ...inputOptionsOf(captures, flags),
          ...scriptOptionsOf(flags),
          output,
          ...(slice === null ? {} : { slice }),
        };
        const { runCaptures } = await import("../run-captures.ts");
        const run = { ...options, command: "extract" } as const;
        invocation.exitCode = await runCaptures(invocation, run, flags);
      },
    );
}

function addOutputOptions(command: Command): void {
  command
    .optionsGroup("Output:")
    .option("-o, --output <DIR>", "where the files go; made if it is not there", (text) =>
      parseText("--output", text, "directory"),
    )
    .option("--force", "use a directory that is not empty; removes what an earlier run left there")
    .option(
      "--name <TEMPLATE>",
      "names of the files, of {flow} {client} {clientPort} {server} {serverPort} {start} {vlan} {direction}",
      (text) => parseText("--name", text, "template"),
    )
    .option("--group <N>", "a subdirectory for each N flows (default: 0, none)", (text) =>
      parseCount("--group", text, { least: 0, most: 1e9 }),
    )
    .option(
      "--layout <LAYOUT>",
      "positioned: gaps are holes of the file; concat: without gaps (default: positioned)",
      (text) => parseChoice("--layout", text, LAYOUTS),
    )
    .option("--no-extend", "end a file at its last captured octet, not at the stream's end")
    .option("--hash <ALGORITHM>", "sha256: a digest of each stream in flows.jsonl", (text) =>
      parseChoice("--hash", text, HASHES),
    )
    .option("--chunks", "FILE.index.jsonl: packet and time of each run of octets")
    .option("--flow-log", "NAME.flow.tsv: a line for each packet of a flow")
    .option("--keep-conflicts", "keep the other copies of octets that differ")
    .option("--max-open-files <N>", "files open at once", (text) =>
      parseCount("--max-open-files", text, { least: 1, most: 1_000_000 }),
    );
}

/** @throws TcpxError BAD_OPTION without a directory: found here so that a misspelt option is told first */
function outputOptionsOf(flags: OutputFlags): OutputOptions {
  if (flags.output === undefined) {
    throw new TcpxError(
      "BAD_OPTION",
      "no output directory was given; add -o DIR (tcpx stats writes nothing)",
    );
  }
  return {
    directory: flags.output,
    ...given({
      force: flags.force,
      name: flags.name,
      group: flags.group,
      layout: flags.layout,
      extend: flags.extend,
      hash: flags.hash,
      chunks: flags.chunks,
      keepConflicts: flags.keepConflicts,
      flowLog: flags.flowLog,
      maxOpenFiles: flags.maxOpenFiles,
    }),
  };
}
