// Imports go one way, stage by stage: the table is the architecture, and this test its guard.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const SOURCE = resolve(import.meta.dirname, "../src");

/** Open to everyone: files directly in src, and the memory that stages lay their tables into. */
const LEAVES = ["", "memory"];
/** Stage -> the stages it may import, leaves aside. */
const ALLOWED: Record<string, readonly string[]> = {
  memory: [],
  capture: [],
  decode: ["capture"],
  filter: ["capture"],
  report: ["capture", "decode"],
  reassembly: ["capture"],
  flow: ["capture", "decode", "reassembly", "report"],
  output: ["capture", "report"],
  script: ["capture", "decode", "reassembly", "flow", "output", "report"],
  extract: ["capture", "decode", "filter", "reassembly", "flow", "output", "report", "script"],
  cli: ["extract", "filter", "report", "output", "flow", "capture"],
};

/** Stages whose code may not be used at run time by another stage: only their types. */
const TYPES_ONLY: readonly (readonly [string, string])[] = [
  ["decode", "capture"],
  ["filter", "capture"],
  ["reassembly", "capture"],
  ["report", "capture"],
];

interface Import {
  readonly from: string;
  readonly file: string;
  readonly to: string;
  readonly isType: boolean;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name));
}

function stageOf(path: string): string {
  const [first, ...rest] = relative(SOURCE, path).split("/");
  return rest.length === 0 ? "" : first!;
}

function importsOf(path: string): Import[] {
  const text = readFileSync(path, "utf8");
  const statements = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s+(type\s)?[^;]*?from\s+"(\.[^"]+)"|import\("(\.[^"]+)"\)/g,
  );
  return [...statements].map(([, type, from, dynamic]) => ({
    from: stageOf(path),
    file: relative(SOURCE, path),
    to: stageOf(resolve(dirname(path), from ?? dynamic!)),
    isType: type !== undefined,
  }));
}

function violations(files: readonly string[], allowed = ALLOWED): string[] {
  return files.flatMap(importsOf).flatMap(({ from, file, to, isType }) => {
    if (from === "" || LEAVES.includes(to) || from === to) return [];
    if (allowed[from]?.includes(to) !== true) return [`${file} imports ${to}`];
    const typesOnly = TYPES_ONLY.some(([stage, other]) => stage === from && other === to);
    return typesOnly && !isType ? [`${file} imports code of ${to}, not only its types`] : [];
  });
}

describe("architecture", () => {
  const files = sourceFiles(SOURCE);

  it("has a rule for every stage", () => {
    const stages = new Set(files.map(stageOf).filter((stage) => stage !== ""));
    expect([...stages].filter((stage) => ALLOWED[stage] === undefined)).toEqual([]);
  });

  it("lets imports go one way only", () => {
    expect(violations(files)).toEqual([]);
  });

  it("finds a violation when a rule is taken away", () => {
    expect(violations(files, { ...ALLOWED, flow: [] }).length).toBeGreaterThan(0);
  });

  it("keeps the clock and the console out of all stages but the command line", () => {
    const offenders = files
      .filter((path) => stageOf(path) !== "cli")
      .filter((path) =>
        /\bDate\.now\(|\bconsole\.|process\.exit\(/.test(readFileSync(path, "utf8")),
      )
      .map((path) => relative(SOURCE, path));
    expect(offenders).toEqual([]);
  });
});
