// The errors of a filter expression: one line that names the word and its column, counted from 1.

import { TcpxError } from "../errors.ts";

const MAX_QUOTED = 60;

/** A BAD_FILTER error; `message` goes behind "filter: ". */
export function filterError(message: string): TcpxError {
  return new TcpxError("BAD_FILTER", `filter: ${message}`);
}

/**
 * A primitive of pcap-filter that asks about single packets: it can't be answered for a flow, but a BPF
 * program can do it.
 */
export function packetFilterError(word: string, column: number): TcpxError {
  return filterError(
    `${quote(word)} at column ${column} can't be asked of a TCP flow ` +
      `(to choose packets: tcpdump -r CAPTURE -ddd 'EXPR' > FILE, then --bpf FILE)`,
  );
}

/** ` (did you mean "TEXT"?)`, or nothing where there is no suggestion. */
export function didYouMean(text: string | undefined): string {
  return text === undefined ? "" : ` (did you mean ${quote(text)}?)`;
}

/** A word from outside in double quotes: cut if long, with nothing a terminal would act on. */
export function quote(text: string): string {
  const shown = text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}...` : text;
  const escaped = shown.replaceAll(/[^ -~]|["\\]/g, (character) =>
    character === '"' || character === "\\"
      ? `\\${character}`
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `"${escaped}"`;
}
