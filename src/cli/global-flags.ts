// The options that matter even where a command line can't be understood: how its error is told.

import type { ColourChoice } from "./colours.ts";

export interface GlobalFlags {
  /** Errors are told as JSON too. */
  readonly json: boolean;
  /** Errors are told with their trace. */
  readonly debug: boolean;
  readonly colour: ColourChoice;
}

/** Looks for the words as they stand; what follows `--` are operands. */
export function globalFlagsOf(words: readonly string[]): GlobalFlags {
  const end = words.indexOf("--");
  const options = end === -1 ? words : words.slice(0, end);
  const colour = options.findLast((word) => word === "--color" || word === "--no-color");
  return {
    json: options.includes("--json"),
    debug: options.includes("--debug"),
    colour: colour === undefined ? undefined : colour === "--color",
  };
}
