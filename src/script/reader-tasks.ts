// The functions of streamed rules that are running: each reads its stream at its own pace, while the
// run goes on. Lets them read between packets, waits for one that holds too much, and sees that none
// is left when the run is over.

import type { EventQueue } from "./event-queue.ts";
import type { FlowRecord } from "./flow-record.ts";
import type { Direction, Reader } from "./script-api.ts";
import type { ScriptRun } from "./script-run.ts";
import { StreamReader } from "./stream-reader.ts";

/** Readers whose stream has ended and whose function goes on. */
const MOST_STRAGGLERS = 64;

export interface ReaderTask {
  readonly script: ScriptRun;
  readonly record: FlowRecord;
  readonly reader: StreamReader;
  /** Settles when the function has; never rejects. */
  readonly settled: Promise<void>;
}

export type TaskFailure = (task: ReaderTask, error: unknown, outcome: string) => void;

export class ReaderTasks {
  /** True where a reader got what it waited for, or holds too much: the run has to wait. */
  needsTurn = false;
  readonly #queue: EventQueue;
  readonly #onFailure: TaskFailure;
  readonly #running = new Set<ReaderTask>();

  constructor(queue: EventQueue, onFailure: TaskFailure) {
    this.#queue = queue;
    this.#onFailure = onFailure;
  }

  /** Calls the function of a streamed rule. */
  start(
    record: FlowRecord,
    script: ScriptRun,
    direction: Direction,
    position: number,
    limit: number | undefined,
    evaluate: (reader: Reader) => Promise<unknown>,
  ): StreamReader {
    const reader = new StreamReader(direction, position, limit);
    let failure: { error: unknown } | null = null;
    const call = async (): Promise<void> => {
      try {
        await evaluate(reader);
      } catch (error) {
        failure = { error };
      }
    };
    const settled = call().then(() => {
      // Returning early detaches from this stream.
      reader.close("detached");
      this.#running.delete(task);
      if (failure !== null && !record.isDetached(script)) {
        this.#onFailure(task, failure.error, "the script is detached from that flow");
      }
    });
    const task: ReaderTask = { script, record, reader, settled };
    this.#running.add(task);
    this.needsTurn = true;
    return reader;
  }

  /** The script wants no more of the flow. */
  detach(record: FlowRecord, script: ScriptRun): void {
    for (const task of this.#running) {
      if (task.record === record && task.script === script) {
        task.reader.close("detached");
        this.needsTurn = true;
      }
    }
  }

  /** The script is out of the run: its readers end. */
  takeOut(script: ScriptRun): void {
    for (const task of this.#running) {
      if (task.script !== script) continue;
      task.reader.close("detached");
      this.needsTurn = true;
    }
  }

  /** After a turn: waits for readers that hold too much, and for a crowd of stragglers. */
  async relieved(): Promise<void> {
    this.needsTurn = false;
    let stragglers = 0;
    for (const task of this.#running) {
      if (task.reader.isEnded) stragglers++;
      else if (task.reader.isOverfull) await this.#wait(task, task.reader.relieved(), "overrun");
    }
    if (stragglers <= MOST_STRAGGLERS) return;
    for (const task of this.#running) {
      if (task.reader.isEnded) await this.#wait(task, task.settled, "detached");
    }
  }

  /** The run is over: waits for all that are left. */
  async finished(): Promise<void> {
    for (const task of this.#running) await this.#wait(task, task.settled, "detached");
  }

  async #wait(task: ReaderTask, event: Promise<void>, end: "overrun" | "detached"): Promise<void> {
    const { kind } = await this.#queue.settle(event);
    if (kind !== "late") return;
    this.#running.delete(task);
    task.script.isOut = true;
    task.reader.close(end);
    const error = new Error(
      end === "overrun"
        ? "it holds more than a reader may and did not read on in time"
        : "its stream has ended and its promise did not settle in time",
    );
    this.#onFailure(task, error, "the script is taken out of the run");
  }
}
