// Rules and groups of all scripts, in Haka's order: scripts as given, rules as in their files; a group
// counts as one. Who drops the packet or the flow ends the evaluation at once.

import type { LoadedScript } from "./load-script.ts";
import type { RuleEvent, StreamedRule } from "./script-api.ts";
import type { ScriptRun } from "./script-run.ts";

type Callable = (...args: unknown[]) => unknown;

/** One rule is a group of one without frame. */
interface RuleEntry {
  readonly script: ScriptRun;
  readonly rules: readonly Callable[];
  readonly init: Callable | null;
  readonly goesOn: Callable | null;
  readonly final: Callable | null;
}

export interface StreamedEntry {
  readonly script: ScriptRun;
  readonly rule: StreamedRule;
}

/** What the host gives to an evaluation. */
export interface RuleSetting {
  /** Arguments for a script; null where it takes no part in this flow. */
  readonly argumentsFor: (script: ScriptRun) => unknown[] | null;
  /** Calls a function of a script; `failed` where it threw, or answered with a promise. */
  readonly call: (script: ScriptRun, what: () => unknown) => { failed: boolean; result: unknown };
  /** True once the packet or flow was dropped by this evaluation. */
  readonly isOver: () => boolean;
}

export class RuleRunner {
  readonly #entries: Record<RuleEvent, RuleEntry[]> = {
    newConnection: [],
    endConnection: [],
    receiveData: [],
    receivePacket: [],
  };
  readonly streamed: StreamedEntry[] = [];

  add(script: ScriptRun, loaded: LoadedScript): void {
    for (const rule of loaded.rules) {
      if ("rules" in rule) {
        this.#entries[rule.on].push({
          script,
          rules: rule.rules as readonly Callable[],
          init: (rule.init as Callable | undefined)?.bind(rule) ?? null,
          goesOn: (rule.continue as Callable | undefined)?.bind(rule) ?? null,
          final: (rule.final as Callable | undefined)?.bind(rule) ?? null,
        });
      } else if (rule.streamed === true) {
        this.streamed.push({ script, rule });
      } else {
        const evaluate = (rule.eval as Callable).bind(rule);
        this.#entries[rule.on].push({
          script,
          rules: [evaluate],
          init: null,
          goesOn: null,
          final: null,
        });
      }
    }
  }

  has(event: RuleEvent): boolean {
    return this.#entries[event].length > 0;
  }

  run(event: RuleEvent, setting: RuleSetting): void {
    for (const entry of this.#entries[event]) {
      const args = setting.argumentsFor(entry.script);
      if (args === null) continue;
      evaluate(entry, args, setting);
      if (setting.isOver()) return;
    }
  }
}

function evaluate(entry: RuleEntry, args: unknown[], { call, isOver }: RuleSetting): void {
  const { script, init, goesOn, final } = entry;
  if (init !== null) {
    const { failed } = call(script, () => init(...args));
    if (failed || isOver()) return;
  }
  for (const rule of entry.rules) {
    const { failed, result } = call(script, () => rule(...args));
    if (failed || isOver()) return;
    if (goesOn === null) continue;
    const answer = call(script, () => goesOn(result, ...args));
    if (answer.failed || answer.result === false || isOver()) return;
  }
  if (final !== null) call(script, () => final(...args));
}
