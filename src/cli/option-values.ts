// The words behind options -> values; every wrong one is a BAD_OPTION line that names the option, the word
// and what is expected.

import { TcpxError } from "../errors.ts";
import { quote } from "../filter/filter-error.ts";
import { suggestWord } from "../filter/suggestion.ts";

/** Both ends included. */
export interface NumberLimits {
  readonly least: number;
  readonly most: number;
}

/** Octets in a k, M, G, T: powers of 1024. */
const SIZE_UNITS: Readonly<Record<string, number>> = {
  "": 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
};

/** A number of things: decimal digits. @throws BAD_OPTION */
export function parseCount(option: string, text: string, { least, most }: NumberLimits): number {
  const count = /^[0-9]{1,16}$/u.test(text) ? Number(text) : Number.NaN;
  if (count >= least && count <= most) return count;
  throw badValue(option, text, `is no whole number from ${least} to ${most}`);
}

/** Octets: `1500`, `64k`, `1.5M`, `2G`; whole ones. @throws BAD_OPTION */
export function parseSize(option: string, text: string, { least, most }: NumberLimits): number {
  const match = /^([0-9]{1,16}(?:\.[0-9]{1,6})?)([kmgt]?)$/iu.exec(text);
  const size = Number(match?.[1]) * SIZE_UNITS[match?.[2]?.toLowerCase() ?? ""]!;
  if (Number.isSafeInteger(size) && size >= least && size <= most) return size;
  const range = `a whole number of octets from ${least} to ${most}`;
  throw badValue(option, text, `is no size (expected ${range}; k, M, G, T are powers of 1024)`);
}

const MOST_SECONDS = 1e9;

/** Seconds of capture time with up to nine decimals. @throws BAD_OPTION */
export function parseSeconds(option: string, text: string, mayBeZero: boolean): number {
  const seconds = /^[0-9]{1,10}(?:\.[0-9]{1,9})?$/u.test(text) ? Number(text) : Number.NaN;
  if (seconds <= MOST_SECONDS && (seconds > 0 || (mayBeZero && seconds === 0))) return seconds;
  const range = mayBeZero ? "from 0" : "above 0 (--no-timeouts turns them off)";
  throw badValue(option, text, `is no number of seconds ${range}, at most ${MOST_SECONDS}`);
}

/** One of a few words. @throws BAD_OPTION with the nearest one */
export function parseChoice<Choice extends string>(
  option: string,
  text: string,
  choices: readonly Choice[],
): Choice {
  const choice = choices.find((known) => known === text);
  if (choice !== undefined) return choice;
  const near = suggestWord(text, choices);
  const suggestion = near === undefined ? "" : `; did you mean ${near}?`;
  throw badValue(option, text, `is none of ${choices.join(", ")}${suggestion}`);
}

/** Not the empty word, which a script's unset variable makes. @throws BAD_OPTION */
export function parseText(option: string, text: string, expected: string): string {
  if (text !== "") return text;
  throw badValue(option, text, `is no ${expected}`);
}

/** `--decap-port vxlan=4790` */
export interface DecapPort {
  readonly kind: string;
  readonly port: number;
}

/** KIND=PORT with a kind of `kinds`. @throws BAD_OPTION */
export function parseDecapPort(option: string, text: string, kinds: readonly string[]): DecapPort {
  const match = /^([^=]*)=([0-9]{1,5})$/u.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port < 1 || port > 65_535) {
    throw badValue(option, text, "is not KIND=PORT with a port from 1 to 65535, as in vxlan=4790");
  }
  return { kind: parseChoice(option, match[1]!, kinds), port };
}

export function badValue(option: string, text: string, fault: string): TcpxError {
  return new TcpxError("BAD_OPTION", `${option}: ${quote(text)} ${fault}`);
}
