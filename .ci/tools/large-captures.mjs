#!/usr/bin/env node
// Large captures -> the program, and the library without a thread: every file must be the same.
//
//   node .ci/tools/large-captures.mjs        MEGABYTES: of each capture, default 100

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { writeCapture } from "../../bench/generator/generate.js";
import { extract } from "../../dist/index.js";

const PROGRAM = resolve(import.meta.dirname, "../../bin/tcpx.js");
const BYTES = Number(process.env.MEGABYTES ?? 100) * 1e6;
const BYTES_OF_SHORT_PACKET = 670;
const CAPTURES = [
  { kind: "bulk", sizes: { bytes: BYTES } },
  { kind: "lossy", sizes: { bytes: BYTES } },
  { kind: "short", sizes: { packets: Math.ceil(BYTES / BYTES_OF_SHORT_PACKET) } },
];
const OPTIONS = [
  [[], {}],
  [["--hash", "sha256"], { hash: "sha256" }],
];
/** Lines of a report that no two runs have in common. */
const OF_THE_RUN = /^.*(elapsed|unloaded|memory|machine).*$/gimu;

function contentOf(path, name) {
  const octets = readFileSync(path);
  const isReport = name.startsWith("report.") || name === ".tcpx-run";
  return isReport ? Buffer.from(octets.toString().replace(OF_THE_RUN, "")) : octets;
}

function differences(one, other) {
  const names = readdirSync(one).toSorted();
  const isSame = names.join("\n") === readdirSync(other).toSorted().join("\n");
  if (!isSame) return ["the names of files"];
  return names.filter(
    (name) => !contentOf(join(one, name), name).equals(contentOf(join(other, name), name)),
  );
}

const folder = mkdtempSync(join(tmpdir(), "tcpx-large-"));
let failures = 0;
try {
  for (const { kind, sizes } of CAPTURES) {
    const capture = join(folder, `${kind}.pcap`);
    const manifest = writeCapture(capture, kind, sizes);
    for (const [words, options] of OPTIONS) {
      const [one, other] = [join(folder, "one", "out"), join(folder, "other", "out")];
      execFileSync(process.execPath, [PROGRAM, "extract", capture, "-o", one, "--quiet", ...words]);
      await extract({
        captures: [capture],
        output: { ...options, directory: other },
        threadFrom: Infinity,
        command: "extract",
      });
      const report = JSON.parse(readFileSync(join(one, "report.json"), "utf8"));
      const differing = differences(one, other);
      const isCounted =
        report.capture.packets === manifest.packets &&
        report.loss.writtenBytes === manifest.capturedBytes;
      const isGood = differing.length === 0 && isCounted;
      if (!isGood) failures++;
      const found = isGood ? "the same" : `DIFFERENT: ${differing.slice(0, 5).join(", ")}`;
      process.stdout.write(
        `${kind} ${words.join(" ")}: ${readdirSync(one).length} files, ${found}${isCounted ? "" : ", COUNTED WRONG"}\n`,
      );
      rmSync(join(folder, "one"), { recursive: true });
      rmSync(join(folder, "other"), { recursive: true });
    }
    rmSync(capture);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;
