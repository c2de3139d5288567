// A status word in words, for `tcpx explain 0x03ff2ff7`.

import { KNOWN_BITS, STATUS_ENTRIES, formatStatusWord, parseStatusWord } from "./status-word.ts";

const NAME_WIDTH = Math.max(...STATUS_ENTRIES.map(({ name }) => name.length));
const HALF_WIDTH = "information".length;

/**
 * One line a bit that is set, lowest first: bit, half, name, text.
 * @throws TcpxError BAD_OPTION for a text that is no status word
 */
export function explainStatusWord(text: string): string[] {
  const word = parseStatusWord(text);
  const known = STATUS_ENTRIES.filter(({ bit }) => (word & bit) !== 0).map(
    ({ bit, name, half, text }) =>
      `${formatStatusWord(bit)}  ${half.padEnd(HALF_WIDTH)}  ${name.padEnd(NAME_WIDTH)}  ${text}`,
  );
  const unknown = word & ~KNOWN_BITS;
  if (unknown !== 0) known.push(`${formatStatusWord(unknown)}  no meaning in this version of tcpx`);
  if (known.length === 0) return ["0x00000000  nothing to report"];
  return known;
}
