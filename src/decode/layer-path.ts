// The stack of layers of the packet in hand, and its number in the LayerTable. Runs once a packet
// that has layers: a small hash table of recent stacks stands in front of the table, so that
// thousands of networks side by side allocate nothing after each has been seen.
//
//     layers   [ kind | HAS_ID ][ kind ]...     ids  [ int32 ][ 0 ]...
//     cache    slot = hash of the layers, or one of the next: depth, layers, number

import { LayerTable, type Layer } from "./layer-table.ts";

/** Layers that are part of a path; deeper ones are read but share the number. */
export const MAX_PATH_LAYERS = 16;

const CACHE_SLOTS = 4096;
/** Slots in a row in which a stack may be found. */
const MAX_PROBES = 8;
const HAS_ID = 0x80;

export class LayerPath {
  /** Layers in hand; `truncate` takes it back to an earlier value. */
  depth = 0;
  readonly #kinds = new Uint8Array(MAX_PATH_LAYERS);
  /** The id's 32 bits, 0 where the layer has none. */
  readonly #ids = new Int32Array(MAX_PATH_LAYERS);

  readonly #cachedDepth = new Uint8Array(CACHE_SLOTS);
  readonly #cachedNumber = new Int32Array(CACHE_SLOTS);
  readonly #cachedKinds = new Uint8Array(CACHE_SLOTS * MAX_PATH_LAYERS);
  readonly #cachedIds = new Int32Array(CACHE_SLOTS * MAX_PATH_LAYERS);

  readonly #names: readonly string[];
  readonly #table: LayerTable;

  /** `names[kind]` is what the table calls a kind; at most 128. */
  constructor(table: LayerTable, names: readonly string[]) {
    this.#table = table;
    this.#names = names;
  }

  push(kind: number): void {
    this.#add(kind, 0);
  }

  /** `id` may have all of 32 bits. */
  pushWithId(kind: number, id: number): void {
    this.#add(kind | HAS_ID, id);
  }

  truncate(depth: number): void {
    this.depth = depth;
  }

  /** The number of the stack in hand; 0 for the empty one. */
  number(): number {
    const depth = this.depth;
    if (depth === 0) return 0;
    let hash = depth;
    for (let index = 0; index < depth; index++) {
      hash = Math.imul(hash ^ this.#ids[index]!, 0x9e3779b1) ^ this.#kinds[index]!;
      hash ^= hash >>> 15;
    }
    const home = hash & (CACHE_SLOTS - 1);
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const slot = (home + probe) & (CACHE_SLOTS - 1);
      const cachedDepth = this.#cachedDepth[slot]!;
      if (cachedDepth === 0) return this.#remember(slot);
      if (cachedDepth === depth && this.#equals(slot * MAX_PATH_LAYERS)) {
        return this.#cachedNumber[slot]!;
      }
    }
    return this.#remember(home);
  }

  #add(kind: number, id: number): void {
    if (this.depth === MAX_PATH_LAYERS) return;
    this.#kinds[this.depth] = kind;
    this.#ids[this.depth] = id;
    this.depth++;
  }

  #equals(base: number): boolean {
    for (let index = 0; index < this.depth; index++) {
      if (this.#cachedIds[base + index] !== this.#ids[index]) return false;
      if (this.#cachedKinds[base + index] !== this.#kinds[index]) return false;
    }
    return true;
  }

  #remember(slot: number): number {
    const stack: Layer[] = [];
    for (let index = 0; index < this.depth; index++) {
      const kind = this.#kinds[index]!;
      const id = this.#ids[index]!;
      this.#cachedKinds[slot * MAX_PATH_LAYERS + index] = kind;
      this.#cachedIds[slot * MAX_PATH_LAYERS + index] = id;
      stack.push({
        kind: this.#names[kind & ~HAS_ID]!,
        id: (kind & HAS_ID) === 0 ? null : id >>> 0,
      });
    }
    this.#cachedDepth[slot] = this.depth;
    const number = this.#table.intern(stack);
    this.#cachedNumber[slot] = number;
    return number;
  }
}
