// The text report is ASCII and one fact a line, whatever a file or a counter is called.

/** Every character that is not printable ASCII as `\u{HEX}`; the rest as it is. */
export function asciiText(text: string): string {
  return text.replaceAll(/[^ -~]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
}

const MOST_LISTED = 16;

/** Separated by commas; a hostile capture doesn't make the line long. */
export function listText(texts: readonly string[]): string {
  const more = texts.length - MOST_LISTED;
  const shown = texts.slice(0, MOST_LISTED).join(", ");
  return more > 0 ? `${shown}, and ${more} more` : shown;
}
