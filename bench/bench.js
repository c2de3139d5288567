// The benchmark of the whole program: npm run bench [-- OPTIONS]. Makes its captures, runs tcpx and what it is
// compared with in turns, and prints what each took against the goals; see README.md beside this file.

import { existsSync, mkdirSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { provideCapture, provideCompressed } from "./generator/cache.js";
import { judge } from "./harness/judge.js";
import { measureRow } from "./harness/measure-row.js";
import { runMeasured } from "./harness/measured-run.js";
import { formatRow } from "./harness/report-text.js";
import { ROWS } from "./harness/rows.js";
import { SIZES } from "./harness/sizes.js";

const USAGE = `npm run bench -- [options]
  --size small|full   captures of 200 MB and two minutes (default), or of the goals' sizes
  --only NAME,...     only these rows: ${ROWS.map((row) => row.name).join(", ")}
  --runs N            measured runs of each program, after one that is checked (default 5)
  --work DIR          where captures and outputs go, on one file system (default bench/data)
  --tcpx COMMAND      the tcpx to measure (default: node bin/tcpx.js of this checkout)
  --json              one JSON document on stdout instead of text
`;

const inCheckout = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

class UsageError extends Error {}

function readOptions() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        size: { type: "string", default: "small" },
        only: { type: "string", multiple: true, default: [] },
        runs: { type: "string", default: "5" },
        work: { type: "string", default: inCheckout("bench/data") },
        tcpx: { type: "string" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }));
  } catch (error) {
    throw new UsageError(error.message);
  }
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new UsageError(`--runs ${values.runs}: a count`);
  if (SIZES[values.size] === undefined)
    throw new UsageError(`--size ${values.size}: small or full`);
  const only = values.only.flatMap((names) => names.split(","));
  for (const name of only) {
    if (!ROWS.some((row) => row.name === name)) throw new UsageError(`--only ${name}: no such row`);
  }
  const tcpx = values.tcpx?.split(" ").filter((word) => word !== "") ?? [
    process.execPath,
    inCheckout("bin/tcpx.js"),
  ];
  if (values.tcpx === undefined && !existsSync(inCheckout("dist/main.js"))) {
    throw new UsageError("tcpx is not built: npm run build");
  }
  return { ...values, runs, only, tcpx };
}

/** What goes on, for whoever waits: stdout is for the result. */
function note(text) {
  process.stderr.write(`bench: ${text}\n`);
}

/** Whether `tcpx extract` knows an option. */
async function hasOption(tcpx, option) {
  try {
    const { stdout } = await runMeasured([...tcpx, "extract", "--help"], { keepOutput: true });
    return stdout.includes(option);
  } catch {
    return false;
  }
}

async function benchRow(row, options) {
  const { name, title } = row;
  const skipped = { name, title, captures: [], contestants: [], findings: [] };
  if (row.requires !== undefined && !(await hasOption(options.tcpx, row.requires))) {
    return { ...skipped, skipped: `tcpx extract has no ${row.requires}` };
  }
  const captures = new Map();
  const capture = (captureName) => {
    const { kind, sizes, isCompressed = false } = SIZES[options.size][captureName];
    const making = (file) => note(`making ${file}`);
    const plain = provideCapture(options.work, kind, sizes, making);
    const provided = isCompressed ? provideCompressed(plain, making) : plain;
    captures.set(captureName, provided.manifest);
    return provided;
  };
  note(`measuring ${name}`);
  const setting = { tcpx: options.tcpx, directory: options.work, runs: options.runs, capture };
  const contestants = await measureRow(row, setting);
  return {
    name,
    title,
    captures: [...captures].map(([name, { listed: _listed, ...summary }]) => ({
      name,
      ...summary,
    })),
    contestants: contestants.map(({ capture: _capture, ...measured }) => measured),
    findings: row.goals.map((goal) => judge(goal, contestants)),
  };
}

/** A contestant that is tcpx and did not do its work, or not rightly. */
function isDefect({ label, error, check }) {
  return label.startsWith("tcpx") && (error !== undefined || check !== "ok");
}

async function main() {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(USAGE);
    return;
  }
  mkdirSync(options.work, { recursive: true });
  const machine = {
    processors: cpus().length,
    memoryBytes: totalmem(),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    loadBefore: loadavg()[0],
  };
  if (machine.loadBefore > 0.5) {
    note(`other work is running here (load ${machine.loadBefore.toFixed(1)}): expect wide results`);
  }
  const rows = [];
  for (const row of ROWS) {
    if (options.only.length > 0 && !options.only.includes(row.name)) continue;
    const measured = await benchRow(row, options);
    rows.push(measured);
    if (!options.json) process.stdout.write(`${formatRow(measured, options.size)}\n`);
  }
  if (options.json) {
    const { size, runs } = options;
    const document = { schema: "tcpx.bench/1", size, runs, machine, rows };
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  }
  if (rows.some((row) => row.contestants.some(isDefect))) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`bench: ${error.message}\n${USAGE}`);
  process.exitCode = 2;
}
