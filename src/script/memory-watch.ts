// Sees to it that scripts which keep ever more don't take the process with them: nothing in JavaScript
// bounds what a module holds, and a full heap ends the process with all that was not written yet.
// Looks once in 64 packets and at each new flow; collects garbage before it says that it is too much.

import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** How many packets lie between two looks; a flow weighs as much. */
const PACKETS_A_LOOK = 64;
/** Shares of the limits: of the first on, garbage is collected; what is above the second then is too much. */
const SUSPICIOUS = 0.75;
const TOO_MUCH = 0.66;
const MIB = 1024 * 1024;
/** Of the heap's limit, what is for new objects alone. */
const YOUNG_BYTES = 48 * MIB;

export interface MemoryUse {
  readonly heapBytes: number;
  /** What the heap may have (`--max-old-space-size`); so much again may lie outside of it. */
  readonly limitBytes: number;
  /** Buffers. */
  readonly outsideBytes: number;
}

export interface MemorySource {
  use(): MemoryUse;
  collectGarbage(): void;
}

export const SYSTEM_MEMORY: MemorySource = {
  use: () => {
    const { used_heap_size, heap_size_limit, external_memory } = getHeapStatistics();
    return {
      heapBytes: used_heap_size,
      limitBytes: Math.max(heap_size_limit - YOUNG_BYTES, heap_size_limit / 2),
      outsideBytes: external_memory,
    };
  },
  collectGarbage: () => {
    // The only way without a flag of the command line.
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    collect();
  },
};

export class MemoryWatch {
  readonly #memory: MemorySource;
  #left = PACKETS_A_LOOK;

  constructor(memory: MemorySource) {
    this.#memory = memory;
  }

  /** With each packet. What is wrong, in words; null where all is well. */
  packet(): string | null {
    return --this.#left > 0 ? null : this.look();
  }

  /** With each new flow. */
  look(): string | null {
    this.#left = PACKETS_A_LOOK;
    if (shareOf(this.#memory.use()) < SUSPICIOUS) return null;
    this.#memory.collectGarbage();
    const use = this.#memory.use();
    if (shareOf(use) < TOO_MUCH) return null;
    const [heap, outside, limit] = [use.heapBytes, use.outsideBytes, use.limitBytes].map((bytes) =>
      Math.round(bytes / MIB),
    );
    return `${heap} MiB of the heap and ${outside} MiB outside are in use, ${limit} MiB each is the limit`;
  }
}

function shareOf({ heapBytes, outsideBytes, limitBytes }: MemoryUse): number {
  return Math.max(heapBytes, outsideBytes) / limitBytes;
}
