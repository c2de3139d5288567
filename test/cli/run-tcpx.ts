// The built program as its users run it: `node bin/tcpx.js`, in a process of its own.

import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const TCPX: string = fileURLToPath(new URL("../../bin/tcpx.js", import.meta.url));

export interface Ending {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunSettings {
  readonly env?: Readonly<Record<string, string>>;
  /** All of standard input; empty where absent. */
  readonly input?: Uint8Array;
}

/** The environment of the tests without what decides about colours. */
function environment(env: RunSettings["env"] = {}): NodeJS.ProcessEnv {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...rest } = process.env;
  return { ...rest, ...env };
}

/** Starts it and leaves its streams to the caller. */
export function startTcpx(
  words: readonly string[],
  env: RunSettings["env"] = {},
): ChildProcessWithoutNullStreams {
  const built = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
  if (!existsSync(built)) throw new Error("dist/ is not there: run `npm run build` first");
  return spawn(process.execPath, [TCPX, ...words], { env: environment(env) });
}

/** Runs it to its end. */
export function runTcpx(words: readonly string[], settings: RunSettings = {}): Promise<Ending> {
  const child = startTcpx(words, settings.env);
  child.stdin.on("error", () => {});
  child.stdin.end(settings.input ?? new Uint8Array());
  return endingOf(child);
}

export function endingOf(child: ChildProcessWithoutNullStreams): Promise<Ending> {
  const texts = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (texts.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (texts.stderr += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status, signal) => resolve({ status, signal, ...texts }));
  });
}

/** Runs a shell line in which `$TCPX` is the program. */
export function runShell(line: string): Promise<Ending> {
  const env = { ...environment(), TCPX: `${process.execPath} ${TCPX}` };
  return endingOf(spawn("bash", ["-c", line], { env }));
}

/** A directory that is gone after the tests of the file. */
export function scratchDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "tcpx-e2e-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
