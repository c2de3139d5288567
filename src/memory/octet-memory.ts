// The memory of a run: one ArrayBuffer that holds the blocks of a capture, the buffers of a sink, and the tables that
// packets are looked up in, so that the fast path (src/extract/fast-path.ts) reaches all of them. Where the engine has no
// WebAssembly it is plain memory without tables, and whoever asks for a module gets null and goes the plain way.
//
//     | buffers of the sink | blocks of the capture | tables, as they are asked for ... | not used, no memory |

import { openFastPathModule } from "./fast-path-module.ts";
import type { FastPathModule, OctetKernel } from "./fast-path-module.ts";

const memories = new WeakMap<ArrayBufferLike, OctetMemory>();
/** Octets of all tables for each flow: its record, its place in index and lists, the columns of two streams. */
const FLOW_BYTES = 640;
/** Octets of all tables whatever the flows: marks of windows, what the fast path tells, numbers of VLANs. */
const RUN_BYTES = 272 * 1024;
const FIRST_ELEMENTS = 1024;
/** What typed arrays are aligned to; a cache line, so that records begin where one does. */
const ALIGNMENT = 64;

export class OctetMemory {
  /** The first octets, as many as were asked for; begins where its ArrayBuffer begins. */
  readonly octets: Uint8Array;
  /** Null where the engine has no WebAssembly. */
  readonly module: FastPathModule | null;
  /** Live flows for which tables in this memory have room, a power of two or 0; those of more lie elsewhere. */
  readonly flows: number;
  /** First octet that is not taken. */
  #next: number;

  /** Zeroed: `bytes` octets, and tables for `flows`. `isShared`: a SharedArrayBuffer, if there is WebAssembly. */
  constructor(bytes: number, flows: number, isShared = false) {
    const tableBytes = flows === 0 ? 0 : flows * FLOW_BYTES + RUN_BYTES;
    const [buffer, module] = allocate(bytes, tableBytes, isShared);
    this.flows = module === null ? 0 : flows;
    this.octets = new Uint8Array(buffer, 0, bytes);
    this.module = module;
    this.#next = bytes;
    if (module !== null) memories.set(buffer, this);
  }

  get buffer(): ArrayBufferLike {
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

/**
 * A zeroed column with `perFlow` elements for each flow in the memory or, where that has no tables, with the first
 * thousand elsewhere; whoever needs more makes a longer one.
 */
export function float64Column(memory: OctetMemory | null, perFlow: number): Float64Array {
  return tables(memory)?.float64(memory!.flows * perFlow) ?? new Float64Array(FIRST_ELEMENTS);
}
export function int32Column(memory: OctetMemory | null, perFlow: number): Int32Array {
  return tables(memory)?.int32(memory!.flows * perFlow) ?? new Int32Array(FIRST_ELEMENTS);
}
export function uint8Column(memory: OctetMemory | null, perFlow: number): Uint8Array {
  return tables(memory)?.uint8(memory!.flows * perFlow) ?? new Uint8Array(FIRST_ELEMENTS);
}

/** The memory, if it has tables at all. */
function tables(memory: OctetMemory | null): OctetMemory | null {
  return memory === null || memory.flows === 0 ? null : memory;
}

/** The column with room for more. */
export function enlarged<Column extends Float64Array | Int32Array | Uint8Array>(
  from: Column,
  to: Column,
): Column {
  to.set(from);
  return to;
}

function allocate(
  bytes: number,
  tableBytes: number,
  isShared: boolean,
): [ArrayBufferLike, FastPathModule | null] {
  try {
    const { buffer, module } = openFastPathModule(bytes + tableBytes, isShared);
    return [buffer, module];
  } catch {
    return [new ArrayBuffer(bytes), null];
  }
}

/** The memory whose ArrayBuffer this is, or null: it is another's, or there is no WebAssembly. */
export function memoryOf(buffer: ArrayBufferLike): OctetMemory | null {
  return memories.get(buffer) ?? null;
}

/** Sums and copies in an ArrayBuffer of an `OctetMemory`, or null. */
export function kernelOf(buffer: ArrayBufferLike): OctetKernel | null {
  return memoryOf(buffer)?.module ?? null;
}
