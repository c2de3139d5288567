// `--after TIME` and `--before TIME`: text -> a capture time, and the one comparison behind both. The window
// is half-open, `[after, before)`, so that windows that touch share no packet and lose none.

import { TcpxError } from "../errors.ts";

/** A capture time in the units of the packet cursor. */
export interface TimeLimit {
  /** Whole seconds since 1970, 0 to 2^32 - 1. */
  readonly seconds: number;
  /** Nanoseconds within the second, 0 to 999,999,999. */
  readonly nanos: number;
}

const SINCE_1970 = /^([0-9]{1,10})(?:\.([0-9]{1,9}))?$/;
const ISO_8601 =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?[Zz]?$/;
const MAX_SECONDS = 2 ** 32 - 1;

/**
 * Seconds since 1970 (`1258544215.25`), or ISO 8601 in UTC (`2009-11-18T11:36:55.25Z`, with a space for the
 * T, without the Z), either with up to nine digits of fraction.
 * `option` names the option in the error's text. @throws BAD_OPTION
 */
export function parseTimeLimit(text: string, option = "time limit"): TimeLimit {
  const limit = parseSeconds(text) ?? parseIso(text);
  if (limit !== undefined && limit.seconds >= 0 && limit.seconds <= MAX_SECONDS) return limit;
  throw new TcpxError(
    "BAD_OPTION",
    `${option}: ${JSON.stringify(text.slice(0, 40))} is no time from 1970 to 2106 ` +
      `(expected seconds like 1258544215.25, or UTC like 2009-11-18T11:36:55.25Z)`,
  );
}

/** True for a packet of this capture time if it lies at the limit or after it. Runs once a packet. */
export function isAtOrAfter(seconds: number, nanos: number, limit: TimeLimit): boolean {
  return seconds > limit.seconds || (seconds === limit.seconds && nanos >= limit.nanos);
}

function parseSeconds(text: string): TimeLimit | undefined {
  const match = SINCE_1970.exec(text);
  if (match === null) return undefined;
  return { seconds: Number(match[1]), nanos: nanosOf(match[2]) };
}

function parseIso(text: string): TimeLimit | undefined {
  const match = ISO_8601.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
  const millis = Date.UTC(year!, month! - 1, day, hour, minute, second);
  // a day or hour that does not exist comes back as another one
  const digits = text.slice(0, 19).replace(/[t ]/, "T");
  if (new Date(millis).toISOString().slice(0, 19) !== digits) return undefined;
  return { seconds: millis / 1000, nanos: nanosOf(match[7]) };
}

function nanosOf(fraction: string | undefined): number {
  return Number((fraction ?? "").padEnd(9, "0"));
}
