// Disjoint, sorted ranges of seek positions: the holes of a stream, and what was snapped, refused or
// selectively acknowledged of it. Two numbers a range in one typed array, never payload:
//
//     bounds   [ s0, e0, s1, e1, ... ]      s0 < e0 < s1 < e1 < ...      (touching ranges are merged)
//
// Finding is a binary search; a change in the middle moves what is behind it (at most 65,536 ranges,
// a memmove). Appending at the end, by far the most frequent change, moves nothing.

const INITIAL_RANGES = 4;

/** Ranges are half-open, `[start, end)`. */
export class RangeList {
  #bounds: Float64Array = new Float64Array(INITIAL_RANGES * 2);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  start(index: number): number {
    return this.#bounds[index * 2]!;
  }

  end(index: number): number {
    return this.#bounds[index * 2 + 1]!;
  }

  clear(): void {
    this.#count = 0;
    if (this.#bounds.length > 1024) this.#bounds = new Float64Array(INITIAL_RANGES * 2);
  }

  /** Index of the first range that ends behind `position`; `count` if there is none. */
  indexBehind(position: number): number {
    const bounds = this.#bounds;
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (bounds[middle * 2 + 1]! > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  contains(position: number): boolean {
    const index = this.indexBehind(position);
    return index < this.#count && this.start(index) <= position;
  }

  /** Octets in all ranges. */
  total(): number {
    let sum = 0;
    for (let i = 0; i < this.#count; i++) sum += this.end(i) - this.start(i);
    return sum;
  }

  /** Adds `[start, end)`, merged with what it overlaps or touches. An empty range is nothing. */
  add(start: number, end: number): void {
    if (start >= end) return;
    const count = this.#count;
    if (count === 0 || start > this.#bounds[count * 2 - 1]!) {
      this.#insert(count, start, end);
      return;
    }
    // first: the first range that touches or lies behind `start`; last: the first wholly behind `end`.
    const first = this.#indexTouching(start);
    let last = first;
    let from = start;
    let to = end;
    while (last < count && this.start(last) <= end) {
      from = Math.min(from, this.start(last));
      to = Math.max(to, this.end(last));
      last++;
    }
    if (last === first) {
      this.#insert(first, start, end);
      return;
    }
    this.#bounds[first * 2] = from;
    this.#bounds[first * 2 + 1] = to;
    this.#delete(first + 1, last);
  }

  /** Takes `[start, end)` out; returns how many octets of it were in the list. */
  remove(start: number, end: number): number {
    if (start >= end) return 0;
    let removed = 0;
    let first = this.indexBehind(start);
    if (first < this.#count && this.start(first) < start) {
      const rangeEnd = this.end(first);
      this.#bounds[first * 2 + 1] = start;
      if (rangeEnd > end) {
        this.#insert(first + 1, end, rangeEnd);
        return end - start;
      }
      removed += rangeEnd - start;
      first++;
    }
    let last = first;
    for (; last < this.#count && this.end(last) <= end; last++) {
      removed += this.end(last) - this.start(last);
    }
    if (last < this.#count && this.start(last) < end) {
      removed += end - this.start(last);
      this.#bounds[last * 2] = end;
    }
    this.#delete(first, last);
    return removed;
  }

  /** Moves every range up by `octets` (the origin moved back). */
  shift(octets: number): void {
    for (let i = 0; i < this.#count * 2; i++) this.#bounds[i]! += octets;
  }

  /** Drops the first `ranges` ranges. */
  dropFirst(ranges: number): void {
    this.#delete(0, Math.min(ranges, this.#count));
  }

  #indexTouching(start: number): number {
    const index = this.indexBehind(start);
    return index > 0 && this.end(index - 1) === start ? index - 1 : index;
  }

  #insert(index: number, start: number, end: number): void {
    const used = this.#count * 2;
    if (used === this.#bounds.length) {
      const larger = new Float64Array(used * 2);
      larger.set(this.#bounds);
      this.#bounds = larger;
    }
    if (index * 2 < used) this.#bounds.copyWithin(index * 2 + 2, index * 2, used);
    this.#bounds[index * 2] = start;
    this.#bounds[index * 2 + 1] = end;
    this.#count++;
  }

  #delete(from: number, to: number): void {
    if (from >= to) return;
    this.#bounds.copyWithin(from * 2, to * 2, this.#count * 2);
    this.#count -= to - from;
  }
}
