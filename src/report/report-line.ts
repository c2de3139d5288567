// What the table of labels is made of. A line of the report is described once: its label, where its
// number stands in the JSON document, what its share refers to, when it prints, what it means. The text
// is formatted from the table (format-report.ts) and docs/report.md is held against it by a test.

import { formatCount, formatCountAndShare } from "./number-format.ts";
import type { Report } from "./report.ts";

/** Dotted paths of all numbers (or nulls) of a document, checked by the compiler. */
export type NumberPath<T> = {
  [K in keyof T & string]: [NonNullable<T[K]>] extends [number]
    ? K
    : [NonNullable<T[K]>] extends [readonly unknown[]]
      ? never
      : [NonNullable<T[K]>] extends [object]
        ? `${K}.${NumberPath<NonNullable<T[K]>>}`
        : never;
}[keyof T & string];

export type ReportPath = NumberPath<Report>;

/** One line of text: label, `: `, value. */
export interface Fact {
  /** Where it differs from the table's, which then holds a word in capitals for it. */
  readonly label?: string;
  readonly value: string;
}

/** One row of the table. `Source` is the document, or one file of it. */
export interface ReportLine<Source = Report> {
  readonly label: string;
  /** Path in report.json; `[]` stands for each element. */
  readonly path: string;
  /** Paths whose sum is the 100 % of the line's share; empty where it has none. */
  readonly shareOf: readonly string[];
  /** "always" or the condition, for the reader. */
  readonly prints: string;
  /** In the reader's words. */
  readonly meaning: string;
  /** Between label and value, where it is not `: `. */
  readonly separator?: string;
  /** The value is painted where the number at `path` is not 0. */
  readonly isLoss?: true;
  /** The lines that it prints, none where it has nothing to say. */
  facts(source: Source): readonly Fact[];
}

export const ALWAYS = "always";
export const NOT_ZERO = "not 0";

interface CountOptions {
  readonly prints?: typeof ALWAYS;
  readonly isLoss?: true;
}

/** The number at `path`; null for "not recorded". */
export function numberAt(report: Report, path: string): number | null {
  let value: unknown = report;
  for (const key of path.split(".")) {
    value = typeof value === "object" && value !== null ? Reflect.get(value, key) : null;
  }
  return typeof value === "number" ? value : null;
}

/** The sum of the numbers at `paths`, "not recorded" taken as 0. */
export function sumAt(report: Report, paths: readonly string[]): number {
  return paths.reduce((sum, path) => sum + (numberAt(report, path) ?? 0), 0);
}

/** A count or octets, with its share if `shareOf` is not empty; prints where it is not 0. */
export function countLine(
  label: string,
  path: ReportPath,
  shareOf: readonly ReportPath[],
  meaning: string,
  options: CountOptions = {},
): ReportLine {
  return {
    label,
    path,
    shareOf,
    prints: options.prints ?? NOT_ZERO,
    meaning,
    ...(options.isLoss === undefined ? {} : { isLoss: options.isLoss }),
    facts: (report) => {
      const count = numberAt(report, path) ?? 0;
      if (count === 0 && options.prints === undefined) return [];
      if (shareOf.length === 0) return [{ value: formatCount(count) }];
      return [{ value: formatCountAndShare(count, sumAt(report, shareOf)) }];
    },
  };
}

/** A line that says something other than a count; null prints nothing. */
export function textLine<Source>(
  label: string,
  path: string,
  prints: string,
  meaning: string,
  value: (source: Source) => string | null,
): ReportLine<Source> {
  return {
    label,
    path,
    shareOf: [],
    prints,
    meaning,
    facts: (source) => {
      const text = value(source);
      return text === null ? [] : [{ value: text }];
    },
  };
}
