// Ranges and gap lists are bounded, and nothing is lost by it (tcp.md §4.3): what left memory early is
// spilled, totals are exact, and every identity holds.

import { describe, expect, it } from "vitest";
import { StreamAccount } from "../../src/extract/stream-account.ts";
import type { Gap } from "../../src/report/flow-summary.ts";
import { StreamHarness } from "../reassembly/stream-notation.ts";
import type { BuiltPacket } from "../support/capture-builder.ts";
import { tcpPacket } from "../support/packet-builder.ts";
import { RandomSource } from "../support/random-source.ts";
import { runEngine } from "../support/run-engine.ts";

const TO_SERVER = { sourcePort: 40_000, destinationPort: 80 };
const TO_CLIENT = {
  source: "10.0.0.2",
  destination: "10.0.0.1",
  sourcePort: 80,
  destinationPort: 40_000,
};

/** Segments of three octets, every second one missing; acknowledged some way behind if at all. */
function comb(teeth: number, acknowledges: boolean, random: RandomSource): BuiltPacket[] {
  const seqs = random.reordered(
    Array.from({ length: teeth }, (_, i) => 101 + 3 + i * 6),
    3,
  );
  const packets = [
    tcpPacket({ ...TO_SERVER, flags: "S", seq: 100 }),
    tcpPacket({ ...TO_CLIENT, flags: "SA", seq: 300, ack: 101 }),
    ...seqs.flatMap((seq, i) => {
      const data = tcpPacket({
        ...TO_SERVER,
        flags: "PA",
        seq,
        ack: 301,
        payload: "abc",
        id: i + 1,
      });
      if (!acknowledges) return [data];
      return [data, tcpPacket({ ...TO_CLIENT, flags: "A", seq: 301, ack: 101 + i * 6 })];
    }),
  ];
  return packets.map((bytes, i) => ({ seconds: 1000, nanos: i * 1000, bytes }));
}

describe("bounded ranges", () => {
  it.each([
    { acknowledges: true, maxRanges: 16 },
    { acknowledges: false, maxRanges: 16 },
    { acknowledges: true, maxRanges: 100 },
    { acknowledges: true, maxRanges: 65_536 },
  ])("a run with $maxRanges ranges a stream, acknowledged: $acknowledges", async (settings) => {
    const { acknowledges, maxRanges } = settings;
    const teeth = 1000;
    const packets = comb(teeth, acknowledges, new RandomSource(4));
    const { flows, sink, totals } = await runEngine(packets, { maxRanges });
    const { c2s } = flows[0]!;
    const spilled = sink.streams.flatMap((stream) => stream.spilled);
    const gaps = [...spilled, ...c2s.gaps];
    expect(c2s.gapCount).toBe(gaps.length);
    expect(c2s.streamBytes).toBe(teeth * 6);
    expect(c2s.missingBytes).toBe(teeth * 3);
    expect(totals.missingBytes).toBe(teeth * 3);
    // Each gap once, in order of position, as if nothing had been spilled.
    expect(gaps.map(({ start }) => start)).toEqual(Array.from({ length: teeth }, (_, i) => i * 6));
    expect(new Set(gaps.map(({ length }) => length))).toEqual(new Set([3]));
    expect(spilled.length > 0).toBe(maxRanges < teeth);
    if (acknowledges) {
      // Settled behind the acknowledged point: the causes are those of an unbounded run.
      expect(gaps.filter(({ cause }) => cause === "neverAcked")).toHaveLength(1);
    }
  });

  it("takes late octets for a settled gap as retransmitted, and its books still balance", async () => {
    const packets = comb(200, true, new RandomSource(5));
    const late = Array.from({ length: 50 }, (_, i) => ({
      seconds: 1001,
      nanos: i,
      bytes: tcpPacket({ ...TO_SERVER, flags: "PA", seq: 101 + i * 6, payload: "xyz" }),
    }));
    const { flows } = await runEngine([...packets, ...late], { maxRanges: 16 });
    const { c2s } = flows[0]!;
    expect(c2s.retransmittedBytes).toBe(150);
    expect(c2s.notComparedBytes).toBe(150);
    expect(c2s.conflictingBytes).toBe(0);
    expect(c2s.missingBytes).toBe(600);
  });

  it("keeps the origin of a stream whose gaps were told already", async () => {
    // Midstream, so that an earlier segment would move the origin back.
    const seqs = [1000, 1006, 1012, 1018, 500, 503, 1003, 1009];
    const packets = seqs.map((seq, i) => ({
      seconds: 1000,
      nanos: i * 1000,
      bytes: tcpPacket({ ...TO_SERVER, flags: "PA", seq, payload: "abc", id: i + 1 }),
    }));
    const { flows, sink } = await runEngine(packets, { maxRanges: 2 });
    const { c2s } = flows[0]!;
    expect(c2s.beforeStartBytes).toBe(6);
    expect(c2s.writtenBytes).toBe([...sink.octetsOf(1, "c2s").keys()].length);
    expect(c2s.streamBytes).toBe(21);
    expect(sink.streams[0]!.spilled[0]).toMatchObject({ start: 3, length: 3 });
  });

  it("lists 100,000 gaps of a stream and spills the rest in batches", () => {
    const harness = new StreamHarness({ maxRanges: 200_000 });
    const gapCount = 125_000;
    for (let i = 0; i < gapCount; i++) harness.segment(1 + i * 2, "x");
    const batches: (readonly Gap[])[] = [];
    const account = new StreamAccount((_stream, gaps) => batches.push([...gaps]));
    account.settle(harness.stream);
    expect(account.gaps).toHaveLength(100_000);
    expect(account.gapCount).toBe(gapCount);
    expect(account.missingBytes).toBe(gapCount);
    expect(batches.map(({ length }) => length)).toEqual([10_000, 10_000, 5000]);
    const all = [...account.gaps, ...batches.flat()];
    expect(all.every(({ start, length }, i) => start === i * 2 && length === 1)).toBe(true);
  });
});
