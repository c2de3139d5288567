// Times of the report. Between the stages a time is text with nine decimals ("1258544215.000000000"),
// exact to the nanosecond and the same in every document; here it is made, and made readable. Always UTC.

const NANOS_PER_SECOND = 1_000_000_000;
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;
const MONTHS = [
  "Jan",
  "Feb",
  "Mar",
  "Apr",
  "May",
  "Jun",
  "Jul",
  "Aug",
  "Sep",
  "Oct",
  "Nov",
  "Dec",
] as const;

/** 0 to 999 in three digits; made with the first time. */
let threeDigits: readonly string[] | null = null;

/** `1258544215.000000000`: whole seconds and nanoseconds as a timestamp or a duration. */
export function timeText(seconds: number, nanos: number): string {
  return `${seconds}.${nineDigits(nanos)}`;
}

/** Nanoseconds within the second. What a broken capture has instead is shown as it is. */
function nineDigits(nanos: number): string {
  if (nanos < 0 || nanos >= NANOS_PER_SECOND) return String(nanos).padStart(9, "0");
  threeDigits ??= Array.from({ length: 1000 }, (_, value) => String(value).padStart(3, "0"));
  const micros = Math.trunc(nanos / 1000);
  const millis = Math.trunc(micros / 1000);
  const head = threeDigits[millis]! + threeDigits[micros - millis * 1000]!;
  return head + threeDigits[nanos - micros * 1000]!;
}

const NO_TIME = "0.000000000";

/** The time from one moment to a later one; `0.000000000` where the second is not later. */
export function spanText(
  fromSeconds: number,
  fromNanos: number,
  toSeconds: number,
  toNanos: number,
): string {
  const borrowed = toNanos < fromNanos ? 1 : 0;
  const seconds = toSeconds - fromSeconds - borrowed;
  const nanos = toNanos - fromNanos + borrowed * NANOS_PER_SECOND;
  return seconds < 0 ? NO_TIME : timeText(seconds, nanos);
}

/** `1258544215.000000000 sec (Wed 18 Nov 2009 11:36:55 UTC)` */
export function formatTimestamp(text: string): string {
  const date = new Date(wholeSeconds(text) * 1000);
  const day = `${WEEKDAYS[date.getUTCDay()]!} ${twoDigits(date.getUTCDate())}`;
  const month = MONTHS[date.getUTCMonth()]!;
  const clock = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]
    .map(twoDigits)
    .join(":");
  return `${text} sec (${day} ${month} ${date.getUTCFullYear()} ${clock} UTC)`;
}

/** `713.100000000 sec (11m 53s)`; what is left of a second is dropped in the parentheses. */
export function formatDuration(text: string): string {
  return `${text} sec (${readableDuration(wholeSeconds(text))})`;
}

/** As formatDuration, but a duration below a minute speaks for itself: `4.990000000 sec`. */
export function formatShortDuration(text: string): string {
  return wholeSeconds(text) < 60 ? `${text} sec` : formatDuration(text);
}

/** Leading units that are zero are left out, inner ones are not: `2d 0h 3m 4s`, `13h 57m 56s`, `12s`. */
function readableDuration(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ] as const;
  const first = parts.findIndex(([amount]) => amount > 0);
  return parts
    .slice(first === -1 ? parts.length - 1 : first)
    .map(([amount, unit]) => `${amount}${unit}`)
    .join(" ");
}

function wholeSeconds(text: string): number {
  return Math.floor(Number(text.split(".", 1)[0]));
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
