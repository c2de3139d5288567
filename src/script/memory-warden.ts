// Looks after the memory of a run with scripts: asks whether it is too much, finds out whose it is, and
// takes that script out of the run, so that the others and the files are not harmed.

import type { FlowRecords } from "./flow-records.ts";
import type { MemorySource } from "./memory-source.ts";
import { MemorySuspects } from "./memory-suspects.ts";
import type { MemoryTrial } from "./memory-trial.ts";
import type { Excess } from "./memory-watch.ts";
import { MemoryWatch } from "./memory-watch.ts";
import type { ReaderTasks } from "./reader-tasks.ts";
import type { ScriptCalls } from "./script-calls.ts";
import type { ScriptRun } from "./script-run.ts";

export interface WardenSetting {
  readonly scripts: readonly ScriptRun[];
  readonly source: MemorySource;
  readonly trial: MemoryTrial;
  readonly calls: ScriptCalls;
  readonly tasks: ReaderTasks;
  readonly records: FlowRecords;
}

export class MemoryWarden {
  /**
   * True from time to time: the engine is to wait a moment, so that promises which nobody awaits go on.
   * Else they would do so all at once behind some thousand packets, and fill the memory in one go.
   */
  needsTurn = false;
  readonly #watch: MemoryWatch;
  readonly #suspects: MemorySuspects;
  readonly #calls: ScriptCalls;
  readonly #tasks: ReaderTasks;
  readonly #records: FlowRecords;
  /** What the trial that is held is about. */
  #text = "";

  constructor({ scripts, source, trial, calls, tasks, records }: WardenSetting) {
    this.#watch = new MemoryWatch(source);
    this.#suspects = new MemorySuspects(scripts, source, trial);
    this.#calls = calls;
    this.#tasks = tasks;
    this.#records = records;
  }

  /** With each packet. */
  packet(): void {
    if (!this.#watch.isDue()) return;
    this.look();
    this.needsTurn = this.#suspects.areThere;
  }

  /** With each new flow. */
  look(): void {
    if (!this.#suspects.areThere) {
      this.#watch.stop();
      return;
    }
    const excess = this.#watch.look();
    if (!this.#watch.isSuspicious) return;
    this.#suspects.watch();
    this.#takeOut(excess === null ? this.#suspects.tried() : this.#find(excess));
  }

  /** The run is over. */
  finish(): void {
    this.#suspects.forget();
  }

  #find(excess: Excess): readonly ScriptRun[] {
    this.#text = excess.text;
    return this.#suspects.find(excess);
  }

  #takeOut(guilty: readonly ScriptRun[]): void {
    if (guilty.length === 0) return;
    const error = new RangeError(this.#text);
    const outcome = "the script is taken out of the run, what it holds is too much";
    for (const script of guilty) {
      script.isOut = true;
      this.#tasks.takeOut(script);
      this.#records.takeOut(script);
      this.#calls.fail(script, null, "memory", "between two packets", error, outcome);
    }
    this.#suspects.forget();
    this.#watch.settle();
  }
}
