// One flow as one script sees it: facts from the record, wishes to the host.

import type { CaptureTime } from "./capture-time.ts";
import type { FlowRecord } from "./flow-record.ts";
import type { AlertFields, Direction, FlowEvent, ScriptFlow, ScriptStream } from "./script-api.ts";
import type { ScriptRun } from "./script-run.ts";

/** What scripts may want of a flow; the host does it. */
export interface FlowActions {
  /** Brings the record's changing facts up to date, if the flow lives. */
  refresh(record: FlowRecord): void;
  streamFace(record: FlowRecord, direction: Direction): ScriptStream;
  alert(record: FlowRecord, script: ScriptRun, alert: AlertFields): void;
  setAttribute(record: FlowRecord, script: ScriptRun, name: string, value: string): void;
  detach(record: FlowRecord, script: ScriptRun): void;
  setStopped(record: FlowRecord, direction: Direction, isStopped: boolean): void;
  mark(record: FlowRecord): void;
  drop(record: FlowRecord): void;
  reset(record: FlowRecord, toClient: boolean): void;
  end(record: FlowRecord): void;
}

const DIRECTIONS: readonly Direction[] = ["c2s", "s2c"];
const EVENTS: readonly FlowEvent[] = [
  "receivePacket",
  "receiveData",
  "gap",
  "attribute",
  "endConnection",
];

export class FlowFace implements ScriptFlow {
  readonly #record: FlowRecord;
  readonly #script: ScriptRun;
  readonly #host: FlowActions;

  constructor(record: FlowRecord, script: ScriptRun, host: FlowActions) {
    this.#record = record;
    this.#script = script;
    this.#host = host;
  }

  get id(): number {
    return this.#record.number;
  }
  get client(): ScriptFlow["client"] {
    return { ...this.#record.client };
  }
  get server(): ScriptFlow["server"] {
    return { ...this.#record.server };
  }
  get key(): string {
    return this.#record.key;
  }
  get roleBasis(): ScriptFlow["roleBasis"] {
    return this.#record.roleBasis;
  }
  get firstSeen(): CaptureTime {
    return this.#record.firstSeen;
  }
  get lastSeen(): CaptureTime {
    this.#host.refresh(this.#record);
    return this.#record.lastSeen;
  }
  get state(): ScriptFlow["state"] {
    this.#host.refresh(this.#record);
    return this.#record.state;
  }
  get c2s(): ScriptStream {
    return this.#host.streamFace(this.#record, "c2s");
  }
  get s2c(): ScriptStream {
    return this.#host.streamFace(this.#record, "s2c");
  }
  get tags(): readonly string[] {
    return [...this.#record.tags];
  }
  get dropped(): boolean {
    return this.#record.isDropped;
  }

  tag(text: string): void {
    this.#record.addTag(text);
  }

  alert(alert: AlertFields): void {
    this.#host.alert(this.#record, this.#script, alert);
  }

  set(name: string, value: string): void {
    this.#host.setAttribute(this.#record, this.#script, name, value);
  }

  detach(): void {
    this.#host.detach(this.#record, this.#script);
  }

  stopReassembly(direction?: Direction): void {
    for (const each of chosen(direction)) this.#host.setStopped(this.#record, each, true);
  }

  resumeReassembly(direction?: Direction): void {
    for (const each of chosen(direction)) this.#host.setStopped(this.#record, each, false);
  }

  mark(): void {
    this.#host.mark(this.#record);
  }

  drop(): void {
    this.#host.drop(this.#record);
  }

  reset(): void {
    this.#host.reset(this.#record, true);
  }

  halfReset(): void {
    this.#host.reset(this.#record, false);
  }

  end(): void {
    this.#host.end(this.#record);
  }

  on(event: FlowEvent, listener: (...args: never[]) => unknown): void {
    if (!EVENTS.includes(event)) {
      throw new RangeError(`events of a flow are ${EVENTS.join(", ")}, not ${event as string}`);
    }
    if (typeof listener !== "function") throw new TypeError("a listener is a function");
    this.#record.addListener({
      script: this.#script,
      event,
      listener: listener as (...args: unknown[]) => unknown,
    });
  }
}

function chosen(direction: Direction | undefined): readonly Direction[] {
  if (direction === undefined) return DIRECTIONS;
  if (DIRECTIONS.includes(direction)) return [direction];
  throw new RangeError(`a direction is "c2s" or "s2c", not ${JSON.stringify(direction)}`);
}
