import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ERROR_CODES } from "../../src/errors.ts";

/** Rows of the tables in docs/errors.md that begin with a code: code -> cells. */
const rows = new Map(
  readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8")
    .split("\n")
    .flatMap((line) => {
      const cells = line.split("|").map((cell) => cell.trim());
      const code = /^`([A-Z_]+)`$/u.exec(cells[1] ?? "")?.[1];
      return code === undefined ? [] : [[code, cells.slice(2)] as const];
    }),
);

it.each(Object.entries(ERROR_CODES))(
  "docs/errors.md has %s with exit code %i",
  (code, exitCode) => {
    expect(rows.get(code)?.[0]).toBe(String(exitCode));
  },
);

it("docs/errors.md has every warning", () => {
  const source = readFileSync(new URL("../../src/errors.ts", import.meta.url), "utf8");
  const union = source.slice(source.indexOf("export type WarningCode")).split(";")[0]!;
  const codes = [...union.matchAll(/"([A-Z_]+)"/gu)].map((match) => match[1]!);
  expect(codes.length).toBeGreaterThan(5);
  for (const code of codes) expect(rows.has(code), code).toBe(true);
  expect(rows.size).toBe(codes.length + Object.keys(ERROR_CODES).length);
});
