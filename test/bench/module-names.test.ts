// A thing has one name in every tree: bench/a/b.bench.ts measures src/a/b.ts, and imports it.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const SUFFIX = ".bench.ts";

/** Below bench/, without their suffix: "flow/flow-table". Captures may lie in bench/data: not looked at. */
function benchmarks(): string[] {
  const folder = join(ROOT, "bench");
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(SUFFIX))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).slice(0, -SUFFIX.length));
}

/** Those that no module of src/ has the path of. */
function withoutModule(names: readonly string[]): string[] {
  return names.filter((name) => !existsSync(join(ROOT, "src", `${name}.ts`)));
}

/** True if the text of a benchmark imports from the module of its name. */
function importsModule(name: string, text: string): boolean {
  const up = "../".repeat(name.split("/").length);
  return text.includes(`from "${up}src/${name}.ts"`);
}

function textOf(name: string): string {
  return readFileSync(join(ROOT, "bench", name + SUFFIX), "utf8");
}

describe("micro-benchmarks", () => {
  const names = benchmarks();

  test("bear their module's name", () => {
    expect(names).toContain("extract/fast-path");
    expect(names).toContain("flow/flow-table");
    expect(withoutModule(names)).toEqual([]);
  });

  test("import their module", () => {
    expect(names.filter((name) => !importsModule(name, textOf(name)))).toEqual([]);
  });

  test("one without a module is found, and one that measures another", () => {
    const wrong = ["flow/flow-tabel", "decode/flow-table", "flow-table"];
    expect(withoutModule([...wrong, "flow/flow-table"])).toEqual(wrong);
    expect(importsModule("flow/flow-index", textOf("flow/flow-table"))).toBe(false);
  });
});
