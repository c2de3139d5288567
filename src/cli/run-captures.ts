// What `extract` and `stats` have in common: a run of the engine with progress, warnings, interrupts, the
// report on standard output and the exit code.

import { TcpxError } from "../errors.ts";
import type { RunOptions, RunResult } from "../extract/run-options.ts";
import { formatReport } from "../report/format-report.ts";
import type { Report } from "../report/report.ts";
import { loadPainter, wantsColour } from "./colours.ts";
import { setCompilerFlags } from "./compiler-flags.ts";
import { exitCodeOf, exitCodeOfFailure } from "./exit-code.ts";
import { failures } from "./fail-on.ts";
import { Interrupt } from "./interrupt.ts";
import type { Invocation } from "./invocation.ts";
import type { ReportFlags } from "./options.ts";
import { ProgressLine } from "./progress.ts";
import { writeResult } from "./result-output.ts";
import type { OutputStream } from "./session.ts";

/** Runs the engine and reports; gives the exit code. Errors are told here, none is thrown. */
export async function runCaptures(
  invocation: Invocation,
  options: RunOptions,
  flags: ReportFlags,
): Promise<number> {
  const { session, messages } = invocation;
  const interrupt = new Interrupt(session.signals, session.endBySignal);
  try {
    if (options.captures.includes("-") && session.stdinIsTerminal()) {
      throw new TcpxError(
        "BAD_OPTION",
        "-: standard input is a terminal; give it a capture through a pipe, as in tcpdump -U -w - | tcpx extract - -o out/",
      );
    }
    const result = await runEngine(invocation, { ...options, signal: interrupt.signal }, flags);
    // Where standard output carries packets it carries nothing else.
    const carriesPackets = options.slice?.file === "-";
    const stream = carriesPackets ? session.stderr : session.stdout;
    const text = await reportText(invocation, stream, result.report, flags);
    const isPrinted = !carriesPackets || flags.quiet !== true;
    const printing = isPrinted ? await writeResult(stream, text) : null;
    return concludeRun(invocation, result, printing, flags, interrupt);
  } catch (error) {
    if (interrupt.signal.aborted && isAbort(error)) return exitCodeOfFailure(0, interrupt.received);
    return exitCodeOfFailure(messages.error(error).exitCode, interrupt.received);
  } finally {
    interrupt.release();
    endIfHung(invocation, interrupt);
  }
}

const HUNG_MILLIS = 1000;

/**
 * After an interrupt everything has been said. If the process is still there a second later, something
 * hangs that can't be called off, such as the opening of a FIFO that nobody writes to.
 */
function endIfHung({ session }: Invocation, { received }: Interrupt): void {
  if (received === null) return;
  setTimeout(() => session.endBySignal(received), HUNG_MILLIS).unref();
}

async function runEngine(
  { session, messages }: Invocation,
  options: RunOptions,
  { quiet = false }: ReportFlags,
): Promise<RunResult> {
  const extract = await session.loadExtract();
  const { stderr, env } = session;
  const progress = new ProgressLine(stderr, session.now);
  messages.beforeLine = () => progress.clear();
  const { scripts, attributes = false, slice } = options;
  if (scripts !== undefined || attributes || slice !== undefined) setCompilerFlags();
  const showsProgress = stderr.isTTY === true && env["TERM"] !== "dumb" && !quiet;
  try {
    return await extract({
      ...options,
      // no capture can be made that collides on purpose; results do not depend on it; node:crypto would take 4 ms
      hashSeed: Math.floor(Math.random() * 2 ** 31),
      now: session.now,
      memory: session.memory,
      ...(quiet ? {} : { onWarning: (warning) => messages.warning(warning) }),
      ...(options.scripts === undefined
        ? {}
        : {
            onScriptLog: (script, level, text) => {
              if (!quiet || level === "error") messages.scriptLog(script, level, text);
            },
          }),
      ...(showsProgress ? { onStart: (look) => progress.start(look) } : {}),
    });
  } finally {
    progress.stop();
    messages.finish();
  }
}

async function reportText(
  { session, flags: { colour } }: Invocation,
  stream: OutputStream,
  report: Report,
  { json = false }: ReportFlags,
): Promise<string> {
  if (json) return `${JSON.stringify(report, null, 2)}\n`;
  const painter = await loadPainter(wantsColour(stream, session.env, colour));
  return formatReport(report, { colour: painter });
}

/** Tells what could not be read or written and which conditions hold. */
function concludeRun(
  { messages, strayScriptErrors }: Invocation,
  { report, inputErrors, outputError, scriptErrors = [] }: RunResult,
  printingError: TcpxError | null,
  { failOn = [] }: ReportFlags,
  { received }: Interrupt,
): number {
  const outputErrors = [outputError, printingError].filter((error) => error !== null);
  for (const error of [...inputErrors, ...outputErrors, ...scriptErrors]) messages.error(error);
  const reasons = failures(failOn, report);
  for (const reason of reasons) messages.finding(reason);
  return exitCodeOf({
    defect: false,
    signal: received,
    outputFailed: outputErrors.length > 0,
    inputFailed: inputErrors.length > 0,
    scriptFailed: report.script.exceptions > 0 || strayScriptErrors > 0,
    conditionHolds: reasons.length > 0,
  });
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}
