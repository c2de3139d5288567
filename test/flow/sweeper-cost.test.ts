// Tracking and sweeping cost O(1) a packet (tcp.md §5.4): the same number of list and table operations
// with few and with very many live flows. Counted, since time can't be.

import { describe, expect, it } from "vitest";
import { PacketCursor } from "../../src/capture/packet-cursor.ts";
import { SegmentCursor, TcpFlag } from "../../src/decode/segment-cursor.ts";
import { CaptureClock } from "../../src/flow/capture-clock.ts";
import { FlowTracker } from "../../src/flow/flow-tracker.ts";
import { DEFAULT_TIMEOUTS } from "../../src/flow/timeouts.ts";
import { Reassembler } from "../../src/reassembly/reassembler.ts";
import { StreamExtras } from "../../src/reassembly/stream-cursor.ts";
import { RandomSource } from "../support/random-source.ts";

const FEW = 20_000;
const MANY = 1_000_000;
const PACKETS = 200_000;

interface Cost {
  /** Links of the sweeper's lists changed, entries of the index looked at: a packet each. */
  operations: number;
  probes: number;
  swept: number;
}

class Traffic {
  readonly clock = new CaptureClock();
  readonly tracker: FlowTracker;
  ended = 0;
  readonly #packet = new PacketCursor();
  readonly #segment = new SegmentCursor();

  constructor() {
    const receiver = { octets: () => undefined, again: () => undefined, rebased: () => undefined };
    const limits = {
      maxJump: 16 * 1024 * 1024,
      maxStreamBytes: Infinity,
      maxTotalBytes: Infinity,
      maxRanges: 65_536,
      overlap: "first" as const,
    };
    const listener = {
      opened: () => undefined,
      ended: () => void this.ended++,
      payloadMoved: () => undefined,
    };
    this.tracker = new FlowTracker(
      this.clock,
      new Reassembler({ ...receiver, finished: () => undefined }, limits),
      new StreamExtras(),
      listener,
      {
        timeouts: DEFAULT_TIMEOUTS,
        maxFlows: 2_000_000,
        maxJump: 1,
        vlan: "separate",
        hashSeed: 5,
      },
    );
    this.#segment.destinationPort = 80;
    this.#segment.destination3 = 1;
    this.#segment.flags = TcpFlag.ACK;
  }

  /** A pure ACK of flow `index` at a capture time. */
  send(index: number, seconds: number, nanos: number): void {
    this.#packet.seconds = seconds;
    this.#packet.nanos = nanos;
    this.#packet.followingSeconds = seconds;
    this.#segment.source3 = 0x0a000000 + (index >>> 15);
    this.#segment.sourcePort = 2048 + (index & 0x7fff);
    if (this.clock.advance(this.#packet)) this.tracker.sweep();
    this.tracker.handle(this.#packet, this.#segment, false);
  }
}

function costWith(flows: number): Cost {
  const traffic = new Traffic();
  for (let i = 0; i < flows; i++) traffic.send(i, 1000, 0);
  const { index, lists, store } = traffic.tracker.table;
  expect(store.live).toBe(flows);
  const before = { operations: lists.operations, probes: index.probes };
  // Old flows speak at random, over a time in which none falls silent for its timeout.
  const random = new RandomSource(flows);
  for (let i = 0; i < PACKETS; i++) traffic.send(random.below(flows), 1001, i);
  const operations = (lists.operations - before.operations) / PACKETS;
  const probes = (index.probes - before.probes) / PACKETS;
  // All but one fall silent: the packet that reveals it sweeps them, each one looked at once.
  const untouched = { operations: lists.operations };
  const left = store.live;
  traffic.send(0, 1000 + 2 * DEFAULT_TIMEOUTS.established, 0);
  expect(traffic.ended).toBe(left);
  expect(lists.operations - untouched.operations).toBe(left + 1);
  return { operations, probes, swept: traffic.ended };
}

describe("the sweeper", () => {
  it(`costs the same with ${FEW} and with ${MANY} live flows`, () => {
    const few = costWith(FEW);
    const many = costWith(MANY);
    // Out of the list and in again at its tail; a flow that speaks twice in a row stays.
    expect(few.operations).toBeCloseTo(2, 3);
    expect(many.operations).toBeCloseTo(2, 3);
    // One entry without collision; at most three quarters of the index are full, and while it grows
    // both tables are looked at. Neither has to do with how many flows there are.
    expect(few.probes).toBeLessThan(4);
    expect(many.probes).toBeLessThan(4);
    expect([few.swept, many.swept]).toEqual([FEW, MANY]);
  }, 120_000);
});
