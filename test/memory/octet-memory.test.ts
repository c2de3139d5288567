import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { internetSum } from "../../src/decode/checksum.ts";
import {
  float64Column,
  int32Column,
  kernelOf,
  memoryOf,
  OctetMemory,
  uint8Column,
} from "../../src/memory/octet-memory.ts";
import { CaptureClock } from "../../src/flow/capture-clock.ts";
import { RECORD_WORDS } from "../../src/memory/flow-record.ts";
import { FlowTable } from "../../src/flow/flow-table.ts";
import { BufferPool } from "../../src/output/buffer-pool.ts";
import { clearBytes, copyBytes } from "../../src/output/copy-bytes.ts";
import { StreamColumns } from "../../src/output/stream-columns.ts";
import { StreamExtras } from "../../src/reassembly/stream-cursor.ts";
import { RandomSource } from "../support/random-source.ts";

/** The obvious sum: 16-bit words in network order, the last one padded, carries folded in at the end. */
function obviousSum(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0;
  for (let at = start; at < end; at += 2) {
    sum += bytes[at]! * 256 + (at + 1 < end ? bytes[at + 1]! : 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}

const memory = new OctetMemory(512 * 1024, 0).octets;
const kernel = kernelOf(memory.buffer)!;

/** A stretch of random octets somewhere in the memory, at any alignment. */
const stretch = fc.record({
  at: fc.integer({ min: 0, max: 1000 }),
  octets: fc.uint8Array({ minLength: 0, maxLength: 300 }),
});

describe("memory with a kernel", () => {
  it("begins where its ArrayBuffer begins, zeroed, as long as was asked for", () => {
    const bytes = new OctetMemory(100_000, 0).octets;
    expect(bytes.byteOffset).toBe(0);
    expect(bytes.length).toBe(100_000);
    expect(bytes.every((octet) => octet === 0)).toBe(true);
    expect(kernelOf(bytes.buffer)).not.toBeNull();
  });

  it("is told from plain memory, and one from another", () => {
    expect(kernelOf(new ArrayBuffer(8))).toBeNull();
    expect(kernelOf(new OctetMemory(8, 0).octets.buffer)).not.toBe(kernel);
  });

  it("is plain memory where the engine has no WebAssembly", () => {
    const given = globalThis.WebAssembly;
    Reflect.deleteProperty(globalThis, "WebAssembly");
    try {
      const bytes = new OctetMemory(70_000, 0).octets;
      expect(bytes.length).toBe(70_000);
      expect(kernelOf(bytes.buffer)).toBeNull();
    } finally {
      globalThis.WebAssembly = given;
    }
  });
});

describe("tables of a memory", () => {
  it("lie behind its octets, aligned, zeroed and apart, as long as there is room", () => {
    const owner = new OctetMemory(1000, 1);
    const tables = [owner.uint8(3)!, owner.int32(5)!, owner.float64(7)!, owner.uint8(1)!];
    let end = 1000;
    for (const table of tables) {
      expect(table.buffer).toBe(owner.buffer);
      expect(table.byteOffset).toBeGreaterThanOrEqual(end);
      expect(table.byteOffset % 64).toBe(0);
      expect(table.every((value) => value === 0)).toBe(true);
      end = table.byteOffset + table.byteLength;
    }
    const left = owner.buffer.byteLength - end;
    expect([owner.uint8(left), owner.int32(left), owner.float64(left)]).toEqual([null, null, null]);
    expect(owner.uint8(64)).not.toBeNull();
  });

  it("are as many as its flows need, all that a run asks for", () => {
    for (const flows of [8, 1024, 4096]) {
      const owner = new OctetMemory(100, flows);
      expect(owner.flows).toBe(flows);
      const table = new FlowTable(new CaptureClock(), new StreamExtras(), null, 0, owner);
      const windows = new StreamColumns(
        new BufferPool({ memory: owner.octets, blockBytes: 64, unitBytes: 4 }),
      );
      expect(table.store.inMemory?.length).toBe(flows * RECORD_WORDS);
      for (const column of [windows.end, windows.holes, windows.fileEnd, windows.marks]) {
        expect(column.buffer).toBe(owner.buffer);
        expect(column.length).toBe(2 * flows);
      }
    }
  });

  it("are of a thousand elements elsewhere where it has none", () => {
    for (const owner of [null, new OctetMemory(1000, 0)]) {
      const columns = [float64Column(owner, 2), int32Column(owner, 2), uint8Column(owner, 2)];
      for (const column of columns) {
        expect(column.length).toBe(1024);
        expect(memoryOf(column.buffer)).toBeNull();
      }
    }
  });

  it("are found by its ArrayBuffer, and by no other", () => {
    const owner = new OctetMemory(100, 0);
    expect(memoryOf(owner.octets.subarray(5).buffer)).toBe(owner);
    expect(memoryOf(new ArrayBuffer(100))).toBeNull();
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

  it("is the obvious one of long stretches, of which it sums so many octets at once", () => {
    const random = new RandomSource(4);
    const most = 300 * 1024;
    for (let at = 0; at < most + 64; at += 4)
      memory.set(new Uint8Array([7, 9, 11, random.word()]), at);
    // Ends of stretches of 128 KiB, and of steps in them.
    const lengths = [1, 2].flatMap((count) =>
      [-65, -64, -2, -1, 0, 1, 2, 63, 64, 65].map((more) => count * 128 * 1024 + more),
    );
    for (const length of [...lengths, most - 1, most]) {
      for (const start of [0, 1, 7]) {
        expect(internetSum(memory, start, start + length), `${length} octets`).toBe(
          obviousSum(memory, start, start + length),
        );
      }
    }
    // The highest words there are, for a lane of the sum that would overflow.
    for (const [octet, length] of [
      [0xff, most],
      [0x80, most],
      [0x7f, most],
    ] as const) {
      memory.fill(octet, 0, length);
      expect(internetSum(memory, 0, length)).toBe(obviousSum(memory, 0, length));
    }
  });

  it("is 0 of zeros alone", () => {
    memory.fill(0, 0, 1000);
    expect(kernel.sum(0, 1000)).toBe(0);
    memory.set([0xff, 0xff], 200);
    expect(kernel.sum(0, 1000)).not.toBe(0);
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

  it.each([0, 1, 2, 3, 5, 8, 13, 15])(
    "of 0 to 300 octets is right from any alignment to %i",
    (to) => {
      const from = 40_000;
      for (let i = 0; i < 400; i++) memory[from + i] = (i * 7 + 1) & 0xff;
      for (let length = 0; length <= 300; length++) {
        const start = from + (length % 16);
        const target = 100_000 + to;
        memory.fill(0, target - 20, target + length + 20);
        kernel.copy(target, start, start + length);
        const wanted = Buffer.alloc(length + 40);
        wanted.set(memory.subarray(start, start + length), 20);
        const found = Buffer.from(memory.subarray(target - 20, target + length + 20));
        expect(found.equals(wanted), `${length} octets`).toBe(true);
      }
    },
  );

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
    for (const arena of [new OctetMemory(2000, 0).octets, new Uint8Array(2000)]) {
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
