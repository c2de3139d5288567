// How flows begin and end for scripts: the vote and `onNewFlow`, then, behind the last octets and gaps,
// `onTerminateFlow`, the rules on ends, and the flow's line with its tags and attributes.

import type { PacketCursor } from "../capture/packet-cursor.ts";
import type { FlowCursor } from "../flow/flow-cursor.ts";
import { FlowMark } from "../flow/flow-cursor.ts";
import { streamEnd } from "../reassembly/gap-walk.ts";
import type { FlowEnd, FlowSummary } from "../report/flow-summary.ts";
import type { AttributeSniffer } from "./attribute-sniffer.ts";
import { CaptureTime } from "./capture-time.ts";
import type { EventQueue } from "./event-queue.ts";
import type { FlowReaders } from "./flow-readers.ts";
import { FlowRecord } from "./flow-record.ts";
import type { FlowRecords } from "./flow-records.ts";
import type { FlowVotes } from "./flow-votes.ts";
import type { OctetDelivery } from "./octet-delivery.ts";
import type { ScriptCalls } from "./script-calls.ts";
import type { ScriptClock } from "./script-clock.ts";

export interface LifetimeSetting {
  readonly calls: ScriptCalls;
  readonly votes: FlowVotes;
  readonly records: FlowRecords;
  readonly delivery: OctetDelivery;
  readonly readers: FlowReaders;
  readonly queue: EventQueue;
  readonly clock: ScriptClock;
  readonly sniffer: AttributeSniffer | null;
}

export class FlowLifetimes {
  readonly #calls: ScriptCalls;
  readonly #votes: FlowVotes;
  readonly #records: FlowRecords;
  readonly #delivery: OctetDelivery;
  readonly #readers: FlowReaders;
  readonly #queue: EventQueue;
  readonly #clock: ScriptClock;
  readonly #sniffer: AttributeSniffer | null;
  #lastEnded: FlowRecord | null = null;

  constructor(setting: LifetimeSetting) {
    this.#calls = setting.calls;
    this.#votes = setting.votes;
    this.#records = setting.records;
    this.#delivery = setting.delivery;
    this.#readers = setting.readers;
    this.#queue = setting.queue;
    this.#clock = setting.clock;
    this.#sniffer = setting.sniffer;
  }

  /** A flow opens: asks for the votes. False: every script voted to skip it. */
  opened(flow: FlowCursor, packet: PacketCursor): boolean {
    this.#clock.set(packet);
    const record = new FlowRecord(flow);
    if (!this.#votes.isWanted(record)) {
      record.slot = -1;
      return false;
    }
    this.#records.add(flow, record);
    return true;
  }

  /** With the flow's first packet that takes part, once. */
  announce(record: FlowRecord, flow: FlowCursor): void {
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
    const record = this.#records.of(flow);
    if (record === null) return;
    if (record.isAnnounced) {
      record.slot = flow.slot;
      this.#tellRest(record, flow);
      this.#sniffer?.end(record);
      this.#readers.end(record, end);
      this.#records.freeze(record, flow);
    }
    this.#records.remove(flow);
    if (!record.isAnnounced) return;
    // Each of its packets vanished: there is nothing to tell of it but that it was left out.
    if (flow.c2s.packets + flow.s2c.packets === 0) flow.marks |= FlowMark.FILTERED;
    else this.#lastEnded = record;
    this.#tellEnd(record, end);
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
      // One script that keeps the flow is not to keep what others were given of it.
      if (record !== null) record.faces.length = 0;
      next();
    };
    if (this.#queue.isBusy) this.#queue.push(complete);
    else complete();
  }

  /** What is held of the streams, and the gaps up to their ends. */
  #tellRest(record: FlowRecord, flow: FlowCursor): void {
    for (const stream of [flow.c2s, flow.s2c]) {
      if (stream.packets === 0) continue;
      const { length } = streamEnd(stream);
      const ordered = record.stream(stream.direction);
      if (ordered !== null) ordered.flush(length);
      else if (length > 0) this.#delivery.gap(record, stream.direction, 0, length);
    }
  }

  #tellEnd(record: FlowRecord, end: FlowEnd): void {
    this.#calls.event(
      record,
      "onTerminateFlow",
      (script, face) =>
        script.handlers.onTerminateFlow!(script.engine, this.#clock.now(), face, end),
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
}
