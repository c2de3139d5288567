// Runs users' scripts: hands flows, packets, octets in order, gaps and ends to their handlers, rules
// and readers, and does what they want of a flow. One host a run, for all its scripts.
//
//     Engine --opened, before, after, ended--> ScriptHost --> handlers of script 1, 2, ... --> rules
//     ScriptSink --octets by position--> OrderedStream --in order--^          readers <--+
//
// `before` and `after` run once a packet; an event costs a view a script, no more. A script that fails
// is detached from that flow, and counted; it never harms another script or a file.

import { setImmediate } from "node:timers/promises";
import type { PacketCursor } from "../capture/packet-cursor.ts";
import type { SegmentCursor } from "../decode/segment-cursor.ts";
import type { FlowCursor } from "../flow/flow-cursor.ts";
import { FlowMark } from "../flow/flow-cursor.ts";
import type { PacketObserver } from "../flow/flow-listener.ts";
import { streamEnd, walkRange } from "../reassembly/gap-walk.ts";
import { Rare } from "../reassembly/rare-counters.ts";
import type { StreamCursor } from "../reassembly/stream-cursor.ts";
import { Mark } from "../reassembly/stream-cursor.ts";
import type { FlowEnd, FlowSummary } from "../report/flow-summary.ts";
import type { GapCause, Report } from "../report/report.ts";
import { GAP_CAUSES } from "../report/report.ts";
import type { TcpxError } from "../errors.ts";
import { AlertLog } from "./alert-log.ts";
import { CaptureTime } from "./capture-time.ts";
import { AttributeSniffer } from "./attribute-sniffer.ts";
import type { Settled, Timer } from "./event-queue.ts";
import { EventQueue, SYSTEM_TIMER, isPromise } from "./event-queue.ts";
import type { FlowActions } from "./flow-face.ts";
import { FlowRecord } from "./flow-record.ts";
import { forgeReset, resetNumbers } from "./forge-reset.ts";
import type { LoadedScript } from "./load-script.ts";
import { HeldBudget, OrderedStream } from "./ordered-stream.ts";
import type { OrderedReceiver } from "./ordered-stream.ts";
import type { FlowMarker, PacketInjector } from "./packet-injector.ts";
import { PacketView } from "./packet-view.ts";
import { PayloadView } from "./payload-view.ts";
import { ReaderTasks } from "./reader-tasks.ts";
import { RuleRunner } from "./rule-runner.ts";
import type { AlertFields, Direction, LogLevel, ReaderEnd, ScriptStream } from "./script-api.ts";
import { ScriptCalls, errorOf } from "./script-calls.ts";
import { FailureLog } from "./script-failure.ts";
import { ScriptFiles } from "./script-files.ts";
import { CounterSet, ScriptRun, makeEngine } from "./script-run.ts";
import { StreamFace } from "./script-stream.ts";

/** Milliseconds that a handler's promise may take. */
export const HANDLER_LIMIT_MILLIS = 30_000;
/** How many octets of a chunk an attribute, alert or log text may have. */
const LONGEST_TEXT = 64 * 1024;

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
  /** Milliseconds that a promise may take; 0 for ever. */
  readonly handlerLimitMillis?: number;
  readonly heldLimit?: number;
  readonly readerLimit?: number;
  readonly onLog?: (script: string, level: LogLevel, text: string) => void;
  readonly onFailure?: (error: TcpxError) => void;
}

/** What the host needs of the flow stage; set once, before the first packet. */
export interface FlowAccess {
  /** The flow of the segment in hand: a cursor that is bound anew for each packet. */
  readonly inHand: FlowCursor;
  /** A cursor of the host's own. */
  readonly scratch: FlowCursor;
  bind(slot: number, cursor: FlowCursor): void;
  /** Ends a flow; called between packets only. */
  endFlow(slot: number): void;
}

export class ScriptHost implements PacketObserver, FlowActions {
  /** Where marks and forged packets go; null: nowhere. */
  marker: FlowMarker | null = null;
  injector: PacketInjector | null = null;
  readonly #options: ScriptHostOptions;
  readonly #scripts: ScriptRun[];
  readonly #files: ScriptFiles;
  readonly #alerts: AlertLog;
  readonly #failures: FailureLog;
  readonly #counters = new CounterSet();
  readonly #queue: EventQueue;
  readonly #rules = new RuleRunner();
  readonly #tasks: ReaderTasks;
  readonly #budget = new HeldBudget();
  #sniffer: AttributeSniffer | null = null;
  readonly #calls: ScriptCalls;
  readonly #watchesPackets: boolean;
  #access!: FlowAccess;
  /** Live flows by `FlowCursor.user`; 0 is none. */
  readonly #records: (FlowRecord | null)[] = [null];
  readonly #freeRecords: number[] = [];
  readonly #toEnd: FlowRecord[] = [];
  #seconds = 0;
  #nanos = 0;
  #now = new CaptureTime(0, 0);
  /** The packet in hand, its flow, and what became of it. */
  #packet: PacketCursor | null = null;
  #segment: SegmentCursor | null = null;
  #record: FlowRecord | null = null;
  #isFromClient = false;
  #highestBefore = 0;
  #isPacketDropped = false;
  #isNewConnection = false;
  #skipped = 0;
  #forgeryFailures = 0;
  #isFinished = false;
  #lastEnded: FlowRecord | null = null;

  constructor(options: ScriptHostOptions) {
    this.#options = options;
    const { outputDirectory } = options;
    this.#files = new ScriptFiles(outputDirectory, options.isReservedName ?? (() => false));
    this.#alerts = new AlertLog(outputDirectory === null ? null : this.#files);
    this.#failures = new FailureLog(options.onFailure ?? null);
    this.#queue = new EventQueue(
      options.timer ?? SYSTEM_TIMER,
      options.handlerLimitMillis ?? HANDLER_LIMIT_MILLIS,
    );
    this.#tasks = new ReaderTasks(this.#queue, (task, error, outcome) => {
      this.#calls.fail(
        task.script,
        task.record,
        "eval",
        `a reader of flow ${task.record.number}`,
        error,
        outcome,
      );
    });
    const source = {
      now: () => this.#time(),
      args: Object.freeze({ ...options.args }),
      version: options.version,
      outputDirectory,
      shared: new Map<unknown, unknown>(),
      counters: this.#counters,
      onLog: options.onLog ?? null,
    };
    this.#scripts = options.scripts.map(
      (script, index) => new ScriptRun(index, script, makeEngine(source, script)),
    );
    this.#calls = new ScriptCalls({
      scripts: this.#scripts,
      rules: this.#rules,
      queue: this.#queue,
      failures: this.#failures,
      actions: this,
    });
    for (const script of this.#scripts) this.#rules.add(script, script.script);
    this.#watchesPackets =
      this.#calls.listening("onPacket").length > 0 ||
      this.#rules.has("newConnection") ||
      this.#rules.has("receivePacket");
    if (options.attributes === true || this.#calls.listening("onAttribute").length > 0) {
      this.#sniffer = new AttributeSniffer((record, name, value, isKept) =>
        this.#attribute(record, -1, name, value, isKept),
      );
    }
  }

  // --- the run -----------------------------------------------------------------------------------

  attach(access: FlowAccess): void {
    this.#access = access;
  }

  /** Calls `setup` of each script, in order; one that says false or fails takes no part. */
  async setup(): Promise<void> {
    await this.#sniffer?.load();
    for (const script of this.#calls.listening("setup")) {
      const settled = await this.#outcomeOf(() => script.handlers.setup!(script.engine));
      if (settled.kind === "done") {
        script.isOut = settled.value === false;
        continue;
      }
      script.isOut = true;
      this.#calls.fail(
        script,
        null,
        "setup",
        "setup",
        errorOf(settled),
        "the script takes no part",
      );
    }
  }

  /** Waits for what is pending, calls every `teardown`, closes files. Never rejects; once. */
  async finish(): Promise<void> {
    if (this.#isFinished) return;
    this.#isFinished = true;
    await this.#queue.drained();
    await this.#tasks.finished();
    for (const script of this.#calls.listening("teardown")) {
      const settled = await this.#outcomeOf(() => script.handlers.teardown!(script.engine));
      if (settled.kind === "done") continue;
      this.#calls.fail(script, null, "teardown", "teardown", errorOf(settled), "the run was over");
    }
    try {
      this.#alerts.flush();
    } catch (error) {
      this.#failures.addOwn(error);
    }
    this.#files.close();
  }

  /** A handler's answer, awaited; never rejects. */
  async #outcomeOf(call: () => unknown): Promise<Settled> {
    try {
      const result = call();
      return isPromise(result) ? await this.#queue.settle(result) : { kind: "done", value: result };
    } catch (error) {
      return { kind: "failed", error };
    }
  }

  /** For the report, and for exit code 5. */
  get report(): Report["script"] {
    const counters = this.#counters.values();
    if (this.#forgeryFailures > 0) counters["resets not forged"] = this.#forgeryFailures;
    if (this.#sniffer !== null && this.#sniffer.gaveUp > 0) {
      counters["streams with malformed protocols"] = this.#sniffer.gaveUp;
    }
    return {
      scripts: this.#scripts.map(({ script }) => script.name),
      counters,
      alarms: this.#alerts.alarms,
      flowsWithAlarms: this.#alerts.flows,
      flowsSkipped: this.#skipped,
      exceptions: this.#failures.exceptions,
    };
  }

  get errors(): readonly TcpxError[] {
    return this.#failures.errors;
  }

  /** Files and octets that scripts wrote. */
  get written(): { files: number; bytes: number } {
    return { files: this.#files.count, bytes: this.#files.bytes };
  }

  /** True while the engine must wait before the next packet. Read once a packet. */
  get isBusy(): boolean {
    return this.#queue.isBusy || this.#toEnd.length > 0 || this.#tasks.needsTurn;
  }

  /** Between packets: lets promises settle, readers read, and ends the flows that scripts ended. */
  async drained(): Promise<void> {
    while (this.isBusy) {
      await this.#queue.drained();
      if (this.#tasks.needsTurn) {
        await setImmediate();
        await this.#tasks.relieved();
      }
      for (const { slot } of this.#toEnd.splice(0)) {
        if (slot >= 0) this.#access.endFlow(slot);
      }
    }
  }

  /** False where the packet in hand vanished, also by what its octets caused. */
  get hasPassed(): boolean {
    return !this.#isPacketDropped && this.#record?.isDropped !== true;
  }

  // --- flows -------------------------------------------------------------------------------------

  /** A flow opens: asks for the votes. False: every script voted to skip it. */
  opened(flow: FlowCursor, packet: PacketCursor): boolean {
    this.#setTime(packet);
    const record = new FlowRecord(flow);
    if (!this.#isWanted(record)) {
      this.#skipped++;
      record.slot = -1;
      return false;
    }
    const index = this.#freeRecords.pop() ?? this.#records.length;
    this.#records[index] = record;
    flow.user = index;
    return true;
  }

  #isWanted(record: FlowRecord): boolean {
    const filter = this.#calls.listening("filter");
    if (filter.length < this.#scripts.length || filter.length === 0) {
      for (const script of filter) this.#vote(script, record);
      return true;
    }
    let isWanted = false;
    for (const script of filter) isWanted = this.#vote(script, record) || isWanted;
    return isWanted;
  }

  /** Absent, nothing and an exception are no vote against the flow. */
  #vote(script: ScriptRun, record: FlowRecord): boolean {
    if (script.isOut) return true;
    const { failed, result } = this.#calls.callAtOnce(script, record, "filter", () =>
      script.handlers.filter!(script.engine, this.#time(), this.#calls.face(record, script)),
    );
    return failed || result !== false;
  }

  #announce(record: FlowRecord, flow: FlowCursor): void {
    record.isAnnounced = true;
    record.slot = flow.slot;
    record.firstSeen = new CaptureTime(flow.firstSeconds, flow.firstNanos);
    this.#calls.event(record, "onNewFlow", (script, face) =>
      script.handlers.onNewFlow!(script.engine, record.firstSeen, face),
    );
    this.#sniffer?.begin(record);
  }

  /** The flow has ended; its record is still there. Before it is accounted for. */
  ended(flow: FlowCursor, end: FlowEnd): void {
    const index = flow.user;
    const record = this.#records[index] ?? null;
    if (record === null) return;
    if (record.isAnnounced) {
      record.slot = flow.slot;
      for (const stream of [flow.c2s, flow.s2c]) {
        if (stream.packets === 0) continue;
        const { length } = streamEnd(stream);
        const ordered = record.stream(stream.direction);
        if (ordered !== null) ordered.flush(length);
        else if (length > 0) this.#gap(record, stream.direction, 0, length);
      }
      this.#sniffer?.end(record);
      this.#endReaders(record, end);
    }
    if (record.isAnnounced) this.#freeze(record, flow);
    record.slot = -1;
    this.#records[index] = null;
    this.#freeRecords.push(index);
    flow.user = 0;
    if (!record.isAnnounced) return;
    // Each of its packets vanished: there is nothing to tell of it but that it was left out.
    if (flow.c2s.packets + flow.s2c.packets === 0) flow.marks |= FlowMark.FILTERED;
    else this.#lastEnded = record;
    this.#calls.event(
      record,
      "onTerminateFlow",
      (script, face) => script.handlers.onTerminateFlow!(script.engine, this.#time(), face, end),
      () => {
        this.#calls.evaluate(
          "endConnection",
          record,
          (_, face) => [face, end],
          () => false,
        );
        this.#calls.tell(record, "endConnection", (face) => [face, end]);
      },
    );
  }

  /** Keeps what is known of the flow: its record is about to go. */
  #freeze(record: FlowRecord, flow: FlowCursor): void {
    record.update(flow);
    this.#streamFace(record, "c2s").freeze();
    this.#streamFace(record, "s2c").freeze();
  }

  /** Called behind `ended`: completes the flow's line and hands it on once all is told. */
  whenTold(summary: FlowSummary | null, next: () => void): void {
    const record = this.#lastEnded;
    this.#lastEnded = null;
    const complete = (): void => {
      if (summary !== null && record !== null) {
        if (record.tags.length > 0) summary.tags = [...record.tags];
        if (record.attributes !== null) summary.attributes = Object.fromEntries(record.attributes);
      }
      next();
    };
    if (this.#queue.isBusy) this.#queue.push(complete);
    else complete();
  }

  // --- packets -----------------------------------------------------------------------------------

  before(
    flow: FlowCursor,
    sender: StreamCursor,
    packet: PacketCursor,
    segment: SegmentCursor,
  ): boolean {
    this.#setTime(packet);
    this.#isPacketDropped = false;
    const record = this.#records[flow.user] ?? null;
    this.#record = record;
    if (record === null) return true;
    this.#packet = packet;
    this.#segment = segment;
    this.#isFromClient = sender === flow.c2s;
    this.#highestBefore = sender.highest;
    if (record.isDropped) return false;
    const isFirst = !record.isAnnounced;
    if (isFirst) this.#announce(record, flow);
    if (segment.payloadLength > 0) {
      const other = this.#isFromClient ? record.s2c : record.c2s;
      if (other !== null && other.isWaiting) other.furtherByPeer();
    }
    if (this.#watchesPackets || record.listeners.length > 0) this.#showPacket(record, isFirst);
    return !this.#isPacketDropped && !record.isDropped;
  }

  after(flow: FlowCursor, sender: StreamCursor): void {
    const record = this.#record;
    if (record === null) return;
    if (record.c2s !== null) this.#advance(record, record.c2s, flow.c2s, sender === flow.c2s);
    if (record.s2c !== null) this.#advance(record, record.s2c, flow.s2c, sender === flow.s2c);
  }

  #advance(
    record: FlowRecord,
    ordered: OrderedStream,
    stream: StreamCursor,
    isSender: boolean,
  ): void {
    if (ordered.isWaiting) {
      if (stream.has(Mark.ORIGIN_BY_SYN | Mark.ORIGIN_BY_PEER)) ordered.fixOrigin();
      ordered.acknowledge(stream.acked, isSender);
    }
    if (record.readers.length === 0 || stream.finPosition < 0) return;
    if (!stream.has(Mark.FIN) || ordered.next < stream.finPosition) return;
    this.#endReaders(record, "fin", ordered.direction);
  }

  #showPacket(record: FlowRecord, isFirst: boolean): void {
    const packet = this.#packet!;
    const segment = this.#segment!;
    const direction = this.#isFromClient ? "c2s" : "s2c";
    const view = new PacketView(packet, segment, direction, this.#time(), this.#files, {
      drop: () => {
        if (this.#isNewConnection) this.drop(record);
        this.#isPacketDropped = true;
      },
      reset: (toClient) => this.reset(record, toClient),
    });
    this.#calls.event(
      record,
      "onPacket",
      (script, face) =>
        script.handlers.onPacket!(script.engine, view.timestamp, face, direction, view),
      undefined,
      // The octets of a packet stay where they are until all promises have settled.
      false,
    );
    const isOver = (): boolean => this.#isPacketDropped || record.isDropped;
    if (isFirst && !isOver()) {
      this.#isNewConnection = true;
      this.#calls.evaluate("newConnection", record, (_, face) => [face, view], isOver);
      this.#isNewConnection = false;
    }
    if (!isOver()) {
      this.#calls.evaluate("receivePacket", record, (_, face) => [face, view, direction], isOver);
    }
    if (!isOver()) this.#calls.tell(record, "receivePacket", (face) => [face, view, direction]);
    if (this.#queue.isBusy) this.#queue.push(() => view.revoke());
    else view.revoke();
  }

  // --- octets and gaps ---------------------------------------------------------------------------

  /** The record of the flow in hand, for its streams; null where the flow is none of the scripts'. */
  recordInHand(): FlowRecord | null {
    return this.#records[this.#access.inHand.user] ?? null;
  }

  openStream(record: FlowRecord, direction: Direction): OrderedStream {
    const stream = this.#access.inHand[direction];
    const ordered = new OrderedStream(
      direction,
      !stream.has(Mark.ORIGIN_BY_SYN | Mark.ORIGIN_BY_PEER),
      this.#receiverFor(record),
      this.#budget,
      this.#options.heldLimit,
    );
    if (direction === "c2s") record.c2s = ordered;
    else record.s2c = ordered;
    const at = record.resumesAt[direction];
    if (at > 0) ordered.flush(at);
    return ordered;
  }

  #receiverFor(record: FlowRecord): OrderedReceiver {
    return {
      octets: (stream, position, bytes, start, end) =>
        this.#octets(record, stream.direction, position, bytes, start, end),
      gap: (stream, position, length) => this.#gap(record, stream.direction, position, length),
      lateFill: (stream, length) =>
        this.#cursorOf(record)?.[stream.direction].count(Rare.LATE_FILL_BYTES, length),
    };
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
    if (!this.#queue.isBusy) {
      this.#payload(record, direction, this.#time(), position, bytes, start, end, 0);
      return;
    }
    const copy = bytes.slice(start, end);
    const time = this.#time();
    this.#queue.push(() =>
      this.#payload(record, direction, time, position, copy, 0, copy.length, 0),
    );
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
    const scripts = this.#calls.listening("onPayload");
    for (let i = first; i < scripts.length; i++) {
      const script = scripts[i]!;
      if (record.isDetached(script)) continue;
      const view = new PayloadView(this.#files, bytes, start, end);
      try {
        const face = this.#calls.face(record, script);
        const result = script.handlers.onPayload!(
          script.engine,
          time,
          face,
          direction,
          position,
          view,
        );
        if (isPromise(result)) {
          this.#calls.waitFor(result, script, record, "onPayload", () => {
            view.revoke();
            this.#payload(record, direction, time, position, bytes, start, end, i + 1);
          });
          return;
        }
      } catch (error) {
        this.#calls.failInFlow(script, record, "onPayload", error);
      }
      view.revoke();
      if (this.#queue.isBusy && i + 1 < scripts.length) {
        // What this one caused (an attribute) is still told to others: they come after it.
        const copy = bytes.slice(start, end);
        this.#queue.push(() =>
          this.#payload(record, direction, time, position, copy, 0, copy.length, i + 1),
        );
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
    if (this.#rules.has("receiveData") || record.listeners.length > 0) {
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
    if (this.#rules.streamed.length === 0 || record.isDropped) return;
    this.#openReaders(record, direction, position);
    for (const reader of record.readers) {
      if (reader.direction !== direction) continue;
      if (reader.push(position, bytes, start, end)) this.#tasks.needsTurn = true;
      if (reader.isOverfull) this.#tasks.needsTurn = true;
    }
  }

  #gap(record: FlowRecord, direction: Direction, position: number, length: number): void {
    this.#sniffer?.gap(record, direction, length);
    const flow = this.#cursorOf(record);
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
    const time = this.#time();
    this.#calls.event(
      record,
      "onGap",
      (script, face) =>
        script.handlers.onGap!(script.engine, time, face, direction, position, length, cause),
      () => {
        this.#calls.tell(record, "gap", (face) => [face, direction, position, length, cause]);
        if (this.#rules.streamed.length === 0 || record.isDropped) return;
        this.#openReaders(record, direction, position);
        for (const reader of record.readers) {
          if (reader.direction !== direction) continue;
          if (reader.pushGap(position, length, cause)) this.#tasks.needsTurn = true;
        }
      },
    );
  }

  // --- readers -----------------------------------------------------------------------------------

  /** Starts the streamed rules of a stream with its first octet or gap; once a stream. */
  #openReaders(record: FlowRecord, direction: Direction, position: number): void {
    const bit = direction === "c2s" ? 1 : 2;
    if ((record.readersOpened & bit) !== 0) return;
    record.readersOpened |= bit;
    for (const { script, rule } of this.#rules.streamed) {
      if (record.isDetached(script)) continue;
      const reader = this.#tasks.start(
        record,
        script,
        direction,
        position,
        this.#options.readerLimit,
        (each) => rule.eval(this.#calls.face(record, script), each, direction),
      );
      if (reader !== null) record.readers.push(reader);
    }
  }

  #endReaders(record: FlowRecord, reason: ReaderEnd, direction?: Direction): void {
    // What waits in the queue may open readers yet.
    if (this.#rules.streamed.length === 0) return;
    const end = (): void => {
      for (const reader of record.readers) {
        if (direction !== undefined && reader.direction !== direction) continue;
        if (reader.end(reason)) this.#tasks.needsTurn = true;
      }
    };
    if (this.#queue.isBusy) this.#queue.push(end);
    else end();
  }

  // --- FlowActions -------------------------------------------------------------------------------

  refresh(record: FlowRecord): void {
    const flow = this.#cursorOf(record);
    if (flow !== null) record.update(flow);
  }

  streamFace(record: FlowRecord, direction: Direction): ScriptStream {
    return this.#streamFace(record, direction);
  }

  #streamFace(record: FlowRecord, direction: Direction): StreamFace {
    const make = (): StreamFace => {
      return new StreamFace(() => this.#cursorOf(record)?.[direction] ?? null);
    };
    if (direction === "c2s") return (record.c2sFace ??= make());
    return (record.s2cFace ??= make());
  }

  alert(record: FlowRecord, script: ScriptRun, alert: AlertFields): void {
    this.#alerts.add(record, script.script.name, this.#time(), alert);
  }

  setAttribute(record: FlowRecord, script: ScriptRun, name: string, value: string): void {
    if (typeof name !== "string" || typeof value !== "string" || value.length > LONGEST_TEXT) {
      throw new TypeError(
        `an attribute is a name and a text of at most ${LONGEST_TEXT} characters`,
      );
    }
    this.#attribute(record, script.index, name, value, true);
  }

  /** Keeps an attribute and tells the scripts behind the one with the index. */
  #attribute(record: FlowRecord, by: number, name: string, value: string, isKept: boolean): void {
    if (isKept) record.addAttribute(name, value);
    const time = this.#time();
    this.#calls.event(
      record,
      "onAttribute",
      (script, face) =>
        script.index > by
          ? script.handlers.onAttribute!(script.engine, time, face, name, value)
          : undefined,
      () => this.#calls.tell(record, "attribute", (face) => [face, name, value]),
    );
  }

  detach(record: FlowRecord, script: ScriptRun): void {
    record.detached[script.index] = true;
    this.#endReadersOf(script, record);
    if (this.#sniffer !== null || this.#scripts.some((each) => !record.isDetached(each))) return;
    // Nobody is left: what is held for this flow can go.
    record.isForgotten = true;
    record.c2s?.forget();
    record.s2c?.forget();
  }

  #endReadersOf(script: ScriptRun, record: FlowRecord): void {
    this.#tasks.detach(record, script);
  }

  setStopped(record: FlowRecord, direction: Direction, isStopped: boolean): void {
    const flow = this.#cursorOf(record);
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
    this.#endReaders(record, "drop");
  }

  reset(record: FlowRecord, toClient: boolean): void {
    if (record.isDropped) return;
    const packet = this.#packet;
    const flow = this.#record === record ? this.#cursorOf(record) : null;
    if (packet === null || flow === null) {
      throw new TypeError("a reset answers a packet of its flow: call it while one is in hand");
    }
    this.#forge(packet, flow, true);
    if (toClient) this.#forge(packet, flow, false);
    this.drop(record);
  }

  /** An RST to the server, or to the client. */
  #forge(packet: PacketCursor, flow: FlowCursor, toServer: boolean): void {
    if (this.injector === null) return;
    const segment = this.#segment!;
    const incoming = toServer ? flow.c2s : flow.s2c;
    const outgoing = toServer ? flow.s2c : flow.c2s;
    const isFromReceiver = this.#isFromClient !== toServer;
    const before = isFromReceiver ? incoming.highest : this.#highestBefore;
    const numbers = resetNumbers(incoming, outgoing, before, segment, isFromReceiver);
    const bytes = forgeReset(packet, segment, isFromReceiver, numbers);
    if (bytes === null) this.#forgeryFailures++;
    else this.injector.inject(bytes, packet);
  }

  end(record: FlowRecord): void {
    if (record.slot >= 0 && !this.#toEnd.includes(record)) this.#toEnd.push(record);
  }

  // --- time and records --------------------------------------------------------------------------

  /** The record of a live flow as named fields, until another is asked for; null after its end. */
  #cursorOf(record: FlowRecord): FlowCursor | null {
    if (record.slot < 0) return null;
    const { scratch } = this.#access;
    this.#access.bind(record.slot, scratch);
    return scratch;
  }

  #setTime(packet: PacketCursor): void {
    this.#seconds = packet.seconds;
    this.#nanos = packet.nanos;
  }

  #time(): CaptureTime {
    const now = this.#now;
    if (now.seconds === this.#seconds && now.nanos === this.#nanos) return now;
    return (this.#now = new CaptureTime(this.#seconds, this.#nanos));
  }
}
