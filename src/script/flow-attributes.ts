// Attributes of flows, found by the sniffer or set by scripts: kept for flows.jsonl, and told to the
// scripts that come later.

import type { FlowRecord } from "./flow-record.ts";
import type { ScriptCalls } from "./script-calls.ts";
import type { ScriptClock } from "./script-clock.ts";
import type { ScriptRun } from "./script-run.ts";

/** Characters of a value that a script sets. */
const LONGEST_TEXT = 64 * 1024;
/** Place before the first script: all are told. */
const NO_SCRIPT = -1;

export class FlowAttributes {
  readonly #calls: ScriptCalls;
  readonly #clock: ScriptClock;

  constructor(calls: ScriptCalls, clock: ScriptClock) {
    this.#calls = calls;
    this.#clock = clock;
  }

  /** What the sniffer found; `isKept`: it belongs into flows.jsonl. */
  found(record: FlowRecord, name: string, value: string, isKept: boolean): void {
    this.#tell(record, NO_SCRIPT, name, value, isKept);
  }

  /** `flow.set`. @throws TypeError where it is no attribute */
  set(record: FlowRecord, script: ScriptRun, name: string, value: string): void {
    if (typeof name !== "string" || typeof value !== "string" || value.length > LONGEST_TEXT) {
      throw new TypeError(
        `an attribute is a name and a text of at most ${LONGEST_TEXT} characters`,
      );
    }
    this.#tell(record, script.index, name, value, true);
  }

  /** Tells the scripts behind the one with the index. */
  #tell(record: FlowRecord, by: number, name: string, value: string, isKept: boolean): void {
    if (isKept) record.addAttribute(name, value);
    const time = this.#clock.now();
    this.#calls.event(
      record,
      "onAttribute",
      (script, face) =>
        script.index > by
          ? script.handlers.onAttribute!(script.engine, time, face, name, value)
          : undefined,
      () => this.#calls.tell(record, "attribute", (face) => [face, name, value]),
    );
  }
}
