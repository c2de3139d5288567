// Runs users' scripts: hands flows, packets, octets in order, gaps and ends to their handlers, rules
// and readers, and does what they want of a flow. One host a run, for all its scripts.
//
//     Engine --opened, ended------> FlowLifetimes --\
//            --before, after------> PacketEvents  ---+--> ScriptCalls: script 1, 2, ..., then rules
//     ScriptSink --octets--> OrderedStream --in order--> OctetDelivery --> the same, then readers
//     flow.drop(), .set(), ... <-- FlowWishes
//
// `before` and `after` run once a packet; an event costs a view a script, no more. A script that fails
// is detached from that flow, and counted; it never harms another script or a file.

import { loopTurn } from "../event-loop.ts";
import type { PacketCursor } from "../capture/packet-cursor.ts";
import type { SegmentCursor } from "../decode/segment-cursor.ts";
import type { TcpxError } from "../errors.ts";
import type { FlowCursor } from "../flow/flow-cursor.ts";
import type { PacketObserver } from "../flow/flow-listener.ts";
import type { StreamCursor } from "../reassembly/stream-cursor.ts";
import { Mark } from "../reassembly/stream-cursor.ts";
import type { FlowEnd, FlowSummary } from "../report/flow-summary.ts";
import type { Report } from "../report/report.ts";
import type { Settled } from "./event-queue.ts";
import { isPromise } from "./event-queue.ts";
import type { FlowRecord } from "./flow-record.ts";
import type { FlowAccess } from "./flow-records.ts";
import type { HostParts, ScriptHostOptions } from "./host-parts.ts";
import { assembleHost } from "./host-parts.ts";
import { HeldBudget, OrderedStream } from "./ordered-stream.ts";
import type { FlowMarker, PacketInjector } from "./packet-injector.ts";
import type { Direction } from "./script-api.ts";
import { errorOf } from "./script-calls.ts";

export class ScriptHost implements PacketObserver {
  readonly #parts: HostParts;
  readonly #heldLimit: number | undefined;
  readonly #budget = new HeldBudget();
  #isFinished = false;

  constructor(options: ScriptHostOptions) {
    this.#parts = assembleHost(options);
    this.#heldLimit = options.heldLimit;
  }

  /** Where marks go; null: nowhere. */
  set marker(marker: FlowMarker | null) {
    this.#parts.wishes.marker = marker;
  }

  /** Where forged packets go; null: nowhere. */
  set injector(injector: PacketInjector | null) {
    this.#parts.inHand.injector = injector;
  }

  // --- the run -----------------------------------------------------------------------------------

  attach(access: FlowAccess): void {
    this.#parts.records.attach(access);
  }

  /** Calls `setup` of each script, in order; one that says false or fails takes no part. */
  async setup(): Promise<void> {
    const { calls, sniffer } = this.#parts;
    await sniffer?.load();
    for (const script of calls.listening("setup")) {
      const settled = await this.#outcomeOf(() => script.handlers.setup!(script.engine));
      if (settled.kind === "done") {
        script.isOut = settled.value === false;
        continue;
      }
      script.isOut = true;
      const error = errorOf(settled);
      calls.fail(script, null, "setup", "setup", error, "the script takes no part");
    }
  }

  /** Waits for what is pending, calls every `teardown`, closes files. Never rejects; once. */
  async finish(): Promise<void> {
    if (this.#isFinished) return;
    this.#isFinished = true;
    const { alerts, calls, failures, files, memory, queue, tasks } = this.#parts;
    await queue.drained();
    await tasks.finished();
    memory.finish();
    for (const script of calls.listening("teardown")) {
      const settled = await this.#outcomeOf(() => script.handlers.teardown!(script.engine));
      if (settled.kind === "done") continue;
      calls.fail(script, null, "teardown", "teardown", errorOf(settled), "the run was over");
    }
    try {
      alerts.flush();
    } catch (error) {
      failures.addOwn(error);
    }
    files.close();
  }

  /** A handler's answer, awaited; never rejects. */
  async #outcomeOf(call: () => unknown): Promise<Settled> {
    try {
      const result = call();
      return isPromise(result)
        ? await this.#parts.queue.settle(result)
        : { kind: "done", value: result };
    } catch (error) {
      return { kind: "failed", error };
    }
  }

  /** For the report, and for exit code 5. */
  get report(): Report["script"] {
    const { alerts, failures, inHand, scripts, sniffer, votes } = this.#parts;
    const counters = this.#parts.counters.values();
    if (inHand.forgeryFailures > 0) counters["resets not forged"] = inHand.forgeryFailures;
    if (sniffer !== null && sniffer.gaveUp > 0) {
      counters["streams with malformed protocols"] = sniffer.gaveUp;
    }
    return {
      scripts: scripts.map(({ script }) => script.name),
      counters,
      alarms: alerts.alarms,
      flowsWithAlarms: alerts.flows,
      flowsSkipped: votes.skipped,
      exceptions: failures.exceptions,
    };
  }

  get errors(): readonly TcpxError[] {
    return this.#parts.failures.errors;
  }

  /** Files and octets that scripts wrote. */
  get written(): { files: number; bytes: number } {
    const { count, bytes } = this.#parts.files;
    return { files: count, bytes };
  }

  /** True while the engine must wait before the next packet. Read once a packet. */
  get isBusy(): boolean {
    const { memory, queue, tasks, wishes } = this.#parts;
    return queue.isBusy || tasks.needsTurn || wishes.hasFlowsToEnd || memory.needsTurn;
  }

  /** Between packets: lets promises settle, readers read, and ends the flows that scripts ended. */
  async drained(): Promise<void> {
    const { memory, queue, tasks, wishes } = this.#parts;
    while (this.isBusy) {
      memory.needsTurn = false;
      if (queue.isBusy) await queue.drained();
      if (tasks.needsTurn) {
        await loopTurn();
        await tasks.relieved();
      }
      wishes.endFlows();
    }
  }

  // --- flows -------------------------------------------------------------------------------------

  /** A flow opens: asks for the votes. False: every script voted to skip it. */
  opened(flow: FlowCursor, packet: PacketCursor): boolean {
    this.#parts.memory.look();
    return this.#parts.lifetimes.opened(flow, packet);
  }

  /** The flow has ended; its record is still there. Before it is accounted for. */
  ended(flow: FlowCursor, end: FlowEnd): void {
    this.#parts.lifetimes.ended(flow, end);
  }

  /** Called behind `ended`: completes the flow's line and hands it on once all is told. */
  whenTold(summary: FlowSummary | null, next: () => void): void {
    this.#parts.lifetimes.whenTold(summary, next);
  }

  // --- packets -----------------------------------------------------------------------------------

  /** False where the packet in hand vanished, also by what its octets caused. */
  get hasPassed(): boolean {
    return this.#parts.inHand.hasPassed;
  }

  before(
    flow: FlowCursor,
    sender: StreamCursor,
    packet: PacketCursor,
    segment: SegmentCursor,
  ): boolean {
    const { clock, inHand, lifetimes, memory, packets, records } = this.#parts;
    clock.set(packet);
    memory.packet();
    const record = records.of(flow);
    const isFromClient = sender === flow.c2s;
    inHand.take(record, packet, segment, isFromClient, sender.highest);
    if (record === null) return true;
    if (record.isDropped) return false;
    const isFirst = !record.isAnnounced;
    if (isFirst) lifetimes.announce(record, flow);
    if (segment.payloadLength > 0) {
      const other = isFromClient ? record.s2c : record.c2s;
      if (other !== null && other.isWaiting) other.furtherByPeer();
    }
    if (packets.areWanted || record.listeners.length > 0) packets.show(record, isFirst);
    return inHand.hasPassed;
  }

  after(flow: FlowCursor, sender: StreamCursor): void {
    const { record } = this.#parts.inHand;
    if (record === null) return;
    const { c2s, s2c } = record;
    const hasReaders = record.readers.length > 0;
    if (c2s !== null && (hasReaders || c2s.isWaiting)) {
      this.#advance(record, c2s, flow.c2s, sender === flow.c2s);
    }
    if (s2c !== null && (hasReaders || s2c.isWaiting)) {
      this.#advance(record, s2c, flow.s2c, sender === flow.s2c);
    }
  }

  /** Gives up a hole that is lost by now, and ends the readers of a stream that is at its FIN. */
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
    this.#parts.readers.end(record, "fin", ordered.direction);
  }

  // --- streams -----------------------------------------------------------------------------------

  /** The record of the flow in hand, for its streams; null where the flow is none of the scripts'. */
  recordInHand(): FlowRecord | null {
    const { records } = this.#parts;
    return records.of(records.flowInHand);
  }

  openStream(record: FlowRecord, direction: Direction): OrderedStream {
    const { delivery, records } = this.#parts;
    const stream = records.flowInHand[direction];
    const ordered = new OrderedStream(
      direction,
      !stream.has(Mark.ORIGIN_BY_SYN | Mark.ORIGIN_BY_PEER),
      delivery.receiverFor(record),
      this.#budget,
      this.#heldLimit,
    );
    if (direction === "c2s") record.c2s = ordered;
    else record.s2c = ordered;
    const at = record.resumesAt[direction];
    if (at > 0) ordered.flush(at);
    return ordered;
  }
}
