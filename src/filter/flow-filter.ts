// `--filter EXPR`: the language of tcpdump (pcap-filter), for the primitives that make sense on TCP flows.
//
// A filter is about flows: a flow matches if a packet of either of its directions would. The expression is
// evaluated for a packet from client to server and for one from server to client, and the two are ORed:
// `host A` and `src host A` keep both directions of each flow in which A takes part (and sends).
// `not` is inside of that evaluation: `not host A` keeps the flows without A, as expected, but
// `not src host A` keeps every flow in which some direction is not from A: all but those from A to A.
// `vlan N` asks about every tag of the stack; see docs/filters.md for all differences from tcpdump.

import type { Condition } from "./filter-condition.ts";
import { FilterParser } from "./filter-parser.ts";
import { scanFilter } from "./filter-scanner.ts";
import type { FlowEndpoints } from "./flow-endpoints.ts";

/** A compiled filter, immutable. */
export class FlowFilter {
  /** The expression as it was given. */
  readonly text: string;
  readonly #condition: Condition;

  constructor(text: string, condition: Condition) {
    this.text = text;
    this.#condition = condition;
  }

  /** True if a packet of either direction would match. Allocates nothing; linear in the expression. */
  matches(flow: FlowEndpoints): boolean {
    return this.matchesPacket(flow, false) || this.matchesPacket(flow, true);
  }

  /** True if a packet of this one direction would match, as tcpdump decides. */
  matchesPacket(flow: FlowEndpoints, fromServer: boolean): boolean {
    return this.#condition.holds(flow, fromServer);
  }
}

/**
 * Compiles a filter expression; an empty one matches every flow.
 * @throws BAD_FILTER in one line, with the word at fault and its column (from 1)
 * Limits: 65,536 characters, 100 levels of parentheses and `not`. Source: pcap-filter(7).
 */
export function parseFlowFilter(text: string): FlowFilter {
  return new FlowFilter(text, new FilterParser(scanFilter(text)).parse());
}
