// The holes of a stream: opened at its end, filled from the front, and met anywhere where there are as many of
// them as a stream may have.

import { bench, describe } from "vitest";
import { RangeList } from "../../src/reassembly/range-list.ts";
import { Random } from "../generator/random.js";

const RANGES = 1000;
/** As many as a stream keeps by default. */
const MOST_RANGES = 65_536;
const SEGMENT_BYTES = 1448;
/** A hole and the segment behind it. */
const STEP = 2 * SEGMENT_BYTES;

/** The first `count` of holes that are one segment long and one apart. */
function openHoles(count: number): RangeList {
  const holes = new RangeList();
  for (let hole = 0; hole < count; hole++) holes.add(hole * STEP, hole * STEP + SEGMENT_BYTES);
  return holes;
}

function fill(holes: RangeList, hole: number): number {
  return holes.remove(hole * STEP, hole * STEP + SEGMENT_BYTES);
}

function check(found: number, expected: number): void {
  if (found !== expected) throw new Error(`${found}, not ${expected}`);
}

const random = new Random(1);
const anywhere = Array.from({ length: RANGES }, () => random.below(MOST_RANGES));
const full = openHoles(MOST_RANGES);
check(full.count, MOST_RANGES);
check(full.total(), MOST_RANGES * SEGMENT_BYTES);
check(fill(openHoles(2), 1), SEGMENT_BYTES);

describe("RangeList", () => {
  bench("1,000 holes opened at the end, and filled from the front", () => {
    const holes = openHoles(RANGES);
    check(holes.count, RANGES);
    let filled = 0;
    for (let hole = 0; hole < RANGES; hole++) filled += fill(holes, hole);
    check(filled, RANGES * SEGMENT_BYTES);
    check(holes.count, 0);
  });

  bench("1,000 times one hole opened and filled again", () => {
    const holes = new RangeList();
    let filled = 0;
    for (let hole = 0; hole < RANGES; hole++) {
      holes.add(hole * STEP, hole * STEP + SEGMENT_BYTES);
      filled += fill(holes, hole);
    }
    check(filled, RANGES * SEGMENT_BYTES);
  });

  bench("1,000 positions looked up among 65,536 holes", () => {
    let inside = 0;
    for (const hole of anywhere) if (full.contains(hole * STEP + 1)) inside++;
    check(inside, RANGES);
  });

  bench("1,000 times one of 65,536 holes filled and opened again", () => {
    for (const hole of anywhere) {
      fill(full, hole);
      full.add(hole * STEP, hole * STEP + SEGMENT_BYTES);
    }
    check(full.count, MOST_RANGES);
  });
});
