// Where octets go that the fast path takes: into windows and rings that fill, grow, wrap around, are flushed and lost.
// What lies in them shows in the files, and in what is compared with retransmissions.

import { describe, expect, it } from "vitest";
import { pcapFile } from "../../support/capture-builder.ts";
import { RandomSource } from "../../support/random-source.ts";
import { expectSameRuns } from "../../support/both-ways.ts";
import { MOST_COPIES } from "../../../src/memory/run-result.ts";
import { expectSameEngines } from "../../support/engine-both-ways.ts";
import type { Sent } from "../../support/talk.ts";
import { captureOf, inTurns, octetsAt, Talk } from "../../support/talk.ts";

/** Recent octets once more, the last of them `back` octets before the next, `conflicts` of them with others. */
function again(talk: Talk, back: number, length: number, conflicts: boolean): Sent {
  const seq = (talk.seq.s2c - back - length) >>> 0;
  const payload = octetsAt(seq, length);
  if (conflicts) for (let i = 0; i < length; i += 7) payload[i]! ^= 0x11;
  return talk.ack("s2c", { seq, payload, id: 50_000 + (back % 9973) });
}

/** A talk whose server sends `total` octets in segments of odd sizes, and old ones now and then. */
function download(talk: Talk, total: number, random: RandomSource, longest: number): Sent[] {
  const packets: Sent[] = talk.begin();
  for (let sent = 0, count = 0; sent < total; count++) {
    const length = random.pick([1, 77, longest - 1, longest, longest, longest]);
    packets.push(talk.send("s2c", length));
    sent += length;
    if (count % 2 === 0) packets.push(talk.ack("c2s"));
    if (count % 23 === 22) {
      for (let back = 1; back < sent && back < 80_000; back = back * 5 + 3) {
        const old = Math.min(random.between(2, longest), sent - back);
        if (old > 0) packets.push(again(talk, back, old, random.chance(0.5)));
      }
    }
  }
  return packets;
}

describe("windows and rings of the run", () => {
  it("hold what they would without it: streams of several times a ring", async () => {
    const random = new RandomSource(7);
    const talks = [
      download(new Talk({ isn: { c2s: 1, s2c: 2 ** 32 - 100_000 } }), 260_000, random, 1449),
      download(new Talk({ clientPort: 2, hasTimestamps: true }), 210_000, random, 2896),
    ];
    const packets = inTurns(...talks);
    const { taken, flows } = await expectSameRuns([pcapFile(captureOf(packets))]);
    expect(taken).toBeGreaterThan(packets.length / 2);
    expect(flows.some(({ s2c }) => s2c.conflictingBytes > 100)).toBe(true);
    expect(flows.some(({ s2c }) => s2c.retransmitted > 10)).toBe(true);
  });

  it("hold what they would where a segment is nearly as long as a ring", async () => {
    const talk = new Talk({ client: "2001:db8::1", server: "2001:db8::2" });
    const packets: Sent[] = talk.begin();
    for (const length of [65_515, 65_514, 1, 65_515, 20, 65_515, 65_500, 37, 65_515]) {
      packets.push(talk.send("s2c", length), again(talk, 0, 3, true), again(talk, 9, 40_000, true));
    }
    const { taken } = await expectSameRuns([pcapFile(captureOf(packets))]);
    expect(taken).toBeGreaterThan(4);
  });

  it("are flushed where a window of the largest size is full", async () => {
    const talk = new Talk();
    const packets: Sent[] = talk.begin();
    while (talk.seq.s2c < 2_300_000) packets.push(talk.send("s2c", 8000 + (packets.length % 999)));
    packets.push(again(talk, 1_000_000, 9000, true), again(talk, 0, 9000, false));
    const capture = pcapFile(captureOf([...packets, ...talk.fins()]));
    const { taken, files } = await expectSameRuns([capture]);
    expect(taken).toBeGreaterThan(packets.length * 0.9);
    expect(Math.max(...[...files.values()].map(({ length }) => length))).toBe(talk.seq.s2c - 5002);
  });
});

describe("windows and rings of a small pool", () => {
  const random = new RandomSource(3);

  /** Several at once, holes and segments out of order in them, too. */
  function downloads(count: number, total: number, longest: number): Uint8Array {
    const talks = Array.from({ length: count }, (_, i) =>
      random.reordered(
        download(new Talk({ clientPort: 1000 + i }), total, random, longest),
        random.pick([0, 0, 2]),
      ),
    );
    const packets = inTurns(...talks).filter(() => !random.chance(0.002));
    return pcapFile(captureOf(packets));
  }

  it.each([
    { name: "rings that wrap often", count: 3, poolBytes: 65_536, blockBytes: 1024, longest: 300 },
    {
      name: "segments as long as a ring",
      count: 3,
      poolBytes: 65_536,
      blockBytes: 1024,
      longest: 1025,
    },
    {
      name: "segments longer than a ring",
      count: 3,
      poolBytes: 65_536,
      blockBytes: 256,
      longest: 500,
    },
    {
      name: "as many windows as streams",
      count: 4,
      poolBytes: 4 * 4096,
      blockBytes: 4096,
      longest: 700,
    },
    {
      name: "fewer windows than streams",
      count: 9,
      poolBytes: 4 * 1024,
      blockBytes: 1024,
      longest: 90,
    },
    { name: "windows that grow", count: 5, poolBytes: 65_536, blockBytes: 16_384, longest: 200 },
  ])("hold what they would without it: $name", async ({ count, longest, ...sizes }) => {
    const capture = downloads(count, 14_000, longest);
    const { taken } = await expectSameEngines(capture, { ...sizes, unitBytes: 64 });
    expect(taken).toBeGreaterThan(50);
  });

  it("hold what they would where one call takes more segments than it keeps notes of", async () => {
    const talk = new Talk();
    const packets: Sent[] = talk.begin();
    const begin = packets.length;
    // None is noted before the ring is full; with a lost one now and then, so that there are holes among the octets.
    const inARow = MOST_COPIES + 200;
    for (let i = 0; packets.length < begin + inARow; i++) {
      const segment = talk.send("s2c", 1 + (i % 40));
      if (i % 97 !== 50) packets.push(segment);
    }
    for (let back = 0; back < 5000; back = back * 2 + 1) packets.push(again(talk, back, 45, true));
    const sizes = { poolBytes: 65_536, blockBytes: 4096, unitBytes: 64 };
    const { taken, flows } = await expectSameEngines(pcapFile(captureOf(packets)), sizes);
    expect(taken).toBeGreaterThan(inARow * 0.9);
    expect(flows[0]!.s2c.conflictingBytes).toBeGreaterThan(20);
  });
});
