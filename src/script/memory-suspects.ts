// Too much memory is in use: which script is it? In this order:
//
//     one script takes part                    -> that one
//     the heap, and V8's samples (and flows
//     that are kept) explain it                -> who holds most of what was allocated since much was
//                                                 in use, also in promises and timers nobody awaits
//     else a trial of the next calls           -> who keeps most of what it allocates
//     no time left, and still nothing known    -> who holds most by the samples; else all of them
//
// Nothing of this costs anything before three tenths of the limit are in use.

import { pathToFileURL } from "node:url";
import type { LiveSampling, MemorySource } from "./memory-source.ts";
import type { MemoryTrial } from "./memory-trial.ts";
import type { Excess } from "./memory-watch.ts";
import type { ScriptRun } from "./script-run.ts";

/** Part of the growth that the samples have to explain. */
const EXPLAINED = 0.5;
/** Samples that a full heap has, roughly; each costs some memory and time. */
const SAMPLES = 4096;
/** Part of the growth in a trial's time that the worst has to have caused. */
const GUILTY = 0.25;
/**
 * Who has so much of what the worst one has goes too: Node unloads no module, so that what they hold stays,
 * and there is no room to take one such script out after the other.
 */
const AS_BAD = 0.5;

export class MemorySuspects {
  readonly #scripts: readonly ScriptRun[];
  readonly #memory: MemorySource;
  readonly #trial: MemoryTrial;
  #sampling: LiveSampling | null = null;
  #isSampled = false;
  /** In use when the sampling began. */
  #heapBefore = 0;

  constructor(scripts: readonly ScriptRun[], memory: MemorySource, trial: MemoryTrial) {
    this.#scripts = scripts;
    this.#memory = memory;
    this.#trial = trial;
  }

  /** False once no script takes part any more. */
  get areThere(): boolean {
    return this.#scripts.some(({ isOut }) => !isOut);
  }

  /** Much is in use: from now on it is noted who allocates what stays. Begins once. */
  watch(): void {
    if (this.#isSampled || this.#active().length < 2) return;
    this.#isSampled = true;
    this.#memory.collectGarbage();
    const { heapBytes, limitBytes } = this.#memory.use();
    this.#heapBefore = heapBytes;
    this.#sampling = this.#memory.sample?.(Math.ceil(limitBytes / SAMPLES)) ?? null;
  }

  /** Who has to go; nobody as long as that has to be found out by the calls that follow. */
  find(excess: Excess): readonly ScriptRun[] {
    const active = this.#active();
    if (active.length < 2) return active;
    const { kind, isUrgent, use } = excess;
    const held = this.#held();
    const explained = active.reduce((sum, { index }) => sum + held[index]!, 0);
    const growth = use.heapBytes - this.#heapBefore;
    if (kind === "heap" && explained >= growth * EXPLAINED) {
      const guilty = worstOf(active, held);
      if (guilty.length > 0) return guilty;
    }
    if (!isUrgent) {
      if (!this.#trial.isOn) this.#trial.start(kind);
      return [];
    }
    const tried = this.#trial.isOn ? this.#verdict(active) : [];
    if (tried.length > 0) return tried;
    const guilty = worstOf(active, held);
    return guilty.length > 0 ? guilty : active;
  }

  /** What a trial brought, once it is over; else nobody. */
  tried(): readonly ScriptRun[] {
    const active = this.#active();
    return this.#trial.isOn && this.#trial.isDone(active) ? this.#verdict(active) : [];
  }

  /** Some were taken out, or the run is over: what was noted is no longer of use. */
  forget(): void {
    this.#trial.stop();
    this.#sampling?.stop();
    this.#sampling = null;
    this.#isSampled = false;
  }

  #verdict(active: readonly ScriptRun[]): readonly ScriptRun[] {
    const { kept, growth } = this.#trial.finish();
    const guilty = worstOf(active, kept);
    const [worst] = guilty;
    return worst !== undefined && kept[worst.index]! >= growth * GUILTY ? guilty : [];
  }

  #active(): readonly ScriptRun[] {
    return this.#scripts.filter(({ isOut }) => !isOut);
  }

  /** Octets of the heap by the script's index. */
  #held(): number[] {
    const held = this.#scripts.map(({ keptFlows }) => keptFlows.bytes);
    if (this.#sampling === null) return held;
    const owners = new Map<string, number>();
    for (const { index, script } of this.#scripts) {
      // A loader that strips types names its modules by path.
      owners.set(script.path, index);
      owners.set(pathToFileURL(script.path).href, index);
    }
    this.#sampling.addHeld((file) => owners.get(file.replace(/\?.*/, "")) ?? -1, held);
    return held;
  }
}

/** Who has most octets (by the script's index), and who has about as many; nobody where there are none. */
function worstOf(
  scripts: readonly ScriptRun[],
  octets: readonly (number | undefined)[],
): readonly ScriptRun[] {
  const most = Math.max(0, ...scripts.map(({ index }) => octets[index] ?? 0));
  if (most === 0) return [];
  return scripts.filter(({ index }) => (octets[index] ?? 0) >= most * AS_BAD);
}
