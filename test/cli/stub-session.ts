// A command line without a process: streams that keep what is written, signals that are sent by hand, and
// an engine that returns what the test says.

import { EventEmitter } from "node:events";
import { runCommandLine } from "../../src/cli/command-line.ts";
import type { Extract, OutputStream, Session } from "../../src/cli/session.ts";
import type { RunOptions, RunResult } from "../../src/extract/run-options.ts";
import { smallReport } from "./small-report.ts";

export class StubStream implements OutputStream {
  text = "";
  isTTY = false;
  columns = 80;
  /** What each write ends with. */
  failure: Error | null = null;
  depth = 4;

  write(text: string, done?: (error?: Error | null) => void): boolean {
    if (this.failure === null) this.text += text;
    done?.(this.failure);
    return true;
  }

  hasColors(): boolean {
    return this.depth > 1;
  }
}

export class StubSession implements Session {
  readonly stdout = new StubStream();
  readonly stderr = new StubStream();
  readonly env: Record<string, string> = {};
  readonly signals = new EventEmitter();
  /** What the engine was called with. */
  readonly runs: RunOptions[] = [];
  /** Exit codes with which the process was to end at once. */
  readonly ends: number[] = [];
  /** Signals by which the process was to end. */
  readonly kills: string[] = [];
  stdinTerminal = false;
  millis = 0;
  defectListener: (error: unknown) => void = () => {};
  engine: Extract = () => Promise.resolve(resultOf());

  readonly loadExtract = (): Promise<Extract> =>
    Promise.resolve((options) => {
      this.runs.push(options);
      return this.engine(options);
    });
  readonly stdinIsTerminal = (): boolean => this.stdinTerminal;
  readonly now = (): number => this.millis;
  readonly memory = (): { peakBytes: number; machineBytes: number } => ({
    peakBytes: 1,
    machineBytes: 2,
  });
  readonly endAtOnce = (exitCode: number): void => void this.ends.push(exitCode);
  readonly endBySignal = (signal: string): void => void this.kills.push(signal);
  readonly watchDefects = (listener: (error: unknown) => void): void => {
    this.defectListener = listener;
  };

  run(...words: string[]): Promise<number> {
    return runCommandLine(words, this);
  }
}

export function resultOf(fields: Partial<RunResult> = {}): RunResult {
  return {
    report: smallReport(),
    inputErrors: [],
    outputError: null,
    interrupted: false,
    ...fields,
  };
}
