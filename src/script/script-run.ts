// One script in one run: its handlers, what it is given as `engine`, and whether it still takes part.

import type { ScriptCounter, ScriptEngine, ScriptHandlers, LogLevel } from "./script-api.ts";
import type { CaptureTime } from "./capture-time.ts";
import { KeptFlows } from "./kept-flows.ts";
import type { LoadedScript } from "./load-script.ts";

const MOST_COUNTERS = 1000;
const LONGEST_COUNTER_NAME = 256;

export class ScriptRun {
  /** Place in the order of the command line. */
  readonly index: number;
  readonly script: LoadedScript;
  readonly handlers: ScriptHandlers;
  readonly engine: ScriptEngine;
  /** Takes no further part: `setup` said false or failed, or a promise never settled. */
  isOut = false;
  readonly keptFlows = new KeptFlows();

  constructor(index: number, script: LoadedScript, engine: ScriptEngine) {
    this.index = index;
    this.script = script;
    this.handlers = script.handlers;
    this.engine = engine;
  }
}

/** What all engines of a run share. */
export interface EngineSource {
  now(): CaptureTime;
  readonly args: Readonly<Record<string, string>>;
  readonly version: string;
  readonly outputDirectory: string | null;
  readonly shared: Map<unknown, unknown>;
  readonly counters: CounterSet;
  readonly onLog: ((script: string, level: LogLevel, text: string) => void) | null;
}

const LEVELS: readonly LogLevel[] = ["debug", "info", "warning", "error"];

export function makeEngine(source: EngineSource, script: LoadedScript): ScriptEngine {
  return {
    get now() {
      return source.now();
    },
    args: source.args,
    version: source.version,
    outputDirectory: source.outputDirectory,
    shared: source.shared,
    log(level, text) {
      if (!LEVELS.includes(level)) throw new RangeError(`log levels are ${LEVELS.join(", ")}`);
      source.onLog?.(script.name, level, text);
    },
    counter: (name) => source.counters.get(name),
  };
}

/** Counters by name, for the report. */
export class CounterSet {
  readonly #values = new Map<string, Counter>();

  get(name: string): ScriptCounter {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    if (typeof name !== "string" || name === "" || name.length > LONGEST_COUNTER_NAME) {
      throw new RangeError(`a counter's name is a text of 1 to ${LONGEST_COUNTER_NAME} characters`);
    }
    if (this.#values.size >= MOST_COUNTERS) {
      throw new RangeError(`a run has at most ${MOST_COUNTERS} counters`);
    }
    const counter = new Counter();
    this.#values.set(name, counter);
    return counter;
  }

  values(): Record<string, number> {
    return Object.fromEntries([...this.#values].map(([name, { value }]) => [name, value]));
  }
}

class Counter implements ScriptCounter {
  #value = 0;

  get value(): number {
    return this.#value;
  }

  add(amount = 1): void {
    if (!Number.isFinite(amount)) throw new RangeError(`${amount} can't be counted`);
    this.#value += amount;
  }
}
