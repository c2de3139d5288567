// The programs that are measured: how each is called for a job, and whether it is installed. A job's output
// directory exists and is empty; a tool that writes nothing leaves it so.

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Else tshark puts whole HTTP bodies together again, which is not the job it is measured for. */
const NO_DESEGMENTING = ["-o", "tcp.desegment_tcp_streams:FALSE"];
const BARE_NODE = fileURLToPath(new URL("./bare-node.js", import.meta.url));
const ON_PAYLOAD = fileURLToPath(new URL("../scripts/on-payload.mjs", import.meta.url));

/** Starts a command with the octets of a capture on its standard input, through a pipe, in the process of the shell. */
const FROM_PIPE = ["bash", "-c", 'exec "$@" < <(cat "$0")'];

/** The first of PATH's directories that has this program, or null. */
export function findProgram(name) {
  for (const directory of (process.env.PATH ?? "").split(delimiter)) {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return join(directory, name);
    } catch {
      // Not in this one.
    }
  }
  return null;
}

/** What Node takes for a job's input and output alone. */
function bareNode(job) {
  return {
    program: "node",
    command: (capture, output) => [process.execPath, BARE_NODE, job, capture, output],
    checks: "none",
  };
}

/**
 * Other programs, by label: `command(capture, output)`, what it is the measure of, and `checks`, the
 * name of the check its first run has to pass.
 */
export const PEERS = Object.freeze({
  cp: {
    program: "cp",
    command: (capture, output) => ["cp", "--reflink=never", capture, output],
    checks: "copy",
  },
  cat: { program: "cat", command: (capture) => ["cat", capture], checks: "none" },
  "cat from a pipe": {
    program: "bash",
    command: (capture) => [...FROM_PIPE, capture, "cat"],
    checks: "none",
  },
  "gzip -dc": { program: "gzip", command: (capture) => ["gzip", "-dc", capture], checks: "none" },
  tcpflow: {
    program: "tcpflow",
    command: (capture, output) => ["tcpflow", "-q", "-r", capture, "-o", output],
    checks: "tcpflowFiles",
  },
  tshark: {
    program: "tshark",
    command: (capture) => ["tshark", "-r", capture, "-q", "-z", "conv,tcp", ...NO_DESEGMENTING],
    checks: "tsharkConversations",
  },
  tcptrace: {
    program: "tcptrace",
    command: (capture) => ["tcptrace", "-q", capture],
    checks: "tcptracePackets",
  },
  node: { program: "node", command: () => [process.execPath, "-e", "0"], checks: "none" },
  "node, reading alone": bareNode("read"),
  "node, reading and writing alone": bareNode("copy"),
  "node, files alone": bareNode("files"),
});

/** The calls of tcpx, by job; `tcpx` is the command that starts it, as an array. */
export const TCPX_JOBS = Object.freeze({
  extract: {
    command: (tcpx, capture, output) => [...tcpx, "extract", capture, "-o", output, "--quiet"],
    checks: "tcpxExtract",
  },
  stats: {
    command: (tcpx, capture) => [...tcpx, "stats", capture, "--json", "--quiet"],
    checks: "tcpxStats",
  },
  statsOfPipe: {
    program: "bash",
    command: (tcpx, capture) => [...FROM_PIPE, capture, ...tcpx, "stats", "-", "--json", "--quiet"],
    checks: "tcpxStats",
  },
  extractWithScript: {
    command: (tcpx, capture, output) => [
      ...tcpx,
      "extract",
      capture,
      "-o",
      output,
      "--quiet",
      "--script",
      ON_PAYLOAD,
    ],
    checks: "tcpxExtract",
  },
  version: { command: (tcpx) => [...tcpx, "--version"], checks: "tcpxVersion" },
});
