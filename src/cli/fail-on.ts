// `--fail-on LIST`: conditions on the finished report that make the exit code 1. Pure.

import { TcpxError } from "../errors.ts";
import { quote } from "../filter/filter-error.ts";
import { suggestWord } from "../filter/suggestion.ts";
import type { Report } from "../report/report.ts";
import { STATUS_ENTRIES } from "../report/status-word.ts";

const STATUS_NAMES: readonly string[] = STATUS_ENTRIES.map(({ name }) => name);
const LOSS_ABOVE = /^loss\s*>\s*([0-9]{1,3}(?:\.[0-9]{1,9})?)\s*%$/u;

/** One condition. */
export interface FailCondition {
  /** As it was given. */
  readonly text: string;
  /** In words why it holds for this report, or null if it doesn't. */
  readonly reason: (report: Report) => string | null;
}

/**
 * Conditions between commas: names of the status word, `loss`, `loss>0.1%`, `warnings`.
 * @throws TcpxError BAD_OPTION
 */
export function parseFailOn(text: string): readonly FailCondition[] {
  return text.split(",").map((item) => parseCondition(item.trim()));
}

/** One line for each condition that holds, in the order given. */
export function failures(conditions: readonly FailCondition[], report: Report): string[] {
  return conditions.flatMap(({ text, reason }) => {
    const why = reason(report);
    return why === null ? [] : [`${text}: ${why}`];
  });
}

function parseCondition(text: string): FailCondition {
  if (text === "loss") return { text, reason: (report) => lossAbove(report, 0) };
  if (text === "warnings") return { text, reason: warningsOf };
  if (STATUS_NAMES.includes(text)) return { text, reason: (report) => statusOf(report, text) };
  const percent = Number(LOSS_ABOVE.exec(text)?.[1]);
  if (percent <= 100) return { text, reason: (report) => lossAbove(report, percent) };
  throw new TcpxError("BAD_OPTION", `--fail-on: ${quote(text)} ${expectation(text)}`);
}

function expectation(text: string): string {
  if (text.startsWith("loss")) {
    return "is no share of the stream bytes (expected loss, or loss>0.1% with 0 to 100 percent)";
  }
  const near = suggestWord(text, ["loss", "warnings", ...STATUS_NAMES].map(lowerCase));
  const name = ["loss", "warnings", ...STATUS_NAMES].find((known) => lowerCase(known) === near);
  const suggestion = name === undefined ? "" : `; did you mean ${name}?`;
  return `is no condition (expected loss, loss>0.1%, warnings or a name of the status word${suggestion})`;
}

function lowerCase(word: string): string {
  return word.toLowerCase();
}

/** Missing octets, if they are more than this share: compared by product, a ratio would be rounded. */
function lossAbove(report: Report, percent: number): string | null {
  const { missingBytes, streamBytes } = report.loss;
  if (missingBytes * 100 <= percent * streamBytes) return null;
  const share = ((missingBytes * 100) / streamBytes).toPrecision(4);
  return `${missingBytes} of ${streamBytes} stream bytes are missing (${Number(share)}%)`;
}

function warningsOf({ status }: Report): string | null {
  return status.warnings.length === 0 ? null : status.warnings.join(", ");
}

function statusOf({ status }: Report, name: string): string | null {
  const isSet = status.warnings.includes(name) || status.infos.includes(name);
  return isSet ? `set in ${status.tcpxStat}` : null;
}
