// The process's own memory, and whose file allocated what still lives.

import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { SYSTEM_MEMORY, oldLimit } from "../../src/script/memory-source.ts";

const MIB = 1024 * 1024;
const OWN = fileURLToPath(import.meta.url);

describe("the process's memory", () => {
  it("has a limit", () => {
    const { heapBytes, youngBytes, limitBytes } = SYSTEM_MEMORY.use();
    expect(heapBytes).toBeGreaterThan(MIB);
    expect(youngBytes).toBeGreaterThanOrEqual(0);
    expect(limitBytes).toBeGreaterThan(heapBytes);
  });

  it("gives back what buffers held, with one collection", () => {
    const before = SYSTEM_MEMORY.use().outsideBytes;
    let buffer: Buffer | null = Buffer.alloc(8 * MIB);
    expect(SYSTEM_MEMORY.use().outsideBytes - before).toBeGreaterThan(7 * MIB);
    expect(buffer.length).toBe(8 * MIB);
    buffer = null;
    SYSTEM_MEMORY.collectGarbage();
    expect(SYSTEM_MEMORY.use().outsideBytes - before).toBeLessThan(MIB);
  });

  it("tells what a file allocated and keeps, not what it only allocated", () => {
    const sampling = SYSTEM_MEMORY.sample!(16 * 1024)!;
    const kept: unknown[] = [];
    let dropped: unknown = null;
    for (let i = 0; i < 2000; i++) {
      kept.push(Array.from({ length: 100 }, () => ({ i })));
      dropped = Array.from({ length: 1000 }, () => ({ i }));
    }
    expect(dropped).not.toBeNull();
    SYSTEM_MEMORY.collectGarbage();
    const held = [0, 0];
    const own = (file: string): number => (file.includes(OWN) ? 1 : -1);
    sampling.addHeld(own, held);
    sampling.stop();
    expect(kept.length).toBe(2000);
    expect(held[0]).toBe(0);
    // 200,000 objects kept, of 2,200,000.
    expect(held[1]).toBeGreaterThan(4 * MIB);
    expect(held[1]).toBeLessThan(24 * MIB);
  });
});

describe("what is left of a heap's limit for older objects", () => {
  // Heap limits as `--max-old-space-size=96` gives them: Node 20, 22, 24 and 26.
  it.each([
    ["11.3.244.8-node.38", 144],
    ["12.4.254.21-node.57", 144],
    ["13.6.233.17-node.53", 288],
    ["14.6.202.34-node.34", 192],
  ])("by V8 %s: 96 of %i MiB", (version, limit) => {
    expect(oldLimit(limit * MIB, version, "")).toBe(96 * MIB);
  });

  it.each([
    ["--max-semi-space-size=8"],
    ["--max_semi_space_size=8 --max-old-space-size=96"],
    ["--max-semi-space-size 8"],
    ["--max-semi-space-size=1 --max-semi-space-size=8"],
  ])("by what Node was told: %s", (options) => {
    for (const version of ["11.3", "13.6", "14.6"]) {
      expect(oldLimit(120 * MIB, version, options)).toBe(96 * MIB);
    }
  });

  it("is a part of it at least, and of a V8 to come rather too little", () => {
    expect(oldLimit(100 * MIB, "13.6", "--max-semi-space-size=999")).toBe(25 * MIB);
    expect(oldLimit(288 * MIB, "17.1", "--max-semi-space-size=0")).toBe(96 * MIB);
  });
});
