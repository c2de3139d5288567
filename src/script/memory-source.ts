// How much memory is in use, and whose: the process's own numbers, V8's garbage collection, and V8's
// sampling of what is allocated and still lives, which names the file that allocated it.

import { createRequire } from "node:module";
import type { HeapProfiler, Session } from "node:inspector";
import { getHeapSpaceStatistics, getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const MIB = 1024 * 1024;
/**
 * Largest semi-space for new objects, MiB, by V8's major version, the newest first (of those to come the largest is
 * assumed). Three of them are part of the heap's limit, and V8 tells only the sum.
 */
const SEMI_SPACES = [
  [15, 64],
  [14, 32],
  [13, 64],
  [0, 16],
] as const;
const SEMI_SPACES_A_HEAP = 3;
const SEMI_SPACE_OPTION = /--max[-_]semi[-_]space[-_]size[= ](\d+)/g;
/** What is left for older objects at least, whatever the options are: part of the heap's limit. */
const LEAST_OLD = 0.25;
/** Share of the limit from which on it is worth a microsecond to tell new objects from others. */
const WORTH_DETAIL = 0.25;

export interface MemoryUse {
  /** Objects that have lived for a while. */
  readonly heapBytes: number;
  /** New objects: most of them are garbage already, and they don't count against the limit. */
  readonly youngBytes: number;
  /** What the heap may have (`--max-old-space-size`); so much again may lie outside of it. */
  readonly limitBytes: number;
  /** Buffers. */
  readonly outsideBytes: number;
}

/** Octets of the heap that live and were allocated since the sampling began, by who was called. */
export interface LiveSampling {
  /**
   * Adds to `held` at the index that `ownerOf` gives for the file (path or URL) of an allocation's outermost
   * call; files for which it gives -1 are passed over.
   */
  addHeld(ownerOf: (file: string) => number, held: number[]): void;
  stop(): void;
}

export interface MemorySource {
  use(): MemoryUse;
  collectGarbage(): void;
  /** One sample in about so many octets; null where this can't be had. */
  sample?(intervalBytes: number): LiveSampling | null;
}

/** Octets that objects which have lived for a while may take, of a heap with this limit. `options`: those of Node. */
export function oldLimit(heapLimit: number, v8Version: string, options: string): number {
  const major = Number.parseInt(v8Version, 10);
  const byDefault = SEMI_SPACES.find(([from]) => major >= from)![1];
  // 0 is as if it were not given
  const chosen = Number([...options.matchAll(SEMI_SPACE_OPTION)].at(-1)?.[1] ?? 0);
  const young = SEMI_SPACES_A_HEAP * (chosen === 0 ? byDefault : chosen) * MIB;
  return Math.max(heapLimit - young, heapLimit * LEAST_OLD);
}

/** Of this process, which does not change: a look at the environment takes longer than all of `use`. */
let ownLimit: number | null = null;

function limitOfProcess(): number {
  const { execArgv, versions, env } = process;
  const options = `${env["NODE_OPTIONS"] ?? ""} ${execArgv.join(" ")}`;
  return oldLimit(getHeapStatistics().heap_size_limit, versions.v8, options);
}

export const SYSTEM_MEMORY: MemorySource = {
  use: () => {
    const { used_heap_size, external_memory } = getHeapStatistics();
    const limitBytes = (ownLimit ??= limitOfProcess());
    const young = used_heap_size > limitBytes * WORTH_DETAIL ? youngBytes() : 0;
    return {
      heapBytes: used_heap_size - young,
      youngBytes: young,
      limitBytes,
      outsideBytes: external_memory,
    };
  },
  collectGarbage: () => {
    const collect = collector();
    collect();
    // What buffers held is given back behind a collection, at the latest when the next one begins.
    collect();
  },
  sample: (intervalBytes) => {
    try {
      return new InspectorSampling(intervalBytes);
    } catch {
      // A Node that was built without inspector.
      return null;
    }
  },
};

function youngBytes(): number {
  let bytes = 0;
  for (const { space_name, space_used_size } of getHeapSpaceStatistics()) {
    if (space_name.startsWith("new_")) bytes += space_used_size;
  }
  return bytes;
}

let collect: (() => void) | null = null;

/** The only way without flags of the command line. */
function collector(): () => void {
  if (collect === null) {
    setFlagsFromString("--expose-gc");
    // Else V8 ends the process where a few collections in a row find little above 80 % of the limit.
    setFlagsFromString("--no-detect-ineffective-gcs-near-heap-limit");
    collect = runInNewContext("gc") as () => void;
  }
  return collect;
}

class InspectorSampling implements LiveSampling {
  readonly #session: Session;

  constructor(samplingInterval: number) {
    // Loaded only here: few runs ever come to this.
    const load = createRequire(import.meta.url);
    const inspector = load("node:inspector") as typeof import("node:inspector");
    this.#session = new inspector.Session();
    this.#session.connect();
    this.#session.post("HeapProfiler.startSampling", { samplingInterval });
  }

  addHeld(ownerOf: (file: string) => number, held: number[]): void {
    // Answers before it returns.
    this.#session.post("HeapProfiler.getSamplingProfile", (error, result) => {
      if (error === null) addNode(result.profile.head, -1, ownerOf, held);
    });
  }

  stop(): void {
    this.#session.disconnect();
  }
}

function addNode(
  node: HeapProfiler.SamplingHeapProfileNode,
  caller: number,
  ownerOf: (file: string) => number,
  held: number[],
): void {
  const owner = caller >= 0 ? caller : ownerOf(node.callFrame.url);
  if (owner >= 0) held[owner] = held[owner]! + node.selfSize;
  for (const child of node.children) addNode(child, owner, ownerOf, held);
}
