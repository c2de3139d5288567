// Where the octets of all generated streams come from: a ring of random octets, read from a start of the
// stream's own. The sums over its prefixes give the checksum of any range by one subtraction, so that a
// packet costs one copy and no loop over its payload. The ring's length is prime: no two block-aligned
// positions of a stream hold the same octets, and a reader that misplaces a block can't look right.
//
//   pool     [ 0 1 2 ............................. POOL_OCTETS ) [ again from 0: one longest run ]
//   stream               ^ start, then onwards around the ring

import { createHash } from "node:crypto";
import { Random } from "./random.js";

/** Length of the ring, in octets. */
export const POOL_OCTETS = 1_048_573;
/** The longest run that can be taken as one range. */
export const LONGEST_RUN = 65_536;

const SEED = 0x7c9;

export class PayloadPool {
  /** The ring, and a repetition of its first octets: every run up to LONGEST_RUN lies in one piece. */
  octets = Buffer.alloc(POOL_OCTETS + LONGEST_RUN);
  /** Sum of the 16-bit words before each index, modulo 65535: octets at even indices count 256-fold. */
  #sums = new Uint16Array(POOL_OCTETS + LONGEST_RUN + 1);

  constructor() {
    const random = new Random(SEED);
    for (let index = 0; index < POOL_OCTETS; index++) this.octets[index] = random.next() >>> 24;
    this.octets.copy(this.octets, POOL_OCTETS, 0, LONGEST_RUN);
    let sum = 0;
    for (let index = 0; index < this.octets.length; index++) {
      sum = (sum + this.octets[index] * ((index & 1) === 0 ? 256 : 1)) % 65_535;
      this.#sums[index + 1] = sum;
    }
  }

  /** Index in `octets` of what stands `position` octets after `start` on the ring. */
  at(start, position) {
    return (start + position) % POOL_OCTETS;
  }

  /**
   * The one's complement sum (RFC 1071) of `octets[start, end)` as payload whose first octet is the
   * high half of a word. A range from an odd index has all its octets in the other halves: swapping
   * the halves of its sum, which is times 256 modulo 65535, puts that right (RFC 1071 §2(B)).
   */
  sum(start, end) {
    const difference = (this.#sums[end] - this.#sums[start] + 65_535) % 65_535;
    return (start & 1) === 0 ? difference : (difference * 256) % 65_535;
  }

  /** Adds `length` octets of the ring from `start` on to a digest. */
  #digest(hash, start, length) {
    for (let position = 0; position < length; position += LONGEST_RUN) {
      const from = this.at(start, position);
      hash.update(this.octets.subarray(from, from + Math.min(LONGEST_RUN, length - position)));
    }
  }

  /** SHA-256 in hexadecimal of a planned stream: a head, then `bodyBytes` octets from `bodyStart`. */
  sha256({ head, bodyStart, bodyBytes }) {
    const hash = createHash("sha256").update(head);
    this.#digest(hash, bodyStart, bodyBytes);
    return hash.digest("hex");
  }
}
