// When memory is too much: not before garbage was collected, and not at every packet.

import { describe, expect, it } from "vitest";
import { MemoryWatch, SYSTEM_MEMORY } from "../../src/script/memory-watch.ts";

const MIB = 1024 * 1024;

/** A memory of 100 MiB; `collected` is what of the heap is left behind a collection. */
function watched(heap: number, outside: number, collected: number) {
  let looks = 0;
  let heapBytes = heap * MIB;
  const watch = new MemoryWatch({
    use: () => {
      looks++;
      return { heapBytes, outsideBytes: outside * MIB, limitBytes: 100 * MIB };
    },
    collectGarbage: () => (heapBytes = collected * MIB),
  });
  return { watch, looks: () => looks };
}

describe("memory", () => {
  it.each([
    ["little", 20, 20, 20, null],
    ["much, but garbage", 90, 10, 30, null],
    ["much that stays", 90, 10, 80, /80 MiB of the heap and 10 MiB outside .* 100 MiB each/],
    ["many buffers", 10, 90, 10, /10 MiB of the heap and 90 MiB outside/],
  ])("%s", (_, heap, outside, collected, expected) => {
    const found = watched(heap, outside, collected).watch.look();
    if (expected === null) expect(found).toBeNull();
    else expect(found).toMatch(expected);
  });

  it("is looked at once in 64 packets", () => {
    const { watch, looks } = watched(10, 10, 10);
    for (let packet = 0; packet < 640; packet++) watch.packet();
    expect(looks()).toBe(10);
  });

  it("is the process's own", () => {
    const { heapBytes, limitBytes } = SYSTEM_MEMORY.use();
    expect(heapBytes).toBeGreaterThan(MIB);
    expect(limitBytes).toBeGreaterThan(heapBytes);
    SYSTEM_MEMORY.collectGarbage();
  });
});
