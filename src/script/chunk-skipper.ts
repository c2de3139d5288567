// Passes over a body in chunked coding (RFC 9112 §7.1), a piece at a time: finds where it ends without
// keeping any of it. Strict: what is no chunk header ends it as malformed.

const LONGEST_LINE = 4096;
const CR = 13;
const LF = 10;

const State = { SIZE: 0, EXTENSION: 1, DATA: 2, DATA_END: 3, TRAILER: 4, DONE: 5, BAD: 6 } as const;
type State = (typeof State)[keyof typeof State];

export class ChunkSkipper {
  #state: State = State.SIZE;
  #size = 0;
  #digits = 0;
  /** Octets of the line in hand. */
  #line = 0;
  #last = 0;

  get isDone(): boolean {
    return this.#state === State.DONE;
  }

  get isBad(): boolean {
    return this.#state === State.BAD;
  }

  /** Octets of the chunk in hand that are still to come: a gap within them does no harm. */
  get pending(): number {
    return this.#state === State.DATA ? this.#size : 0;
  }

  /** Takes octets of the body; gives the index behind its end, or `end` where it goes on. */
  take(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && this.#state < State.DONE) {
      if (this.#state === State.DATA) {
        at += this.skip(end - at);
        continue;
      }
      this.#octet(bytes[at]!);
      at++;
    }
    return at;
  }

  /** Passes over data octets of the chunk in hand; gives how many. */
  skip(length: number): number {
    const over = Math.min(length, this.pending);
    this.#size -= over;
    if (this.#size === 0 && this.#state === State.DATA) this.#go(State.DATA_END);
    return over;
  }

  #octet(octet: number): void {
    this.#line++;
    if (this.#line > LONGEST_LINE) this.#go(State.BAD);
    switch (this.#state) {
      case State.SIZE:
        this.#sizeOctet(octet);
        break;
      case State.EXTENSION:
        if (octet === LF) this.#endOfSize();
        break;
      case State.DATA_END:
        if (octet === LF) this.#go(this.#last === CR ? State.SIZE : State.BAD);
        else if (octet !== CR || this.#line > 1) this.#go(State.BAD);
        break;
      case State.TRAILER:
        if (octet === LF) {
          const isEmpty = this.#line <= 2;
          this.#go(isEmpty ? State.DONE : State.TRAILER);
        }
        break;
      default:
        break;
    }
    this.#last = octet;
  }

  #sizeOctet(octet: number): void {
    const digit = hexDigit(octet);
    if (digit >= 0) {
      this.#size = this.#size * 16 + digit;
      this.#digits++;
      if (this.#digits > 13) this.#go(State.BAD);
      return;
    }
    if (this.#digits === 0) this.#go(State.BAD);
    else if (octet === LF) this.#endOfSize();
    else this.#state = State.EXTENSION;
  }

  #endOfSize(): void {
    const size = this.#size;
    this.#go(this.#last !== CR ? State.BAD : size === 0 ? State.TRAILER : State.DATA);
    this.#size = size;
  }

  #go(state: State): void {
    this.#state = state;
    this.#size = 0;
    this.#digits = 0;
    this.#line = 0;
  }
}

function hexDigit(octet: number): number {
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30;
  const lower = octet | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
