// The heads of the HTTP/1 messages of one stream as attributes; bodies are passed over. A gap within a
// body of known length does no harm; any other hides where the next head begins.

import { ChunkSkipper } from "./chunk-skipper.ts";
import type { HttpHead, HttpHeadParser } from "./http-head.ts";
import { hasNoBody } from "./http-head.ts";
import { OctetBuffer } from "./octet-buffer.ts";
import type { Found, ProtocolReader } from "./stream-sniffer.ts";

/** Requests whose response has not come yet, to tell that of a HEAD. */
const MOST_PIPELINED = 1000;

export class HttpReader implements ProtocolReader {
  isMalformed = false;
  readonly #parser: HttpHeadParser;
  readonly #found: Found;
  /** Methods of requests, shared between the two streams of a flow. */
  readonly #methods: string[];
  readonly #head = new OctetBuffer();
  /** Octets searched for the empty line already. */
  #searched = 0;
  /** Octets of body to be passed over; Infinity: up to the end. */
  #body = 0;
  #chunks: ChunkSkipper | null = null;

  constructor(parser: HttpHeadParser, methods: string[], found: Found) {
    this.#parser = parser;
    this.#methods = methods;
    this.#found = found;
  }

  octets(bytes: Uint8Array, start: number, end: number): boolean {
    let at = start;
    while (at < end) {
      if (this.#chunks !== null) {
        at = this.#chunks.take(bytes, at, end);
        if (this.#chunks.isBad) return this.#giveUp();
        if (this.#chunks.isDone) this.#chunks = null;
      } else if (this.#body > 0) {
        const over = Math.min(this.#body, end - at);
        this.#body -= over;
        at += over;
      } else {
        const before = this.#head.length;
        this.#head.append(bytes, at, end);
        const head = this.#readHead();
        if (head === "bad") return this.#giveUp();
        if (head === "more") return true;
        at += head.length - before;
        if (!this.#tell(head)) return false;
      }
    }
    return true;
  }

  gap(length: number): boolean {
    if (this.#body >= length) {
      this.#body -= length;
      return true;
    }
    if (this.#chunks !== null && this.#chunks.pending >= length) {
      this.#chunks.skip(length);
      return true;
    }
    return false;
  }

  #giveUp(): boolean {
    this.isMalformed = true;
    return false;
  }

  /** The parser is asked once a head is whole: else each packet of a long one would cost all of it. */
  #readHead(): HttpHead | "more" | "bad" {
    const head = this.#head;
    // Octets between messages that llhttp passes over too.
    const view = head.view();
    const end = endOfHead(view, this.#searched);
    this.#searched = Math.max(0, head.length - 3);
    if (end < 0 && head.length < 64 * 1024) return "more";
    const parsed = this.#parser.parse(view);
    return parsed === "more" ? "bad" : parsed;
  }

  /** False where what follows is not HTTP. */
  #tell(head: HttpHead): boolean {
    const found = this.#found;
    found("HTTP-Header", this.#head.view(0, head.length).toString("latin1"), true);
    this.#head.drop(this.#head.length);
    this.#searched = 0;
    if (head.isRequest) {
      found("Method", head.method, true);
      found("URI", head.target, true);
      if (this.#methods.length < MOST_PIPELINED) this.#methods.push(head.method);
    } else {
      found("Status", String(head.status), true);
    }
    for (const [name, value] of head.headers) {
      const known = ATTRIBUTES.get(name.toLowerCase());
      if (known !== undefined) found(known, value, true);
    }
    if (head.isUpgrade || head.status === 101) return false;
    return this.#beginBody(head);
  }

  #beginBody(head: HttpHead): boolean {
    // A 1xx is no answer yet: its request goes on waiting.
    const isFinal = !head.isRequest && head.status >= 200;
    const method = isFinal ? this.#methods.shift() : undefined;
    if (method === "CONNECT" && head.status < 300) return false;
    if (hasNoBody(head, method)) return true;
    if (head.isChunked) this.#chunks = new ChunkSkipper();
    else this.#body = head.contentLength ?? Infinity;
    return true;
  }
}

const ATTRIBUTES: ReadonlyMap<string, string> = new Map([
  ["host", "Host"],
  ["content-type", "Content-Type"],
  ["user-agent", "User-Agent"],
]);

/** Index behind the empty line that ends a head, or -1. */
function endOfHead(bytes: Buffer, from: number): number {
  const strict = bytes.indexOf("\r\n\r\n", from, "latin1");
  if (strict >= 0) return strict + 4;
  const loose = bytes.indexOf("\n\n", from, "latin1");
  return loose < 0 ? -1 : loose + 2;
}
