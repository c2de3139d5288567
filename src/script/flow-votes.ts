// The vote on a flow when it opens: it is skipped only if every script says no. Absent, nothing, an
// exception and a promise are no vote against it.

import type { FlowRecord } from "./flow-record.ts";
import type { ScriptCalls } from "./script-calls.ts";
import type { ScriptClock } from "./script-clock.ts";
import type { ScriptRun } from "./script-run.ts";

export class FlowVotes {
  /** Flows that all scripts voted to skip. */
  skipped = 0;
  readonly #scripts: readonly ScriptRun[];
  readonly #calls: ScriptCalls;
  readonly #clock: ScriptClock;

  constructor(scripts: readonly ScriptRun[], calls: ScriptCalls, clock: ScriptClock) {
    this.#scripts = scripts;
    this.#calls = calls;
    this.#clock = clock;
  }

  /** Asks each script that votes, whatever the others said. */
  isWanted(record: FlowRecord): boolean {
    const voters = this.#calls.listening("filter");
    let isWanted = voters.length < this.#scripts.length || voters.length === 0;
    for (const script of voters) isWanted = this.#vote(script, record) || isWanted;
    if (!isWanted) this.skipped++;
    return isWanted;
  }

  #vote(script: ScriptRun, record: FlowRecord): boolean {
    if (script.isOut) return true;
    const { failed, result } = this.#calls.callAtOnce(script, record, "filter", () =>
      script.handlers.filter!(script.engine, this.#clock.now(), this.#calls.face(record, script)),
    );
    return failed || result !== false;
  }
}
