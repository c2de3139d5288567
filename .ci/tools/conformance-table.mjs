#!/usr/bin/env node
// The conformance cases against the peers installed here and tcpx: docs/conformance.md on standard output.
//
//   node .ci/tools/conformance-table.mjs FOLDER > docs/conformance.md
//
// FOLDER holds NAME.expected.json files, each naming its capture beside it, what it shows (`why`), the
// right answer in words and its streams by length, gaps and digest (zeros in the gaps). A peer gives a
// stream if one of its outputs is that stream, octet for octet; whatever it names it.

import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const PROJECT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const folder = process.argv[2];
if (folder === undefined) {
  process.stderr.write("usage: node conformance-table.mjs FOLDER\n");
  process.exit(2);
}

/** Standard output of a program, whatever its exit code; octets. */
function output(program, words, cwd) {
  try {
    const stdio = ["ignore", "pipe", "ignore"];
    return execFileSync(program, words, { cwd, stdio, maxBuffer: 2 ** 28, timeout: 60_000 });
  } catch (error) {
    return error.stdout ?? Buffer.alloc(0);
  }
}

/** What a program says of itself where it says it on standard error. */
function bannerOf(program) {
  const { stdout, stderr } = spawnSync(program, ["-v"], { encoding: "utf8" });
  return `${stdout ?? ""}${stderr ?? ""}`;
}

/** All files that a program leaves in a folder of its own and whose names pass. */
function filesOf(run, passes) {
  const scratch = mkdtempSync(join(tmpdir(), "conformance-"));
  try {
    run(scratch);
    return readdirSync(scratch)
      .filter(passes)
      .map((name) => readFileSync(join(scratch, name)))
      .filter((octets) => octets.length > 0);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** Both directions of every stream that `follow` knows, until it knows no more. */
function followed(capture) {
  const streams = [];
  for (let number = 0; ; number++) {
    const words = ["-q", "-r", capture, "-z", `follow,tcp,raw,${number}`];
    const lines = output("tshark", words).toString("latin1").split("\n");
    const nodes = lines.filter((line) => /^Node [01]: /.test(line));
    if (nodes.length < 2 || nodes.some((line) => line.endsWith(": :0"))) return streams;
    const hex = lines.filter((line) => /^\t?[0-9a-f]+$/.test(line));
    for (const isSecond of [false, true]) {
      const text = hex.filter((line) => line.startsWith("\t") === isSecond).join("");
      const octets = Buffer.from(text.replaceAll("\t", ""), "hex");
      if (octets.length > 0) streams.push(octets);
    }
  }
}

const PEERS = [
  {
    name: "tcpflow",
    version: () => /TCPFLOW (\S+)/.exec(output("tcpflow", ["--version"]).toString())?.[1],
    streams: (capture) =>
      filesOf(
        (scratch) => output("tcpflow", ["-r", capture, "-o", scratch], scratch),
        (name) => /^[0-9a-f.:]+-[0-9a-f.:]+/.test(name),
      ),
  },
  {
    name: "tshark `follow,tcp,raw`",
    version: () => /TShark.*? (\d\S+)/.exec(output("tshark", ["--version"]).toString())?.[1],
    streams: followed,
  },
  {
    name: "tcptrace `-e`",
    version: () => /version (\S+)/i.exec(bannerOf("tcptrace"))?.[1],
    streams: (capture) =>
      filesOf(
        (scratch) => output("tcptrace", ["-n", "-e", capture], scratch),
        (name) => name.endsWith("_contents.dat"),
      ),
  },
  {
    name: "tcpx",
    version: () => output(process.execPath, [tcpx(), "--version"]).toString().trim(),
    streams: (capture, options) =>
      filesOf(
        (scratch) => {
          const words = [tcpx(), "extract", capture, "-o", ".", "--quiet", ...options];
          output(process.execPath, words, scratch);
        },
        (name) => /^\d+-.*\.(c2s|s2c)$/.test(name),
      ),
  },
];

function tcpx() {
  return join(PROJECT, "bin/tcpx.js");
}

function digest(octets) {
  return createHash("sha256").update(octets).digest("hex");
}

/**
 * What a peer gives of a case, in a few words. `known`: digests of all streams there are, those that the
 * case does not speak of included.
 */
function verdict(wanted, given, known) {
  const left = given.map((octets) => ({ length: octets.length, sha256: digest(octets) }));
  const take = (matches) => {
    const at = left.findIndex(matches);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  };
  const others = [...known];
  const missed = wanted.filter((stream) => {
    const isThere = take(({ sha256, length }) =>
      stream.sha256 === null ? length === stream.length : sha256 === stream.sha256,
    );
    const at = others.indexOf(stream.sha256);
    if (at >= 0) others.splice(at, 1);
    return !isThere;
  });
  for (const other of others) take(({ sha256 }) => sha256 === other);
  if (missed.length === 0 && left.length === 0) return "right";
  const parts = [];
  if (missed.length > 0) parts.push(`not ${missed.map(described).join(", ")}`);
  if (left.length > 0) parts.push(`instead ${lengthsOf(left)}`);
  const right = wanted.length - missed.length;
  return `**${right} of ${wanted.length}**: ${parts.join("; ")}`;
}

/** "2 x 100 bytes, 37 bytes" */
function lengthsOf(streams) {
  const counts = new Map();
  for (const { length } of streams) counts.set(length, (counts.get(length) ?? 0) + 1);
  return [...counts]
    .map(([length, count]) => `${count === 1 ? "" : `${count} x `}${length} bytes`)
    .join(", ");
}

function described({ name, length, present }) {
  const gaps = present < length ? `, ${length - present} of them missing` : "";
  return `\`${name}\` (${length} bytes${gaps})`;
}

function cell(text) {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

const cases = readdirSync(folder)
  .filter((name) => name.endsWith(".expected.json"))
  .sort()
  .map((name) => ({
    name: name.replace(".expected.json", ""),
    ...JSON.parse(readFileSync(join(folder, name), "utf8")),
  }));

const rows = cases.map(({ name, capture, why, answer, options = [], streams }) => {
  const wanted = streams.filter(({ present }) => present > 0);
  const given = PEERS.map((peer) => peer.streams(resolve(folder, capture), options));
  const cells = given.map((streams) => verdict(wanted, streams, given.at(-1).map(digest)));
  return { cells, words: [name, why, answer] };
});
const rightCounts = PEERS.map(
  (_peer, i) => rows.filter(({ cells }) => cells[i] === "right").length,
);

const title = ["Case", "What the capture holds", "The truth", ...PEERS.map(({ name }) => name)];
const lines = [
  "# Conformance",
  "",
  "Small captures on which some published program silently gives wrong octets, and what each program",
  "gives. Made by `node .ci/tools/conformance-table.mjs FOLDER`, with",
  `${PEERS.map(({ name, version }) => `${name} ${version() ?? "(not installed)"}`).join(", ")}.`,
  "",
  "*Right*: the outputs are the streams of the truth, octet for octet, and nothing else; octets that the",
  "capture does not hold count as zeros. A program that writes zeros is called right here although it says",
  "nothing of the gap; tcpx lists each one with its cause, and its own check compares these lists too. What",
  "a program calls its outputs, and what it reports beside them, is not compared.",
  "",
  `| ${title.join(" | ")} |`,
  `| ${title.map(() => "---").join(" | ")} |`,
  ...rows.map(({ words, cells }) => `| ${[...words, ...cells].map(cell).join(" | ")} |`),
  `| **right** | | | ${rightCounts.map((count) => `${count} of ${rows.length}`).join(" | ")} |`,
];
process.stdout.write(`${lines.join("\n")}\n`);
