// Known streams through the whole engine (tcp.md §3, §4): whatever way they take to the capture, they
// come back; and whatever is removed from the capture is in the gap lists, octet for octet.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Gap } from "../../src/report/flow-summary.ts";
import type { BuiltPacket } from "../support/capture-builder.ts";
import { RandomConnection, SMOOTH } from "../support/random-connection.ts";
import type { Direction, Roughness, SentPacket } from "../support/random-connection.ts";
import { RandomSource } from "../support/random-source.ts";
import { runEngine } from "../support/run-engine.ts";

const DIRECTIONS: readonly Direction[] = ["c2s", "s2c"];

interface Lane {
  readonly connection: RandomConnection;
  readonly packets: readonly SentPacket[];
}

function lanesOf(
  random: RandomSource,
  count: number,
  roughness: Roughness,
  octets: number,
): Lane[] {
  return Array.from({ length: count }, (_, i) => {
    const isn = () => (random.chance(0.5) ? 2 ** 32 - 1 - random.below(octets) : random.word());
    const connection = new RandomConnection(
      random,
      {
        // Two connections of each port, in different VLANs.
        clientPort: 30_000 + (i >> 1),
        vlans: i % 2 === 0 ? [] : [{ id: 7 }],
        isn: { c2s: isn(), s2c: isn() },
        streams: { c2s: random.octets(octets), s2c: random.octets(octets) },
      },
      roughness,
    );
    return { connection, packets: connection.packets() };
  });
}

/** All lanes in one capture, at random and each in its order; lanes in order of their first packet. */
function interleave(random: RandomSource, lanes: readonly Lane[]) {
  const capture: BuiltPacket[] = [];
  const order: Lane[] = [];
  const heads = lanes.map(() => 0);
  let left = lanes.reduce((sum, { packets }) => sum + packets.length, 0);
  while (left > 0) {
    const at = random.below(lanes.length);
    const { connection, packets } = lanes[at]!;
    const packet = packets[heads[at]!++];
    if (packet === undefined) continue;
    left--;
    if (!order.includes(lanes[at]!)) order.push(lanes[at]!);
    capture.push(connection.build(packet, 1000 + capture.length, 0));
  }
  return { capture, order };
}

/** The gaps that the packets left over must give, by their payload and acknowledgments alone. */
function expectedGaps(lane: Lane, direction: Direction): { length: number; gaps: Gap[] } {
  const has = new Set<number>();
  let end = 0;
  let acked = 0;
  for (const packet of lane.packets) {
    if (packet.direction === direction) {
      packet.payload.forEach((_octet, i) => has.add(packet.position + i));
      const tellsEnd = packet.payload.length > 0 || packet.flags.includes("F");
      if (tellsEnd) end = Math.max(end, packet.position + packet.payload.length);
    } else if (packet.ack !== null) acked = Math.max(acked, packet.ack);
  }
  // One beyond the end acknowledges the FIN, captured or not: it tells no octet more.
  const gaps: Gap[] = [];
  const length = acked > end + 1 ? acked : end;
  for (let at = 0; at < length; at++) {
    if (has.has(at)) continue;
    const cause = at < acked ? "ackedUnseen" : "neverAcked";
    const last = gaps.at(-1);
    if (last !== undefined && last.start + last.length === at && last.cause === cause)
      last.length++;
    else gaps.push({ start: at, length: 1, cause });
  }
  return { length, gaps };
}

const roughness = fc.record({
  depth: fc.constantFrom(0, 1, 5, 40),
  duplication: fc.constantFrom(0, 0.1, 0.5),
  overlap: fc.constantFrom(0, 0.1, 0.5),
  probe: fc.constantFrom(0, 0.1),
});

describe("known streams", () => {
  it("come back whatever the segmentation, order, duplication, overlap, wrap and interleaving", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 300 }),
        roughness,
        async (seed, count, octets, way) => {
          const random = new RandomSource(seed);
          // The octet of a keep-alive that overtakes its data can't be told from data.
          const probe = way.depth === 0 ? way.probe : 0;
          const lanes = lanesOf(random, count, { ...SMOOTH, ...way, probe }, octets);
          const { capture, order } = interleave(random, lanes);
          const run = await runEngine(capture, { timeouts: null });
          expect(run.flows).toHaveLength(count);
          for (const [i, { connection }] of order.entries()) {
            for (const direction of DIRECTIONS) {
              const truth = connection.settings.streams[direction];
              expect(run.flows[i]![direction].gaps).toEqual([]);
              expect(Buffer.from(run.sink.bytesOf(i + 1, direction))).toEqual(Buffer.from(truth));
            }
            expect(run.flows[i]!.c2s.conflictingBytes + run.flows[i]!.s2c.conflictingBytes).toBe(0);
          }
        },
      ),
      { seed: 793, numRuns: 150 },
    );
  });

  it("the gap lists are exactly the octets removed, each with its cause", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.integer({ min: 1, max: 300 }),
        fc.constantFrom(0.02, 0.2, 0.6, 0.95),
        fc.constantFrom(0, 5),
        async (seed, octets, removed, depth) => {
          const random = new RandomSource(seed);
          const whole = lanesOf(random, 4, { ...SMOOTH, depth }, octets);
          const lanes = whole.map(({ connection, packets }) => ({
            connection,
            // The handshake stays, so that positions are known.
            packets: packets.filter((_packet, i) => i < 3 || !random.chance(removed)),
          }));
          const { capture, order } = interleave(random, lanes);
          const run = await runEngine(capture, { timeouts: null });
          for (const [i, lane] of order.entries()) {
            for (const direction of DIRECTIONS) {
              const stream = run.flows[i]![direction];
              expect({ length: stream.streamBytes, gaps: stream.gaps }).toEqual(
                expectedGaps(lane, direction),
              );
              const octetsOf = run.sink.octetsOf(i + 1, direction);
              const truth = lane.connection.settings.streams[direction];
              for (const [at, octet] of octetsOf) expect(octet).toBe(truth[at]);
              expect(octetsOf.size).toBe(stream.writtenBytes);
            }
          }
        },
      ),
      { seed: 794, numRuns: 150 },
    );
  });

  it("loss rate x reordering depth -> octets recovered, gap octets, duplicates", async () => {
    const rows = ["loss  depth  recovered    gap  duplicates  out of order"];
    for (const loss of [0, 0.01, 0.05, 0.2, 0.5]) {
      for (const depth of [0, 3, 10, 50]) {
        const random = new RandomSource(2018);
        const way = { ...SMOOTH, depth, duplication: 0.02, loss };
        const { capture } = interleave(random, lanesOf(random, 8, way, 4000));
        const { totals } = await runEngine(capture, { timeouts: null });
        rows.push(
          [
            `${loss * 100} %`.padStart(4),
            String(depth).padStart(5),
            String(totals.writtenBytes).padStart(9),
            String(totals.missingBytes).padStart(5),
            String(totals.retransmitted).padStart(10),
            String(totals.outOfOrder).padStart(12),
          ].join("  "),
        );
        expect(totals.streamBytes).toBe(totals.writtenBytes + totals.missingBytes);
        if (loss === 0) expect([totals.writtenBytes, totals.missingBytes]).toEqual([64_000, 0]);
      }
    }
    expect(`\n${rows.join("\n")}\n`).toMatchInlineSnapshot(`
      "
      loss  depth  recovered    gap  duplicates  out of order
       0 %      0      64000      0          64             0
       0 %      3      64000      0          66           379
       0 %     10      64000      0          56          1073
       0 %     50      64000      0          62          2110
       1 %      0      63449    551          52             0
       1 %      3      63510    490          62           374
       1 %     10      63510    490          70          1103
       1 %     50      63510    490          62          2137
       5 %      0      60890   3110          62             0
       5 %      3      61187   2813          66           381
       5 %     10      61187   2813          63          1068
       5 %     50      61187   2813          56          2023
      20 %      0      50847  13153          38             0
      20 %      3      51545  12456          52           315
      20 %     10      51545  12456          44           883
      20 %     50      51545  12456          40          1703
      50 %      0      31284  32696          24             0
      50 %      3      31856  32145          16           211
      50 %     10      31856  32145          19           554
      50 %     50      31856  32145          21          1057
      "
    `);
  });
});
