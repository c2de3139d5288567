// Numbers over repeated measurements. Medians, because a machine's disturbances only ever make a run slower;
// ratios by pairs, because two runs of the same turn share the machine's mood.

/** The middle value, or the mean of the two middle ones. @throws RangeError for no values. */
export function median(values) {
  if (values.length === 0) throw new RangeError("the median of no values");
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The median of `subject[i] / against[i]`: both measured in turn i. @throws RangeError if the turns differ. */
export function pairwiseRatio(subject, against) {
  if (subject.length !== against.length) {
    throw new RangeError(`${subject.length} runs against ${against.length}: not the same turns`);
  }
  return median(subject.map((value, turn) => value / against[turn]));
}

/** Half the width between the quartiles, as a share of the median: how much the runs differ. */
export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  if (half === 0) return 0;
  const middle = median(sorted);
  return (median(sorted.slice(-half)) - median(sorted.slice(0, half))) / 2 / middle;
}
