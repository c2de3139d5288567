// Colour for terminals. The report stage knows no terminal: the command line hands in a painter (a chalk
// instance is one), everyone else takes text without colour.

/** The few colours that the report uses. A chalk instance fits. */
export interface ReportPainter {
  bold(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
  red(text: string): string;
}

const same = (text: string): string => text;

/** Leaves the text as it is. */
export const NO_COLOUR: ReportPainter = { bold: same, yellow: same, cyan: same, red: same };
