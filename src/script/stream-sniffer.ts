// What recognises the protocol of one stream by its first octets, and the readers behind it.

/** Told of what was found; `isKept` where it belongs into flows.jsonl. */
export type Found = (name: string, value: string, isKept: boolean) => void;

/** Reads one stream of a known protocol; octets come in order. */
export interface ProtocolReader {
  /** False: nothing more is to be had from this stream, or it is malformed (`isMalformed`). */
  octets(bytes: Uint8Array, start: number, end: number): boolean;
  /** False as above: the gap hides where things begin. */
  gap(length: number): boolean;
  readonly isMalformed: boolean;
}

export const Protocol = { NONE: 0, HTTP: 1, TLS: 2, SSH: 3, UNDECIDED: 4 } as const;
export type Protocol = (typeof Protocol)[keyof typeof Protocol];

/** Octets that decide; a request line's method is at most 17 octets long. */
export const DECIDING_OCTETS = 20;

const METHODS = [
  "GET",
  "POST",
  "PUT",
  "HEAD",
  "DELETE",
  "OPTIONS",
  "PATCH",
  "CONNECT",
  "TRACE",
  "PROPFIND",
  "PROPPATCH",
  "MKCOL",
  "COPY",
  "MOVE",
  "LOCK",
  "UNLOCK",
  "REPORT",
  "SEARCH",
  "M-SEARCH",
  "NOTIFY",
  "SUBSCRIBE",
  "UNSUBSCRIBE",
  "PURGE",
].map((method) => `${method} `);

/** The protocol by the first octets of a stream. */
export function protocolOf(first: Uint8Array): Protocol {
  if (first.length === 0) return Protocol.UNDECIDED;
  if (first[0] === 22) {
    if (first.length < 3) return Protocol.UNDECIDED;
    return first[1] === 3 && first[2]! <= 4 ? Protocol.TLS : Protocol.NONE;
  }
  const text = Buffer.from(first.subarray(0, DECIDING_OCTETS)).toString("latin1");
  const begins = (word: string): boolean => text.startsWith(word.slice(0, text.length));
  if (begins("SSH-")) return text.length >= 4 ? Protocol.SSH : Protocol.UNDECIDED;
  if (!begins("HTTP/1.") && !METHODS.some(begins)) return Protocol.NONE;
  const isWhole = text.startsWith("HTTP/1.") || METHODS.some((method) => text.startsWith(method));
  return isWhole ? Protocol.HTTP : Protocol.UNDECIDED;
}

const LONGEST_BANNER = 255;

/** The version line of SSH (RFC 4253 §4.2). */
export class SshReader implements ProtocolReader {
  isMalformed = false;
  readonly #found: Found;
  #line = "";

  constructor(found: Found) {
    this.#found = found;
  }

  octets(bytes: Uint8Array, start: number, end: number): boolean {
    this.#line += Buffer.from(bytes.subarray(start, Math.min(end, start + 256))).toString("latin1");
    const at = this.#line.indexOf("\n");
    if (at < 0 && this.#line.length <= LONGEST_BANNER) return true;
    if (at < 0 || at > LONGEST_BANNER) this.isMalformed = true;
    else this.#found("SSH:VERSION", this.#line.slice(0, at).replace(/\r$/, ""), true);
    return false;
  }

  gap(): boolean {
    return false;
  }
}
