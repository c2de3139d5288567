// Records by the slot that a flow has: gone at the flow's end, and never another flow's.

import { expect, it } from "vitest";
import type { FlowCursor } from "../../src/flow/flow-cursor.ts";
import type { FlowRecord } from "../../src/script/flow-record.ts";
import { FlowRecords } from "../../src/script/flow-records.ts";

const flowAt = (slot: number): FlowCursor => ({ slot }) as FlowCursor;
const recordAt = (slot: number): FlowRecord => ({ slot }) as FlowRecord;

it("gives each flow its record, and none where it has none", () => {
  const records = new FlowRecords();
  const [one, other, foreign] = [flowAt(1), flowAt(2), flowAt(3)];
  const [first, second] = [recordAt(1), recordAt(2)];
  records.add(one, first);
  records.add(other, second);
  expect([one, other, foreign].map((flow) => records.of(flow))).toEqual([first, second, null]);
  expect(records.of(one)).toBe(first);
});

it("forgets whose a slot was", () => {
  const records = new FlowRecords();
  const [one, next] = [flowAt(1), flowAt(1)];
  const [first, second] = [recordAt(1), recordAt(1)];
  records.add(one, first);
  records.remove(one);
  records.remove(one);
  expect([first.slot, records.of(one), records.of(next)]).toEqual([-1, null, null]);
  records.add(next, second);
  expect([second.slot, records.of(next)]).toEqual([1, second]);
});

it("asks nothing of the flow stage once a flow has ended", () => {
  const records = new FlowRecords();
  const ended: number[] = [];
  const bound: number[] = [];
  const scratch = flowAt(-1);
  records.attach({
    inHand: flowAt(7),
    scratch,
    bind: (slot) => void bound.push(slot),
    endFlow: (slot) => void ended.push(slot),
  });
  expect(records.cursorOf(recordAt(4))).toBe(scratch);
  expect(records.cursorOf(recordAt(-1))).toBeNull();
  records.end(recordAt(5));
  records.end(recordAt(-1));
  expect([bound, ended, records.flowInHand.slot]).toEqual([[4], [5], 7]);
});
