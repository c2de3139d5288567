// The fast path against its slow twin, all other code: whole runs over captures on disk, with the fast path and
// without it, must tell the same.

import { afterEach, describe, expect, it, vi } from "vitest";
import { interleavedConnections } from "./random-connections.ts";
import { asCapture, CASES, dataAndAcks, HANDSHAKE, OPTIONS } from "../flow/prediction-cases.ts";
import { pcapFile } from "../support/capture-builder.ts";
import type { TcpPacketFields } from "../support/packet-builder.ts";
import { RandomSource } from "../support/random-source.ts";
import { parseFlowFilter } from "../../src/filter/flow-filter.ts";
import type { Choices } from "../support/both-ways.ts";
import {
  expectSameRuns,
  expectSameStats,
  expectSameStreams,
  takenOf,
} from "../support/both-ways.ts";
import { inTurns, Talk } from "../support/talk.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** Options beside those that all short ways are held against. */
const MORE_OPTIONS: readonly (readonly [string, Choices])[] = [
  ["wrong checksums only counted", { checksums: "count" }],
  ["copies as another receiver takes them", { overlap: "windows" }],
  ["tags that do not count", { vlan: "ignore" }],
  ["few flows at once", { maxFlows: 5 }],
  ["a few octets ahead believed", { maxJump: 30 }],
  ["few ranges", { maxRanges: 2 }],
  ["another hash", { hashSeed: 0x1234_5678 }],
  ["flows chosen by a filter", { filter: parseFlowFilter("portrange 20000-20010") }],
  ["a table for each flow", { output: { flowLog: true } }],
  ["notes on where octets came from", { output: { chunks: true, keepConflicts: true } }],
  ["digests, gaps squeezed out", { output: { hash: "sha256", layout: "concat" } }],
];

describe("whole runs with the fast path and without: random connections", () => {
  const all: readonly (readonly [string, Choices])[] = [...OPTIONS, ...MORE_OPTIONS];

  it.each(all.map(([name, choices], i) => ({ name, choices, i })))(
    "tell the same: $name",
    async ({ choices, i }) => {
      const [one, other] = [2 * i + 1, 2 * i + 2].map((seed) => {
        const { capture } = interleavedConnections(new RandomSource(seed), 10);
        return pcapFile(capture, { resolution: seed % 2 === 0 ? "nano" : "micro" });
      });
      const { output, ...others } = choices;
      if (output === undefined) await expectSameStats([one!], others);
      await expectSameStreams([other!], choices);
    },
  );

  it("that take the fast path, some of their packets", async () => {
    const { capture } = interleavedConnections(new RandomSource(2), 30);
    const { taken } = await expectSameRuns([pcapFile(capture)]);
    expect(taken).toBeGreaterThan(100);
  });
});

describe("whole runs with the fast path and without: what no short way may take", () => {
  it.each(CASES.map(([name, ...packets]) => ({ name, packets })))(
    "tell the same: $name",
    async ({ packets }) => {
      const capture = asCapture([...HANDSHAKE, ...dataAndAcks(3), ...packets]);
      const { taken } = await expectSameStats([pcapFile(capture)], { checksums: "count" });
      expect(taken).toBeGreaterThan(2);
    },
  );
});

describe("well-behaved connections", () => {
  /** Four at once, both sides sending: both IP versions, numbers that wrap around, padded frames. */
  function fourTalks(): TcpPacketFields[] {
    const talks = [
      new Talk({ hasTimestamps: true, isn: { c2s: 2 ** 32 - 5000, s2c: 2 ** 32 - 20_000 } }),
      new Talk({ client: "2001:db8::1", server: "2001:db8:0:1::2", isn: { c2s: 1, s2c: 2 ** 31 } }),
      new Talk({
        clientPort: 40_001,
        padTo: 60,
        hasIds: false,
        isn: { c2s: 2 ** 31 - 99, s2c: 7 },
      }),
      new Talk({ client: "::1", server: "::2", clientPort: 5, hasTimestamps: true, padTo: 90 }),
    ];
    return inTurns(
      ...talks.map((talk, i) => [
        ...talk.begin(),
        ...talk.exchange("c2s", 40, 1 + 467 * i),
        ...talk.exchange("s2c", 60, 1001 - 333 * i),
        ...Array.from({ length: 30 }, (_, k) => [
          talk.send("c2s", 1 + k),
          talk.send("s2c", 3 * k + 1),
          talk.ack("c2s"),
        ]).flat(),
        ...talk.fins(),
      ]),
    );
  }

  it.each(["micro", "nano"] as const)(
    "are all but begun and ended by it (%s)",
    async (resolution) => {
      const capture = asCapture(fourTalks());
      const run = await expectSameRuns([pcapFile(capture, { resolution })]);
      expect(run.packets).toBe(capture.length);
      // But for handshakes, what comes for the first time, ends, and where windows grow.
      expect(run.taken).toBeGreaterThan(capture.length * 0.95);
      expect(run.flows.map(({ c2s, s2c }) => [c2s.missingBytes, s2c.missingBytes])).toEqual(
        Array.from({ length: 4 }, () => [0, 0]),
      );
    },
  );

  it("take it in the main, too, where it is tried only now and then", async () => {
    const talk = new Talk();
    const capture = asCapture([...talk.begin(), ...talk.exchange("c2s", 300, 100)]);
    expect(await takenOf(pcapFile(capture))).toBeGreaterThan(capture.length * 0.9);
  });

  it("with a lost, a late and a repeated segment now and then", async () => {
    const random = new RandomSource(5);
    const capture = asCapture(fourTalks());
    const rough = random.reordered(
      capture
        .filter(() => !random.chance(0.01))
        .flatMap((one) => (random.chance(0.01) ? [one, one] : [one])),
      1,
    );
    const inOrder = rough.map((packet, i) => ({ ...packet, nanos: i * 1000 }));
    const { taken } = await expectSameRuns([pcapFile(inOrder)]);
    expect(taken).toBeGreaterThan(capture.length / 4);
  });
});
