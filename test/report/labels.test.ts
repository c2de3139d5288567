import { describe, expect, test } from "vitest";
import { OUTCOME_NAMES, Outcome } from "../../src/decode/outcome.ts";
import { formatReport } from "../../src/report/format-report.ts";
import { KEYS_WITHOUT_LINE } from "../../src/report/report-keys.ts";
import { REPORT_BLOCKS } from "../../src/report/labels.ts";
import { STREAM_KEYS } from "../../src/report/flow-keys.ts";
import { UNDECODABLE_OUTCOMES } from "../../src/report/outcome-meanings.ts";
import { ALWAYS, NOT_ZERO, numberAt } from "../../src/report/report-line.ts";
import { crowdedReport } from "./sample-reports.ts";

const LINES = REPORT_BLOCKS.flatMap(({ lines }) => lines);
const FILE_LINES = REPORT_BLOCKS.flatMap(({ fileLines }) => fileLines ?? []);
const PATHS = [...LINES, ...FILE_LINES].map(({ path }) => path);

/** Paths of everything in a document that is not an object; `[]` for each element. */
function leaves(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) return value.flatMap((element) => leaves(element, `${path}[]`));
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) =>
    leaves(inner, path === "" ? key : `${path}.${key}`),
  );
}

function covers(path: string, leaf: string): boolean {
  const start = path.replace(/\*$/u, "");
  return leaf === path || (start !== path ? leaf.startsWith(start) : leaf.startsWith(`${path}.`));
}

function setNumber(report: unknown, path: string, value: number): void {
  const keys = path.split(".");
  const last = keys.pop()!;
  let object = report as Record<string, never>;
  for (const key of keys) object = object[key]!;
  Object.assign(object, { [last]: value });
}

describe("the table of labels", () => {
  test("has every key of the document, as a line or as a key without one", () => {
    const known = [...PATHS, ...Object.keys(KEYS_WITHOUT_LINE)];
    const report = { ...crowdedReport() };
    report.flows.timeoutsSec = { new: 1, established: 1, closing: 1, closed: 1, reset: 1 };
    const unknown = leaves(report).filter((leaf) => !known.some((path) => covers(path, leaf)));
    expect(unknown).toEqual([]);
  });

  test("has no path that is not in the document", () => {
    const all = leaves(crowdedReport());
    for (const path of [...PATHS, ...Object.keys(KEYS_WITHOUT_LINE)]) {
      expect(
        all.some((leaf) => covers(path, leaf)),
        path,
      ).toBe(true);
    }
  });

  test("says each label once, but [WRN] and [INF]", () => {
    const labels = LINES.map(({ label }) => label).filter((label) => !label.startsWith("["));
    expect(labels.filter((label, index) => labels.indexOf(label) !== index)).toEqual([]);
  });

  test.each([...LINES].map((line) => [line.label, line] as const))(
    "%s: its share refers to numbers",
    (_label, line) => {
      for (const path of line.shareOf) expect(numberAt(crowdedReport(), path), path).not.toBeNull();
    },
  );

  test("every line prints in a run in which everything happened", () => {
    const report = crowdedReport();
    const silent = LINES.filter((line) => line.facts(report).length === 0);
    expect(silent.map(({ label }) => label)).toEqual([]);
    const text = formatReport(report);
    for (const { label } of FILE_LINES) expect(text).toContain(`\n${label}: `);
  });

  test("a label holds a word in capitals where it depends on the data", () => {
    const report = crowdedReport();
    for (const line of LINES) {
      for (const { label = line.label } of line.facts(report)) {
        const pattern = line.label.replaceAll(/OUTCOME|COUNTER/gu, "");
        expect(label.startsWith(pattern.split("()")[0]!), label).toBe(true);
      }
    }
  });
});

describe("when a line prints", () => {
  const counted = LINES.filter(
    ({ path, prints }) =>
      (prints === NOT_ZERO || prints === ALWAYS) && numberAt(crowdedReport(), path) !== null,
  );

  test.each(counted.map((line) => [line.label, line] as const))("%s", (_label, line) => {
    const report = crowdedReport();
    setNumber(report, line.path, 0);
    expect(line.facts(report)).toHaveLength(line.prints === ALWAYS ? 1 : 0);
    setNumber(report, line.path, 1);
    expect(line.facts(report)).toHaveLength(1);
  });
});

describe("outcomes", () => {
  test("undecodable ones are those that nobody could read", () => {
    expect(UNDECODABLE_OUTCOMES).toEqual([
      "unsupported-link-type",
      "unsupported-encapsulation",
      "encrypted",
      "nesting-too-deep",
      "truncated-header",
      "malformed-link",
      "malformed-ip",
      "malformed-tcp",
    ]);
    expect(OUTCOME_NAMES[Outcome.MALFORMED_TCP]).toBe("malformed-tcp");
  });

  test("not shown twice: what other lines of the text count has no line of its own", () => {
    const text = formatReport(crowdedReport());
    const shown = OUTCOME_NAMES.filter((name) => text.includes(`packets (${name}): `));
    expect(OUTCOME_NAMES.filter((name) => !shown.includes(name))).toEqual([
      "tcp",
      "not-ip",
      "not-tcp",
      "fragment-waiting",
    ]);
  });
});

describe("keys of a stream", () => {
  test("name sums that are in the report", () => {
    const all = leaves(crowdedReport());
    for (const [name, { total }] of Object.entries(STREAM_KEYS)) {
      if (total === null) continue;
      expect(
        all.some((leaf) => covers(total, leaf)),
        name,
      ).toBe(true);
    }
  });
});
