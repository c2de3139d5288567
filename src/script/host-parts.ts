// The parts of a script host, made and put together: who is told what, by whom, over which queue.

import type { TcpxError } from "../errors.ts";
import { AlertLog } from "./alert-log.ts";
import { AttributeSniffer } from "./attribute-sniffer.ts";
import type { Timer } from "./event-queue.ts";
import { EventQueue, SYSTEM_TIMER } from "./event-queue.ts";
import { FlowAttributes } from "./flow-attributes.ts";
import { FlowLifetimes } from "./flow-lifetimes.ts";
import { FlowReaders } from "./flow-readers.ts";
import { FlowRecords } from "./flow-records.ts";
import { FlowVotes } from "./flow-votes.ts";
import { FlowWishes } from "./flow-wishes.ts";
import type { LoadedScript } from "./load-script.ts";
import type { MemorySource } from "./memory-source.ts";
import { SYSTEM_MEMORY } from "./memory-source.ts";
import { MemoryTrial } from "./memory-trial.ts";
import { MemoryWarden } from "./memory-warden.ts";
import { OctetDelivery } from "./octet-delivery.ts";
import { PacketEvents } from "./packet-events.ts";
import { PacketInHand } from "./packet-in-hand.ts";
import { ReaderTasks } from "./reader-tasks.ts";
import { RuleRunner } from "./rule-runner.ts";
import type { LogLevel } from "./script-api.ts";
import { ScriptCalls } from "./script-calls.ts";
import { ScriptClock } from "./script-clock.ts";
import { FailureLog } from "./script-failure.ts";
import { ScriptFiles } from "./script-files.ts";
import { CounterSet, ScriptRun, makeEngine } from "./script-run.ts";

/** Milliseconds that a handler's promise may take. */
export const HANDLER_LIMIT_MILLIS = 30_000;

export interface ScriptHostOptions {
  readonly scripts: readonly LoadedScript[];
  readonly args?: Readonly<Record<string, string>>;
  readonly version: string;
  /** Real path; null where nothing is written. */
  readonly outputDirectory: string | null;
  /** Names below the output directory (lower case) that belong to the run itself. */
  readonly isReservedName?: (name: string) => boolean;
  /** Recognise protocols also if no script listens. */
  readonly attributes?: boolean;
  readonly timer?: Timer;
  readonly memory?: MemorySource;
  /** Milliseconds that a promise may take; 0 for ever. */
  readonly handlerLimitMillis?: number;
  readonly heldLimit?: number;
  readonly readerLimit?: number;
  readonly onLog?: (script: string, level: LogLevel, text: string) => void;
  readonly onFailure?: (error: TcpxError) => void;
}

export interface HostParts {
  readonly scripts: readonly ScriptRun[];
  readonly files: ScriptFiles;
  readonly alerts: AlertLog;
  readonly failures: FailureLog;
  readonly counters: CounterSet;
  readonly queue: EventQueue;
  readonly clock: ScriptClock;
  readonly records: FlowRecords;
  readonly inHand: PacketInHand;
  readonly memory: MemoryWarden;
  readonly calls: ScriptCalls;
  readonly tasks: ReaderTasks;
  readonly readers: FlowReaders;
  /** Null where nobody wants attributes. */
  readonly sniffer: AttributeSniffer | null;
  readonly delivery: OctetDelivery;
  readonly votes: FlowVotes;
  readonly lifetimes: FlowLifetimes;
  readonly wishes: FlowWishes;
  readonly packets: PacketEvents;
}

export function assembleHost(options: ScriptHostOptions): HostParts {
  const base = baseOf(options);
  const { queue, clock } = base;
  const rules = new RuleRunner();
  for (const script of base.scripts) rules.add(script, script.script);
  const calls = new ScriptCalls({ ...base, rules });
  const tasks = new ReaderTasks(queue, ({ script, record }, error, outcome) => {
    calls.fail(script, record, "eval", `a reader of flow ${record.number}`, error, outcome);
  });
  const memory = new MemoryWarden({ ...base, calls, tasks });
  const attributes = new FlowAttributes(calls, clock);
  const isSniffed = options.attributes === true || calls.listening("onAttribute").length > 0;
  const sniffer = isSniffed
    ? new AttributeSniffer((record, name, value, isKept) =>
        attributes.found(record, name, value, isKept),
      )
    : null;
  const readers = new FlowReaders({ rules, tasks, calls, queue, limit: options.readerLimit });
  const callers = { ...base, rules, calls, tasks, memory, sniffer, readers };
  const delivery = new OctetDelivery(callers);
  const votes = new FlowVotes(base.scripts, calls, clock);
  const lifetimes = new FlowLifetimes({ ...callers, votes, delivery });
  const wishes = new FlowWishes({ ...callers, attributes, isSniffed });
  calls.actions = wishes;
  const packets = new PacketEvents({ ...callers, actions: wishes });
  return { ...callers, delivery, votes, lifetimes, wishes, packets };
}

/** What depends on nothing but the options. */
function baseOf(options: ScriptHostOptions) {
  const { outputDirectory } = options;
  const files = new ScriptFiles(outputDirectory, options.isReservedName ?? (() => false));
  const limitMillis = options.handlerLimitMillis ?? HANDLER_LIMIT_MILLIS;
  const clock = new ScriptClock();
  const counters = new CounterSet();
  const memory = options.memory ?? SYSTEM_MEMORY;
  const engine = {
    now: () => clock.now(),
    args: Object.freeze({ ...options.args }),
    version: options.version,
    outputDirectory,
    shared: new Map<unknown, unknown>(),
    counters,
    onLog: options.onLog ?? null,
  };
  return {
    scripts: options.scripts.map(
      (script, index) => new ScriptRun(index, script, makeEngine(engine, script)),
    ),
    files,
    alerts: new AlertLog(outputDirectory === null ? null : files),
    failures: new FailureLog(options.onFailure ?? null),
    counters,
    queue: new EventQueue(options.timer ?? SYSTEM_TIMER, limitMillis),
    clock,
    records: new FlowRecords(),
    inHand: new PacketInHand(),
    source: memory,
    trial: new MemoryTrial(memory),
  };
}
