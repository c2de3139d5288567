// The tables of docs/report.md, made from the tables of the code.

import { OUTCOME_NAMES } from "../../src/decode/outcome.ts";
import { FLOW_KEYS, STREAM_KEYS } from "../../src/report/flow-keys.ts";
import { REPORT_BLOCKS } from "../../src/report/labels.ts";
import { OUTCOME_MEANINGS } from "../../src/report/outcome-meanings.ts";
import { KEYS_WITHOUT_LINE } from "../../src/report/report-keys.ts";
import { STATUS_ENTRIES, formatStatusWord } from "../../src/report/status-word.ts";

type Row = readonly string[];

function table(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function code(text: string): string {
  return text === "" ? "" : `\`${text.trim()}\``;
}

function labelTables(): string {
  return REPORT_BLOCKS.map(({ title, lines, fileLines = [] }) => {
    const rows = [...lines, ...fileLines].map((line) => [
      code(line.label),
      code(line.path),
      line.shareOf.map(code).join(" + "),
      line.prints,
      line.meaning,
    ]);
    const head = ["label", "in report.json", "share of", "prints", "what it means"];
    return `### ${title}\n\n${table(head, rows)}`;
  }).join("\n\n");
}

/** Name of a table in docs/report.md -> its text. */
export const DOCS_TABLES: Readonly<Record<string, string>> = {
  labels: labelTables(),
  outcomes: table(
    ["outcome", "a packet that is"],
    OUTCOME_NAMES.map((name) => [code(name), OUTCOME_MEANINGS[name]]),
  ),
  status: table(
    ["bit", "name", "half", "text"],
    STATUS_ENTRIES.map(({ bit, name, half, text }) => [
      code(formatStatusWord(bit)),
      code(name),
      half,
      text,
    ]),
  ),
  keys: table(
    ["in report.json", "what it means"],
    Object.entries(KEYS_WITHOUT_LINE).map(([path, meaning]) => [code(path), meaning]),
  ),
  flow: table(
    ["key", "what it means"],
    Object.entries(FLOW_KEYS).map(([key, meaning]) => [code(key), meaning]),
  ),
  stream: table(
    ["key", "sum in report.json", "what it means"],
    Object.entries(STREAM_KEYS).map(([key, { total, meaning }]) => [
      code(key),
      code(total ?? ""),
      meaning,
    ]),
  ),
};

/** A document with its tables (`<!-- table: NAME -->` to `<!-- end -->`) made anew. */
export function withTables(document: string): string {
  return document.replaceAll(
    /(<!-- table: (\w+) -->\n)(?:(?!<!-- )[^])*(<!-- end -->)/gu,
    (_all, start: string, name: string, end: string) =>
      `${start}\n${DOCS_TABLES[name] ?? `no table ${name}`}\n\n${end}`,
  );
}
