// docs/report.md against the code. `UPDATE_DOCS=1 npx vitest run test/report/docs.test.ts` writes the
// tables anew.

import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { DOCS_TABLES, withTables } from "./docs-tables.ts";
import { formatReport } from "../../src/report/format-report.ts";
import { ordinaryReport } from "./sample-reports.ts";

const FILE = new URL("../../docs/report.md", import.meta.url);

if (process.env["UPDATE_DOCS"] === "1") {
  writeFileSync(FILE, withTables(readFileSync(FILE, "utf8")));
}
const document = readFileSync(FILE, "utf8");

describe("docs/report.md", () => {
  test.each(Object.entries(DOCS_TABLES))(
    "has the table of %s as the code has it",
    (_name, table) => {
      expect(document).toContain(`\n${table}\n`);
    },
  );

  test("has no other table in their places", () => {
    expect(withTables(document)).toBe(document);
  });

  test("shows lines as they are printed", () => {
    const printed = formatReport(ordinaryReport()).split("\n");
    const shown = /```text\n(=[^]*?)\n```/u.exec(document)![1]!.split("\n");
    expect(shown.length).toBeGreaterThan(20);
    for (const line of shown) if (line !== "...") expect(printed).toContain(line);
  });
});
