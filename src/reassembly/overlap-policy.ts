// Which of two copies of an octet is kept (tcp.md §3.4). Whatever is decided here, copies that differ
// are a conflict and counted.
//
// `bsd`, `linux`, `windows` and `solaris` do as those receivers do (Novak & Sturges, Target-Based TCP
// Stream Reassembly, 2007), with a segment that waits for a hole before it to fill. What is contiguous
// has been handed to the application already: nothing that comes later replaces it.

export const OVERLAP_POLICIES = ["first", "last", "bsd", "linux", "windows", "solaris"] as const;
export type OverlapPolicy = (typeof OVERLAP_POLICIES)[number];

/** True where the decision takes the ends of both segments, so that they must be remembered. */
export function isTargetBased(policy: OverlapPolicy): boolean {
  return policy !== "first" && policy !== "last";
}

/**
 * True if the segment `[start, end)` that arrives now replaces what it overlaps of a segment
 * `[heldStart, heldEnd)` that waits.
 */
export function newCopyWins(
  policy: OverlapPolicy,
  start: number,
  end: number,
  heldStart: number,
  heldEnd: number,
): boolean {
  switch (policy) {
    case "first":
      return false;
    case "last":
      return true;
    case "bsd":
    case "windows":
      // Trims its own front against what waits before it, and the others' fronts against itself.
      return start < heldStart;
    case "linux":
      // The same, and a longer segment takes the place of one that starts where it does.
      return start < heldStart || (start === heldStart && end > heldEnd);
    case "solaris":
      // Trims the others' tails, and drops whom it covers.
      return end > heldEnd || (end === heldEnd && start <= heldStart);
  }
}
