// The table of live flows: finding, touching, opening and removing, with few flows live and with many. A
// measurement goes on with the flows where the one before stopped, and no two neighbours come one after the other,
// so that the records of many flows are as far from the processor as they are in a busy capture.

import { bench, describe } from "vitest";
import { SegmentCursor } from "../../src/decode/segment-cursor.ts";
import { CaptureClock } from "../../src/flow/capture-clock.ts";
import { FlowCursor } from "../../src/flow/flow-cursor.ts";
import { FlowTable } from "../../src/flow/flow-table.ts";
import { DEFAULT_TIMEOUTS } from "../../src/flow/timeouts.ts";
import { StreamExtras } from "../../src/reassembly/stream-cursor.ts";

const TURNS = 1000;
const SERVER = 0x0a4d0002;
/** From one flow to the next; a prime, so that all of them have their turn. */
const STRIDE = 7919;

/** A table with so many flows, each of an address of its own; flow numbers count from 0 here. */
class Setting {
  readonly live: number;
  readonly table: FlowTable;
  readonly flow: FlowCursor;
  readonly segment = new SegmentCursor();
  readonly #clock = new CaptureClock();
  readonly #slots: Int32Array;
  #number = 0;

  constructor(live: number) {
    const extras = new StreamExtras();
    this.live = live;
    this.table = new FlowTable(this.#clock, extras, DEFAULT_TIMEOUTS, 1);
    this.flow = new FlowCursor(extras);
    this.segment.destination3 = SERVER;
    this.segment.destinationPort = 80;
    this.#slots = new Int32Array(live);
    for (let number = 0; number < live; number++) this.#slots[number] = this.open(number);
  }

  /** The number of the flow whose turn it is. */
  next(): number {
    this.#number = (this.#number + STRIDE) % this.live;
    return this.#number;
  }

  open(number: number): number {
    const { table, flow, segment } = this;
    this.#name(number);
    if (table.find(segment, 0, flow)) throw new Error(`flow ${number} is there already`);
    table.take(flow);
    flow.open(segment, true, 0, table.hash(segment, 0));
    flow.number = number + 1;
    table.link(flow, -1);
    table.touch(flow);
    return flow.slot;
  }

  /** Binds `flow`; gives its number, -1 if it isn't found. */
  find(number: number): number {
    this.#name(number);
    return this.table.find(this.segment, 0, this.flow) ? this.flow.number - 1 : -1;
  }

  touch(number: number): void {
    this.table.store.bind(this.#slots[number]!, this.flow);
    this.#clock.nanos++;
    this.table.touch(this.flow);
  }

  #name(number: number): void {
    this.segment.source3 = 0x0b00_0000 + (number >> 4);
    this.segment.sourcePort = 1024 + (number & 15);
  }
}

function check(isRight: boolean): void {
  if (!isRight) throw new Error("the table was wrong");
}

for (const live of [1000, 100_000]) {
  const setting = new Setting(live);
  const { table, flow } = setting;
  const { store, lists } = table;
  for (let number = 0; number < live; number++) check(setting.find(number) === number);
  check(store.live === live && setting.find(live) === -1);
  /** No flow had this number or a higher one. */
  let fresh = live + TURNS;

  describe(`FlowTable, ${live.toLocaleString("en")} flows live`, () => {
    bench("1,000 segments of as many flows: find", () => {
      let found = 0;
      for (let turn = 0; turn < TURNS; turn++) if (setting.find(setting.next()) >= 0) found++;
      check(found === TURNS);
    });

    bench("1,000 segments of one flow: find", () => {
      const number = setting.next();
      let found = 0;
      for (let turn = 0; turn < TURNS; turn++) if (setting.find(number) === number) found++;
      check(found === TURNS);
    });

    bench("1,000 segments of flows that are not there: find", () => {
      let found = 0;
      for (let turn = 0; turn < TURNS; turn++) found += setting.find(live + turn);
      check(found === -TURNS);
    });

    bench("1,000 flows in turn: touch", () => {
      const before = lists.operations;
      for (let turn = 0; turn < TURNS; turn++) setting.touch(setting.next());
      check(lists.operations > before && store.live === live);
    });

    bench("1,000 flows on new keys: open, find and remove", () => {
      for (let turn = 0; turn < TURNS; turn++) setting.open(fresh + turn);
      check(store.live === live + TURNS);
      for (let turn = 0; turn < TURNS; turn++) {
        setting.find(fresh + turn);
        table.remove(flow);
      }
      fresh += TURNS;
      check(store.live === live);
    });
  });
}
