import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AddressSet } from "../../src/decode/address-set.ts";

const SEED = 20_260_711;

describe("AddressSet", () => {
  it("tells addresses apart by each of their words", () => {
    const set = new AddressSet(10);
    set.add(1, 2, 3, 4);
    expect(set.has(1, 2, 3, 4)).toBe(true);
    const others: readonly (readonly [number, number, number, number])[] = [
      [9, 2, 3, 4],
      [1, 9, 3, 4],
      [1, 2, 9, 4],
      [1, 2, 3, 9],
    ];
    for (const other of others) {
      expect(set.has(...other)).toBe(false);
    }
  });

  it("lets the least recently used go", () => {
    const set = new AddressSet(3);
    for (const word of [1, 2, 3]) set.add(0, 0, 0, word);
    expect(set.has(0, 0, 0, 1)).toBe(true); // now 2 is the oldest
    set.add(0, 0, 0, 4);
    expect(set.size).toBe(3);
    expect([1, 2, 3, 4].map((word) => set.has(0, 0, 0, word))).toEqual([true, false, true, true]);
  });

  it("is what a Map in order of use would be", () => {
    const use = fc.tuple(fc.boolean(), fc.integer({ min: -4, max: 12 }), fc.constantFrom(0, -1));
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.array(use, { maxLength: 200 }),
        (limit, uses) => {
          const set = new AddressSet(limit);
          const twin = new Map<string, true>();
          for (const [isAddition, word, upper] of uses) {
            const key = `${upper} ${word}`;
            const isKnown = twin.delete(key);
            if (isAddition) set.add(upper, 0, 0, word);
            else expect(set.has(upper, 0, 0, word)).toBe(isKnown);
            if (isAddition || isKnown) twin.set(key, true);
            if (twin.size > limit) twin.delete([...twin.keys()][0]!);
            expect(set.size).toBe(twin.size);
          }
        },
      ),
      { seed: SEED, numRuns: 500 },
    );
  });
});
