// One command line from words to exit code: builds the commands, runs the one that was asked for, and is
// the only place where errors end.

import { Command, CommanderError } from "commander";
import { loadPainter, wantsColour } from "./colours.ts";
import { addExplainCommand } from "./commands/explain.ts";
import { addExtractCommand } from "./commands/extract.ts";
import { addSliceCommand } from "./commands/slice.ts";
import { addStatsCommand } from "./commands/stats.ts";
import { ExitCode } from "./exit-code.ts";
import { globalFlagsOf } from "./global-flags.ts";
import type { Invocation } from "./invocation.ts";
import { Messages } from "./messages.ts";
import type { OutputStream, Session } from "./session.ts";
import { strayScriptError } from "./script-options.ts";
import { usageError } from "./usage-error.ts";
import { VERSION } from "../version.ts";

/** Every command in the order of the help text; a new one is a file and a line here. */
const COMMANDS: Readonly<Record<string, (program: Command, invocation: Invocation) => void>> = {
  extract: addExtractCommand,
  stats: addStatsCommand,
  slice: addSliceCommand,
  explain: addExplainCommand,
};

const MOST_STRAY_PLACES = 100;

const EXAMPLES = `
Examples:
  tcpx extract capture.pcap -o out/          each direction's stream into a file of its own
  tcpx stats capture.pcap --json             what was there and what is missing, nothing written
  tcpx slice in.pcap -w 7.pcap --flow 7      the packets of chosen flows, as they are
  tcpdump -U -w - | tcpx extract - -o out/   live, through a pipe
  tcpx explain 0x03ff2ff7                    a status word in words

tcpx COMMAND --help tells more. Exit codes: 0 done, 1 --fail-on holds, 2 wrong
usage, 3 input, 4 output, 5 script, 70 defect, 130/143 interrupted.`;

/** Carries out one command line; gives the exit code, never rejects. */
export async function runCommandLine(words: readonly string[], session: Session): Promise<number> {
  const flags = globalFlagsOf(words);
  const painter = await loadPainter(wantsColour(session.stderr, session.env, flags.colour));
  const { json, debug } = flags;
  const messages = new Messages(session.stderr, { json, debug, painter, version: VERSION });
  const invocation: Invocation = {
    session,
    flags,
    messages,
    exitCode: ExitCode.DONE,
    strayScriptErrors: 0,
  };
  const strayPlaces = new Set<string>();
  session.watchDefects((error) => {
    const stray = strayScriptError(error, words);
    if (stray !== null) {
      // Each place once: it may happen with every packet.
      if (!strayPlaces.has(stray.message) && strayPlaces.size < MOST_STRAY_PLACES) {
        strayPlaces.add(stray.message);
        messages.error(stray);
      }
      invocation.strayScriptErrors++;
      return;
    }
    messages.error(error);
    session.endAtOnce(ExitCode.DEFECT);
  });
  const program = buildProgram(invocation, words[0]);
  try {
    await program.parseAsync(words, { from: "user" });
    return invocation.exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return messages.error(error).exitCode;
    if (error.exitCode === 0) return ExitCode.DONE;
    // the help text on standard error is the message
    if (error.code === "commander.help") return ExitCode.WRONG_USAGE;
    return messages.error(usageError(error, helpCommand(words))).exitCode;
  }
}

/**
 * The command tree; running it sets the invocation's exit code. Where `first`, the first word of the
 * command line, is a command, the tree has no other: the options of all of them take 3 ms.
 */
export function buildProgram(invocation: Invocation, first = ""): Command {
  const { stdout, stderr } = invocation.session;
  const program = new Command("tcpx")
    .description(
      "Reassembles the TCP connections of packet captures into seek-positioned files,\n" +
        "and says exactly what is missing, where, and why.",
    )
    .version(VERSION)
    .option("--color", "colours even where standard output is no terminal")
    .option("--no-color", "no colours; NO_COLOR and FORCE_COLOR are honoured too")
    .option("--debug", "print the trace of an error")
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      // errors are told once, by the boundary
      outputError: () => {},
      getOutHelpWidth: () => widthOf(stdout),
      getErrHelpWidth: () => widthOf(stderr),
    })
    .addHelpText("after", EXAMPLES);
  const isCommand = Object.hasOwn(COMMANDS, first);
  for (const [name, addCommand] of Object.entries(COMMANDS)) {
    if (!isCommand || name === first) addCommand(program, invocation);
  }
  return program;
}

const WIDEST_HELP = 100;

/** Where there is no terminal: the width of the project's own texts. */
function widthOf(stream: OutputStream): number {
  return Math.min(stream.isTTY === true ? stream.columns || 80 : WIDEST_HELP, WIDEST_HELP);
}

function helpCommand(words: readonly string[]): string {
  const command = Object.keys(COMMANDS).find((name) => words.includes(name));
  return command === undefined ? "tcpx" : `tcpx ${command}`;
}
