// Copies a payload from the reader's block into a pool. Runs once a packet. Measured on Node 20:
// `copyWithin` takes 25 to 40 ns whatever the length, `set(subarray())` 60 to 65 ns and makes 96 octets
// of garbage, a loop 1.6 ns an octet. So a reader whose blocks lie in the pool's own ArrayBuffer
// (`BufferPool`, option `memory`) pays half and allocates nothing.

/** Longest payload that a loop copies faster than `copyWithin`. */
const SHORT = 12;
/** Longest payload that a loop copies faster than `set`. */
const MIDDLING = 40;

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
  const isShared = source.buffer === arena.buffer;
  if (end - start <= (isShared ? SHORT : MIDDLING)) {
    while (start < end) arena[at++] = source[start++]!;
  } else if (isShared) {
    const offset = source.byteOffset;
    arena.copyWithin(at, offset + start, offset + end);
  } else arena.set(source.subarray(start, end), at);
}
