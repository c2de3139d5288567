// Looks once at what each program made of a capture, so that none is fast by being wrong. What is in the capture
// is known exactly: its generator wrote a manifest. Each check returns "ok" or a few words on what differs.

import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";

const TCPX_STREAM = /^\d{6,}-.*\.(c2s|s2c)$/;
const TCPFLOW_STREAM = /^\d{3}\.\d{3}\.\d{3}\.\d{3}\.\d{5}-/;

function compare(what, found, expected) {
  return found === expected ? [] : [`${what}: ${found}, expected ${expected}`];
}

function verdict(differences) {
  return differences.length === 0 ? "ok" : differences.join("; ");
}

function compareReport(report, manifest) {
  return [
    ...compare("packets", report?.capture?.packets, manifest.packets),
    ...compare("flows", report?.flows?.total, manifest.flows),
    ...compare("written octets", report?.loss?.writtenBytes, manifest.capturedBytes),
    ...compare("evicted flows", report?.flows?.end?.evicted, 0),
  ];
}

/** How many of the planned streams lie in these files, by their digests: names don't matter. */
async function countStreams(directory, names, listed) {
  const expected = new Map();
  for (const { sha256 } of listed) expected.set(sha256, (expected.get(sha256) ?? 0) + 1);
  let found = 0;
  for (const name of names) {
    const hash = createHash("sha256");
    await pipeline(createReadStream(join(directory, name), { highWaterMark: 1 << 20 }), hash);
    const digest = hash.digest("hex");
    const left = expected.get(digest) ?? 0;
    if (left === 0) continue;
    expected.set(digest, left - 1);
    found++;
  }
  return found;
}

/** Whether every planned stream is there, octet by octet; captures with losses have no such streams. */
async function compareFiles(directory, pattern, manifest) {
  const names = readdirSync(directory).filter((name) => pattern.test(name));
  if (manifest.capturedBytes !== manifest.streamBytes || manifest.listed === null) return [];
  const found = await countStreams(directory, names, manifest.listed);
  return [
    ...compare("files", names.length, manifest.listed.length),
    ...compare("right streams", found, manifest.listed.length),
  ];
}

/** By name: `(capture, output, stdout)`, with the capture as provideCapture gives it. */
export const CHECKS = Object.freeze({
  none: () => "ok",

  copy: ({ path }, output) =>
    verdict(compare("octets", statSync(join(output, basename(path))).size, statSync(path).size)),

  tcpxVersion: (_capture, _output, stdout) =>
    /\d+\.\d+\.\d+/.test(stdout) ? "ok" : "no version on stdout",

  tcpxStats: ({ manifest }, _output, stdout) =>
    verdict(compareReport(JSON.parse(stdout), manifest)),

  tcpxExtract: async ({ manifest }, output) => {
    const path = join(output, "report.json");
    if (!existsSync(path)) return "no report.json";
    return verdict([
      ...compareReport(JSON.parse(readFileSync(path, "utf8")), manifest),
      ...(await compareFiles(output, TCPX_STREAM, manifest)),
    ]);
  },

  tcpflowFiles: async ({ manifest }, output) =>
    verdict(await compareFiles(output, TCPFLOW_STREAM, manifest)),

  tsharkConversations: ({ manifest }, _output, stdout) =>
    verdict(compare("conversations", (stdout.match(/<->/g) ?? []).length, manifest.flows)),

  tcptracePackets: ({ manifest }, _output, stdout) =>
    verdict(
      compare(
        "packets",
        Number(/(\d+) packets seen/.exec(stdout)?.[1] ?? Number.NaN),
        manifest.packets,
      ),
    ),
});
