// Measurements and goals -> findings: one a goal, with the number found, the number asked for, and whether it is met.
// Pure.

import { median, pairwiseRatio } from "./statistics.js";

/**
 * Judges one goal over the contestants of its row. Returns `{ goal, of, against, asked, found, met }`:
 * `found` is null where something needed is missing, `met` is null then and where nothing was asked for.
 */
export function judge(goal, contestants) {
  const named = (label) => contestants.find((contestant) => contestant.label === label);
  const of = named(goal.of);
  const against = goal.against === undefined ? undefined : named(goal.against);
  const asked = goal.least ?? goal.most ?? null;
  const found = measure(goal.goal, of, against);
  let met = null;
  if (found !== null && asked !== null)
    met = goal.least === undefined ? found <= asked : found >= asked;
  // A program whose output is wrong has met nothing.
  if (met === true && of.check !== "ok") met = false;
  return {
    goal: goal.goal,
    of: goal.of,
    against: goal.against ?? null,
    asked,
    found,
    met,
    fullSizeOnly: goal.fullSizeOnly ?? false,
  };
}

function measure(kind, of, against) {
  if (kind === "memory") return of.peakBytes;
  if (of.seconds.length === 0) return null;
  if (kind === "rate") return of.capture.manifest.packets / median(of.seconds);
  if (against.seconds.length === 0) return null;
  const ratio = pairwiseRatio(of.seconds, against.seconds);
  if (kind === "ratio") return ratio;
  return (ratio * against.capture.manifest.packets) / of.capture.manifest.packets;
}
