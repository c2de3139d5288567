// The flows that live: records, the index by key, the chain of flows that share a key, and the
// sweeper's lists. Runs once a packet; finds, opens, touches and sweeps in O(1).
//
//     index[hash] -> newest flow of the key --older--> ... --older--> oldest      (at most 16)

import type { SegmentCursor } from "../decode/segment-cursor.ts";
import type { OctetMemory } from "../memory/octet-memory.ts";
import type { StreamExtras } from "../reassembly/stream-cursor.ts";
import type { CaptureClock } from "./capture-clock.ts";
import { NANOS_PER_SECOND } from "./capture-clock.ts";
import { FlowCursor, FlowMark } from "./flow-cursor.ts";
import { FlowIndex } from "./flow-index.ts";
import { FlowStore } from "./flow-store.ts";
import { TimeoutLists } from "./timeout-lists.ts";
import type { Timeouts } from "./timeouts.ts";

/** Flows on one key; a further one pushes the oldest out, so that hostile SYNs cost no more. */
export const LONGEST_CHAIN = 16;

/** The sixth list: flows that a newer one on their key supersedes. The first five are the states. */
export const SUPERSEDED_LIST = 5;
const LISTS = 6;

export class FlowTable {
  readonly store: FlowStore;
  readonly index: FlowIndex;
  readonly lists: TimeoutLists;
  readonly #clock: CaptureClock;
  readonly #seed: number;
  readonly #candidate: FlowCursor;
  /** Seconds and nanoseconds of each list's timeout; Infinity where there are none. */
  readonly #timeoutSeconds: Float64Array = new Float64Array(LISTS).fill(Infinity);
  readonly #timeoutNanos: Int32Array = new Int32Array(LISTS);
  /** No flow expires before the clock shows this: a lower bound. */
  #expirySeconds = Infinity;
  #expiryNanos = 0;
  /** Whole seconds of the shortest timeout. */
  readonly #shortestTimeout: number;
  /** @see boundExpiry */
  boundSeconds = 0;
  boundNanos = 0;
  #direction: -1 | 0 | 1 = 0;
  /** Slot of the flow found last, while it surely is the newest of its key; -1 otherwise. */
  #foundSlot = -1;

  /** `timeouts` null: nothing ever leaves by silence. `seed` makes hash collisions unpredictable. */
  constructor(
    clock: CaptureClock,
    extras: StreamExtras,
    timeouts: Timeouts | null,
    seed: number,
    memory: OctetMemory | null = null,
  ) {
    this.store = new FlowStore(memory);
    this.index = new FlowIndex(memory);
    this.lists = new TimeoutLists(LISTS, memory);
    this.#clock = clock;
    this.#seed = seed;
    this.#candidate = new FlowCursor(extras);
    this.#shortestTimeout =
      timeouts === null ? Infinity : Math.floor(Math.min(...Object.values(timeouts)));
    if (timeouts === null) return;
    const { new: fresh, established, closing, closed, reset } = timeouts;
    [fresh, established, closing, closed, reset, closed].forEach((timeout, list) => {
      this.#timeoutSeconds[list] = Math.floor(timeout);
      this.#timeoutNanos[list] = Math.round((timeout - Math.floor(timeout)) * NANOS_PER_SECOND);
    });
  }

  /**
   * The newest flow of the segment's key, bound to `flow`; false, and `flow` bound to anything, if there
   * is none. Segments come in runs: if `flow` still is what was found for the segment before, it is
   * looked at first.
   */
  find(segment: SegmentCursor, vlanPath: number, flow: FlowCursor): boolean {
    if (flow.slot === this.#foundSlot && flow.slot >= 0) {
      this.#direction = flow.directionOf(segment, vlanPath);
      if (this.#direction !== 0) return true;
    }
    return this.#findByHash(segment, vlanPath, flow);
  }

  #findByHash(segment: SegmentCursor, vlanPath: number, flow: FlowCursor): boolean {
    const hash = this.hash(segment, vlanPath);
    let slot = this.index.find(hash);
    while (slot >= 0) {
      this.store.bind(slot, flow);
      this.#direction = flow.directionOf(segment, vlanPath);
      if (this.#direction !== 0) {
        this.#foundSlot = slot;
        return true;
      }
      slot = this.index.findNext(hash);
    }
    return false;
  }

  /** After a successful `find`: true if the segment goes from client to server. */
  get foundFromClient(): boolean {
    return this.#direction === 1;
  }

  /** Equal for both directions of a key. */
  hash(segment: SegmentCursor, vlanPath: number): number {
    const source = endpointHash(
      segment.source0,
      segment.source1,
      segment.source2,
      segment.source3,
      segment.sourcePort,
      this.#seed,
    );
    const destination = endpointHash(
      segment.destination0,
      segment.destination1,
      segment.destination2,
      segment.destination3,
      segment.destinationPort,
      this.#seed,
    );
    const path = Math.imul(vlanPath ^ Math.imul(segment.encapsulation, 0x2545f491), 0x9e3779b1);
    return scramble((source + destination) ^ path);
  }

  /** Takes a record for a new flow, bound to `flow`, not yet in index, chain or list. */
  take(flow: FlowCursor): void {
    this.store.bind(this.store.take(), flow);
  }

  /** Puts a new flow, whose record is set, into index and chain. `newest` is its key's, or -1. */
  link(flow: FlowCursor, newest: number): void {
    this.#foundSlot = -1;
    flow.older = newest;
    if (newest < 0) {
      this.index.insert(flow.hash, flow.slot);
    } else {
      this.index.replace(flow.hash, newest, flow.slot);
      this.store.bind(newest, this.#candidate);
      this.#candidate.newer = flow.slot;
    }
  }

  /** Takes a flow out of index, chain and list, and gives its record back. */
  remove(flow: FlowCursor): void {
    this.#foundSlot = -1;
    const { slot, older, newer, hash } = flow;
    this.lists.remove(slot);
    if (newer >= 0) {
      this.store.bind(newer, this.#candidate);
      this.#candidate.older = older;
    } else if (older >= 0) {
      this.index.replace(hash, slot, older);
    } else {
      this.index.remove(hash, slot);
    }
    if (older >= 0) {
      this.store.bind(older, this.#candidate);
      this.#candidate.newer = newer;
    }
    flow.c2s.release();
    flow.s2c.release();
    this.store.release(slot);
  }

  /** The flow spoke: its silence begins anew, in the list of its state. */
  touch(flow: FlowCursor): void {
    const { seconds, nanos } = this.#clock;
    const list = flow.has(FlowMark.SUPERSEDED) ? SUPERSEDED_LIST : flow.state;
    flow.setClock(seconds, nanos);
    this.lists.touch(flow.slot, list);
    if (seconds + this.#timeoutSeconds[list]! <= this.#expirySeconds) {
      this.#expectExpiry(seconds, nanos, list);
    }
  }

  /**
   * Flows spoke, in this order, the clock in each one's record: as `touch` of each. None has changed its list, so
   * that each only expires later than it would have.
   */
  touchAll(slots: Int32Array, count: number): void {
    const { lists } = this;
    for (let i = 0; i < count; i++) lists.touch(slots[i]!, lists.listOf(slots[i]!));
  }

  /** Slots of the key's chain, newest first, `count` of them in `into`. */
  chain(newest: FlowCursor, into: Int32Array): number {
    into[0] = newest.slot;
    let count = 1;
    let slot = newest.older;
    while (slot >= 0 && count < into.length) {
      into[count++] = slot;
      this.store.bind(slot, this.#candidate);
      slot = this.#candidate.older;
    }
    return count;
  }

  /**
   * Makes `boundSeconds` and `boundNanos` the time before which no flow expires, whatever is touched from now on;
   * Infinity where nothing ever does.
   */
  boundExpiry(): void {
    const { seconds, nanos } = this.#clock;
    this.boundSeconds = seconds + this.#shortestTimeout;
    this.boundNanos = nanos;
    if (this.#expirySeconds > this.boundSeconds) return;
    if (this.#expirySeconds === this.boundSeconds && this.#expiryNanos >= nanos) return;
    this.boundSeconds = this.#expirySeconds;
    this.boundNanos = this.#expiryNanos;
  }

  /** True if some flow may have expired: mostly one comparison a packet. */
  get maybeExpired(): boolean {
    const { seconds, nanos } = this.#clock;
    return (
      seconds > this.#expirySeconds ||
      (seconds === this.#expirySeconds && nanos >= this.#expiryNanos)
    );
  }

  /**
   * Slots of all flows whose silence has lasted for their timeout, by (expiry time, flow number).
   * Allocates only where there are any.
   */
  expired(): readonly number[] {
    const slots: number[] = [];
    this.#expirySeconds = Infinity;
    for (let list = 0; list < LISTS; list++) {
      let slot = this.lists.head(list);
      while (slot >= 0 && this.#hasExpired(slot, list)) {
        slots.push(slot);
        slot = this.lists.next(slot);
      }
      if (slot >= 0) {
        this.store.bind(slot, this.#candidate);
        this.#expectExpiry(this.#candidate.clockSeconds, this.#candidate.clockNanos, list);
      }
    }
    return slots.length < 2 ? slots : this.#inOrder(slots);
  }

  /** The flow that is idle longest (the lowest number of several); -1 if there is none. */
  longestIdle(): number {
    let best = -1;
    let bestSeconds = Infinity;
    let bestNanos = 0;
    for (let list = 0; list < LISTS; list++) {
      const slot = this.lists.head(list);
      if (slot < 0) continue;
      this.store.bind(slot, this.#candidate);
      const { clockSeconds, clockNanos } = this.#candidate;
      if (clockSeconds < bestSeconds || (clockSeconds === bestSeconds && clockNanos < bestNanos)) {
        best = slot;
        bestSeconds = clockSeconds;
        bestNanos = clockNanos;
      }
    }
    return best;
  }

  /** Slots of all live flows by flow number, for the end of the capture. */
  all(): Int32Array {
    // Number and slot in one exact float64 each, so that a million sort without a comparison callback.
    const factor = this.store.slotLimit + 1;
    const keys = new Float64Array(this.store.live);
    let count = 0;
    for (let list = 0; list < LISTS; list++) {
      for (let slot = this.lists.head(list); slot >= 0; slot = this.lists.next(slot)) {
        this.store.bind(slot, this.#candidate);
        keys[count++] = this.#candidate.number * factor + slot;
      }
    }
    keys.sort();
    // In place, from the front: a million flows are 8 MB, and memory is at its peak here.
    const slots = new Int32Array(keys.buffer, 0, count);
    for (let i = 0; i < count; i++) slots[i] = keys[i]! % factor;
    return slots;
  }

  /** A flow of the list that spoke last at this time may expire before all others. */
  #expectExpiry(spokeSeconds: number, spokeNanos: number, list: number): void {
    let seconds = spokeSeconds + this.#timeoutSeconds[list]!;
    let nanos = spokeNanos + this.#timeoutNanos[list]!;
    if (nanos >= NANOS_PER_SECOND) {
      seconds++;
      nanos -= NANOS_PER_SECOND;
    }
    if (seconds > this.#expirySeconds) return;
    if (seconds === this.#expirySeconds && nanos >= this.#expiryNanos) return;
    this.#expirySeconds = seconds;
    this.#expiryNanos = nanos;
  }

  #hasExpired(slot: number, list: number): boolean {
    this.store.bind(slot, this.#candidate);
    const { clockSeconds, clockNanos } = this.#candidate;
    const seconds = this.#clock.seconds - clockSeconds - this.#timeoutSeconds[list]!;
    const nanos = this.#clock.nanos - clockNanos - this.#timeoutNanos[list]!;
    return seconds * NANOS_PER_SECOND + nanos >= 0;
  }

  #inOrder(slots: number[]): number[] {
    const expiries = slots.map((slot) => {
      const list = this.lists.listOf(slot);
      this.store.bind(slot, this.#candidate);
      const nanos = this.#candidate.clockNanos + this.#timeoutNanos[list]!;
      const carried = Math.floor(nanos / NANOS_PER_SECOND);
      return {
        slot,
        seconds: this.#candidate.clockSeconds + this.#timeoutSeconds[list]! + carried,
        nanos: nanos - carried * NANOS_PER_SECOND,
        number: this.#candidate.number,
      };
    });
    expiries.sort((a, b) => a.seconds - b.seconds || a.nanos - b.nanos || a.number - b.number);
    return expiries.map(({ slot }) => slot);
  }
}

function endpointHash(
  word0: number,
  word1: number,
  word2: number,
  word3: number,
  port: number,
  seed: number,
): number {
  let hash = Math.imul(word3 ^ seed, 0x85ebca6b) ^ Math.imul(port ^ (seed >>> 7), 0xc2b2ae35);
  if ((word0 | word1 | word2) !== 0) {
    hash ^= Math.imul(word0, 0x27d4eb2f) ^ Math.imul(word1, 0x165667b1);
    hash = Math.imul(hash, 0x9e3779b1) ^ Math.imul(word2, 0x2c1b3c6d);
  }
  return scramble(hash);
}

/** The finalizer of MurmurHash3: every bit of the input moves every bit of the result. */
function scramble(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
