// One-way flows that mirror each other under different VLAN tags: each direction of a connection was
// tagged differently, so that `--vlan ignore` would join them. Bounded: 65,536 entries, direct-mapped.

import type { FlowCursor } from "../flow/flow-cursor.ts";

const ENTRIES = 1 << 16;

export class MirrorTable {
  readonly #forward = new Float64Array(ENTRIES);
  readonly #vlan = new Int32Array(ENTRIES);

  /** True if a one-way flow of the other direction, under other tags, ended before this one. */
  meets(flow: FlowCursor): boolean {
    const fromClient = flow.c2s.packets > 0;
    const source = wordsHash(flow, fromClient);
    const destination = wordsHash(flow, !fromClient);
    const mirrored = this.#at(destination, source);
    if (
      this.#forward[mirrored] === directed(destination, source) &&
      this.#vlan[mirrored] !== flow.vlanPath
    ) {
      return true;
    }
    const at = this.#at(source, destination);
    this.#forward[at] = directed(source, destination);
    this.#vlan[at] = flow.vlanPath;
    return false;
  }

  #at(source: number, destination: number): number {
    return directed(source, destination) % ENTRIES;
  }
}

/** A number below 2^53 for a direction between two endpoints. */
function directed(source: number, destination: number): number {
  return (source >>> 6) * 2 ** 26 + (destination >>> 6) + 1;
}

function wordsHash(flow: FlowCursor, ofClient: boolean): number {
  let hash = ofClient ? flow.clientPort : flow.serverPort;
  for (let i = 0; i < 4; i++) {
    const word = ofClient ? flow.clientWord(i) : flow.serverWord(i);
    hash = Math.imul(hash ^ word ^ (hash >>> 15), 0x9e3779b1);
  }
  return (hash ^ (hash >>> 13)) >>> 0;
}
