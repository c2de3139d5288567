import { describe, expect, it } from "vitest";
import { OctetMemory, memoryOf } from "../../src/memory/octet-memory.ts";
import { BufferPool, NO_SLOT } from "../../src/output/buffer-pool.ts";
import { WriteHeads } from "../../src/output/write-heads.ts";

const FLOWS = 4;

/** Heads as a sink has them, that can be cleared. */
class Heads extends WriteHeads {
  clear(stream: number): void {
    this.clearHead(stream);
  }

  columns() {
    const { end, target, room, slot, ring, holes } = this;
    return [end, target, room, slot, ring, holes];
  }
}

function openHeads(memory: Uint8Array): Heads {
  return new Heads(new BufferPool({ memory, blockBytes: 64, unitBytes: 4 }));
}

describe("where the next octets of streams go", () => {
  it("lies in the run's memory, two streams a flow", () => {
    const owner = new OctetMemory(256, FLOWS);
    const heads = openHeads(owner.octets);
    for (const column of heads.columns()) {
      expect(memoryOf(column.buffer)).toBe(owner);
      expect(column.length).toBe(2 * FLOWS);
    }
  });

  it("lies elsewhere where there is none, or none with tables", () => {
    for (const memory of [new Uint8Array(256), new OctetMemory(256, 0).octets]) {
      for (const column of openHeads(memory).columns()) {
        expect(column.buffer).not.toBe(memory.buffer);
        expect(column.length).toBeGreaterThanOrEqual(1024);
      }
    }
  });

  it("is nowhere for a stream without a window: no position is its end", () => {
    const heads = openHeads(new OctetMemory(256, FLOWS).octets);
    for (const column of heads.columns()) column[3] = 77;
    heads.clear(3);
    expect(heads.columns().map((column) => column[3])).toEqual([-1, 0, 0, NO_SLOT, 0, 0]);
  });

  it("moves on with octets that were put there", () => {
    const heads = openHeads(new OctetMemory(256, FLOWS).octets);
    heads.clear(2);
    heads.end[2] = 2 ** 40;
    heads.target[2] = 20;
    heads.room[2] = 30;
    heads.advance(2, 7);
    expect([heads.end[2], heads.target[2], heads.room[2]]).toEqual([2 ** 40 + 7, 27, 23]);
    expect(heads.columns().map((column) => column[1])).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("is kept where there are more streams than room was taken for", () => {
    const owner = new OctetMemory(256, FLOWS);
    const heads = openHeads(owner.octets);
    heads.clear(1);
    for (const [i, column] of heads.columns().entries()) column[1] = 10 + i;
    heads.clear(2 * FLOWS);
    for (const column of heads.columns()) expect(column.length).toBeGreaterThan(2 * FLOWS);
    expect(heads.columns().map((column) => column[1])).toEqual([10, 11, 12, 13, 14, 15]);
    expect(heads.columns().map((column) => column[2 * FLOWS])).toEqual([-1, 0, 0, NO_SLOT, 0, 0]);
  });
});
