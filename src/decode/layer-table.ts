// Stacks of VLAN tags and of encapsulations as small numbers: the flow key compares one integer
// instead of a list, and reports turn it back into names. The empty stack is 0; a run meets few others.

/** One layer that was removed on the way to the innermost IP header. */
export interface Layer {
  /** "vlan", "gre", "vxlan", "geneve", "gtp-u", "ipip", "mpls", ... */
  readonly kind: string;
  /** VLAN id, VXLAN or GENEVE network, GRE key; null where the id is not the same both ways. */
  readonly id: number | null;
}

const KEY_SEPARATOR = ";";

/** Bounded: beyond `limit` different stacks all further ones share one number (hostile input). */
export class LayerTable {
  readonly #numbers = new Map<string, number>();
  readonly #stacks: Layer[][] = [[]];
  readonly #limit: number;

  constructor(limit = 65_536) {
    this.#limit = limit;
  }

  /**
   * The number of a stack, outermost layer first. Called where a stack differs from the last one
   * seen, so it may allocate.
   */
  intern(stack: readonly Layer[]): number {
    if (stack.length === 0) return 0;
    const key = stack.map((layer) => `${layer.kind}:${layer.id ?? ""}`).join(KEY_SEPARATOR);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.#stacks.length > this.#limit) return this.#limit;
    const number = this.#stacks.length;
    this.#stacks.push(stack.map((layer) => ({ ...layer })));
    this.#numbers.set(key, number);
    return number;
  }

  /** The layers of a number, outermost first; empty for 0. */
  layers(number: number): readonly Layer[] {
    return this.#stacks[number] ?? [];
  }
}
