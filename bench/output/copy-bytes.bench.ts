// A payload from the reader's block into a pool: where the two share a memory with a kernel, as in a run of the
// program; where they share one without; and where they are apart.

import { bench, describe } from "vitest";
import { OctetMemory, kernelOf } from "../../src/memory/octet-memory.ts";
import { copyBytes } from "../../src/output/copy-bytes.ts";

const COPIES = 1000;
const BLOCK_BYTES = 32_768;

interface Memory {
  readonly name: string;
  readonly block: Uint8Array;
  readonly arena: Uint8Array;
}

/** The block behind the arena in one ArrayBuffer. */
function shared(name: string, memory: Uint8Array): Memory {
  return { name, arena: memory, block: memory.subarray(BLOCK_BYTES) };
}

const withKernel = new OctetMemory(2 * BLOCK_BYTES, 0).octets;
if (kernelOf(withKernel.buffer) === null) throw new Error("there is no kernel here");

const MEMORIES: readonly Memory[] = [
  shared("one memory with a kernel", withKernel),
  shared("one memory without", new Uint8Array(2 * BLOCK_BYTES)),
  {
    name: "two memories",
    arena: new Uint8Array(BLOCK_BYTES),
    block: new Uint8Array(BLOCK_BYTES),
  },
];

function copyAll({ block, arena }: Memory, length: number): void {
  const last = length - 1;
  arena[last] = 0;
  for (let copy = 0; copy < COPIES; copy++) copyBytes(block, 1, 1 + length, arena, 0);
  if (arena[last] !== block[length]) throw new Error("the octets were not copied");
}

for (const { block } of MEMORIES) block.forEach((_, index) => (block[index] = 1 + (index % 251)));

for (const length of [8, 64, 1448]) {
  describe(`1,000 copies of ${length} octets`, () => {
    for (const memory of MEMORIES) {
      copyAll(memory, length);
      const copied = Buffer.from(memory.arena.subarray(0, length));
      if (!copied.equals(memory.block.subarray(1, 1 + length))) throw new Error(memory.name);
      bench(memory.name, () => copyAll(memory, length));
    }
  });
}
