// What scripts want of a flow (the methods of `flow`), done: on its record, its streams, the readers, the
// packet in hand. Ending a flow waits until the packet is done.

import { Mark } from "../reassembly/stream-cursor.ts";
import type { AlertLog } from "./alert-log.ts";
import type { FlowAttributes } from "./flow-attributes.ts";
import type { FlowActions } from "./flow-face.ts";
import type { FlowReaders } from "./flow-readers.ts";
import type { FlowRecord } from "./flow-record.ts";
import type { FlowRecords } from "./flow-records.ts";
import type { FlowMarker } from "./packet-injector.ts";
import type { PacketInHand } from "./packet-in-hand.ts";
import type { ReaderTasks } from "./reader-tasks.ts";
import type { AlertFields, Direction, ScriptStream } from "./script-api.ts";
import type { ScriptClock } from "./script-clock.ts";
import type { ScriptRun } from "./script-run.ts";

export interface WishSetting {
  readonly scripts: readonly ScriptRun[];
  readonly records: FlowRecords;
  readonly alerts: AlertLog;
  readonly clock: ScriptClock;
  readonly attributes: FlowAttributes;
  readonly readers: FlowReaders;
  readonly tasks: ReaderTasks;
  readonly inHand: PacketInHand;
  /** The sniffer wants the octets of every flow, also of one that all scripts left. */
  readonly isSniffed: boolean;
}

export class FlowWishes implements FlowActions {
  /** Where marks go; null: nowhere. */
  marker: FlowMarker | null = null;
  readonly #scripts: readonly ScriptRun[];
  readonly #records: FlowRecords;
  readonly #alerts: AlertLog;
  readonly #clock: ScriptClock;
  readonly #attributes: FlowAttributes;
  readonly #readers: FlowReaders;
  readonly #tasks: ReaderTasks;
  readonly #inHand: PacketInHand;
  readonly #isSniffed: boolean;
  readonly #toEnd: FlowRecord[] = [];

  constructor(setting: WishSetting) {
    this.#scripts = setting.scripts;
    this.#records = setting.records;
    this.#alerts = setting.alerts;
    this.#clock = setting.clock;
    this.#attributes = setting.attributes;
    this.#readers = setting.readers;
    this.#tasks = setting.tasks;
    this.#inHand = setting.inHand;
    this.#isSniffed = setting.isSniffed;
  }

  /** True while flows wait for their end. Read once a packet. */
  get hasFlowsToEnd(): boolean {
    return this.#toEnd.length > 0;
  }

  /** Between packets: ends the flows that scripts ended. */
  endFlows(): void {
    for (const record of this.#toEnd.splice(0)) this.#records.end(record);
  }

  refresh(record: FlowRecord): void {
    const flow = this.#records.cursorOf(record);
    if (flow !== null) record.update(flow);
  }

  streamFace(record: FlowRecord, direction: Direction): ScriptStream {
    return this.#records.streamFace(record, direction);
  }

  alert(record: FlowRecord, script: ScriptRun, alert: AlertFields): void {
    this.#alerts.add(record, script.script.name, this.#clock.now(), alert);
  }

  setAttribute(record: FlowRecord, script: ScriptRun, name: string, value: string): void {
    this.#attributes.set(record, script, name, value);
  }

  detach(record: FlowRecord, script: ScriptRun): void {
    record.detached[script.index] = true;
    this.#tasks.detach(record, script);
    if (this.#isSniffed || this.#scripts.some((each) => !record.isDetached(each))) return;
    // Nobody is left: what is held for this flow can go.
    record.isForgotten = true;
    record.c2s?.forget();
    record.s2c?.forget();
  }

  setStopped(record: FlowRecord, direction: Direction, isStopped: boolean): void {
    const flow = this.#records.cursorOf(record);
    if (flow === null) return;
    const stream = flow[direction];
    if (isStopped) {
      stream.marks |= Mark.STOPPED;
      return;
    }
    if (!stream.has(Mark.STOPPED)) return;
    stream.marks &= ~Mark.STOPPED;
    // What was skipped does not come again: it is a gap at once.
    const { highest } = stream;
    const ordered = record.stream(direction);
    if (ordered === null) record.resumesAt[direction] = highest;
    else ordered.flush(highest);
  }

  mark(record: FlowRecord): void {
    if (record.isMarked) return;
    record.isMarked = true;
    this.marker?.mark(record.number);
  }

  drop(record: FlowRecord): void {
    if (record.isDropped) return;
    record.isDropped = true;
    this.#readers.end(record, "drop");
  }

  reset(record: FlowRecord, toClient: boolean): void {
    if (record.isDropped) return;
    const flow = this.#inHand.record === record ? this.#records.cursorOf(record) : null;
    if (flow === null) {
      throw new TypeError("a reset answers a packet of its flow: call it while one is in hand");
    }
    this.#inHand.reset(flow, toClient);
    this.drop(record);
  }

  end(record: FlowRecord): void {
    if (record.slot >= 0 && !this.#toEnd.includes(record)) this.#toEnd.push(record);
  }
}
