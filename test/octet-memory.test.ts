import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { internetSum } from "../src/decode/checksum.ts";
import { allocateOctets, kernelOf } from "../src/octet-memory.ts";
import { clearBytes, copyBytes } from "../src/output/copy-bytes.ts";

/** The obvious sum: 16-bit words in network order, the last one padded, carries folded in at the end. */
function obviousSum(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0;
  for (let at = start; at < end; at += 2) {
    sum += bytes[at]! * 256 + (at + 1 < end ? bytes[at + 1]! : 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}

const memory = allocateOctets(256 * 1024);
const kernel = kernelOf(memory.buffer)!;

/** A stretch of random octets somewhere in the memory, at any alignment. */
const stretch = fc.record({
  at: fc.integer({ min: 0, max: 1000 }),
  octets: fc.uint8Array({ minLength: 0, maxLength: 300 }),
});

describe("memory with a kernel", () => {
  it("begins where its ArrayBuffer begins, zeroed, as long as was asked for", () => {
    const bytes = allocateOctets(100_000);
    expect(bytes.byteOffset).toBe(0);
    expect(bytes.length).toBe(100_000);
    expect(bytes.every((octet) => octet === 0)).toBe(true);
    expect(kernelOf(bytes.buffer)).not.toBeNull();
  });

  it("is told from plain memory, and one from another", () => {
    expect(kernelOf(new ArrayBuffer(8))).toBeNull();
    expect(kernelOf(allocateOctets(8).buffer)).not.toBe(kernel);
  });

  it("is plain memory where the engine has no WebAssembly", () => {
    const given = globalThis.WebAssembly;
    Reflect.deleteProperty(globalThis, "WebAssembly");
    try {
      const bytes = allocateOctets(70_000);
      expect(bytes.length).toBe(70_000);
      expect(kernelOf(bytes.buffer)).toBeNull();
    } finally {
      globalThis.WebAssembly = given;
    }
  });
});

describe("the kernel's sum", () => {
  it("is the obvious one, whatever the length and the alignment", () => {
    fc.assert(
      fc.property(stretch, ({ at, octets }) => {
        memory.set(octets, at);
        const end = at + octets.length;
        expect(internetSum(memory, at, end)).toBe(obviousSum(memory, at, end));
        // The same octets in plain memory take the other way.
        expect(internetSum(octets.slice(), 0, octets.length)).toBe(obviousSum(memory, at, end));
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  it("loses no carry of octets that are all ones, nor of many of them", () => {
    memory.fill(0xff, 0, 200_000);
    for (const length of [2, 3, 4, 31, 32, 33, 64, 1448, 65_535, 200_000]) {
      expect(internetSum(memory, 0, length), `${length} octets`).toBe(
        obviousSum(memory, 0, length),
      );
    }
  });

  it("is of the view's octets where a view begins later in the memory", () => {
    memory.set([1, 2, 3, 4], 500);
    const view = memory.subarray(500, 600);
    expect(internetSum(view, 0, 4)).toBe(0x0102 + 0x0304);
  });
});

describe("the kernel's copy", () => {
  it("copies every octet and touches no other", () => {
    fc.assert(
      fc.property(stretch, fc.integer({ min: 8, max: 200 }), ({ at, octets }, from) => {
        memory.set(octets, at);
        const target = 100_000 + from;
        const length = octets.length;
        memory.fill(0x5a, target - 8, target + length + 40);
        kernel.copy(target, at, at + length);
        expect(memory.subarray(target, target + length)).toEqual(octets);
        expect(memory.subarray(target - 8, target).every((octet) => octet === 0x5a)).toBe(true);
        const behind = memory.subarray(target + length, target + length + 40);
        expect(behind.every((octet) => octet === 0x5a)).toBe(true);
      }),
      { seed: 2, numRuns: 2000 },
    );
  });

  it("is what copyBytes does between two views of one memory", () => {
    const block = memory.subarray(3000, 9000);
    block.set([9, 8, 7, 6, 5], 100);
    memory.fill(0, 20_000, 20_010);
    copyBytes(block, 100, 105, memory, 20_001);
    expect([...memory.subarray(20_000, 20_007)]).toEqual([0, 9, 8, 7, 6, 5, 0]);
  });
});

describe("the kernel's zeros", () => {
  it.each([0, 1, 7, 1448, 16_384])("are %i octets and touch no other", (length) => {
    memory.fill(0x5a, 50_000, 80_000);
    kernel.clear(60_001, 60_001 + length);
    const expected = new Uint8Array(30_000).fill(0x5a).fill(0, 10_001, 10_001 + length);
    expect(memory.slice(50_000, 80_000)).toEqual(expected);
  });

  it("are what clearBytes writes, into memory with a kernel and without", () => {
    for (const arena of [allocateOctets(2000), new Uint8Array(2000)]) {
      arena.fill(1);
      // Who copied into it last decides which way it goes.
      copyBytes(arena.subarray(0, 100), 0, 100, arena, 200);
      clearBytes(arena, 500, 600);
      copyBytes(new Uint8Array(100).fill(1), 0, 100, arena, 200);
      clearBytes(arena, 700, 701);
      expect([...arena.keys()].filter((at) => arena[at] === 0)).toEqual([
        ...Array.from({ length: 100 }, (_, at) => 500 + at),
        700,
      ]);
    }
  });
});
