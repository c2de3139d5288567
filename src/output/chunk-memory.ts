// Which packet brought which octets, for the last writes of the run: a ring of a stated size, chained by
// stream from the newest to older ones. Only with `--keep-conflicts`, to name the earlier packet.

import type { PacketPosition } from "../capture/packet-cursor.ts";

/** Writes remembered; each takes 48 octets. */
const DEFAULT_CAPACITY = 128 * 1024;
/** Writes of a stream looked at for one octet. */
const MAX_STEPS = 4096;
const NONE = 0;

export class ChunkMemory {
  readonly #capacity: number;
  /** Number of the write in each place of the ring; writes count from 1. */
  readonly #serial: Float64Array;
  readonly #previous: Float64Array;
  readonly #start: Float64Array;
  readonly #length: Int32Array;
  readonly #packet: Float64Array;
  readonly #fileIndex: Int32Array;
  readonly #seconds: Float64Array;
  readonly #nanos: Int32Array;
  #count = 0;
  /** By stream: its newest write. */
  readonly #newest = new Map<number, number>();
  /** By stream: how far its origin moved back. Positions are kept as counted from the first origin. */
  readonly #shift = new Map<number, number>();

  constructor(capacity: number = DEFAULT_CAPACITY) {
    this.#capacity = capacity;
    this.#serial = new Float64Array(capacity);
    this.#previous = new Float64Array(capacity);
    this.#start = new Float64Array(capacity);
    this.#length = new Int32Array(capacity);
    this.#packet = new Float64Array(capacity);
    this.#fileIndex = new Int32Array(capacity);
    this.#seconds = new Float64Array(capacity);
    this.#nanos = new Int32Array(capacity);
  }

  add(stream: number, position: number, length: number, packet: PacketPosition): void {
    const serial = ++this.#count;
    const at = serial % this.#capacity;
    this.#serial[at] = serial;
    this.#previous[at] = this.#newest.get(stream) ?? NONE;
    this.#start[at] = position - (this.#shift.get(stream) ?? 0);
    this.#length[at] = length;
    this.#packet[at] = packet.number;
    this.#fileIndex[at] = packet.fileIndex;
    this.#seconds[at] = packet.seconds;
    this.#nanos[at] = packet.nanos;
    this.#newest.set(stream, serial);
  }

  /** The packet that last wrote the octet at a position, if that is still known. */
  find(stream: number, position: number): PacketPosition | null {
    const wanted = position - (this.#shift.get(stream) ?? 0);
    let serial = this.#newest.get(stream) ?? NONE;
    for (let step = 0; step < MAX_STEPS && serial !== NONE; step++) {
      const at = serial % this.#capacity;
      if (this.#serial[at] !== serial) return null;
      const start = this.#start[at]!;
      if (start <= wanted && wanted < start + this.#length[at]!) {
        return {
          number: this.#packet[at]!,
          fileIndex: this.#fileIndex[at]!,
          seconds: this.#seconds[at]!,
          nanos: this.#nanos[at]!,
        };
      }
      serial = this.#previous[at]!;
    }
    return null;
  }

  rebase(stream: number, shift: number): void {
    this.#shift.set(stream, (this.#shift.get(stream) ?? 0) + shift);
  }

  /** The stream has ended; its handle may come again. */
  end(stream: number): void {
    this.#newest.delete(stream);
    this.#shift.delete(stream);
  }
}
