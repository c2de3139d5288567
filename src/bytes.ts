// Reads integers out of octets at an index. Leaves: everyone may import this, it imports nothing.
// Runs several times a packet: plain index arithmetic, which the compiler inlines and which allocates
// nothing (a DataView or subarray() a packet would). The caller has checked the length before.

/** Unsigned 16-bit integer, network byte order. */
export function readUint16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** 32-bit integer in network byte order as a signed int32 (what sequence arithmetic wants). */
export function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** Unsigned 32-bit integer, network byte order. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return readInt32(bytes, at) >>> 0;
}

/** Unsigned 16-bit integer, little-endian. */
export function readUint16LE(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

/** Unsigned 32-bit integer, little-endian. */
export function readUint32LE(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
  );
}

/**
 * The DataView of the octets in hand, made anew when they are others: one for thousands of packets. A
 * DataView reads an integer at once where indexes read octet by octet; whoever reads many of a block
 * asks for it first.
 */
export class OctetView {
  #bytes: Uint8Array = NO_BYTES;
  #view: DataView = new DataView(NO_BYTES.buffer);

  of(bytes: Uint8Array): DataView {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    return this.#view;
  }
}

/**
 * A copy of `bytes[start, end)` in memory of its own, whatever is done to `bytes` later. Not `slice`,
 * which of a Buffer is a view.
 */
export function copyOctets(bytes: Uint8Array, start: number, end: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes.subarray(start, end));
}

/** An empty view for cursors that hold nothing yet. */
export const NO_BYTES: Uint8Array = new Uint8Array(0);
