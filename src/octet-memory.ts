// The memory of a run: one ArrayBuffer that holds the blocks of a capture, the buffers of a sink, and the tables that
// packets are looked up in, so that the fast path (src/fast-path) reaches all of them. Where the engine has no
// WebAssembly it is plain memory without tables, and whoever asks for a module gets null and goes the plain way.
//
//     | buffers of the sink | blocks of the capture | tables, as they are asked for ... | not used, no memory |

import { openFastPathModule } from "./fast-path/fast-path-module.ts";
import type { FastPathModule, OctetKernel } from "./fast-path/fast-path-module.ts";

const memories = new WeakMap<ArrayBufferLike, OctetMemory>();
/** Live flows for which tables in this memory have room; those of more lie elsewhere. */
export const MOST_FLOWS = 1024 * 1024;

/** What typed arrays are aligned to; a cache line, so that records begin where one does. */
const ALIGNMENT = 64;

export class OctetMemory {
  /** The first octets, as many as were asked for; begins where its ArrayBuffer begins. */
  readonly octets: Uint8Array<ArrayBuffer>;
  /** Null where the engine has no WebAssembly. */
  readonly module: FastPathModule | null;
  /** First octet that is not taken. */
  #next: number;

  /** Zeroed: `bytes` octets, and room for tables of `tableBytes`. */
  constructor(bytes: number, tableBytes: number) {
    const [buffer, module] = allocate(bytes, tableBytes);
    this.octets = new Uint8Array(buffer, 0, bytes);
    this.module = module;
    this.#next = bytes;
    if (module !== null) memories.set(buffer, this);
  }

  get buffer(): ArrayBuffer {
    return this.octets.buffer;
  }

  /** Zeroed tables, for good; null where there is no room for them. */
  uint8(count: number): Uint8Array | null {
    const at = this.#take(count);
    return at < 0 ? null : new Uint8Array(this.buffer, at, count);
  }
  int32(count: number): Int32Array | null {
    const at = this.#take(count * Int32Array.BYTES_PER_ELEMENT);
    return at < 0 ? null : new Int32Array(this.buffer, at, count);
  }
  float64(count: number): Float64Array | null {
    const at = this.#take(count * Float64Array.BYTES_PER_ELEMENT);
    return at < 0 ? null : new Float64Array(this.buffer, at, count);
  }

  #take(bytes: number): number {
    const at = Math.ceil(this.#next / ALIGNMENT) * ALIGNMENT;
    if (at + bytes > this.buffer.byteLength) return -1;
    this.#next = at + bytes;
    return at;
  }
}

/** A zeroed column of `most` elements in the memory or, where that has no room, of `first` elsewhere. */
export function float64Column(
  memory: OctetMemory | null,
  most: number,
  first: number,
): Float64Array {
  return memory?.float64(most) ?? new Float64Array(first);
}
export function int32Column(memory: OctetMemory | null, most: number, first: number): Int32Array {
  return memory?.int32(most) ?? new Int32Array(first);
}
export function uint8Column(memory: OctetMemory | null, most: number, first: number): Uint8Array {
  return memory?.uint8(most) ?? new Uint8Array(first);
}

function allocate(bytes: number, tableBytes: number): [ArrayBuffer, FastPathModule | null] {
  try {
    const { buffer, module } = openFastPathModule(bytes + tableBytes);
    return [buffer, module];
  } catch {
    return [new ArrayBuffer(bytes), null];
  }
}

/** Zeroed memory of `bytes` octets that begins where its ArrayBuffer begins. */
export function allocateOctets(bytes: number): Uint8Array<ArrayBuffer> {
  return new OctetMemory(bytes, 0).octets;
}

/** The memory whose ArrayBuffer this is, or null: it is another's, or there is no WebAssembly. */
export function memoryOf(buffer: ArrayBufferLike): OctetMemory | null {
  return memories.get(buffer) ?? null;
}

/** Sums and copies in an ArrayBuffer of an `OctetMemory`, or null. */
export function kernelOf(buffer: ArrayBufferLike): OctetKernel | null {
  return memoryOf(buffer)?.module ?? null;
}
