// The text of a filter -> its tokens with their columns. Eager: a filter is short (MAX_FILTER_LENGTH).

import { filterError, quote } from "./filter-error.ts";

/** Longest filter expression, in characters; tcpdump's own scripts stay far below. */
export const MAX_FILTER_LENGTH = 65_536;

/**
 * `name` is a word behind a backslash, which is never a keyword; `arithmetic` is what only octet access and
 * comparisons have; `end` follows the last token.
 */
export type TokenKind =
  | "word"
  | "name"
  | "and"
  | "or"
  | "not"
  | "("
  | ")"
  | "/"
  | "arithmetic"
  | "end";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Column of its first character, from 1. */
  readonly column: number;
}

const KIND_BY_TEXT: ReadonlyMap<string, TokenKind> = new Map([
  ["and", "and"],
  ["&&", "and"],
  ["or", "or"],
  ["||", "or"],
  ["not", "not"],
  ["!", "not"],
  ["(", "("],
  [")", ")"],
  ["/", "/"],
]);

// groups: white space, operator, word, escaped word, arithmetic (octet access and comparisons)
const TOKEN =
  /([ \t\r\n]+)|(&&|\|\||!(?!=)|[()/])|([A-Za-z0-9:.][-A-Za-z0-9_.:]*)|\\([^ !()\r\n\t]+)|(!=|[+*%&|^<>=[\]])/y;

/** The tokens, the last of kind `end`. @throws BAD_FILTER at characters that pcap-filter does not know. */
export function scanFilter(text: string): Token[] {
  if (text.length > MAX_FILTER_LENGTH) {
    throw filterError(
      `expression has ${text.length} characters, the limit is ${MAX_FILTER_LENGTH}`,
    );
  }
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    const column = at + 1;
    if (match === null) throw unknownCharacter(text, at);
    const [whole, , operator, word, name, arithmetic] = match;
    at += whole.length;
    if (operator !== undefined) {
      tokens.push({ kind: KIND_BY_TEXT.get(operator)!, text: operator, column });
    } else if (word !== undefined) {
      tokens.push({ kind: KIND_BY_TEXT.get(word) ?? "word", text: word, column });
    } else if (name !== undefined) {
      tokens.push({ kind: "name", text: name, column });
    } else if (arithmetic !== undefined) {
      tokens.push({ kind: "arithmetic", text: arithmetic, column });
    }
  }
  tokens.push({ kind: "end", text: "", column: text.length + 1 });
  return tokens;
}

function unknownCharacter(text: string, at: number): Error {
  const hint = text[at] === "," ? ' (lists are written with "or": port 80 or 443)' : "";
  return filterError(`unexpected character ${quote(text[at]!)} at column ${at + 1}${hint}`);
}
