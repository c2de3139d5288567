// `tcpx slice CAPTURE... -w FILE`: the packets of chosen flows, as they were captured.

import type { Command } from "commander";
import { TcpxError } from "../../errors.ts";
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
import { addScriptOptions, scriptOptionsOf } from "../script-options.ts";
import type { ScriptFlags } from "../script-options.ts";
import { addSliceOptions, sliceOptionsOf } from "../slice-options.ts";
import type { SliceFlags } from "../slice-options.ts";

const EXAMPLES = `
Examples:
  tcpx slice capture.pcap -w web.pcap -f 'host 10.0.0.1 and port 80'
  tcpx slice capture.pcapng -w lossy.pcapng --with-status ackedUnseen,conflict
  tcpx slice capture.pcap -w 7.pcap --flow 7 --direction s2c
  tcpx slice capture.pcap --pcap-per-flow flows/
  tcpx slice capture.pcap -w passed.pcap --script policy.ts      what rules let pass
  tcpdump -U -w - | tcpx slice - -w - -f 'port 443' | tshark -r -

Records are copied octet for octet, with their times, lengths and interfaces, from
the first packet of a flow on, also where the reason to choose it came later: files
are read twice, of a pipe the last 64 MiB are remembered. Without a choice, all TCP
flows. With -w - the report goes to standard error.`;

export function addSliceCommand(program: Command, invocation: Invocation): void {
  const command = program
    .command("slice")
    .summary("write the packets of chosen flows, as they were captured")
    .description(
      "Writes whole original packets of chosen TCP flows, both directions, to a capture\n" +
        "of their own, and prints the end-of-run report.",
    )
    .argument("<CAPTURE...>", "captures to read");
  addSliceOptions(command);
  addReportOptions(command);
  addSelectionOptions(command);
  addInputOptions(command);
  addEngineOptions(command);
  addScriptOptions(command);
  command
    .addHelpText("after", EXAMPLES)
    .action(
      async (captures: string[], flags: SliceFlags & RunFlags & ReportFlags & ScriptFlags) => {
        const slice = sliceOptionsOf(flags, invocation.session);
        if (slice === null) {
          throw new TcpxError(
            "BAD_OPTION",
            "no output was given; add -w FILE or --pcap-per-flow DIR",
          );
        }
        const engine = await engineOptionsOf(flags);
        const input = { ...inputOptionsOf(captures, flags), ...scriptOptionsOf(flags) };
        const { runCaptures } = await import("../run-captures.ts");
        const run = { ...engine, ...input, output: null, slice, command: "slice" } as const;
        invocation.exitCode = await runCaptures(invocation, run, flags);
      },
    );
}
