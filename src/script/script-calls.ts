// How scripts are called: events to handlers, one script after the other and one promise at a time; rules
// and listeners at once. What a call throws detaches its script from that flow.

import type { EventQueue, Settled } from "./event-queue.ts";
import { isPromise } from "./event-queue.ts";
import type { FlowActions } from "./flow-face.ts";
import { FlowFace } from "./flow-face.ts";
import type { FlowRecord } from "./flow-record.ts";
import type { MemoryTrial } from "./memory-trial.ts";
import type { RuleRunner } from "./rule-runner.ts";
import type { FlowEvent, RuleEvent, ScriptHandlers } from "./script-api.ts";
import type { FailureLog } from "./script-failure.ts";
import type { ScriptRun } from "./script-run.ts";

export type HandlerName = keyof ScriptHandlers;
/** Mark of a call that is part of no trial. */
export const UNMEASURED = -1;
type Listen = (script: ScriptRun, flow: FlowFace) => unknown;

export interface CallSetting {
  readonly scripts: readonly ScriptRun[];
  readonly rules: RuleRunner;
  readonly queue: EventQueue;
  readonly failures: FailureLog;
  readonly trial: MemoryTrial;
}

export class ScriptCalls {
  /** Who does what scripts want of a flow; set once, before the first flow. */
  actions!: FlowActions;
  readonly #rules: RuleRunner;
  readonly #queue: EventQueue;
  readonly #failures: FailureLog;
  readonly #trial: MemoryTrial;
  /** Scripts by the handlers that they have. */
  readonly #listening: Record<HandlerName, readonly ScriptRun[]>;

  constructor({ scripts, rules, queue, failures, trial }: CallSetting) {
    this.#rules = rules;
    this.#queue = queue;
    this.#failures = failures;
    this.#trial = trial;
    const having = (handler: HandlerName): readonly ScriptRun[] =>
      scripts.filter(({ handlers }) => handlers[handler] !== undefined);
    this.#listening = {
      setup: having("setup"),
      filter: having("filter"),
      onNewFlow: having("onNewFlow"),
      onPayload: having("onPayload"),
      onGap: having("onGap"),
      onPacket: having("onPacket"),
      onAttribute: having("onAttribute"),
      onTerminateFlow: having("onTerminateFlow"),
      teardown: having("teardown"),
    };
  }

  /** Scripts that have the handler, in order. */
  listening(handler: HandlerName): readonly ScriptRun[] {
    return this.#listening[handler];
  }

  face(record: FlowRecord, script: ScriptRun): FlowFace {
    const known = record.faces[script.index];
    if (known !== undefined) return known;
    const face = new FlowFace(record, script, this.actions);
    record.faces[script.index] = face;
    script.keptFlows.follow(record, face);
    return face;
  }

  /** Hands an event to all scripts that listen, in order, then goes on with `next`. */
  event(
    record: FlowRecord,
    handler: HandlerName,
    listen: Listen,
    next?: () => void,
    mayWait = true,
  ): void {
    const scripts = this.#listening[handler];
    if (scripts.length === 0 && next === undefined) return;
    if (mayWait && this.#queue.isBusy) {
      this.#queue.push(() => this.#each(record, handler, scripts, 0, listen, next));
    } else this.#each(record, handler, scripts, 0, listen, next);
  }

  #each(
    record: FlowRecord,
    handler: HandlerName,
    scripts: readonly ScriptRun[],
    first: number,
    listen: Listen,
    next: (() => void) | undefined,
  ): void {
    for (let i = first; i < scripts.length; i++) {
      const script = scripts[i]!;
      if (record.isDetached(script)) continue;
      const mark = this.#trial.isOn ? this.#trial.begin() : UNMEASURED;
      try {
        const result = listen(script, this.face(record, script));
        if (isPromise(result)) {
          const goOn = (): void => {
            this.measured(script, mark);
            this.#each(record, handler, scripts, i + 1, listen, next);
          };
          this.waitFor(result, script, record, handler, goOn);
          return;
        }
      } catch (error) {
        this.failInFlow(script, record, handler, error);
      }
      this.measured(script, mark);
    }
    next?.();
  }

  /** A call that began at `mark` is over. */
  measured(script: ScriptRun, mark: number): void {
    if (mark !== UNMEASURED && this.#trial.isOn) this.#trial.end(script, mark);
  }

  waitFor(
    promise: PromiseLike<unknown>,
    script: ScriptRun,
    record: FlowRecord,
    handler: string,
    goOn: () => void,
  ): void {
    const then = (settled: Settled): void => {
      if (settled.kind === "failed") this.failInFlow(script, record, handler, settled.error);
      else if (settled.kind === "late") {
        script.isOut = true;
        const doing = `${handler} of flow ${record.number}`;
        const outcome = "the script is taken out of the run";
        this.fail(script, record, handler, doing, errorOf(settled), outcome);
      }
      goOn();
    };
    // A packet's own events are never held up: two promises of one packet wait one behind the other.
    // The rest of an event goes before the events that wait behind it.
    if (this.#queue.isPending) this.#queue.push(() => this.#queue.wait(promise, then));
    else this.#queue.wait(promise, then);
  }

  /** A call that must answer at once: votes and rules. */
  callAtOnce(
    script: ScriptRun,
    record: FlowRecord,
    handler: string,
    call: () => unknown,
  ): { failed: boolean; result: unknown } {
    const mark = this.#trial.isOn ? this.#trial.begin() : UNMEASURED;
    try {
      const result = call();
      if (!isPromise(result)) return { failed: false, result };
      // What becomes of it is nobody's business any more, least of all the process's.
      Promise.resolve(result).then(undefined, () => undefined);
      throw new TypeError(`${handler} has to answer at once, it gave a promise`);
    } catch (error) {
      this.failInFlow(script, record, handler, error);
      return { failed: true, result: undefined };
    } finally {
      this.measured(script, mark);
    }
  }

  evaluate(
    event: RuleEvent,
    record: FlowRecord,
    argumentsFor: (script: ScriptRun, face: FlowFace) => unknown[],
    isOver: () => boolean,
  ): void {
    if (!this.#rules.has(event)) return;
    this.#rules.run(event, {
      argumentsFor: (script) =>
        record.isDetached(script) ? null : argumentsFor(script, this.face(record, script)),
      call: (script, what) => this.callAtOnce(script, record, `a rule on ${event}`, what),
      isOver,
    });
  }

  /** Listeners of this flow alone, after the rules. */
  tell(record: FlowRecord, event: FlowEvent, argumentsFor: (face: FlowFace) => unknown[]): void {
    for (const entry of record.listeners) {
      const { script } = entry;
      if (entry.event !== event || record.isDetached(script)) continue;
      const args = argumentsFor(this.face(record, script));
      this.callAtOnce(script, record, `flow.on("${event}")`, () => entry.listener(...args));
    }
  }

  failInFlow(script: ScriptRun, record: FlowRecord, handler: string, error: unknown): void {
    const doing = `${handler} of flow ${record.number}`;
    this.fail(script, record, handler, doing, error, "the script is detached from that flow");
  }

  fail(
    script: ScriptRun,
    record: FlowRecord | null,
    handler: string,
    doing: string,
    error: unknown,
    outcome: string,
  ): void {
    this.#failures.add(script.script, handler, doing, error, outcome);
    if (record !== null) this.actions.detach(record, script);
  }
}

export function errorOf(settled: Settled): unknown {
  if (settled.kind === "failed") return settled.error;
  return new Error("its promise did not settle in time");
}
