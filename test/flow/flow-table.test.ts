// What the fast path asks of the table: flows that spoke in one call, and how long no flow expires.

import { describe, expect, it } from "vitest";
import { SegmentCursor } from "../../src/decode/segment-cursor.ts";
import { CaptureClock } from "../../src/flow/capture-clock.ts";
import { FlowCursor, FlowMark } from "../../src/flow/flow-cursor.ts";
import type { FlowState } from "../../src/flow/flow-cursor.ts";
import { FlowTable } from "../../src/flow/flow-table.ts";
import type { Timeouts } from "../../src/flow/timeouts.ts";
import { StreamExtras } from "../../src/reassembly/stream-cursor.ts";
import { RandomSource } from "../support/random-source.ts";

const FLOWS = 8;
const TIMEOUTS: Timeouts = { new: 2.5, established: 6, closing: 3, closed: 2, reset: 2.25 };

/** A table with flows in all states, and its clock. */
class Setting {
  readonly clock = new CaptureClock();
  readonly table: FlowTable;
  readonly flow: FlowCursor;

  constructor(timeouts: Timeouts | null) {
    const extras = new StreamExtras();
    this.table = new FlowTable(this.clock, extras, timeouts, 0);
    this.flow = new FlowCursor(extras);
    const segment = new SegmentCursor();
    for (let number = 1; number <= FLOWS; number++) {
      segment.sourcePort = number;
      this.table.take(this.flow);
      this.flow.open(segment, true, 0, this.table.hash(segment, 0));
      this.flow.number = number;
      this.flow.state = (number % 5) as FlowState;
      if (number === FLOWS) this.flow.marks |= FlowMark.SUPERSEDED;
      this.table.link(this.flow, -1);
      this.table.touch(this.flow);
    }
  }

  at(nanos: number): void {
    this.clock.passed(Math.floor(nanos / 1e9), nanos % 1e9);
  }

  touch(slot: number): void {
    this.table.store.bind(slot, this.flow);
    this.table.touch(this.flow);
  }

  /** As the fast path does: the time in the record, and no more. */
  note(slot: number): void {
    this.table.store.bind(slot, this.flow);
    this.flow.setClock(this.clock.seconds, this.clock.nanos);
  }
}

/** Slots of flows that speak, in the order in which they do, and how much later than the one before. */
function randomTurns(random: RandomSource): { slot: number; later: number }[] {
  return Array.from({ length: random.between(1, 12) }, () => ({
    slot: random.below(FLOWS),
    later: random.pick([0, 1, 1e8, 5e8, 999_999_999]),
  }));
}

describe("flows that spoke in one call", () => {
  it("are touched as each of them alone", () => {
    const random = new RandomSource(1);
    let swept = 0;
    for (let round = 0; round < 300; round++) {
      const [each, atOnce] = [new Setting(TIMEOUTS), new Setting(TIMEOUTS)];
      let nanos = 0;
      for (let call = 0; call < 4; call++) {
        const turns: number[] = [];
        for (const { slot, later } of randomTurns(random)) {
          nanos += later;
          for (const setting of [each, atOnce]) setting.at(nanos);
          each.touch(slot);
          atOnce.note(slot);
          // A flow that goes on speaking has one turn.
          if (turns.at(-1) !== slot) turns.push(slot);
        }
        atOnce.table.touchAll(Int32Array.from([...turns, 99]), turns.length);
        expect(atOnce.table.longestIdle()).toBe(each.table.longestIdle());
        nanos += random.pick([0, 1e9, 2e9]);
        for (const setting of [each, atOnce]) setting.at(nanos);
        const isLate = atOnce.table.maybeExpired;
        const expired = each.table.expired();
        if (expired.length > 0) expect(isLate).toBe(true);
        expect(atOnce.table.expired()).toEqual(expired);
        for (const slot of expired) for (const setting of [each, atOnce]) setting.touch(slot);
        swept += expired.length;
      }
      expect(atOnce.table.all()).toEqual(each.table.all());
    }
    expect(swept).toBeGreaterThan(1000);
  });
});

describe("the time before which no flow expires", () => {
  it("holds whatever is touched meanwhile", () => {
    const random = new RandomSource(2);
    for (let round = 0; round < 500; round++) {
      const setting = new Setting(TIMEOUTS);
      const { table } = setting;
      let nanos = random.below(3e9);
      setting.at(nanos);
      for (const { slot } of randomTurns(random)) setting.touch(slot);
      if (random.chance(0.5)) for (const slot of table.expired()) setting.touch(slot);
      table.boundExpiry();
      const bound = table.boundSeconds * 1e9 + table.boundNanos;
      for (const { slot, later } of randomTurns(random)) {
        if (nanos + later >= bound) break;
        nanos += later;
        setting.at(nanos);
        expect(table.expired()).toEqual([]);
        setting.touch(slot);
      }
      if (bound - 1 < nanos) continue;
      setting.at(bound - 1);
      expect(table.expired()).toEqual([]);
    }
  });

  it("is as late as the shortest timeout allows, or the flow that expires first", () => {
    const { clock, table } = new Setting(TIMEOUTS);
    table.boundExpiry();
    expect([table.boundSeconds, table.boundNanos]).toEqual([2, 0]);
    clock.passed(1, 5);
    table.boundExpiry();
    // A closed flow, silent since 0, does so at 2.
    expect([table.boundSeconds, table.boundNanos]).toEqual([2, 0]);
  });

  it("never comes without timeouts", () => {
    const { clock, table } = new Setting(null);
    clock.passed(4e9, 0);
    table.boundExpiry();
    expect(table.boundSeconds).toBe(Infinity);
  });
});
