// Copies a payload from the reader's block into a pool, and clears holes. Runs once a packet. Measured on Node 20:
// `copyWithin` takes 25 to 40 ns whatever the length, `set(subarray())` 60 to 65 ns and makes 96 octets
// of garbage, a loop 1.6 ns an octet. So a reader whose blocks lie in the pool's own ArrayBuffer
// (`BufferPool`, option `memory`) pays half and allocates nothing; and if that memory has a kernel, a
// payload of 64 octets takes 9 ns, one of 1448 51 (`copyWithin` 67, and 245 against 321 for 9000).

import type { OctetKernel } from "../memory/fast-path-module.ts";
import { kernelOf } from "../memory/octet-memory.ts";

/** Longest payload that a loop copies faster than `copyWithin`. */
const SHORT = 12;
/** Longest payload that a loop copies faster than `set`. */
const MIDDLING = 40;
/** Longest payload that a kernel copies faster than `copyWithin`; of memory that threads share it is always faster. */
const LONG = 2048;

/**
 * The block and the arena in hand, the same for thousands of payloads: to ask a typed array for its
 * ArrayBuffer takes as long as a copy.
 */
const known: {
  source: Uint8Array | null;
  arena: Uint8Array | null;
  /** Whether both lie in one ArrayBuffer; then, index of the source's first octet in the arena. */
  isShared: boolean;
  offset: number;
  /** Of that ArrayBuffer, where it has one, and the longest payload for it. */
  kernel: OctetKernel | null;
  longest: number;
} = { source: null, arena: null, isShared: false, offset: 0, kernel: null, longest: LONG };

/**
 * Copies `source[start, end)` to `arena[at, ...)`. `arena` begins where its ArrayBuffer begins, so that
 * a source in the same ArrayBuffer is found by its `byteOffset`. The ranges don't overlap.
 */
export function copyBytes(
  source: Uint8Array,
  start: number,
  end: number,
  arena: Uint8Array,
  at: number,
): void {
  if (source !== known.source || arena !== known.arena) know(source, arena);
  const { isShared, offset, kernel, longest } = known;
  const length = end - start;
  if (kernel !== null && length <= longest) {
    kernel.copy(at, offset + start, offset + end);
  } else if (length <= (isShared ? SHORT : MIDDLING)) {
    while (start < end) arena[at++] = source[start++]!;
  } else if (isShared) {
    arena.copyWithin(at, offset + start, offset + end);
  } else arena.set(source.subarray(start, end), at);
}

/** Copies `arena[start, end)` to `arena[at, ...)`, for a window that gets a larger place. The ranges don't overlap. */
export function moveBytes(arena: Uint8Array, start: number, end: number, at: number): void {
  const kernel = kernelOf(arena.buffer);
  if (kernel === null) arena.copyWithin(at, start, end);
  else kernel.copy(at, start, end);
}

/** Makes the octets of `arena[start, end)` 0: those of a hole between two payloads. */
export function clearBytes(arena: Uint8Array, start: number, end: number): void {
  const kernel = arena === known.arena ? known.kernel : null;
  if (kernel === null) arena.fill(0, start, end);
  else kernel.clear(start, end);
}

function know(source: Uint8Array, arena: Uint8Array): void {
  known.source = source;
  known.arena = arena;
  known.isShared = source.buffer === arena.buffer;
  known.offset = known.isShared ? source.byteOffset : 0;
  known.kernel = known.isShared ? kernelOf(arena.buffer) : null;
  known.longest = arena.buffer instanceof SharedArrayBuffer ? Infinity : LONG;
}
