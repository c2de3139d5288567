// Octets appended at one end and taken off at the other, contiguous in memory. Grows by doubling,
// moves what is left to the front instead where that makes room.

const FIRST_BYTES = 2048;
const EMPTY = Buffer.alloc(0);

export class OctetBuffer {
  #bytes: Buffer = EMPTY;
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  /** Copies `bytes[start, end)` behind what is there. */
  append(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (this.#end + length > this.#bytes.length) this.#makeRoom(length);
    this.#bytes.set(bytes.subarray(start, end), this.#end);
    this.#end += length;
  }

  drop(length: number): void {
    this.#start += length;
    if (this.#start < this.#end) return;
    this.#start = 0;
    this.#end = 0;
    if (this.#bytes.length > 64 * FIRST_BYTES) this.#bytes = EMPTY;
  }

  /** The first `length` octets, as a copy. */
  copy(length: number): Buffer {
    // Not from Node's pool, whose slabs are shared.
    const copy = Buffer.allocUnsafeSlow(length);
    this.#bytes.copy(copy, 0, this.#start, this.#start + length);
    return copy;
  }

  /** A view of `[from, to)`; valid until the next call of another method. */
  view(from = 0, to: number = this.length): Buffer {
    return this.#bytes.subarray(this.#start + from, this.#start + to);
  }

  indexOf(pattern: Uint8Array, from: number): number {
    return this.view().indexOf(pattern, from);
  }

  #makeRoom(length: number): void {
    const held = this.length;
    if (held + length <= this.#bytes.length / 2) {
      this.#bytes.copyWithin(0, this.#start, this.#end);
    } else {
      const larger = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, 2 * (held + length)));
      this.#bytes.copy(larger, 0, this.#start, this.#end);
      this.#bytes = larger;
    }
    this.#start = 0;
    this.#end = held;
  }
}
