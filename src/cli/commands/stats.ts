// `tcpx stats CAPTURE...`: the report and nothing else.

import type { Command } from "commander";
import type { Invocation } from "../invocation.ts";
import {
  addEngineOptions,
  addInputOptions,
  addReportOptions,
  addSelectionOptions,
  engineOptionsOf,
  inputOptionsOf,
} from "../options.ts";
import type { ReportFlags, RunFlags } from "../options.ts";
import { addPcapOutOptions, sliceOptionsOf } from "../slice-options.ts";
import type { SliceFlags } from "../slice-options.ts";
import { addScriptOptions, scriptOptionsOf } from "../script-options.ts";
import type { ScriptFlags } from "../script-options.ts";

const EXAMPLES = `
Examples:
  tcpx stats capture.pcap
  tcpx stats capture.pcap --json | jq .loss
  tcpx stats day1.pcap day2.pcap.gz -f 'host 10.0.0.1 and port 443'
  tcpx stats capture.pcap --fail-on 'loss>0.1%,inputDamaged'   exit 1 if either holds
  ssh host tcpdump -U -w - | tcpx stats -

CAPTURE is pcap, pcapng or snoop, plain or compressed; a directory means the
captures in it, - is standard input.`;

export function addStatsCommand(program: Command, invocation: Invocation): void {
  const command = program
    .command("stats")
    .summary("report what captures hold and what is missing, without writing anything")
    .description(
      "Runs the same engine as extract, writes no files and prints the end-of-run report.",
    )
    .argument("<CAPTURE...>", "captures to read");
  addReportOptions(command);
  addSelectionOptions(command);
  addPcapOutOptions(command);
  command.option("--force", "replace FILE, and what an earlier run left in DIR");
  addInputOptions(command);
  addEngineOptions(command);
  addScriptOptions(command);
  command
    .addHelpText("after", EXAMPLES)
    .action(
      async (captures: string[], flags: RunFlags & ReportFlags & ScriptFlags & SliceFlags) => {
        const slice = sliceOptionsOf(flags, invocation.session);
        const engine = await engineOptionsOf(flags);
        const options = {
          ...engine,
          ...inputOptionsOf(captures, flags),
          ...scriptOptionsOf(flags),
          output: null,
          ...(slice === null ? {} : { slice }),
        };
        const { runCaptures } = await import("../run-captures.ts");
        invocation.exitCode = await runCaptures(
          invocation,
          { ...options, command: "stats" },
          flags,
        );
      },
    );
}
