// Everything said on standard error but the progress line: errors and warnings, each one line of the form
// `tcpx: CODE: what was found, where, what to do`.

import { TcpxError } from "../errors.ts";
import type { Warning } from "../errors.ts";
import type { ReportPainter } from "../report/report-painter.ts";
import { asTcpxError } from "./defect.ts";
import { decisiveError } from "./exit-code.ts";
import type { OutputStream } from "./session.ts";

/** Warnings told one by one; the report has their number and more of them. */
export const MOST_WARNINGS = 20;

export interface MessageOptions {
  /** Each error is followed by a line `{"error": {...}}`. */
  readonly json: boolean;
  /** Each error is followed by its trace. */
  readonly debug: boolean;
  readonly painter: ReportPainter;
  readonly version: string;
}

export class Messages {
  /** Called before each line: takes a progress line out of the way. */
  beforeLine: () => void = () => {};
  readonly #stream: OutputStream;
  readonly #options: MessageOptions;
  #warnings = 0;

  constructor(stream: OutputStream, options: MessageOptions) {
    this.#stream = stream;
    this.#options = options;
  }

  /**
   * Tells an error, or each one of an AggregateError; whatever is no TcpxError is a defect. Gives what
   * was told, of several the one that decides about the exit code.
   */
  error(thrown: unknown): TcpxError {
    if (thrown instanceof AggregateError && thrown.errors.length > 0) {
      return decisiveError(thrown.errors.map((each) => this.error(each)));
    }
    const { json, debug, painter, version } = this.#options;
    const error = asTcpxError(thrown, version);
    this.#line(painter.red(error.code), error.message);
    if (json) this.#stream.write(`${JSON.stringify(errorObject(error))}\n`);
    if (debug) this.#stream.write(`${traceOf(error)}\n`);
    return error;
  }

  /** Tells the first warnings; the rest is counted for `finish`. */
  warning({ code, message }: Warning): void {
    this.#warnings++;
    if (this.#warnings <= MOST_WARNINGS) {
      this.#line(this.#options.painter.yellow(code), message);
    }
  }

  /** A finding that decides about the exit code: a condition of `--fail-on` that holds. */
  finding(text: string): void {
    this.#line(this.#options.painter.yellow("FAIL_ON"), text);
  }

  /** What a script says; `debug` only with `--debug`. */
  scriptLog(script: string, level: string, text: string): void {
    const { debug, painter } = this.#options;
    if (level === "debug" && !debug) return;
    const word = level.toUpperCase();
    const painted =
      level === "error" ? painter.red(word) : level === "warning" ? painter.yellow(word) : word;
    this.#line(painted, `${script}: ${text}`);
  }

  /** Says how many warnings were not told. */
  finish(): void {
    const untold = this.#warnings - MOST_WARNINGS;
    if (untold <= 0) return;
    const warnings = untold === 1 ? "1 more warning line" : `${untold} more warning lines`;
    this.#line(
      this.#options.painter.yellow("MORE_WARNINGS"),
      `${warnings} not shown here; --json or report.json lists them`,
    );
  }

  #line(code: string, text: string): void {
    this.beforeLine();
    this.#stream.write(`tcpx: ${code}: ${oneLine(text)}\n`);
  }
}

/** Names of files come from outside: nothing in them may break the line or act on the terminal. */
export function oneLine(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}

function errorObject({ code, message, file, packet, offset }: TcpxError): object {
  return {
    error: { code, message, file: file ?? null, packet: packet ?? null, offset: offset ?? null },
  };
}

/** The error and the errors behind it. */
function traceOf(error: TcpxError): string {
  const traces: string[] = [];
  let current: unknown = error;
  while (current instanceof Error && traces.length < 10) {
    traces.push(current.stack ?? String(current));
    current = current.cause;
  }
  return traces.join("\ncaused by ");
}
