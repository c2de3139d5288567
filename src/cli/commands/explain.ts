// `tcpx explain WORD`: a status word in words.

import type { Command } from "commander";
import type { Invocation } from "../invocation.ts";
import { writeResult } from "../result-output.ts";

const EXAMPLES = `
Examples:
  tcpx explain 0x03ff2ff7
  tcpx explain "$(jq -r .status.tcpxStat out/report.json)"

The low half of the word warns: what makes the result less trustworthy than it
looks. The high half informs: what was there.`;

export function addExplainCommand(program: Command, invocation: Invocation): void {
  program
    .command("explain")
    .summary("say what the bits of a status word mean")
    .description("Prints one line for each bit that is set in a status word (tcpxStat).")
    .argument("<WORD>", "0x and one to eight hexadecimal digits")
    .addHelpText("after", EXAMPLES)
    .action(async (word: string) => {
      const { explainStatusWord } = await import("../../report/explain.ts");
      const { session, messages } = invocation;
      const text = `${explainStatusWord(word).join("\n")}\n`;
      const error = await writeResult(session.stdout, text);
      if (error !== null) invocation.exitCode = messages.error(error).exitCode;
    });
}
