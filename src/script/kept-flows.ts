// How many flows a script keeps beyond their ends. The host makes a flow's face and record, so that no
// sample of the heap tells who keeps them; a weak reference does. One flow in 16 is followed.

import type { FlowFace } from "./flow-face.ts";
import type { FlowRecord } from "./flow-record.ts";

const FOLLOWED_ONE_IN = 16;
/** Of the heap, for one that is kept: its record, addresses, times and numbers. About. */
const BYTES_A_FLOW = 1500;
const FIRST_CLEARING = 1024;

interface Followed {
  readonly face: WeakRef<FlowFace>;
  readonly record: WeakRef<FlowRecord>;
}

export class KeptFlows {
  #followed: Followed[] = [];
  #clearAt = FIRST_CLEARING;

  /** With each face that is made for the script. */
  follow(record: FlowRecord, face: FlowFace): void {
    if (record.number % FOLLOWED_ONE_IN !== 0) return;
    if (this.#followed.length >= this.#clearAt) {
      this.#followed = this.#followed.filter((each) => each.face.deref() !== undefined);
      this.#clearAt = Math.max(FIRST_CLEARING, 2 * this.#followed.length);
    }
    this.#followed.push({ face: new WeakRef(face), record: new WeakRef(record) });
  }

  /** Octets of ended flows that are kept, as far as garbage was collected. */
  get bytes(): number {
    let kept = 0;
    for (const { face, record } of this.#followed) {
      if (face.deref() !== undefined && record.deref()?.slot === -1) kept++;
    }
    return kept * FOLLOWED_ONE_IN * BYTES_A_FLOW;
  }
}
