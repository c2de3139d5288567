// A bounded set of IP addresses (four int32 words), the least recently used out first. Open hash chains
// and a list of use over typed arrays: neither look-ups nor insertions allocate.
//
//     heads[hash] -> slot -> nextInChain[slot] -> ... 0
//     newest <-> ... <-> oldest        by newer[slot], older[slot]

/** Slots are numbered from 1, so that memory is as it should be when it is new: pages not used take none. */
const NONE = 0;

export class AddressSet {
  readonly #limit: number;
  readonly #words: Int32Array;
  readonly #heads: Int32Array;
  readonly #nextInChain: Int32Array;
  readonly #newer: Int32Array;
  readonly #older: Int32Array;
  #newest = NONE;
  #oldest = NONE;
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
    const slots = limit + 1;
    this.#words = new Int32Array(slots * 4);
    this.#heads = new Int32Array(2 ** Math.ceil(Math.log2(slots)));
    this.#nextInChain = new Int32Array(slots);
    this.#newer = new Int32Array(slots);
    this.#older = new Int32Array(slots);
  }

  get size(): number {
    return this.#size;
  }

  /** Finding an address is using it. */
  has(word0: number, word1: number, word2: number, word3: number): boolean {
    const slot = this.#find(word0, word1, word2, word3);
    if (slot === NONE) return false;
    this.#makeNewest(slot);
    return true;
  }

  add(word0: number, word1: number, word2: number, word3: number): void {
    if (this.has(word0, word1, word2, word3)) return;
    const slot = this.#size < this.#limit ? ++this.#size : this.#takeOldest();
    this.#words[slot * 4] = word0;
    this.#words[slot * 4 + 1] = word1;
    this.#words[slot * 4 + 2] = word2;
    this.#words[slot * 4 + 3] = word3;
    const chain = this.#chainOf(word0, word1, word2, word3);
    this.#nextInChain[slot] = this.#heads[chain]!;
    this.#heads[chain] = slot;
    this.#putFirst(slot);
  }

  #find(word0: number, word1: number, word2: number, word3: number): number {
    let slot = this.#heads[this.#chainOf(word0, word1, word2, word3)]!;
    while (slot !== NONE) {
      const at = slot * 4;
      const isSame =
        this.#words[at + 3] === word3 &&
        this.#words[at + 2] === word2 &&
        this.#words[at + 1] === word1 &&
        this.#words[at] === word0;
      if (isSame) return slot;
      slot = this.#nextInChain[slot]!;
    }
    return NONE;
  }

  #chainOf(word0: number, word1: number, word2: number, word3: number): number {
    let hash = Math.imul(word0, 0x9e3779b1) ^ word1;
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) ^ word2;
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) ^ word3;
    hash = Math.imul(hash ^ (hash >>> 16), 0x9e3779b1);
    return (hash ^ (hash >>> 15)) & (this.#heads.length - 1);
  }

  #takeOldest(): number {
    const slot = this.#oldest;
    const at = slot * 4;
    const words = this.#words;
    const chain = this.#chainOf(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!);
    let previous = NONE;
    for (let each = this.#heads[chain]!; each !== slot; each = this.#nextInChain[each]!) {
      previous = each;
    }
    if (previous === NONE) this.#heads[chain] = this.#nextInChain[slot]!;
    else this.#nextInChain[previous] = this.#nextInChain[slot]!;
    this.#unlink(slot);
    return slot;
  }

  #makeNewest(slot: number): void {
    if (slot === this.#newest) return;
    this.#unlink(slot);
    this.#putFirst(slot);
  }

  #unlink(slot: number): void {
    const newer = this.#newer[slot]!;
    const older = this.#older[slot]!;
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older;
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer;
  }

  #putFirst(slot: number): void {
    this.#newer[slot] = NONE;
    this.#older[slot] = this.#newest;
    if (this.#newest === NONE) this.#oldest = slot;
    else this.#newer[this.#newest] = slot;
    this.#newest = slot;
  }
}
