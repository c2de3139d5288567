// Capture times and durations as text with nine decimals: exact, always padded. A leaf.

const NANOS_PER_SECOND = 1_000_000_000;

/** "1258544215.037210000". */
export function timestampText(seconds: number, nanos: number): string {
  return `${seconds}.${nanos.toString().padStart(9, "0")}`;
}

/** From one time to another, e.g. "713.100000000"; negative where the second lies before the first. */
export function intervalText(
  fromSeconds: number,
  fromNanos: number,
  toSeconds: number,
  toNanos: number,
): string {
  let seconds = toSeconds - fromSeconds;
  let nanos = toNanos - fromNanos;
  if (seconds < 0 || (seconds === 0 && nanos < 0)) {
    return `-${intervalText(toSeconds, toNanos, fromSeconds, fromNanos)}`;
  }
  if (nanos < 0) {
    seconds--;
    nanos += NANOS_PER_SECOND;
  }
  return timestampText(seconds, nanos);
}

/** Nanoseconds, an exact integer, as seconds with nine decimals. */
export function nanosText(nanos: number): string {
  const whole = Math.floor(Math.abs(nanos) / NANOS_PER_SECOND);
  const text = timestampText(whole, Math.abs(nanos) - whole * NANOS_PER_SECOND);
  return nanos < 0 ? `-${text}` : text;
}
