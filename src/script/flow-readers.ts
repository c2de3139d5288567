// The readers of streamed rules, by flow: opened with the first octet or gap of a stream, fed with what
// comes, ended once with a reason. How their functions run is the matter of reader-tasks.ts.

import type { GapCause } from "../report/report.ts";
import type { EventQueue } from "./event-queue.ts";
import type { FlowRecord } from "./flow-record.ts";
import type { ReaderTasks } from "./reader-tasks.ts";
import type { RuleRunner } from "./rule-runner.ts";
import type { Direction, Reader, ReaderEnd } from "./script-api.ts";
import type { ScriptCalls } from "./script-calls.ts";

export interface ReaderSetting {
  readonly rules: RuleRunner;
  readonly tasks: ReaderTasks;
  readonly calls: ScriptCalls;
  readonly queue: EventQueue;
  /** Octets that a reader may hold back. */
  readonly limit: number | undefined;
}

export class FlowReaders {
  /** True where a script has a streamed rule. */
  readonly areWanted: boolean;
  readonly #rules: RuleRunner;
  readonly #tasks: ReaderTasks;
  readonly #calls: ScriptCalls;
  readonly #queue: EventQueue;
  readonly #limit: number | undefined;

  constructor({ rules, tasks, calls, queue, limit }: ReaderSetting) {
    this.areWanted = rules.streamed.length > 0;
    this.#rules = rules;
    this.#tasks = tasks;
    this.#calls = calls;
    this.#queue = queue;
    this.#limit = limit;
  }

  /** The next octets of a stream: copied into each of its readers. */
  octets(
    record: FlowRecord,
    direction: Direction,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (!this.#areOpen(record, direction, position)) return;
    for (const reader of record.readers) {
      if (reader.direction !== direction) continue;
      if (reader.push(position, bytes, start, end)) this.#tasks.needsTurn = true;
      if (reader.isOverfull) this.#tasks.needsTurn = true;
    }
  }

  gap(
    record: FlowRecord,
    direction: Direction,
    position: number,
    length: number,
    cause: GapCause,
  ): void {
    if (!this.#areOpen(record, direction, position)) return;
    for (const reader of record.readers) {
      if (reader.direction !== direction) continue;
      if (reader.pushGap(position, length, cause)) this.#tasks.needsTurn = true;
    }
  }

  /** Ends the readers of a flow, or of one direction of it, behind what they are still to be told. */
  end(record: FlowRecord, reason: ReaderEnd, direction?: Direction): void {
    // What waits in the queue may open readers yet.
    if (!this.areWanted) return;
    const end = (): void => {
      for (const reader of record.readers) {
        if (direction !== undefined && reader.direction !== direction) continue;
        if (reader.end(reason)) this.#tasks.needsTurn = true;
      }
    };
    if (this.#queue.isBusy) this.#queue.push(end);
    else end();
  }

  /** Starts the streamed rules of a stream with its first octet or gap; once a stream. */
  #areOpen(record: FlowRecord, direction: Direction, position: number): boolean {
    if (!this.areWanted || record.isDropped) return false;
    const bit = direction === "c2s" ? 1 : 2;
    if ((record.readersOpened & bit) !== 0) return true;
    record.readersOpened |= bit;
    for (const { script, rule } of this.#rules.streamed) {
      if (record.isDetached(script)) continue;
      const evaluate = (reader: Reader): Promise<unknown> =>
        rule.eval(this.#calls.face(record, script), reader, direction);
      record.readers.push(
        this.#tasks.start(record, script, direction, position, this.#limit, evaluate),
      );
    }
    return true;
  }
}
