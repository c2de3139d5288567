// The interval set against an obviously right, slow twin: a map of octets.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RangeList } from "../../src/reassembly/range-list.ts";

const OCTETS = 64;

/** Ranges of the set octets of a map. */
function rangesOf(octets: readonly boolean[]): number[][] {
  const ranges: number[][] = [];
  octets.forEach((isSet, at) => {
    const last = ranges.at(-1);
    if (!isSet) return;
    if (last !== undefined && last[1] === at) last[1] = at + 1;
    else ranges.push([at, at + 1]);
  });
  return ranges;
}

function listed(ranges: RangeList): number[][] {
  return Array.from({ length: ranges.count }, (_, i) => [ranges.start(i), ranges.end(i)]);
}

const step = fc.record({
  adds: fc.boolean(),
  start: fc.nat(OCTETS),
  length: fc.nat(OCTETS / 2),
});

describe("RangeList", () => {
  it("agrees with a map of octets, whatever is added and removed", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const ranges = new RangeList();
        const octets = new Array<boolean>(OCTETS * 2).fill(false);
        for (const { adds, start, length } of steps) {
          const end = start + length;
          const before = octets.slice(start, end).filter(Boolean).length;
          if (adds) ranges.add(start, end);
          else expect(ranges.remove(start, end)).toBe(before);
          octets.fill(adds, start, end);
          expect(listed(ranges)).toEqual(rangesOf(octets));
          expect(ranges.total()).toBe(octets.filter(Boolean).length);
        }
        for (let at = 0; at < OCTETS; at++) expect(ranges.contains(at)).toBe(octets[at]);
      }),
      { seed: 815, numRuns: 500 },
    );
  });

  it("finds the first range that ends behind a position", () => {
    const ranges = new RangeList();
    ranges.add(10, 20);
    ranges.add(30, 40);
    expect([0, 10, 19, 20, 29, 39, 40].map((at) => ranges.indexBehind(at))).toEqual([
      0, 0, 0, 1, 1, 1, 2,
    ]);
  });

  it("moves with the origin, and holds positions beyond 2^32", () => {
    const ranges = new RangeList();
    ranges.add(2 ** 40, 2 ** 40 + 5);
    ranges.shift(7);
    expect(listed(ranges)).toEqual([[2 ** 40 + 7, 2 ** 40 + 12]]);
  });

  it("drops its first ranges", () => {
    const ranges = new RangeList();
    for (const start of [0, 10, 20]) ranges.add(start, start + 1);
    ranges.dropFirst(2);
    expect(listed(ranges)).toEqual([[20, 21]]);
  });
});
