// The segments that wait behind a hole, each as what is left of it: whose octet is whose, for the
// overlap policies that ask. Disjoint and sorted like RangeList, but neighbours stay apart:
//
//     runs   [ 2,5 | 6,8 | 8,11 | .. ]      two segments touch at 8
//
// Taken only where such a policy was chosen, and bounded: of what is forgotten the first copy stays.

import { newCopyWins } from "./overlap-policy.ts";
import type { OverlapPolicy } from "./overlap-policy.ts";

const MOST_RUNS = 4096;

export class SegmentRuns {
  #starts: number[] = [];
  #ends: number[] = [];

  get count(): number {
    return this.#starts.length;
  }

  start(index: number): number {
    return this.#starts[index]!;
  }

  end(index: number): number {
    return this.#ends[index]!;
  }

  /** Index of the first run that ends behind `position`; `count` if there is none. */
  indexBehind(position: number): number {
    let low = 0;
    let high = this.#ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ends[middle]! > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Enters a segment: what nobody has is its own, and what it wins of others. */
  claim(policy: OverlapPolicy, start: number, end: number): void {
    const first = this.indexBehind(start);
    const starts: number[] = [];
    const ends: number[] = [];
    const keep = (from: number, to: number) => {
      if (from >= to) return;
      starts.push(from);
      ends.push(to);
    };
    let last = first;
    /** Where the new segment's own run began, up to what it lost to others. */
    let own = start;
    for (; last < this.count && this.start(last) < end; last++) {
      const heldStart = this.start(last);
      const heldEnd = this.end(last);
      if (newCopyWins(policy, start, end, heldStart, heldEnd)) {
        // At most one of both ends sticks out.
        if (heldStart < start) keep(heldStart, start);
        if (heldEnd > end) {
          keep(own, end);
          keep(end, heldEnd);
          own = end;
        }
      } else {
        keep(own, heldStart);
        keep(heldStart, heldEnd);
        own = heldEnd;
      }
    }
    keep(own, end);
    this.#starts.splice(first, last - first, ...starts);
    this.#ends.splice(first, last - first, ...ends);
    const excess = this.count - MOST_RUNS;
    if (excess > 0) this.#drop(excess);
  }

  /** Forgets what lies below a position: it is contiguous now. */
  forgetBelow(position: number): void {
    this.#drop(this.indexBehind(position));
  }

  /** Moves every run up by `octets` (the origin moved back). */
  shift(octets: number): void {
    this.#starts = this.#starts.map((start) => start + octets);
    this.#ends = this.#ends.map((end) => end + octets);
  }

  #drop(runs: number): void {
    if (runs === 0) return;
    this.#starts.splice(0, runs);
    this.#ends.splice(0, runs);
  }
}
