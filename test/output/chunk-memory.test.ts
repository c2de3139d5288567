import { describe, expect, test } from "vitest";
import { ChunkMemory } from "../../src/output/chunk-memory.ts";
import { packetAt } from "./sink-twin.ts";

describe("the memory of which packet brought an octet", () => {
  test("names the newest that did", () => {
    const memory = new ChunkMemory();
    memory.add(1, 0, 10, packetAt(4));
    memory.add(2, 0, 10, packetAt(5));
    memory.add(1, 10, 10, packetAt(6));
    memory.add(1, 5, 2, packetAt(7));
    const packets = [0, 5, 6, 7, 10, 19, 20].map((at) => memory.find(1, at)?.number ?? null);
    expect(packets).toEqual([4, 7, 7, 4, 6, 6, null]);
    expect(memory.find(2, 0)).toEqual(packetAt(5));
    expect(memory.find(3, 0)).toBeNull();
  });

  test("forgets the oldest when it is full", () => {
    const memory = new ChunkMemory(8);
    for (let i = 0; i < 20; i++) memory.add(1 + (i % 2), i, 1, packetAt(i));
    expect(memory.find(1, 18)?.number).toBe(18);
    expect(memory.find(1, 12)?.number).toBe(12);
    expect(memory.find(1, 10)).toBeNull();
  });

  test("moves with the stream's origin", () => {
    const memory = new ChunkMemory();
    memory.add(1, 0, 5, packetAt(1));
    memory.rebase(1, 10);
    memory.add(1, 0, 10, packetAt(2));
    expect(memory.find(1, 12)?.number).toBe(1);
    expect(memory.find(1, 9)?.number).toBe(2);
  });

  test("says nothing of an ended stream's handle that is used again", () => {
    const memory = new ChunkMemory();
    memory.add(1, 0, 5, packetAt(1));
    memory.rebase(1, 3);
    memory.end(1);
    expect(memory.find(1, 3)).toBeNull();
    memory.add(1, 3, 1, packetAt(2));
    expect(memory.find(1, 3)?.number).toBe(2);
    expect(memory.find(1, 0)).toBeNull();
  });
});
