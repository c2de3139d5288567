// Octets in order and gaps -> the scripts: the sniffer of attributes, `onPayload` or `onGap` of each script,
// then rules, listeners of the flow and readers. What comes while a promise is pending waits as a copy.
// Runs once a packet with payload, and makes a view for each script then, no more.

import { copyOctets } from "../bytes.ts";
import { walkRange } from "../reassembly/gap-walk.ts";
import { Rare } from "../reassembly/rare-counters.ts";
import type { GapCause } from "../report/report.ts";
import { GAP_CAUSES } from "../report/report.ts";
import type { AttributeSniffer } from "./attribute-sniffer.ts";
import type { CaptureTime } from "./capture-time.ts";
import type { EventQueue } from "./event-queue.ts";
import { isPromise } from "./event-queue.ts";
import type { FlowReaders } from "./flow-readers.ts";
import type { FlowRecord } from "./flow-record.ts";
import type { FlowRecords } from "./flow-records.ts";
import type { MemoryTrial } from "./memory-trial.ts";
import type { OrderedReceiver } from "./ordered-stream.ts";
import type { FileTarget } from "./payload-view.ts";
import { PayloadView } from "./payload-view.ts";
import type { RuleRunner } from "./rule-runner.ts";
import type { Direction } from "./script-api.ts";
import { UNMEASURED } from "./script-calls.ts";
import type { ScriptCalls } from "./script-calls.ts";
import type { ScriptClock } from "./script-clock.ts";
import type { ScriptRun } from "./script-run.ts";

export interface DeliverySetting {
  readonly calls: ScriptCalls;
  readonly rules: RuleRunner;
  readonly readers: FlowReaders;
  readonly queue: EventQueue;
  readonly records: FlowRecords;
  readonly clock: ScriptClock;
  readonly files: FileTarget;
  readonly trial: MemoryTrial;
  /** Null where nobody wants attributes. */
  readonly sniffer: AttributeSniffer | null;
}

export class OctetDelivery {
  readonly #calls: ScriptCalls;
  readonly #readers: FlowReaders;
  readonly #queue: EventQueue;
  readonly #records: FlowRecords;
  readonly #clock: ScriptClock;
  readonly #files: FileTarget;
  readonly #sniffer: AttributeSniffer | null;
  /** Scripts with `onPayload`, in order. */
  readonly #scripts: readonly ScriptRun[];
  readonly #hasRules: boolean;
  readonly #trial: MemoryTrial;

  constructor(setting: DeliverySetting) {
    this.#calls = setting.calls;
    this.#readers = setting.readers;
    this.#queue = setting.queue;
    this.#records = setting.records;
    this.#clock = setting.clock;
    this.#files = setting.files;
    this.#trial = setting.trial;
    this.#sniffer = setting.sniffer;
    this.#scripts = setting.calls.listening("onPayload");
    this.#hasRules = setting.rules.has("receiveData");
  }

  /** Where the streams of a flow deliver. */
  receiverFor(record: FlowRecord): OrderedReceiver {
    return {
      octets: (stream, position, bytes, start, end) =>
        this.#octets(record, stream.direction, position, bytes, start, end),
      gap: (stream, position, length) => this.gap(record, stream.direction, position, length),
      lateFill: (stream, length) =>
        this.#records.cursorOf(record)?.[stream.direction].count(Rare.LATE_FILL_BYTES, length),
    };
  }

  /** A range of a stream is lost: told cause by cause, before the octets behind it. */
  gap(record: FlowRecord, direction: Direction, position: number, length: number): void {
    this.#sniffer?.gap(record, direction, length);
    const flow = this.#records.cursorOf(record);
    if (flow === null) return;
    walkRange(flow[direction], position, position + length, {
      gap: (_stream, start, octets, cause) => {
        this.#oneGap(record, direction, start, octets, GAP_CAUSES[cause]);
      },
    });
  }

  #oneGap(
    record: FlowRecord,
    direction: Direction,
    position: number,
    length: number,
    cause: GapCause,
  ): void {
    const time = this.#clock.now();
    this.#calls.event(
      record,
      "onGap",
      (script, face) =>
        script.handlers.onGap!(script.engine, time, face, direction, position, length, cause),
      () => {
        this.#calls.tell(record, "gap", (face) => [face, direction, position, length, cause]);
        this.#readers.gap(record, direction, position, length, cause);
      },
    );
  }

  #octets(
    record: FlowRecord,
    direction: Direction,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    this.#sniffer?.octets(record, direction, bytes, start, end);
    if (this.#queue.isBusy) {
      const copy = copyOctets(bytes, start, end);
      this.#wait(record, direction, this.#clock.now(), position, copy, 0);
    } else if (this.#scripts.length === 0) {
      this.#receiveData(record, direction, position, bytes, start, end);
    } else {
      this.#payload(record, direction, this.#clock.now(), position, bytes, start, end, 0);
    }
  }

  /** Octets behind a pending promise: goes on with the script `first` when their turn comes. */
  #wait(
    record: FlowRecord,
    direction: Direction,
    time: CaptureTime,
    position: number,
    copy: Uint8Array,
    first: number,
  ): void {
    this.#queue.push(this.#later(record, direction, time, position, copy, 0, copy.length, first));
  }

  /** `#payload` for later. A function of its own, so that what mostly goes on at once keeps nothing. */
  #later(
    record: FlowRecord,
    direction: Direction,
    time: CaptureTime,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    first: number,
  ): () => void {
    return () => this.#payload(record, direction, time, position, bytes, start, end, first);
  }

  /** A script answered with a promise: the rest of the delivery comes behind it. */
  #goOnBehind(
    promise: PromiseLike<unknown>,
    script: ScriptRun,
    record: FlowRecord,
    view: PayloadView,
    mark: number,
    rest: () => void,
  ): void {
    this.#calls.waitFor(promise, script, record, "onPayload", () => {
      view.revoke();
      this.#calls.measured(script, mark);
      rest();
    });
  }

  #payload(
    record: FlowRecord,
    direction: Direction,
    time: CaptureTime,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    first: number,
  ): void {
    const scripts = this.#scripts;
    for (let i = first; i < scripts.length; i++) {
      const script = scripts[i]!;
      if (record.isDetached(script)) continue;
      const view = new PayloadView(this.#files, bytes, start, end);
      const mark = this.#trial.isOn ? this.#trial.begin() : UNMEASURED;
      try {
        const face = this.#calls.face(record, script);
        const { handlers, engine } = script;
        const result = handlers.onPayload!(engine, time, face, direction, position, view);
        if (isPromise(result)) {
          const rest = this.#later(record, direction, time, position, bytes, start, end, i + 1);
          this.#goOnBehind(result, script, record, view, mark, rest);
          return;
        }
      } catch (error) {
        this.#calls.failInFlow(script, record, "onPayload", error);
      }
      view.revoke();
      if (mark !== UNMEASURED) this.#calls.measured(script, mark);
      if (this.#queue.isBusy && i + 1 < scripts.length) {
        // What this one caused (an attribute) is still told to others: they come after it.
        this.#wait(record, direction, time, position, copyOctets(bytes, start, end), i + 1);
        return;
      }
    }
    this.#receiveData(record, direction, position, bytes, start, end);
  }

  /** What comes after the handlers: rules, listeners of the flow, readers. */
  #receiveData(
    record: FlowRecord,
    direction: Direction,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (this.#hasRules || record.listeners.length > 0) {
      const view = new PayloadView(this.#files, bytes, start, end);
      const wasDropped = record.isDropped;
      this.#calls.evaluate(
        "receiveData",
        record,
        (_, face) => [face, view, direction, position],
        () => record.isDropped && !wasDropped,
      );
      this.#calls.tell(record, "receiveData", (face) => [face, view, direction, position]);
      view.revoke();
    }
    this.#readers.octets(record, direction, position, bytes, start, end);
  }
}
