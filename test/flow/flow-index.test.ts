import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FlowIndex } from "../../src/flow/flow-index.ts";

/** All slots that the index has under a hash, in ascending order. */
function slotsUnder(index: FlowIndex, hash: number): number[] {
  const slots: number[] = [];
  for (let slot = index.find(hash); slot >= 0; slot = index.findNext(hash)) slots.push(slot);
  return slots.sort((a, b) => a - b);
}

/** The obvious index: a list of pairs. */
class Twin {
  readonly #pairs: { hash: number; slot: number }[] = [];

  get size(): number {
    return this.#pairs.length;
  }

  insert(hash: number, slot: number): void {
    this.#pairs.push({ hash, slot });
  }

  /** The pair that stands at the place of `choice`, as numbers go around. */
  choose(choice: number): { hash: number; slot: number } {
    return this.#pairs[choice % this.#pairs.length]!;
  }

  remove(slot: number): void {
    this.#pairs.splice(
      this.#pairs.findIndex((pair) => pair.slot === slot),
      1,
    );
  }

  slotsUnder(hash: number): number[] {
    return this.#pairs
      .filter((pair) => pair.hash === hash)
      .map(({ slot }) => slot)
      .sort((a, b) => a - b);
  }
}

/** Hashes that meet at the ends of the table and run around them, and some that are equal. */
const hashes = fc.oneof(
  fc.integer({ min: -8, max: 8 }),
  fc.integer({ min: 1018, max: 1030 }),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
);
const steps = fc.array(
  fc.record({
    kind: fc.constantFrom("insert", "insert", "remove", "replace"),
    hash: hashes,
    choice: fc.nat(),
  }),
  { minLength: 1, maxLength: 400, size: "max" },
);

describe("the index of flows by the hash of their key", () => {
  test("finds what a list of pairs finds, whatever came and went", () => {
    fc.assert(
      fc.property(steps, fc.constantFrom(0, 700, 3000), (taken, before) => {
        const index = new FlowIndex();
        const twin = new Twin();
        let slot = 0;
        const insert = (hash: number): void => {
          index.insert(hash, slot);
          twin.insert(hash, slot++);
        };
        // Near three quarters of a table, so that the steps make it grow, or behind its growth.
        for (let i = 0; i < before; i++) insert(Math.imul(i, 0x9e3779b1));
        for (const { kind, hash, choice } of taken) {
          if (kind === "insert" || twin.size === 0) insert(hash);
          else {
            const pair = twin.choose(choice);
            if (kind === "remove") {
              index.remove(pair.hash, pair.slot);
              twin.remove(pair.slot);
            } else {
              index.replace(pair.hash, pair.slot, slot);
              pair.slot = slot++;
            }
            expect(slotsUnder(index, pair.hash)).toEqual(twin.slotsUnder(pair.hash));
          }
          expect(slotsUnder(index, hash)).toEqual(twin.slotsUnder(hash));
        }
        expect(index.size).toBe(twin.size);
        for (let i = 0; i < before; i += 7) {
          const hash = Math.imul(i, 0x9e3779b1);
          expect(slotsUnder(index, hash)).toEqual(twin.slotsUnder(hash));
        }
      }),
      { seed: 11, numRuns: 60 },
    );
  });

  test("keys that come and go for hours cost no more than at first", () => {
    const index = new FlowIndex();
    const live = 20_000;
    for (let slot = 0; slot < live; slot++) index.insert(Math.imul(slot, 0x9e3779b1), slot);
    const rounds = 10_000;
    const before = index.probes;
    for (let round = 0; round < rounds; round++) {
      // One key again and again, and forty that take turns.
      for (const hash of [0x1234567, 0x777 * (round % 40)]) {
        index.insert(hash, live);
        expect(slotsUnder(index, hash)).toContain(live);
        index.remove(hash, live);
      }
    }
    expect(index.size).toBe(live);
    expect((index.probes - before) / (2 * rounds)).toBeLessThan(20);
  });
});
