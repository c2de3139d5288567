import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BufferPool, NO_SLOT } from "../../src/output/buffer-pool.ts";

const SMALL = { unitBytes: 4, blockBytes: 64, poolBytes: 256 };

describe("a buffer pool", () => {
  test("has classes from the unit to the block, each four times the one below", () => {
    expect(new BufferPool().classBytes).toEqual([1024, 4096, 16_384, 65_536, 262_144, 1_048_576]);
    expect(new BufferPool(SMALL).classBytes).toEqual([4, 16, 64]);
  });

  test.each([
    [1, 0],
    [4, 0],
    [5, 1],
    [16, 1],
    [64, 2],
    [65, 2],
  ])("%i octets are of class %i", (bytes, sizeClass) => {
    expect(new BufferPool(SMALL).classFor(bytes)).toBe(sizeClass);
  });

  test("has at least one block", () => {
    expect(new BufferPool({ ...SMALL, poolBytes: 0 }).blocks).toBe(1);
  });

  test("takes the memory it is given, wherever that begins in its ArrayBuffer", () => {
    const memory = new Uint8Array(new ArrayBuffer(1000), 300, 200);
    const pool = new BufferPool({ ...SMALL, memory });
    expect(pool.blocks).toBe(3);
    const slot = pool.take(2, 1);
    pool.arena[pool.offsetOf(slot)] = 7;
    expect(memory.indexOf(7)).toBe(pool.offsetOf(slot) - 300);
  });

  test("gives whole blocks again when the last slot of one has come back", () => {
    const pool = new BufferPool(SMALL);
    const slots = Array.from({ length: 64 }, () => pool.take(0, 1));
    expect(new Set(slots).size).toBe(64);
    expect(pool.take(0, 1)).toBe(NO_SLOT);
    expect(pool.freeBlocks).toBe(0);
    for (const slot of slots) pool.giveBack(slot);
    expect(pool.freeBlocks).toBe(4);
    expect(pool.take(2, 1)).not.toBe(NO_SLOT);
  });

  test("names as victim what was not used since the hand passed", () => {
    const pool = new BufferPool(SMALL);
    const slots = Array.from({ length: 4 }, (_, i) => pool.take(2, i + 1));
    pool.touched[slots[2]!] = 0;
    expect(pool.victim()).toBe(slots[2]);
    pool.touched.fill(0);
    for (const slot of slots) pool.touched[slot] = 1;
    pool.touched[slots[1]!] = 0;
    expect(pool.victim()).toBe(slots[1]);
  });

  test("names none where all are disowned", () => {
    const pool = new BufferPool(SMALL);
    for (let i = 0; i < 4; i++) pool.disown(pool.take(2, 9));
    expect(pool.victim()).toBe(NO_SLOT);
  });

  test("never gives octets out twice, loses none, and finds every victim (against a map of octets)", () => {
    const action = fc.record({
      take: fc.boolean(),
      sizeClass: fc.integer({ min: 0, max: 2 }),
      which: fc.nat(),
      disown: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200, size: "max" }), (actions) => {
        const pool = new BufferPool(SMALL);
        const taken = new Map<number, { sizeClass: number; isOwned: boolean }>();
        for (const { take, sizeClass, which, disown } of actions) {
          if (take) {
            const slot = pool.take(sizeClass, 1 + (which % 100));
            if (slot === NO_SLOT) continue;
            expect(pool.capacityOf(slot)).toBe(pool.classBytes[sizeClass]);
            taken.set(slot, { sizeClass, isOwned: !disown });
            if (disown) pool.disown(slot);
          } else if (taken.size > 0) {
            const slot = [...taken.keys()][which % taken.size]!;
            taken.delete(slot);
            pool.giveBack(slot);
          }
          const octets = new Set<number>();
          for (const [slot, { sizeClass: size }] of taken) {
            for (let i = 0; i < pool.classBytes[size]!; i++) octets.add(pool.offsetOf(slot) + i);
          }
          const sum = [...taken.values()].reduce(
            (all, { sizeClass: size }) => all + pool.classBytes[size]!,
            0,
          );
          expect(octets.size).toBe(sum);
          const victim = pool.victim();
          if (victim === NO_SLOT)
            expect([...taken.values()].some(({ isOwned }) => isOwned)).toBe(false);
          else expect(taken.get(victim)?.isOwned).toBe(true);
        }
        for (const slot of taken.keys()) pool.giveBack(slot);
        expect(pool.freeBlocks).toBe(pool.blocks);
      }),
      { seed: 20_240_609, numRuns: 100 },
    );
  });
});
