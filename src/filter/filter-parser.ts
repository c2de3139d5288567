// Tokens of a filter -> its conditions, by recursive descent.
//
//   expression = operand { ("and" | "or") operand }        equal precedence, from left to right
//   operand    = "not" operand | "(" expression ")" | primitive | id     an id: qualifiers carried over
//   primitive  = "tcp" | "ip" | "ip6" | "vlan" [number] | qualifiers ids
//   qualifiers = [ "tcp" | "ip" | "ip6" ] [ direction ] [ "host" | "net" | "port" | "portrange" ]
//   direction  = "src" | "dst" | "src or dst" | "src and dst" (and the other way round)
//   ids        = "not" ids | "(" ids { ("and" | "or") ids } ")" | id
//
// Qualifiers are carried over as libpcap's grammar does: an id takes those of the primitive before it; a
// bare protocol or vlan leaves none; behind a group those from before the group hold again.
// Source: pcap-filter(7), grammar.y of libpcap.

import {
  AlwaysCondition,
  ChainCondition,
  type Condition,
  type Direction,
  EndpointCondition,
  IpVersionCondition,
  NotCondition,
  VlanCondition,
} from "./filter-condition.ts";
import { didYouMean, filterError, packetFilterError, quote } from "./filter-error.ts";
import {
  type AddressSuffix,
  addressTest,
  parseNumber,
  portRangeTest,
  portTest,
} from "./filter-operand.ts";
import type { Token } from "./filter-scanner.ts";
import { FLOW_WORDS, PACKET_WORDS, isKeyword } from "./filter-words.ts";
import { suggestWord } from "./suggestion.ts";

/** Parentheses and `not` may be nested this deep. */
export const MAX_FILTER_DEPTH = 100;
const MAX_VLAN_ID = 4095;

type Protocol = "tcp" | "ip" | "ip6";
/** `address` where no type was given: pcap-filter then means a host. */
type OperandType = "address" | "host" | "net" | "port" | "portrange";

interface Qualifiers {
  readonly protocol: Protocol | undefined;
  readonly direction: Direction;
  readonly type: OperandType;
}

export class FilterParser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;
  /** What a bare id means here; `undefined` at the beginning and behind a bare `tcp`, `ip`, `vlan`. */
  #carried: Qualifiers | undefined;
  /** The likeliest meaning of a number without qualifiers, for error texts. */
  #numberHint = "port";

  /** `tokens` end with one of kind `end`. */
  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** The whole filter; an empty one holds for every flow, as tcpdump's does. @throws BAD_FILTER */
  parse(): Condition {
    if (this.#peek().kind === "end") return new AlwaysCondition();
    const condition = this.#chain(() => this.#operand());
    if (this.#peek().kind !== "end") throw this.#unexpected(`"and" or "or"`);
    return condition;
  }

  #peek(): Token {
    return this.#tokens[this.#at]!;
  }

  #take(): Token {
    const token = this.#peek();
    if (token.kind !== "end") this.#at++;
    return token;
  }

  /** The word at hand, `undefined` where it is none (an escaped word is never a keyword). */
  #peekWord(): string | undefined {
    return this.#peek().kind === "word" ? this.#peek().text : undefined;
  }

  #chain(parseTerm: () => Condition): Condition {
    const terms = [parseTerm()];
    const isAnd = [false];
    while (this.#peek().kind === "and" || this.#peek().kind === "or") {
      isAnd.push(this.#take().kind === "and");
      terms.push(parseTerm());
    }
    return terms.length === 1 ? terms[0]! : new ChainCondition(terms, isAnd);
  }

  #nested(parseInner: () => Condition): Condition {
    const { column } = this.#take();
    if (++this.#depth > MAX_FILTER_DEPTH) {
      throw filterError(`nested deeper than ${MAX_FILTER_DEPTH} at column ${column}`);
    }
    const condition = parseInner();
    this.#depth--;
    return condition;
  }

  #group(parseTerm: () => Condition): Condition {
    const { column } = this.#peek();
    const condition = this.#nested(() => this.#chain(parseTerm));
    if (this.#peek().kind !== ")") {
      throw this.#unexpected(`"and", "or", or ")" for the "(" at column ${column}`);
    }
    this.#take();
    return condition;
  }

  #operand(): Condition {
    if (this.#peek().kind === "not") {
      return new NotCondition(this.#nested(() => this.#operand()));
    }
    if (this.#peek().kind === "(") {
      const carried = this.#carried;
      const condition = this.#group(() => this.#operand());
      this.#carried = carried;
      return condition;
    }
    const word = this.#peekWord();
    if (word === "vlan") return this.#vlan();
    if (word !== undefined && isKeyword(word)) return this.#primitive();
    if (this.#peek().kind !== "word" && this.#peek().kind !== "name") {
      throw this.#unexpected("a primitive like host, net, port or tcp");
    }
    if (this.#carried === undefined) throw this.#bareOperand();
    return this.#id(this.#carried);
  }

  #primitive(): Condition {
    const first = this.#peek();
    const protocol = this.#protocol();
    const direction = this.#direction();
    const type = this.#type();
    this.#numberHint = "port";
    if (direction === undefined && type === undefined) {
      this.#carried = undefined;
      if (protocol === undefined) throw this.#unexpected("a primitive like host, net, port or tcp");
      if (this.#peek().kind === "word" && !isKeyword(this.#peek().text)) {
        throw this.#bareOperand(`${first.text} `);
      }
      if (protocol === "tcp") return new AlwaysCondition();
      return new IpVersionCondition(protocol === "ip" ? 4 : 6);
    }
    const qualifiers = { protocol, direction: direction ?? "either", type: type ?? "address" };
    checkQualifiers(qualifiers, first);
    this.#carried = qualifiers;
    return this.#ids(qualifiers);
  }

  #protocol(): Protocol | undefined {
    const word = this.#peekWord();
    if (word !== "tcp" && word !== "ip" && word !== "ip6") return undefined;
    this.#take();
    return word;
  }

  #direction(): Direction | undefined {
    const word = this.#peekWord();
    if (word !== "src" && word !== "dst") return undefined;
    this.#take();
    const { kind } = this.#peek();
    if (kind !== "and" && kind !== "or") return word;
    this.#take();
    const other = word === "src" ? "dst" : "src";
    if (this.#peekWord() !== other) throw this.#unexpected(`"${other}" behind "${word} ${kind}"`);
    this.#take();
    return kind === "and" ? "both" : "either";
  }

  #type(): OperandType | undefined {
    const word = this.#peekWord();
    if (word !== "host" && word !== "net" && word !== "port" && word !== "portrange") {
      return undefined;
    }
    this.#take();
    return word;
  }

  /** One id, or several in parentheses: `port (80 or 443)`. */
  #ids(qualifiers: Qualifiers): Condition {
    if (this.#peek().kind === "not") {
      return new NotCondition(this.#nested(() => this.#ids(qualifiers)));
    }
    if (this.#peek().kind === "(") return this.#group(() => this.#ids(qualifiers));
    return this.#id(qualifiers);
  }

  #id(qualifiers: Qualifiers): Condition {
    const token = this.#peek();
    const isPort = qualifiers.type === "port" || qualifiers.type === "portrange";
    const isId = token.kind === "name" || (token.kind === "word" && !isKeyword(token.text));
    if (!isId) throw this.#unexpected(isPort ? "a port" : "an address");
    this.#take();
    const { direction, type } = qualifiers;
    if (type === "port") return new EndpointCondition(portTest(token), direction);
    if (type === "portrange") return new EndpointCondition(portRangeTest(token), direction);
    const { test, ipVersion } = addressTest(token, this.#addressSuffix(), type === "net");
    const { protocol } = qualifiers;
    if (protocol !== undefined && protocol !== (ipVersion === 4 ? "ip" : "ip6")) {
      throw filterError(
        `${quote(token.text)} at column ${token.column} is an IPv${ipVersion} address, ` +
          `but the qualifier is "${protocol}"`,
      );
    }
    return new EndpointCondition(test, direction);
  }

  #addressSuffix(): AddressSuffix | undefined {
    const kind = this.#peek().kind === "/" ? "/" : this.#peekWord();
    if (kind !== "/" && kind !== "mask") return undefined;
    this.#take();
    if (this.#peekWord() === undefined) {
      throw this.#unexpected(kind === "/" ? "a prefix length" : "a mask");
    }
    return { kind, token: this.#take() };
  }

  #vlan(): Condition {
    this.#take();
    this.#carried = undefined;
    this.#numberHint = "vlan";
    let open = 0;
    while (this.#peek().kind === "(" && open < MAX_FILTER_DEPTH) {
      this.#take();
      open++;
    }
    const token = this.#peek();
    const id = parseNumber(token);
    if (id === undefined) {
      if (open > 0) throw this.#unexpected("a VLAN identifier");
      return new VlanCondition(undefined);
    }
    if (id > MAX_VLAN_ID) {
      throw filterError(
        `VLAN ${quote(token.text)} at column ${token.column} is above ${MAX_VLAN_ID}`,
      );
    }
    this.#take();
    for (; open > 0; open--) {
      if (this.#peek().kind !== ")") throw this.#unexpected(`")"`);
      this.#take();
    }
    return new VlanCondition(id);
  }

  /** Something else than `expected` stands here: the best explanation for the token at hand. */
  #unexpected(expected: string): Error {
    const { kind, text, column } = this.#peek();
    if (kind === "end") return filterError(`expected ${expected} at the end, column ${column}`);
    const isPacketWord = kind === "word" && PACKET_WORDS.has(text);
    if (isPacketWord || kind === "arithmetic") return packetFilterError(text, column);
    if (kind === "word" && !FLOW_WORDS.has(text) && /^[A-Za-z]/.test(text)) {
      const suggestion = suggestWord(text, FLOW_WORDS);
      if (suggestion !== undefined) return this.#unknownWord(suggestion);
    }
    return filterError(`expected ${expected} before ${quote(text)} at column ${column}`);
  }

  /** An address, port or unknown word where no qualifiers say what it is. */
  #bareOperand(before = ""): Error {
    const { text, column } = this.#peek();
    const isNumber = /^[0-9]+$/.test(text);
    if (isNumber || /^[0-9]|:/.test(text)) {
      const meant = isNumber ? `${before}${this.#numberHint} ${text}` : `host ${text}`;
      const found = `nothing says what ${quote(text)} at column ${column} is`;
      return filterError(found + didYouMean(meant));
    }
    return this.#unknownWord(suggestWord(text, FLOW_WORDS));
  }

  #unknownWord(suggestion: string | undefined): Error {
    const { text, column } = this.#peek();
    return filterError(`unknown word ${quote(text)} at column ${column}${didYouMean(suggestion)}`);
  }
}

/** What libpcap refuses too: ports have no IP version here, and addresses no transport. */
function checkQualifiers(qualifiers: Qualifiers, first: Token): void {
  const { protocol, type } = qualifiers;
  const isPort = type === "port" || type === "portrange";
  if (protocol === undefined || isPort === (protocol === "tcp")) return;
  throw filterError(
    `"${protocol}" at column ${first.column} can't qualify ${isPort ? "a port" : "an address"} ` +
      `(write "${protocol} and" before the other words)`,
  );
}
