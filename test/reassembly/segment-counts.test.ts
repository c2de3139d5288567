import { describe, expect, it } from "vitest";
import { Rare } from "../../src/reassembly/rare-counters.ts";
import { countPlaced } from "../../src/reassembly/segment-counts.ts";
import { StreamHarness } from "./stream-notation.ts";

/** Segments, and octets, of a stream that are not 0. */
function counts(harness: StreamHarness): Record<string, number> {
  const { stream } = harness;
  const rare = Object.entries(Rare).map(([name, column]) => [name, stream.rare(column)] as const);
  const all = [["IN_ORDER", stream.inOrder] as const, ...rare];
  return Object.fromEntries(all.filter(([, count]) => count > 0));
}

describe("the class of a segment (report.md)", () => {
  it.each([
    ["in order", 0, 5, 5, 0, true, { IN_ORDER: 1 }],
    ["ahead", 3, 5, 5, 0, true, { AFTER_HOLE: 1 }],
    ["all old", -5, 5, 0, 0, false, { RETRANSMITTED: 1, RETRANSMITTED_BYTES: 5 }],
    ["partly old", -5, 5, 2, 0, false, { OVERLAPPING: 1, OVERLAPPING_BYTES: 3 }],
    ["old, and a snapped tail", -5, 5, 0, 0, true, { OVERLAPPING: 1, OVERLAPPING_BYTES: 5 }],
    ["all of a hole", -5, 5, 5, 0, false, { OUT_OF_ORDER: 1 }],
    ["partly refused", 0, 5, 2, 3, true, { IN_ORDER: 1, REFUSED_BYTES: 3 }],
    ["refused", 0, 5, 0, 5, true, { NOT_PLACED: 1, REFUSED_BYTES: 5 }],
    [
      "refused and old",
      -2,
      5,
      0,
      3,
      true,
      { NOT_PLACED: 1, REFUSED_BYTES: 3, OVERLAPPING_BYTES: 2 },
    ],
  ] as const)("%s", (_name, distance, captured, placed, refused, extends_, expected) => {
    const harness = new StreamHarness();
    countPlaced(harness.stream, distance, captured, placed, refused, extends_);
    expect(counts(harness)).toEqual(expected);
  });

  it("counts new octets beyond a FIN once more, and only these", () => {
    const harness = new StreamHarness().play("0:ab F4 2:cdef 2:cdef");
    expect(harness.stream.rare(Rare.AFTER_FIN_BYTES)).toBe(2);
    expect(harness.imbalance()).toEqual([]);
  });
});
