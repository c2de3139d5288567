// `--flow 1,2,5-9`: a set of flow numbers as sorted ranges that neither touch nor overlap, so that
// `1-1000000000` costs as little as `1`.

import { TcpxError } from "../errors.ts";

/** Longest text, in characters. */
const MAX_TEXT = 100_000;

/** Both ends included. */
interface NumberRange {
  readonly first: number;
  readonly last: number;
}

/** A set of flow numbers, immutable and never empty. */
export class FlowNumbers {
  readonly #ranges: readonly NumberRange[];

  private constructor(ranges: readonly NumberRange[]) {
    this.#ranges = ranges;
  }

  /** In any order, overlapping or not. */
  static of(ranges: readonly NumberRange[]): FlowNumbers {
    const merged: NumberRange[] = [];
    for (const range of [...ranges].sort((one, other) => one.first - other.first)) {
      const previous = merged.at(-1);
      if (previous === undefined || range.first > previous.last + 1) {
        merged.push(range);
      } else {
        const last = Math.max(previous.last, range.last);
        merged[merged.length - 1] = { first: previous.first, last };
      }
    }
    return new FlowNumbers(merged);
  }

  /** The highest number of the set: later flows are of no interest. */
  get highest(): number {
    return this.#ranges.at(-1)!.last;
  }

  /** Cost: logarithmic in the number of ranges; allocates nothing. */
  has(flowNumber: number): boolean {
    let low = 0;
    let high = this.#ranges.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const range = this.#ranges[middle]!;
      if (flowNumber < range.first) high = middle - 1;
      else if (flowNumber > range.last) low = middle + 1;
      else return true;
    }
    return false;
  }
}

/**
 * Numbers and ranges between commas, spaces around them allowed; flow numbers count from 1.
 * `option` names the option in the error's text. @throws BAD_OPTION
 */
export function parseFlowNumbers(text: string, option = "--flow"): FlowNumbers {
  if (text.length > MAX_TEXT) {
    throw new TcpxError("BAD_OPTION", `${option}: longer than ${MAX_TEXT} characters`);
  }
  return FlowNumbers.of(text.split(",").map((item) => parseRange(item.trim(), option)));
}

function parseRange(item: string, option: string): NumberRange {
  const match = /^([0-9]{1,16})(?:\s*-\s*([0-9]{1,16}))?$/.exec(item);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? match?.[1]);
  if (match !== null && first >= 1 && last >= first && Number.isSafeInteger(last)) {
    return { first, last };
  }
  throw new TcpxError(
    "BAD_OPTION",
    `${option}: ${JSON.stringify(item.slice(0, 40))} is no flow number and no range ` +
      `(expected numbers from 1 like 1,2,5-9)`,
  );
}
