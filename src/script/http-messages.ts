// HTTP/1 for `messages` (RFC 9112 §6): a whole message is its head and the body that the head announces.
// Own framing, strict where lengths contradict each other; the heads that come out are for people and
// scripts to parse.

import type { MessageOptions } from "./messages.ts";
import { messages } from "./messages.ts";
import type { ScriptHandlers } from "./script-api.ts";

/** Octets of the longest message that is taken as one. */
export const LONGEST_HTTP_MESSAGE: number = 8 * 1024 * 1024;
const LONGEST_HEAD = 64 * 1024;
const MOST_CHUNKS = 65_536;
const REQUEST_LINE = /^[A-Z][A-Z-]{1,20} [!-~\u0080-\u00ff]+ HTTP\/1\.[01]\r\n/;
const STATUS_LINE = /^HTTP\/1\.[01] [1-9]\d\d(?: [^\r\n]*)?\r\n/;
/** What could still become a first line. */
const BEGINNING =
  /^(?:[A-Z][A-Z-]{0,20}(?: [!-~\u0080-\u00ff]*(?: [HTP/1.\r]{0,9})?)?|HTTP\/1\.[01] [^\r\n]*\r?)$/;
const STATUS_BEGINNING = "HTTP/1.";

/** As `detect` of MessageOptions. A response without a length is taken up to the end of the stream. */
export function detectHttp(bytes: Uint8Array, isEnd: boolean): number {
  const octets = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const start = octets.toString("latin1", 0, 8192);
  const isResponse = STATUS_LINE.test(start);
  if (!isResponse && !REQUEST_LINE.test(start)) return 0;
  const headEnd = octets.indexOf("\r\n\r\n", 0, "latin1") + 4;
  if (headEnd < 4 || headEnd > LONGEST_HEAD) return 0;
  const head = octets.toString("latin1", 0, headEnd);
  const lengths = valuesOf(head, "content-length");
  const encodings = valuesOf(head, "transfer-encoding");
  const status = isResponse ? Number(head.slice(9, 12)) : 0;
  if (isResponse && (status < 200 || status === 204 || status === 304)) return headEnd;
  if (encodings.length > 0) {
    // Both at once is how requests are smuggled (RFC 9112 §6.1): no message of ours.
    if (lengths.length > 0 || !/(?:^|,)\s*chunked$/i.test(encodings.join(","))) return 0;
    return chunkedEnd(octets, headEnd);
  }
  const [length] = lengths;
  if (length === undefined) {
    if (!isResponse) return headEnd;
    return isEnd ? octets.length : 0;
  }
  if (!/^\d{1,15}$/.test(length) || lengths.some((each) => each !== length)) return 0;
  const end = headEnd + Number(length);
  return end <= octets.length ? end : -end;
}

/** As `find` of MessageOptions: where a first line begins, or may begin at the end of the octets. */
export function findHttp(bytes: Uint8Array): number {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  const found = FIRST_LINE.exec(text);
  const last = text.lastIndexOf("\n") + 1;
  if (found !== null) return found.index;
  // The last line is not complete: it may become a first line.
  const tail = text.slice(last);
  if (tail.length > 0 && tail.length < 8192 && BEGINNING.test(tail)) return last;
  const response = text.lastIndexOf(STATUS_BEGINNING);
  return response >= 0 && !text.includes("\n", response) ? response : -1;
}

const FIRST_LINE =
  /(?:(?<![A-Z-])[A-Z][A-Z-]{1,20} [!-~\u0080-\u00ff]+ HTTP\/1\.[01]|HTTP\/1\.[01] [1-9]\d\d(?: [^\r\n]{0,256})?)\r\n/;

/** Handlers of a script that gets whole HTTP/1 messages. */
export function httpMessages(
  options: Omit<MessageOptions, "detect" | "find">,
): Required<Pick<ScriptHandlers, "onPayload" | "onGap" | "onTerminateFlow">> {
  return messages({
    maxMessageBytes: LONGEST_HTTP_MESSAGE,
    ...options,
    detect: detectHttp,
    find: findHttp,
  });
}

/** Values of a field, in order; lists stay as they are. */
function valuesOf(head: string, name: string): string[] {
  return head
    .split("\r\n")
    .slice(1)
    .filter((line) => line.toLowerCase().startsWith(`${name}:`))
    .map((line) => line.slice(name.length + 1).trim());
}

/** Where a body in chunked coding ends; negative: how many octets are needed; 0: it is none. */
function chunkedEnd(octets: Buffer, start: number): number {
  let at = start;
  for (let i = 0; i < MOST_CHUNKS; i++) {
    const lineEnd = octets.indexOf("\r\n", at, "latin1");
    if (lineEnd < 0) return -(octets.length + 1);
    const line = octets.toString("latin1", at, Math.min(lineEnd, at + 256));
    const size = /^([0-9a-f]{1,8})[ \t]*(?:;|$)/i.exec(line);
    if (size === null) return 0;
    const length = Number.parseInt(size[1]!, 16);
    at = lineEnd + 2;
    if (length === 0) return trailerEnd(octets, at);
    at += length + 2;
    if (at > octets.length) return -at;
    if (octets[at - 2] !== 13 || octets[at - 1] !== 10) return 0;
  }
  return 0;
}

function trailerEnd(octets: Buffer, start: number): number {
  for (let at = start; ;) {
    const lineEnd = octets.indexOf("\r\n", at, "latin1");
    if (lineEnd < 0) return -(octets.length + 1);
    if (lineEnd === at) return lineEnd + 2;
    at = lineEnd + 2;
  }
}
