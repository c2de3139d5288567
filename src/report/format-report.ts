// The report as text, from the JSON document and nothing else (spec in docs/report.md). One fact a
// line, `label: value`, ASCII; rules of 80 characters: `=` around the banner, `-` around the stages,
// `~` around the flows. The same document gives the same octets.

import { asciiText } from "./ascii-text.ts";
import { REPORT_BLOCKS } from "./labels.ts";
import type { Report } from "./report.ts";
import { numberAt } from "./report-line.ts";
import type { Fact, ReportLine } from "./report-line.ts";
import { NO_COLOUR } from "./report-painter.ts";
import type { ReportPainter } from "./report-painter.ts";

const RULE_WIDTH = 80;

export interface FormatOptions {
  /** For terminals; a chalk instance. */
  readonly colour?: ReportPainter;
}

/** The whole text report, every line ended by a line feed. */
export function formatReport(report: Report, options: FormatOptions = {}): string {
  const colour = options.colour ?? NO_COLOUR;
  const lines = [rule("="), colour.bold(asciiText(`tcpx ${report.tcpx}`)), rule("=")];
  for (const block of REPORT_BLOCKS) {
    if (block.rule !== "") lines.push(rule(block.rule));
    if (block.printsIf?.(report) === false) continue;
    for (const line of block.lines)
      appendFacts(lines, line, report, colour, isLossIn(line, report));
    if (block.fileLines === undefined) continue;
    for (const file of report.input.files) {
      for (const line of block.fileLines) appendFacts(lines, line, file, colour, false);
    }
  }
  return `${lines.join("\n")}\n`;
}

function appendFacts<Source>(
  lines: string[],
  line: ReportLine<Source>,
  source: Source,
  colour: ReportPainter,
  isLoss: boolean,
): void {
  for (const fact of line.facts(source)) lines.push(factText(line, fact, colour, isLoss));
}

function factText<Source>(
  line: ReportLine<Source>,
  fact: Fact,
  colour: ReportPainter,
  isLoss: boolean,
): string {
  const label = fact.label ?? line.label;
  const separator = line.separator ?? ": ";
  if (label === "[WRN]") return colour.yellow(`${label}${separator}${fact.value}`);
  if (label === "[INF]") return `${colour.cyan(label)}${separator}${fact.value}`;
  return `${label}${separator}${isLoss ? colour.red(fact.value) : fact.value}`;
}

/** Lines over lists of files have no number of their own, and print only where it isn't 0. */
function isLossIn(line: ReportLine, report: Report): boolean {
  if (line.isLoss === undefined) return false;
  return line.path.includes("[]") || (numberAt(report, line.path) ?? 0) > 0;
}

function rule(character: string): string {
  return character.repeat(RULE_WIDTH);
}
