// The compiled form of a filter: a small tree of conditions, asked about one direction of a flow as if
// about a packet that goes this way. Runs once a flow and direction; allocates nothing.

import type { FlowEndpoints } from "./flow-endpoints.ts";

/** True or false for the packets of one direction; `fromServer` tells which. */
export interface Condition {
  holds(flow: FlowEndpoints, fromServer: boolean): boolean;
}

/** A property of one endpoint. */
export interface EndpointTest {
  fits(flow: FlowEndpoints, ofServer: boolean): boolean;
}

/** Which endpoint of a packet is meant: `either` is pcap-filter's `src or dst`, its default. */
export type Direction = "src" | "dst" | "either" | "both";

/** The address lies in a network of one IP version; a host is a network of full length. */
export class NetworkTest implements EndpointTest {
  readonly #ipVersion: number;
  readonly #words: readonly number[];
  readonly #masks: readonly number[];

  /** Four words and four masks, as in FlowEndpoints; bits outside the mask are ignored. */
  constructor(ipVersion: number, words: readonly number[], masks: readonly number[]) {
    this.#ipVersion = ipVersion;
    this.#words = words;
    this.#masks = masks;
  }

  fits(flow: FlowEndpoints, ofServer: boolean): boolean {
    if (flow.ipVersion !== this.#ipVersion) return false;
    return (
      this.#wordFits(3, ofServer ? flow.server3 : flow.client3) &&
      this.#wordFits(2, ofServer ? flow.server2 : flow.client2) &&
      this.#wordFits(1, ofServer ? flow.server1 : flow.client1) &&
      this.#wordFits(0, ofServer ? flow.server0 : flow.client0)
    );
  }

  #wordFits(index: number, word: number): boolean {
    return ((word ^ this.#words[index]!) & this.#masks[index]!) === 0;
  }
}

/** The port lies in `[first, last]`, both included. */
export class PortTest implements EndpointTest {
  readonly #first: number;
  readonly #last: number;

  constructor(first: number, last: number) {
    this.#first = first;
    this.#last = last;
  }

  fits(flow: FlowEndpoints, ofServer: boolean): boolean {
    const port = ofServer ? flow.serverPort : flow.clientPort;
    return port >= this.#first && port <= this.#last;
  }
}

export class EndpointCondition implements Condition {
  readonly #test: EndpointTest;
  readonly #direction: Direction;

  constructor(test: EndpointTest, direction: Direction) {
    this.#test = test;
    this.#direction = direction;
  }

  holds(flow: FlowEndpoints, fromServer: boolean): boolean {
    const test = this.#test;
    switch (this.#direction) {
      case "src":
        return test.fits(flow, fromServer);
      case "dst":
        return test.fits(flow, !fromServer);
      case "either":
        return test.fits(flow, true) || test.fits(flow, false);
      default:
        return test.fits(flow, true) && test.fits(flow, false);
    }
  }
}

export class IpVersionCondition implements Condition {
  readonly #ipVersion: number;

  constructor(ipVersion: number) {
    this.#ipVersion = ipVersion;
  }

  holds(flow: FlowEndpoints): boolean {
    return flow.ipVersion === this.#ipVersion;
  }
}

/** Any tag at all, or one with the given identifier anywhere in the stack. */
export class VlanCondition implements Condition {
  readonly #id: number | undefined;

  constructor(id: number | undefined) {
    this.#id = id;
  }

  holds(flow: FlowEndpoints): boolean {
    return this.#id === undefined ? flow.vlans.length > 0 : flow.vlans.includes(this.#id);
  }
}

/** True for every flow: `tcp`, and the empty expression. */
export class AlwaysCondition implements Condition {
  holds(): boolean {
    return true;
  }
}

export class NotCondition implements Condition {
  readonly #condition: Condition;

  constructor(condition: Condition) {
    this.#condition = condition;
  }

  holds(flow: FlowEndpoints, fromServer: boolean): boolean {
    return !this.#condition.holds(flow, fromServer);
  }
}

/**
 * `a and b or c ...` with `and` and `or` of equal precedence, from left to right: ((a and b) or c) ...
 * Flat, so that thousands of terms cost no stack.
 */
export class ChainCondition implements Condition {
  readonly #terms: readonly Condition[];
  /** Before the term of the same index; the first entry is not used. */
  readonly #isAnd: readonly boolean[];

  constructor(terms: readonly Condition[], isAnd: readonly boolean[]) {
    this.#terms = terms;
    this.#isAnd = isAnd;
  }

  holds(flow: FlowEndpoints, fromServer: boolean): boolean {
    let value = this.#terms[0]!.holds(flow, fromServer);
    for (let at = 1; at < this.#terms.length; at++) {
      // true or x, false and x: x does not matter
      if (value === this.#isAnd[at]) value = this.#terms[at]!.holds(flow, fromServer);
    }
    return value;
  }
}
