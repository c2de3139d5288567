// Who keeps what it allocates? While a trial runs, garbage is collected behind a script's calls that
// allocated, and what remains of them counts against that script: one that allocates much and keeps
// nothing stays clear. A collection takes many milliseconds, so that a trial is short, and held only
// where too much memory is in use already.

import type { Excess } from "./memory-watch.ts";
import type { MemorySource } from "./memory-source.ts";
import type { ScriptRun } from "./script-run.ts";

/** Calls of one script that are measured, and calls of all, measured or not, in one trial. */
const MEASURED_CALLS = 8;
const MOST_CALLS = 1024;

class Account {
  /** Calls that allocated. */
  calls = 0;
  measured = 0;
  /** Octets that remained of the measured ones. */
  kept = 0;

  /** Of all calls. */
  get estimate(): number {
    return this.measured === 0 ? 0 : (this.kept / this.measured) * this.calls;
  }
}

export class MemoryTrial {
  /** Read at each call of a script. */
  isOn = false;
  readonly #memory: MemorySource;
  #kind: Excess["kind"] = "heap";
  #calls = 0;
  #bytesBefore = 0;
  /** By the script's index. */
  #accounts: (Account | undefined)[] = [];
  #allKept = 0;

  constructor(memory: MemorySource) {
    this.#memory = memory;
  }

  /** Begins with nothing known. Garbage was collected just now. */
  start(kind: Excess["kind"]): void {
    this.isOn = true;
    this.#kind = kind;
    this.#calls = 0;
    this.#allKept = 0;
    this.#accounts = [];
    this.#bytesBefore = this.#bytes();
  }

  stop(): void {
    this.isOn = false;
  }

  /** Before a call; the result is for `end`. */
  begin(): number {
    return this.#bytes() - this.#allKept;
  }

  /** The call is over, or the promise that it gave has settled; calls may lie within calls. */
  end({ index }: ScriptRun, begin: number): void {
    this.#calls++;
    if (this.#bytes() - this.#allKept <= begin) return;
    const account = (this.#accounts[index] ??= new Account());
    account.calls++;
    if (account.measured >= MEASURED_CALLS) return;
    account.measured++;
    this.#memory.collectGarbage();
    const kept = this.#bytes() - this.#allKept - begin;
    if (kept <= 0) return;
    account.kept += kept;
    this.#allKept += kept;
  }

  /** True once enough was measured. */
  isDone(scripts: readonly ScriptRun[]): boolean {
    if (this.#calls >= MOST_CALLS) return true;
    return scripts.every(({ index }) => this.#accounts[index]?.measured === MEASURED_CALLS);
  }

  /** Ends it: octets that stayed, by the script's index, and how much more is in use than at its start. */
  finish(): { kept: readonly (number | undefined)[]; growth: number } {
    this.isOn = false;
    this.#memory.collectGarbage();
    const kept = this.#accounts.map((account) => account?.estimate);
    return { kept, growth: this.#bytes() - this.#bytesBefore };
  }

  #bytes(): number {
    const use = this.#memory.use();
    return this.#kind === "heap" ? use.heapBytes + use.youngBytes : use.outsideBytes;
  }
}
