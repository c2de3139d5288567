import { describe, expect, test } from "vitest";
import { OctetMemory } from "../../src/memory/octet-memory.ts";
import { clearBytes, copyBytes, moveBytes } from "../../src/output/copy-bytes.ts";

const BYTES = 16_384;
/** Where the source begins, not where its ArrayBuffer does. */
const SOURCE = 8200;

/** A new memory of BYTES. */
const MEMORIES: readonly (readonly [string, () => ArrayBufferLike])[] = [
  ["plain memory", () => new ArrayBuffer(BYTES)],
  ["the memory of a run", () => new OctetMemory(BYTES, 1).buffer],
  ["memory that threads share", () => new OctetMemory(BYTES, 1, true).buffer],
];

function filled(octets: Uint8Array): Uint8Array {
  for (let i = 0; i < octets.length; i++) octets[i] = (i * 7) & 0xff;
  return octets;
}

describe.each(MEMORIES)("in %s", (_, newMemory) => {
  describe.each([true, false])("copying, in the same memory: %s", (isSame) => {
    test.each([0, 1, 39, 40, 41, 100, 1448, 2048, 2049, 4000])(
      "%i octets come to lie where they should, and no others change",
      (length) => {
        const memory = newMemory();
        const arena = filled(new Uint8Array(memory, 0, BYTES));
        const source = new Uint8Array(isSame ? memory : new ArrayBuffer(BYTES), SOURCE, 4100);
        filled(source);
        const before = arena.slice();
        copyBytes(source, 3, 3 + length, arena, 50);
        before.set(source.subarray(3, 3 + length), 50);
        expect(Buffer.compare(arena, before)).toBe(0);
      },
    );
  });

  test.each([0, 1, 15, 16, 17, 1024, 3001])(
    "moves and clears %i octets, and no others",
    (length) => {
      const arena = filled(new Uint8Array(newMemory(), 0, BYTES));
      const expected = arena.slice();
      moveBytes(arena, 100, 100 + length, 5000);
      expected.copyWithin(5000, 100, 100 + length);
      expect(Buffer.compare(arena, expected)).toBe(0);
      clearBytes(arena, 7, 7 + length);
      expected.fill(0, 7, 7 + length);
      expect(Buffer.compare(arena, expected)).toBe(0);
    },
  );
});
