// Whether a stream gets colours, each stream for itself: a person who pipes standard output still sees
// coloured errors. chalk alone would not look at NO_COLOR.

import type { ReportPainter } from "../report/report-painter.ts";
import { NO_COLOUR } from "../report/report-painter.ts";
import type { Environment, OutputStream } from "./session.ts";

/** `--color` is true, `--no-color` false, neither undefined. */
export type ColourChoice = boolean | undefined;

/** The option first, then NO_COLOR (no-color.org), FORCE_COLOR, and last what the terminal can do. */
export function wantsColour(
  stream: OutputStream,
  env: Environment,
  choice?: ColourChoice,
): boolean {
  if (choice !== undefined) return choice;
  const { NO_COLOR: never = "", FORCE_COLOR: always } = env;
  if (never !== "") return false;
  if (always !== undefined) return always !== "0" && always !== "false";
  return stream.isTTY === true && stream.hasColors?.(env) === true;
}

/** A chalk instance, or a painter that leaves the text as it is. */
export async function loadPainter(isColoured: boolean): Promise<ReportPainter> {
  if (!isColoured) return NO_COLOUR;
  const { Chalk } = await import("chalk");
  return new Chalk({ level: 1 });
}
