// Buffers for the windows of streams: taken and given back, and, once all are taken, won from those that were
// silent for long.

import { bench, describe } from "vitest";
import { BufferPool, NO_SLOT } from "../../src/output/buffer-pool.ts";

const TURNS = 1000;
const OWNER = 1;

function check(isRight: boolean): void {
  if (!isRight) throw new Error("the pool was wrong");
}

/** As long as there are any. */
function takeAll(pool: BufferPool, sizeClass: number): number[] {
  const slots: number[] = [];
  for (let slot = pool.take(sizeClass, OWNER); slot !== NO_SLOT; slot = pool.take(sizeClass, OWNER))
    slots.push(slot);
  return slots;
}

const free = new BufferPool();
const [smallest, largest] = [0, free.classBytes.length - 1];
const taken = new Int32Array(TURNS);

const full = new BufferPool();
check(takeAll(full, smallest).length * full.unitBytes === full.blocks * full.blockBytes);
check(free.freeBlocks === free.blocks);

describe("BufferPool", () => {
  bench("1,000 of the smallest buffers taken, then given back", () => {
    for (let turn = 0; turn < TURNS; turn++) taken[turn] = free.take(smallest, OWNER);
    check(!taken.includes(NO_SLOT) && free.freeBlocks < free.blocks);
    for (let turn = 0; turn < TURNS; turn++) free.giveBack(taken[turn]!);
    check(free.freeBlocks === free.blocks);
  });

  bench("1,000 times the largest buffer taken and given back", () => {
    let slots = 0;
    for (let turn = 0; turn < TURNS; turn++) {
      const slot = free.take(largest, OWNER);
      if (free.capacityOf(slot) === free.blockBytes) slots++;
      free.giveBack(slot);
    }
    check(slots === TURNS);
  });

  bench("1,000 victims found in a pool that is full, given back and taken", () => {
    for (let turn = 0; turn < TURNS; turn++) {
      full.giveBack(full.victim());
      if (full.take(smallest, OWNER) === NO_SLOT) throw new Error("what was given back is gone");
    }
    check(full.freeBlocks === 0);
  });
});
