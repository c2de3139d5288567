import { describe, expect, it } from "vitest";
import { confirmDoubtedAck, doubtAck } from "../../src/reassembly/acknowledgments.ts";
import { StreamHarness } from "./stream-notation.ts";

describe("acknowledgments far ahead (tcp.md §3.7)", () => {
  it.each([
    ["the same again", [90, 90], 90],
    ["one further on", [90, 95], 95],
    ["one nearer waits in its place", [90, 80], 0],
    ["and is confirmed by the next", [90, 80, 85], 85],
  ] as const)("%s", (_name, positions, acked) => {
    const { stream } = new StreamHarness().play("0:ab A0");
    for (const position of positions) doubtAck(stream, position);
    expect(stream.acked).toBe(acked);
  });

  it("are confirmed by a segment there, and by none before", () => {
    const { stream } = new StreamHarness().play("0:ab A0");
    doubtAck(stream, 4);
    stream.highest = 3;
    confirmDoubtedAck(stream);
    expect(stream.acked).toBe(0);
    stream.highest = 4;
    confirmDoubtedAck(stream);
    expect(stream.acked).toBe(4);
  });

  it("SACK blocks are bounded, and what is acknowledged is forgotten first", () => {
    const harness = new StreamHarness({ maxRanges: 8 }).play("0:a 99:z A20");
    for (let at = 21; at < 90; at += 2) harness.sack(at, at + 1);
    const { sacked } = harness.stream.side;
    expect(sacked.count).toBeLessThan(8);
    harness.acknowledge(87);
    for (let at = 91; sacked.count < 7; at += 2) harness.sack(at, at + 1);
    harness.sack(97, 98);
    expect(sacked.start(0)).toBeGreaterThanOrEqual(87);
  });
});
