// Flows that a script keeps beyond their ends: counted by what lives once garbage was collected.

import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import type { FlowFace } from "../../src/script/flow-face.ts";
import type { FlowRecord } from "../../src/script/flow-record.ts";
import { KeptFlows } from "../../src/script/kept-flows.ts";
import { SYSTEM_MEMORY } from "../../src/script/memory-source.ts";
import { recorder, runScripts, handshakeOf } from "./run-scripts.ts";

const FLOWS = 16_000;
/** Octets of a kept flow, about. */
const ONE = 1500;

/** Follows flows, keeps those that `keeps` names, and gives them back. */
function followed(flows: KeptFlows, slot: number, keeps: (number: number) => boolean): FlowFace[] {
  const kept: FlowFace[] = [];
  for (let number = 1; number <= FLOWS; number++) {
    const record = { number, slot } as FlowRecord;
    const face = { record } as unknown as FlowFace;
    flows.follow(record, face);
    if (keeps(number)) kept.push(face);
  }
  return kept;
}

async function collected(flows: KeptFlows): Promise<number> {
  // A weak reference holds what it was made of until the turn is over.
  await setImmediate();
  SYSTEM_MEMORY.collectGarbage();
  return flows.bytes;
}

it.each([
  ["all", -1, () => true, FLOWS],
  ["one half", -1, (number: number) => number <= FLOWS / 2, FLOWS / 2],
  ["none", -1, () => false, 0],
  ["those that live", 7, () => true, 0],
])("%s of the flows", async (_, slot, keeps, expected) => {
  const flows = new KeptFlows();
  const kept = followed(flows, slot, keeps);
  expect(await collected(flows)).toBe(expected * ONE);
  expect(kept.length).toBeGreaterThanOrEqual(expected);
});

it("keeps nothing for other scripts that one keeps for itself", async () => {
  const kept: unknown[] = [];
  const faces: WeakRef<object>[] = [];
  const lines = handshakeOf("c2", "s2", 1);
  await runScripts(
    [
      { onNewFlow: (_e, _t, flow) => void kept.push(flow) },
      recorder([], { onNewFlow: (_e, _t, flow) => void faces.push(new WeakRef(flow)) }),
    ],
    lines,
  );
  await setImmediate();
  SYSTEM_MEMORY.collectGarbage();
  expect(kept.length).toBe(1);
  expect(faces.map((face) => face.deref())).toEqual([undefined]);
});
