// Numbers as Tranalyzer2 prints them: `5902 (5.90 K) [33.65%]`. The unit is chosen at 2^10, 2^20, ...,
// the value divided by 10^3, 10^6, ...; two decimals, rounded as C's printf("%.2f") rounds a double.

const UNITS = ["", "K", "M", "G", "T", "P"] as const;

/** A count or a number of octets: `1023`, `1024 (1.02 K)`, `999999 (1000.00 K)`. */
export function formatCount(count: number): string {
  let unit = 0;
  let nextUnit = 1024;
  let divisor = 1;
  while (count >= nextUnit && unit < UNITS.length - 1) {
    unit++;
    nextUnit *= 1024;
    divisor *= 1000;
  }
  if (unit === 0) return String(count);
  return `${count} (${formatTwoDecimals(count / divisor)} ${UNITS[unit]!})`;
}

/** A share in percent: `[33.65%]`; a share of nothing is `[0.00%]`. */
export function formatShare(part: number, whole: number): string {
  return `[${formatTwoDecimals(whole === 0 ? 0 : (100 * part) / whole)}%]`;
}

/** `5902 (5.90 K) [33.65%]` */
export function formatCountAndShare(count: number, whole: number): string {
  return `${formatCount(count)} ${formatShare(count, whole)}`;
}

/**
 * Not negative, below 2^43. Both toFixed() and printf() round the exact value of the double, but on an
 * exact tie toFixed() goes up and printf() goes to the even digit. A double that lies exactly between
 * two hundredths is an odd number of eighths: only there the two differ.
 */
export function formatTwoDecimals(value: number): string {
  if ((value * 8) % 2 !== 1) return value.toFixed(2);
  const below = Math.floor(value * 100);
  const even = below % 2 === 0 ? below : below + 1;
  return (even / 100).toFixed(2);
}
