// How many octets of two stretches differ. Most further copies are the same as the first: that is found
// out by one comparison of the whole.

/** Compares `earlier[at, ...)` with `later[start, end)`. */
export function countDifferences(
  earlier: Buffer,
  at: number,
  later: Uint8Array,
  start: number,
  end: number,
): number {
  if (earlier.compare(later, start, end, at, at + (end - start)) === 0) return 0;
  let count = 0;
  for (let i = start; i < end; i++) {
    if (earlier[at + (i - start)] !== later[i]) count++;
  }
  return count;
}
