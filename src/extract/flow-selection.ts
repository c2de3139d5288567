// Which flows' packets are wanted. Either all that the run counts, or those with a reason: marked by a
// script, or ended with a bit of the status word. Reasons come while a flow goes on or when it ends.

/** Flow numbers, a bit each. */
export class FlowSet {
  #bits: Uint8Array = new Uint8Array(1024);
  size = 0;

  has(flow: number): boolean {
    const octet = this.#bits[flow >>> 3];
    return octet !== undefined && (octet & (1 << (flow & 7))) !== 0;
  }

  add(flow: number): void {
    if (this.has(flow)) return;
    const at = flow >>> 3;
    if (at >= this.#bits.length) {
      const larger = new Uint8Array(Math.max(2 * this.#bits.length, at + 1));
      larger.set(this.#bits);
      this.#bits = larger;
    }
    this.#bits[at]! |= 1 << (flow & 7);
    this.size++;
  }
}

export interface SelectionReasons {
  /** Flows that scripts mark. */
  readonly marked: boolean;
  /** Bits of the status word, any of which is a reason; 0 for none. */
  readonly status: number;
}

export class FlowSelection {
  /** True where a flow needs a reason, which may come after its packets. */
  readonly isLate: boolean;
  readonly #reasons: SelectionReasons;
  readonly #chosen = new FlowSet();

  constructor(reasons: SelectionReasons) {
    this.#reasons = reasons;
    this.isLate = reasons.marked || reasons.status !== 0;
  }

  /** A script wants the flow's packets. */
  mark(flow: number): void {
    if (this.#reasons.marked) this.#chosen.add(flow);
  }

  /** The flow has ended with these bits of the status word. */
  ended(flow: number, status: number): void {
    if ((status & this.#reasons.status) !== 0) this.#chosen.add(flow);
  }

  isChosen(flow: number): boolean {
    return !this.isLate || this.#chosen.has(flow);
  }

  /** Also where a script that takes its time may still mark it, behind its end. */
  mayBeChosen(flow: number): boolean {
    return this.#reasons.marked || this.isChosen(flow);
  }
}
