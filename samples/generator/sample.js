// The captures of a case and what must come out of each -> its files. `node make.js` writes into the
// folder of the case, `node make.js DIR` elsewhere (the test does, to compare).

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * @param {string} caseUrl `import.meta.url` of the case's make.js
 * @param {Record<string, Uint8Array>} captures by file name
 * @param {object[]} runs what each run of tcpx must give: `captures`, `options`, `exit`, `streams`
 *   (all that hold octets, or null: not compared), `report` (values by their path in report.json),
 *   `warnings`, `infos` (names of the status word)
 */
export function writeSample(caseUrl, captures, runs) {
  const folder = process.argv[2] ?? dirname(fileURLToPath(caseUrl));
  mkdirSync(folder, { recursive: true });
  for (const [name, octets] of Object.entries(captures)) writeFileSync(join(folder, name), octets);
  writeFileSync(join(folder, "expected.json"), expectedJson(runs));
}

/** JSON with a line for each stream and each number. @returns {string} */
export function expectedJson(runs) {
  const list = (items) =>
    items.length === 0 ? "[]" : `[\n      ${items.map(line).join(",\n      ")}\n    ]`;
  const table = (entries) =>
    entries.length === 0
      ? "{}"
      : `{\n      ${entries.map(([key, value]) => `"${key}": ${line(value)}`).join(",\n      ")}\n    }`;
  const shown = runs.map(({ captures, options = [], exit = 0, streams, report = {}, ...words }) =>
    [
      "  {",
      `    "captures": ${line(captures)},`,
      `    "options": ${line(options)},`,
      `    "exit": ${exit},`,
      `    "streams": ${streams === null ? "null" : list(streams)},`,
      ...Object.entries(words).map(([key, value]) => `    "${key}": ${line(value)},`),
      `    "report": ${table(Object.entries(report))}`,
      "  }",
    ].join("\n"),
  );
  return `{ "runs": [\n${shown.join(",\n")}\n] }\n`;
}

function line(value) {
  return JSON.stringify(value);
}
