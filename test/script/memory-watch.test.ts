// When memory is too much: not before garbage was collected, not at every packet while all is calm, and
// measured by what is left once a script was taken out.

import { describe, expect, it } from "vitest";
import type { MemoryUse } from "../../src/script/memory-source.ts";
import { MemoryWatch } from "../../src/script/memory-watch.ts";

const MIB = 1024 * 1024;

/** A memory of so many MiB; a collection leaves `collected` of the heap. */
function watched(heap: number, outside: number, collected = heap, limit = 100) {
  const state = { heap, outside, collected, looks: 0, collections: 0 };
  const watch = new MemoryWatch({
    use: (): MemoryUse => {
      state.looks++;
      return {
        heapBytes: state.heap * MIB,
        youngBytes: 0,
        outsideBytes: state.outside * MIB,
        limitBytes: limit * MIB,
      };
    },
    collectGarbage: () => {
      state.collections++;
      state.heap = Math.min(state.heap, state.collected);
    },
  });
  return { watch, state };
}

function packets(watch: MemoryWatch, count: number): void {
  for (let packet = 0; packet < count; packet++) if (watch.isDue()) watch.look();
}

describe("memory", () => {
  it.each([
    ["little", 20, 20, 20, null],
    ["much, but garbage", 90, 10, 30, null],
    ["much that stays", 90, 10, 70, /^70 MiB of the heap and 10 MiB outside .* 100 MiB each/],
    ["many buffers", 10, 90, 10, /^10 MiB of the heap and 90 MiB outside/],
  ])("%s", (_, heap, outside, collected, expected) => {
    const found = watched(heap, outside, collected).watch.look();
    if (expected === null) expect(found).toBeNull();
    else expect(found?.text).toMatch(expected);
  });

  it.each([
    ["the heap", 70, 10, "heap", false],
    ["what lies outside", 10, 70, "outside", false],
    ["so much that there is no time left", 76, 10, "heap", true],
  ])("tells of %s", (_, heap, outside, kind, isUrgent) => {
    expect(watched(heap, outside).watch.look()).toMatchObject({ kind, isUrgent });
  });

  it.each([
    [100, 66],
    [48, 32],
    [1, 1],
    [4096, 512],
  ])(
    "of %i MiB is looked at once in %i packets, with each one where much is in use",
    (limit, between) => {
      const { watch, state } = watched(0.1 * limit, 0.1 * limit, 0.1 * limit, limit);
      state.looks = 0;
      packets(watch, 10 * between);
      expect([state.looks, watch.isSuspicious]).toEqual([10, false]);
      state.heap = 0.31 * limit;
      packets(watch, between);
      expect([state.looks, watch.isSuspicious]).toEqual([11, true]);
      packets(watch, 10);
      expect(state.looks).toBe(21);
    },
  );

  it("is not collected anew before more has come", () => {
    const { watch, state } = watched(68, 0, 58);
    packets(watch, 66);
    expect(state.collections).toBe(1);
    state.heap = 69;
    packets(watch, 100);
    expect(state.collections).toBe(1);
    state.heap = 71;
    packets(watch, 1);
    expect(state.collections).toBe(2);
  });

  it("that stays when a script was taken out is not held against the others", () => {
    const { watch, state } = watched(70, 0, 100);
    expect(watch.look()).not.toBeNull();
    watch.settle();
    expect(watch.look()).toBeNull();
    state.heap = 87;
    expect(watch.look()).toBeNull();
    state.heap = 90;
    expect(watch.look()).toMatchObject({ kind: "heap", isUrgent: false });
    // What goes after all is room again.
    state.heap = 20;
    expect(watch.look()).toBeNull();
    state.heap = 69;
    expect(watch.look()).toBeNull();
    state.heap = 75;
    expect(watch.look()).not.toBeNull();
  });
});
