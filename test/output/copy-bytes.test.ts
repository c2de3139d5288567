import { describe, expect, test } from "vitest";
import { copyBytes } from "../../src/output/copy-bytes.ts";

/** Both in the same memory, or in two; beginning where their ArrayBuffer does not. */
describe.each([true, false])("copying, in the same memory: %s", (isShared) => {
  test.each([0, 1, 39, 40, 41, 100, 1448])(
    "%i octets come to lie where they should, and no others change",
    (length) => {
      const memory = new ArrayBuffer(8192);
      const arena = new Uint8Array(memory);
      const source = new Uint8Array(isShared ? memory : new ArrayBuffer(8192), 4100, 2000);
      for (let i = 0; i < source.length; i++) source[i] = (i * 7) & 0xff;
      const before = arena.slice(0, 4000);
      copyBytes(source, 3, 3 + length, arena, 50);
      expect(arena.subarray(50, 50 + length)).toEqual(source.subarray(3, 3 + length));
      before.set(source.subarray(3, 3 + length), 50);
      expect(arena.slice(0, 4000)).toEqual(before);
    },
  );
});
