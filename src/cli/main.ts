// The command line's front door: words in, exit code out. It answers `--version` and turns away a Node
// that is too old before anything else is loaded, so that both take no longer than Node itself.

import { VERSION } from "../version.ts";
import type * as Program from "./program.ts";

/** What package.json's `engines` asks for. */
const OLDEST_NODE = [20, 19] as const;

/** bin/load-program.js */
export interface ProgramLoader {
  readonly loadProgram: () => typeof Program;
}

/**
 * Runs one command line, without the program's name; gives the process's exit code and never rejects.
 * Results go to standard output, everything else to standard error (docs/errors.md lists the codes).
 */
export async function main(
  words: readonly string[],
  loader: () => Promise<ProgramLoader>,
): Promise<number> {
  // A closed pipe is the reader's choice (`tcpx ... | head`): whoever writes learns of it by the
  // callback of its write; without these listeners Node would end with a stack trace.
  process.stdout.on("error", ignore);
  process.stderr.on("error", ignore);
  const version = process.versions.node;
  if (isNodeTooOld(version)) {
    process.stderr.write(
      `tcpx: UNSUPPORTED_NODE: this is Node ${version}; tcpx needs Node ${OLDEST_NODE.join(".")} or newer: install one from https://nodejs.org\n`,
    );
    return 2;
  }
  if (words.length === 1 && (words[0] === "--version" || words[0] === "-V")) {
    process.stdout.write(`${VERSION}\n`);
    return 0;
  }
  const { runCommandLine, processSession } = (await loader()).loadProgram();
  return runCommandLine(words, processSession());
}

/** `version` as in `process.versions.node`. */
export function isNodeTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  return major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
}

function ignore(): void {}
