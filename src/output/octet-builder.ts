// Octets put together one integer or range after the other, little-endian, in one buffer that grows and
// is used again. Runs once a packet that is written, and allocates nothing once it has grown.

const FIRST_BYTES = 64 * 1024;

export class OctetBuilder {
  /** `bytes[0, length)` is what was put together; valid until the next call. */
  bytes: Uint8Array = new Uint8Array(0);
  length = 0;

  clear(): void {
    this.length = 0;
  }

  uint16(value: number): void {
    this.#makeRoom(2);
    const { bytes, length } = this;
    bytes[length] = value;
    bytes[length + 1] = value >>> 8;
    this.length = length + 2;
  }

  /** Any number whose lowest 32 bits are meant. */
  uint32(value: number): void {
    this.#makeRoom(4);
    const { bytes, length } = this;
    bytes[length] = value;
    bytes[length + 1] = value >>> 8;
    bytes[length + 2] = value >>> 16;
    bytes[length + 3] = value >>> 24;
    this.length = length + 4;
  }

  octets(bytes: Uint8Array, start: number, end: number): void {
    this.#makeRoom(end - start);
    this.bytes.set(bytes.subarray(start, end), this.length);
    this.length += end - start;
  }

  /** Zeros up to a multiple of four octets, counted from `from`. */
  pad(from: number): void {
    const count = (from - this.length) & 3;
    this.#makeRoom(count);
    this.bytes.fill(0, this.length, this.length + count);
    this.length += count;
  }

  #makeRoom(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.bytes.length, FIRST_BYTES));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}
