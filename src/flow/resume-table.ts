// Which flow was swept on a key before: a bounded memory of the last 65,536 timed-out flows or so, so
// that a flow that goes on without a SYN can say whom it resumes (tcp.md §5.5).

import type { FlowCursor } from "./flow-cursor.ts";

const ENTRIES = 1 << 16;

/** Direct-mapped: a newer flow may push an older one of another key out. */
export class ResumeTable {
  readonly #hashes = new Int32Array(ENTRIES);
  readonly #ports = new Int32Array(ENTRIES);
  readonly #numbers = new Uint32Array(ENTRIES);

  remember(flow: FlowCursor): void {
    const at = flow.hash & (ENTRIES - 1);
    this.#hashes[at] = flow.hash;
    this.#ports[at] = portsOf(flow);
    this.#numbers[at] = flow.number;
  }

  /** Number of the flow swept on this flow's key, taken out; 0 for none. */
  take(flow: FlowCursor): number {
    const at = flow.hash & (ENTRIES - 1);
    if (this.#hashes[at] !== flow.hash || this.#ports[at] !== portsOf(flow)) return 0;
    const number = this.#numbers[at]!;
    this.#numbers[at] = 0;
    return number;
  }
}

/** Equal for both roles of a key. */
function portsOf(flow: FlowCursor): number {
  const { clientPort, serverPort } = flow;
  return (Math.min(clientPort, serverPort) << 16) | Math.max(clientPort, serverPort);
}
