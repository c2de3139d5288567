// `tcpx explain WORD`: a status word in words. `tcpx explain CAPTURE... --flow N`: one flow in words.

import type { Command } from "commander";
import { TcpxError } from "../../errors.ts";
import type { Invocation } from "../invocation.ts";
import { parseCount } from "../option-values.ts";
import { addEngineOptions, addInputOptions, engineOptionsOf, inputOptionsOf } from "../options.ts";
import type { RunFlags } from "../options.ts";
import { writeResult } from "../result-output.ts";

const EXAMPLES = `
Examples:
  tcpx explain 0x03ff2ff7
  tcpx explain "$(jq -r .status.tcpxStat out/report.json)"
  tcpx explain capture.pcap --flow 17

The low half of the word warns: what makes the result less trustworthy than it
looks. The high half informs: what was there.

With --flow: why the flow began, split and ended as it did, its roles and
origins, and each gap with the packets on both sides of it and the evidence for
its cause. Give the options that the run had: they decide what a flow is.`;

const MOST_FLOWS = 2 ** 32 - 1;

type ExplainFlags = Omit<RunFlags, "flow"> & { readonly flow?: number };

export function addExplainCommand(program: Command, invocation: Invocation): void {
  const command = program
    .command("explain")
    .summary("say what a status word means, or what became of a flow and why")
    .description(
      "Prints one line for each bit that is set in a status word (tcpxStat), or explains one flow.",
    )
    .argument("<WORD|CAPTURE...>", "0x and one to eight hexadecimal digits; or captures to read")
    .option("--flow <N>", "the flow to explain, by its number", (text) =>
      parseCount("--flow", text, { least: 1, most: MOST_FLOWS }),
    );
  addInputOptions(command);
  addEngineOptions(command);
  command
    .addHelpText("after", EXAMPLES)
    .action(async (what: readonly string[], flags: ExplainFlags) => {
      const { session, messages } = invocation;
      const lines = await linesOf(what, flags, invocation);
      const error = await writeResult(session.stdout, `${lines.join("\n")}\n`);
      if (error !== null) invocation.exitCode = messages.error(error).exitCode;
    });
}

async function linesOf(
  what: readonly string[],
  { flow, ...flags }: ExplainFlags,
  invocation: Invocation,
): Promise<readonly string[]> {
  if (flow === undefined) {
    const [word, ...further] = what;
    if (further.length > 0) {
      throw new TcpxError(
        "BAD_OPTION",
        `explain: ${what.length} words; give one status word, or captures and --flow N`,
      );
    }
    const { explainStatusWord } = await import("../../report/explain.ts");
    return explainStatusWord(word!);
  }
  const { explainFlow } = await import("../../extract/explain-flow.ts");
  const { messages } = invocation;
  const { lines, inputErrors } = await explainFlow({
    ...(await engineOptionsOf(flags)),
    ...inputOptionsOf(what, flags),
    flow,
    onWarning: (warning) => messages.warning(warning),
  });
  messages.finish();
  for (const error of inputErrors) invocation.exitCode = messages.error(error).exitCode;
  return lines;
}
