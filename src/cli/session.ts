// What the command line gets of the world: streams, environment, signals and the engine, which is loaded
// when it is needed. Tests hand in their own.

import type { RunOptions, RunResult } from "../extract/run-options.ts";
import type { SignalSource, StopSignal } from "./interrupt.ts";

/** Standard output or standard error: a terminal, a pipe or a file. */
export interface OutputStream {
  readonly isTTY?: boolean;
  /** Width of the terminal. */
  readonly columns?: number;
  write(text: string | Uint8Array, done?: (error?: Error | null) => void): boolean;
  /** Only terminals have it. */
  hasColors?(env?: object): boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export type Extract = (options: RunOptions) => Promise<RunResult>;

export interface Session {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Environment;
  readonly signals: SignalSource;
  /** True if standard input is a terminal, where no capture can come from. */
  readonly stdinIsTerminal: () => boolean;
  readonly loadExtract: () => Promise<Extract>;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Octets: the highest resident memory so far, and what the machine has. */
  readonly memory: () => { peakBytes: number; machineBytes: number };
  /** Calls back for an error that nobody caught. */
  readonly watchDefects: (listener: (error: unknown) => void) => void;
  /** Ends the process without finishing anything: after a defect. */
  readonly endAtOnce: (exitCode: number) => void;
  /**
   * Ends the process as the signal does to who has no listener for it. Other than an exit it waits for
   * nothing, not even for a thread that hangs in a read.
   */
  readonly endBySignal: (signal: StopSignal) => void;
}

/** The session of this very process. */
export function processSession(): Session {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    signals: process,
    stdinIsTerminal: () => process.stdin.isTTY,
    loadExtract: async () => (await import("../extract/extract.ts")).extract,
    // the first look at `performance` loads a module for 2 ms
    now: () => process.uptime() * 1000,
    memory: () => ({
      peakBytes: process.resourceUsage().maxRSS * 1024,
      machineBytes: process.getBuiltinModule("node:os").totalmem(),
    }),
    watchDefects: (listener) => {
      process.on("uncaughtException", listener);
    },
    endAtOnce: (exitCode) => {
      process.exit(exitCode);
    },
    endBySignal: (signal) => {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    },
  };
}
