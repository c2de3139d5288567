// The records of live flows, found by the flow's slot, and the way back from a record to the numbers of its flow.
//
//     FlowCursor --slot--> FlowRecord --slot--> FlowCursor (scratch)

import type { FlowCursor } from "../flow/flow-cursor.ts";
import type { FlowRecord } from "./flow-record.ts";
import type { Direction } from "./script-api.ts";
import type { ScriptRun } from "./script-run.ts";
import { StreamFace } from "./script-stream.ts";

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

export class FlowRecords {
  #access!: FlowAccess;
  /** By slot. */
  readonly #records: (FlowRecord | null)[] = [];

  attach(access: FlowAccess): void {
    this.#access = access;
  }

  /** Null where the flow is none of the scripts'. Runs once a packet. */
  of(flow: FlowCursor): FlowRecord | null {
    return this.#records[flow.slot] ?? null;
  }

  /** The flow of the segment in hand. */
  get flowInHand(): FlowCursor {
    return this.#access.inHand;
  }

  add(flow: FlowCursor, record: FlowRecord): void {
    this.#records[flow.slot] = record;
  }

  /** The flow goes: its record tells from now on what was frozen. */
  remove(flow: FlowCursor): void {
    const record = this.of(flow);
    if (record === null) return;
    record.slot = -1;
    this.#records[flow.slot] = null;
  }

  /** The record of a live flow as named fields, until another is asked for; null after its end. */
  cursorOf(record: FlowRecord): FlowCursor | null {
    if (record.slot < 0) return null;
    const { scratch } = this.#access;
    this.#access.bind(record.slot, scratch);
    return scratch;
  }

  /** One direction as scripts see it; made once. */
  streamFace(record: FlowRecord, direction: Direction): StreamFace {
    const make = (): StreamFace => new StreamFace(() => this.cursorOf(record)?.[direction] ?? null);
    if (direction === "c2s") return (record.c2sFace ??= make());
    return (record.s2cFace ??= make());
  }

  /** Keeps what is known of the flow: its record is about to go. */
  freeze(record: FlowRecord, flow: FlowCursor): void {
    record.update(flow);
    this.streamFace(record, "c2s").freeze();
    this.streamFace(record, "s2c").freeze();
  }

  /** A script is out of the run: live flows keep nothing of it. */
  takeOut(script: ScriptRun): void {
    for (const record of this.#records) record?.takeOut(script);
  }

  /** Ends the flow of a record, if it lives; between packets only. */
  end({ slot }: FlowRecord): void {
    if (slot >= 0) this.#access.endFlow(slot);
  }
}
