// Sees to it that scripts which keep ever more don't take the process with them: nothing in JavaScript
// bounds what a module holds, and a full heap ends the process with all that was not written yet.
// Looks at each new flow and once in some hundred packets (fewer where memory is small), with each packet
// once much is in use: a look takes one to three microseconds. Collects garbage before it says that it is too much.
//
//     share of the limit   0 ------ 0.3 -------- 0.6 ---- 0.66 ---- 0.75 ------ 1
//                            calm    suspicious   too much, if      urgent
//                                                 above 0.66 before
//                                                 garbage was collected
//
// Node unloads no module: what a script held mostly stays when it is taken out. From then on the shares
// are those of what was left (`settle`).

import type { MemorySource, MemoryUse } from "./memory-source.ts";

const MIB = 1024 * 1024;
/**
 * While all is calm a look comes before a third of the limit would be full if each packet made a script
 * keep so much.
 */
const KEPT_A_PACKET = MIB / 2;
const MOST_PACKETS_A_LOOK = 512;
const SUSPICIOUS = 0.3;
const TOO_MUCH = 0.6;
const WORTH_COLLECTING = 0.66;
const URGENT = 0.75;
/** What must have come since the last collection before the next one is worth its time. */
const COLLECTING_STEP = 0.12;
/** Room that a script taken out leaves at least; outside of the heap there is some behind the limit. */
const LEAST_ROOM = 0.15;

export interface Excess {
  readonly kind: "heap" | "outside";
  readonly use: MemoryUse;
  /** There is no time left to find out more. */
  readonly isUrgent: boolean;
  readonly text: string;
}

export class MemoryWatch {
  readonly #memory: MemorySource;
  /** Packets between two looks while all is calm. */
  readonly #packetsALook: number;
  #left: number;
  /** Share that is in use for good. */
  #base = 0;
  /** Share below which no garbage is collected. */
  #quietBelow = 0;
  /** Much is in use: time to watch who does what. */
  isSuspicious = false;

  constructor(memory: MemorySource) {
    this.#memory = memory;
    const packets = Math.floor(memory.use().limitBytes / 3 / KEPT_A_PACKET);
    this.#packetsALook = Math.min(Math.max(1, packets), MOST_PACKETS_A_LOOK);
    this.#left = this.#packetsALook;
  }

  /** Once a packet: true where it is time for a look. */
  isDue(): boolean {
    return --this.#left <= 0;
  }

  /** What is wrong; null where all is well. */
  look(): Excess | null {
    const share = shareOf(this.#memory.use());
    this.isSuspicious = share >= SUSPICIOUS;
    this.#left = this.isSuspicious ? 1 : this.#packetsALook;
    if (share < this.#base) this.#base = share;
    // V8 has collected some itself.
    this.#quietBelow = Math.min(this.#quietBelow, this.#stepAbove(share));
    if (share < Math.max(this.#above(WORTH_COLLECTING), this.#quietBelow)) return null;
    this.#memory.collectGarbage();
    const use = this.#memory.use();
    const live = shareOf(use);
    this.#quietBelow = this.#stepAbove(live);
    if (live < this.#above(TOO_MUCH)) return null;
    const isUrgent = live >= this.#above(URGENT);
    return { kind: kindOf(use), use, isUrgent, text: textOf(use) };
  }

  /** There is nothing to look after any more. */
  stop(): void {
    this.#left = Infinity;
  }

  /** A script was taken out: what is in use now may stay. */
  settle(): void {
    this.#memory.collectGarbage();
    this.#base = shareOf(this.#memory.use());
    this.#quietBelow = 0;
  }

  #above(share: number): number {
    return this.#base + this.#room * share;
  }

  #stepAbove(share: number): number {
    return share + this.#room * COLLECTING_STEP;
  }

  get #room(): number {
    return Math.max(1 - this.#base, LEAST_ROOM);
  }
}

function kindOf({ heapBytes, outsideBytes }: MemoryUse): Excess["kind"] {
  return heapBytes >= outsideBytes ? "heap" : "outside";
}

function shareOf({ heapBytes, outsideBytes, limitBytes }: MemoryUse): number {
  return Math.max(heapBytes, outsideBytes) / limitBytes;
}

function textOf({ heapBytes, outsideBytes, limitBytes }: MemoryUse): string {
  const [heap, outside, limit] = [heapBytes, outsideBytes, limitBytes].map((bytes) =>
    Math.round(bytes / MIB),
  );
  return `${heap} MiB of the heap and ${outside} MiB outside are in use, ${limit} MiB each is the limit`;
}
