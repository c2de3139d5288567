// Packets that nobody would send: any flags, any numbers, any times, under the smallest limits. Whatever
// comes, the run ends, every octet is written once, and the books balance (runEngine asserts it).

import { describe, expect, it } from "vitest";
import type { EngineOptions } from "../../src/extract/engine-options.ts";
import { DEFAULT_ENGINE_OPTIONS } from "../../src/extract/engine-options.ts";
import { parseFlowFilter } from "../../src/filter/flow-filter.ts";
import { parseFlowNumbers } from "../../src/filter/flow-numbers.ts";
import { OVERLAP_POLICIES } from "../../src/reassembly/overlap-policy.ts";
import type { BuiltPacket } from "../support/capture-builder.ts";
import { tcpPacket } from "../support/packet-builder.ts";
import { RandomSource } from "../support/random-source.ts";
import { runEngine } from "../support/run-engine.ts";

const CAPTURES = 100;
const PACKETS = 150;

/** Sequence numbers near each other, far from each other, and around the wrap. */
const BASES = [0, 1000, 2 ** 24, 2 ** 30, 2 ** 31 - 20, 2 ** 31 + 1000, 2 ** 32 - 60];

function randomOptions(random: RandomSource): Partial<EngineOptions> {
  const { timeouts } = DEFAULT_ENGINE_OPTIONS;
  return {
    overlap: random.pick(OVERLAP_POLICIES),
    vlan: random.pick(["separate", "ignore", "first"]),
    checksums: random.pick(["auto", "verify", "count", "ignore"]),
    timeouts: random.chance(0.5) ? timeouts : null,
    maxFlows: random.pick([1, 3, 1000]),
    maxJump: random.pick([0, 50, 16 * 1024 * 1024, 2 ** 31 - 1]),
    maxRanges: random.pick([2, 5, 65_536]),
    maxStreamBytes: random.pick([0, 100, Infinity]),
    maxTotalBytes: random.pick([500, Infinity, Infinity]),
    filter: random.chance(0.2) ? parseFlowFilter("port 40001") : null,
    flowNumbers: random.chance(0.2) ? parseFlowNumbers("2,4-6") : null,
    after: random.chance(0.2) ? { seconds: 1500, nanos: 0 } : null,
    before: random.chance(0.2) ? { seconds: 4000, nanos: 0 } : null,
  };
}

function randomPacket(random: RandomSource, second: number): BuiltPacket {
  const number = () => (random.pick(BASES) + random.below(120)) % 2 ** 32;
  const isBack = random.chance(0.4);
  const ports = [40_000 + random.below(2), 80] as const;
  const edges = random.chance(0.1) ? [number(), number()] : [];
  const bytes = tcpPacket({
    ...(isBack ? { source: "10.0.0.2", destination: "10.0.0.1" } : {}),
    sourcePort: ports[isBack ? 1 : 0],
    destinationPort: ports[isBack ? 0 : 1],
    // Mostly plain data, so that streams come to something.
    flags: random.chance(0.6) ? "PA" : random.below(256),
    seq: number(),
    ack: number(),
    window: random.pick([0, 100, 65_535]),
    payload: random.octets(random.pick([0, 1, 1, 5, 40])),
    id: random.below(3),
    checksum: random.chance(0.1) ? "bad" : "good",
    vlans: random.chance(0.2) ? [{ id: random.between(1, 2) }] : [],
    options:
      edges.length === 0
        ? []
        : [
            1,
            1,
            5,
            10,
            ...edges.flatMap((edge) => [24, 16, 8, 0].map((by) => (edge >>> by) & 255)),
          ],
  });
  const cut = random.chance(0.1) ? random.below(50) : 0;
  const wild = random.chance(0.02) ? random.word() : second;
  return {
    seconds: wild,
    nanos: random.below(1e9),
    bytes: bytes.subarray(0, bytes.length - cut),
    originalLength: bytes.length,
  };
}

describe("hostile packets", () => {
  it(`never upset the books (${CAPTURES} captures)`, async () => {
    let flows = 0;
    let written = 0;
    for (let seed = 1; seed <= CAPTURES; seed++) {
      const random = new RandomSource(seed);
      const options = randomOptions(random);
      let second = 1000;
      const packets = Array.from({ length: PACKETS }, () => {
        second += random.pick([0, 0, 1, 5, 200]);
        return randomPacket(random, second);
      });
      try {
        const run = await runEngine(packets, options);
        flows += run.flows.length;
        written += run.totals.writtenBytes;
        const inSink = run.sink.streams.reduce((sum, { octets }) => sum + octets.size, 0);
        expect(inSink).toBe(run.totals.writtenBytes);
        expect(run.totals.writtenBytes).toBeLessThanOrEqual(options.maxTotalBytes!);
      } catch (error) {
        throw new Error(`seed ${seed}, ${JSON.stringify(options)}`, { cause: error });
      }
    }
    expect(flows).toBeGreaterThan(CAPTURES);
    expect(written).toBeGreaterThan(CAPTURES * 50);
  });
});
