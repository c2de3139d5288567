// The process's own memory, and whose file allocated what still lives.

import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { SYSTEM_MEMORY } from "../../src/script/memory-source.ts";

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
