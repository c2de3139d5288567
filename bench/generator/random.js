// A seeded source of numbers (xorshift, Marsaglia 2003, 32 bits): the same seed gives the same captures on
// every machine and Node version, which Math.random() can't. Not for secrets.
// Runs several times a packet: allocates nothing.

export class Random {
  #state;

  constructor(seed) {
    this.#state = scramble(seed) || 1;
  }

  /** An unsigned 32-bit integer, never 0. */
  next() {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return state >>> 0;
  }

  /** An integer in `[0, limit)`. */
  below(limit) {
    return Math.floor((this.next() / 0x1_0000_0000) * limit);
  }

  /** An integer in `[lowest, highest]`. */
  between(lowest, highest) {
    return lowest + this.below(highest - lowest + 1);
  }

  /** True in `probability` (0 to 1) of the calls. */
  chance(probability) {
    return this.next() < probability * 0x1_0000_0000;
  }
}

/** An int32 that looks random but belongs to `value` for ever: multiplications between shifts. */
export function scramble(value) {
  let mixed = Math.imul(value ^ 0x5bd1e995, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return mixed ^ (mixed >>> 13);
}
