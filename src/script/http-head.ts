// The head of an HTTP/1 message, read by llhttp (RFC 9112): strict about what decides where a message
// ends, because that is what hostile input lies about. Loaded on first use; needs no files of its own.

/** Octets of the longest head that is looked at. */
export const LONGEST_HEAD: number = 64 * 1024;

export interface HttpHead {
  /** Octets of the head, the empty line included. */
  readonly length: number;
  readonly isRequest: boolean;
  /** Of a request. */
  readonly method: string;
  readonly target: string;
  /** Of a response; 0 for a request. */
  readonly status: number;
  readonly reason: string;
  /** In order, names as sent. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Octets of body that the head announces; null where it does not. */
  readonly contentLength: number | null;
  readonly isChunked: boolean;
  /** A protocol switch: what follows is not HTTP. */
  readonly isUpgrade: boolean;
}

const REQUEST = 1;
const RESPONSE = 2;
/** HPE_PAUSED and HPE_PAUSED_UPGRADE. */
const PAUSED = 21;
const PAUSED_UPGRADE = 22;
/** Value of a callback that stops the parser. */
const STOP = PAUSED;

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  llhttp_alloc(type: number): number;
  llhttp_free(parser: number): void;
  llhttp_execute(parser: number, at: number, length: number): number;
  llhttp_get_error_pos(parser: number): number;
  malloc(length: number): number;
  free(at: number): void;
}

/** Callbacks of one head; parsers are used one after the other. */
class HeadCollector {
  target = "";
  reason = "";
  readonly headers: [string, string][] = [];
  status = 0;
  isUpgrade = false;
  isComplete = false;
  #inValue = true;

  field(text: string): void {
    if (this.#inValue) this.headers.push(["", ""]);
    this.#inValue = false;
    this.headers.at(-1)![0] += text;
  }

  value(text: string): void {
    this.#inValue = true;
    const last = this.headers.at(-1);
    if (last !== undefined) last[1] += text;
  }
}

export class HttpHeadParser {
  readonly #exports: Exports;
  #collector = new HeadCollector();

  private constructor(octets: Buffer<ArrayBuffer>) {
    const text = (at: number, length: number): string =>
      Buffer.from(this.#exports.memory.buffer, at, length).toString("latin1");
    const env = {
      wasm_on_message_begin: () => 0,
      wasm_on_url: (_parser: number, at: number, length: number) => {
        this.#collector.target += text(at, length);
        return 0;
      },
      wasm_on_status: (_parser: number, at: number, length: number) => {
        this.#collector.reason += text(at, length);
        return 0;
      },
      wasm_on_header_field: (_parser: number, at: number, length: number) => {
        this.#collector.field(text(at, length));
        return 0;
      },
      wasm_on_header_value: (_parser: number, at: number, length: number) => {
        this.#collector.value(text(at, length));
        return 0;
      },
      wasm_on_headers_complete: (_parser: number, status: number, upgrade: number) => {
        this.#collector.status = status;
        this.#collector.isUpgrade = upgrade !== 0;
        this.#collector.isComplete = true;
        return STOP;
      },
      wasm_on_body: () => 0,
      wasm_on_message_complete: () => 0,
    };
    const module = new WebAssembly.Module(octets);
    this.#exports = new WebAssembly.Instance(module, { env }).exports as unknown as Exports;
  }

  static async load(): Promise<HttpHeadParser> {
    const { default: octets } = await import("undici/lib/llhttp/llhttp-wasm.js");
    return new HttpHeadParser(octets);
  }

  /**
   * Reads a head at the start of the octets. "more" where it is not complete yet, "bad" where it is
   * none, or longer than LONGEST_HEAD.
   */
  parse(bytes: Uint8Array): HttpHead | "more" | "bad" {
    const isResponse = bytes[0] === 0x48 && bytes[4] === 0x2f && bytes[1] === 0x54;
    const given = bytes.subarray(0, LONGEST_HEAD);
    const llhttp = this.#exports;
    const collector = new HeadCollector();
    this.#collector = collector;
    const parser = llhttp.llhttp_alloc(isResponse ? RESPONSE : REQUEST);
    const at = llhttp.malloc(given.length);
    try {
      new Uint8Array(llhttp.memory.buffer, at, given.length).set(given);
      const code = llhttp.llhttp_execute(parser, at, given.length);
      if (code === 0) return bytes.length >= LONGEST_HEAD ? "bad" : "more";
      if ((code !== PAUSED && code !== PAUSED_UPGRADE) || !collector.isComplete) return "bad";
      const length = llhttp.llhttp_get_error_pos(parser) - at;
      return headOf(collector, length, isResponse, given);
    } finally {
      llhttp.free(at);
      llhttp.llhttp_free(parser);
    }
  }
}

function headOf(
  collector: HeadCollector,
  length: number,
  isResponse: boolean,
  bytes: Uint8Array,
): HttpHead | "bad" {
  const { target, reason, headers, status, isUpgrade } = collector;
  const values = (wanted: string): string[] =>
    headers.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value.trim());
  const encodings = values("transfer-encoding").join(",").toLowerCase();
  const isChunked = /(?:^|,)\s*chunked\s*$/.test(encodings);
  const [announced] = values("content-length");
  const contentLength = announced === undefined ? null : Number(announced);
  if (contentLength !== null && !Number.isSafeInteger(contentLength)) return "bad";
  const line = Buffer.from(bytes.subarray(0, 32)).toString("latin1").trimStart();
  return {
    length,
    isRequest: !isResponse,
    method: isResponse ? "" : (line.split(" ", 1)[0] ?? ""),
    target,
    status: isResponse ? status : 0,
    reason,
    headers,
    contentLength: isChunked ? null : contentLength,
    isChunked,
    isUpgrade,
  };
}

/** True where a response with this head has no body, whatever it announces (RFC 9112 §6.3). */
export function hasNoBody(head: HttpHead, requestMethod: string | undefined): boolean {
  if (head.isRequest) return head.contentLength === null && !head.isChunked;
  if (requestMethod === "HEAD" || head.status === 204 || head.status === 304) return true;
  return head.status >= 100 && head.status < 200;
}
