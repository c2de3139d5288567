// The short way against the long one: the same flows, the same octets from the same packets, the same
// counts, whether somebody looks on or not.

import { afterEach, describe, expect, it, vi } from "vitest";
import type { Engine } from "../../src/extract/engine.ts";
import type { EngineOptions } from "../../src/extract/engine-options.ts";
import { FlowNumbers } from "../../src/filter/flow-numbers.ts";
import type { PacketObserver } from "../../src/flow/flow-listener.ts";
import { HeaderPrediction } from "../../src/flow/header-prediction.ts";
import { interleavedConnections } from "../extract/random-connections.ts";
import type { BuiltPacket } from "../support/capture-builder.ts";
import { tcpPacket } from "../support/packet-builder.ts";
import { RandomSource } from "../support/random-source.ts";
import type { EngineRun } from "../support/run-engine.ts";
import { runEngine } from "../support/run-engine.ts";

const onlyLooking: PacketObserver = { before: () => true, after: () => undefined };

function lookOn(engine: Engine): void {
  engine.tracker.observer = onlyLooking;
}

/** All that a run tells. */
function told({ engine, sink, totals, flows }: EngineRun) {
  const { packets, outcomes, clock } = engine;
  const streams = sink.streams.map(({ octets, packets: from }) => ({ octets, from }));
  const times = [clock.seconds, clock.nanos, clock.highestSeconds, clock.highestNanos];
  return { packets, outcomes, totals, flows, streams, times };
}

async function expectTheSame(
  capture: readonly BuiltPacket[],
  options: Partial<EngineOptions>,
): Promise<void> {
  const short = told(await runEngine(capture, options));
  const watched = told(await runEngine(capture, options, lookOn));
  const take = vi.spyOn(HeaderPrediction.prototype, "take").mockReturnValue(false);
  const long = told(await runEngine(capture, options));
  take.mockRestore();
  expect(watched).toEqual(long);
  expect(short).toEqual(long);
}

const OPTIONS: readonly (readonly [string, Partial<EngineOptions>])[] = [
  ["the defaults", {}],
  ["every checksum verified", { checksums: "verify" }],
  ["checksums ignored", { checksums: "ignore" }],
  ["flows left out", { flowNumbers: FlowNumbers.of([{ first: 2, last: 9 }]) }],
  ["what is early left out", { after: { seconds: 1000, nanos: 400_000 } }],
  ["a limit for streams", { maxStreamBytes: 150 }],
  ["a limit for the run", { maxTotalBytes: 2000 }],
  ["the newest copy wins", { overlap: "last" }],
  ["copies as one receiver takes them", { overlap: "linux" }],
  ["paths of VLANs looked at", { vlan: "first" }],
];

type Fields = Parameters<typeof tcpPacket>[0];

const CLIENT = {
  source: "10.0.0.1",
  destination: "10.0.0.2",
  sourcePort: 40_000,
  destinationPort: 80,
};
const SERVER = {
  source: "10.0.0.2",
  destination: "10.0.0.1",
  sourcePort: 80,
  destinationPort: 40_000,
};
const SYN = { ...CLIENT, flags: "S", seq: 100 };
const SYN_ACK = { ...SERVER, flags: "SA", seq: 0, ack: 101 };
const ACK = { ...CLIENT, flags: "A", seq: 101, ack: 1 };
const HANDSHAKE: readonly Fields[] = [SYN, SYN_ACK, ACK];

/** `count` times four octets of the client's, each acknowledged. */
function dataAndAcks(count: number): Fields[] {
  return Array.from({ length: count }, (_, i) => [
    { ...CLIENT, flags: "PA", seq: 101 + 4 * i, ack: 1, payload: "octs" },
    { ...SERVER, flags: "A", seq: 1, ack: 105 + 4 * i },
  ]).flat();
}

function asCapture(packets: readonly Fields[]): BuiltPacket[] {
  return packets.map((fields, i) => ({ seconds: 1000, nanos: i * 1000, bytes: tcpPacket(fields) }));
}

/** What comes once three data segments, up to 113, were acknowledged. */
const CASES: readonly (readonly [string, ...Fields[]])[] = [
  ["a window of zero", { ...SERVER, flags: "A", seq: 1, ack: 112, window: 0 }],
  [
    "a wrong checksum that is only counted",
    { ...CLIENT, flags: "PA", seq: 113, ack: 1, payload: "oops", checksum: 1 },
  ],
  ["no acknowledgment", { ...CLIENT, flags: "P", seq: 113, ack: 200, payload: "oops" }],
  ["the same packet once more", { ...SERVER, flags: "A", seq: 1, ack: 113 }],
  [
    "a window that decides over a reset",
    { ...SERVER, flags: "A", seq: 1, ack: 112, window: 10 },
    { ...CLIENT, flags: "R", seq: 200 },
    { ...CLIENT, flags: "R", seq: 120 },
  ],
  [
    "octets behind a FIN",
    { ...CLIENT, flags: "FA", seq: 113, ack: 1 },
    { ...CLIENT, flags: "PA", seq: 113, ack: 1, payload: "late" },
    { ...SERVER, flags: "A", seq: 1, ack: 114 },
  ],
  [
    "a handshake whose SYN+ACK comes late",
    ...[SYN, ACK, SYN_ACK, { ...ACK, id: 7 }].map((fields) => ({
      ...fields,
      sourcePort: fields.sourcePort + 1,
      destinationPort: fields.destinationPort + 1,
    })),
  ],
  [
    "an acknowledgment of what was not captured",
    { ...SERVER, flags: "A", seq: 1, ack: 200 },
    { ...SERVER, flags: "A", seq: 1, ack: 0x7000_0000 },
  ],
];

describe("HeaderPrediction", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it.each(OPTIONS.map(([name, options]) => ({ name, options })))(
    "changes nothing: $name",
    async ({ options }) => {
      for (let seed = 1; seed <= 12; seed++) {
        const { capture } = interleavedConnections(new RandomSource(seed), 30);
        await expectTheSame(capture, options);
      }
    },
  );

  it.each(CASES.map(([name, ...packets]) => ({ name, packets })))(
    "changes nothing: $name",
    async ({ packets }) => {
      const capture = asCapture([...HANDSHAKE, ...dataAndAcks(3), ...packets]);
      await expectTheSame(capture, { checksums: "count" });
    },
  );

  it.each([
    ["alone", () => undefined],
    ["while somebody looks on", lookOn],
  ] as const)(
    "takes all but the first of data and acknowledgments in order, %s",
    async (_, prepare) => {
      const take = vi.spyOn(HeaderPrediction.prototype, "take");
      await runEngine(asCapture([...HANDSHAKE, ...dataAndAcks(100)]), {}, prepare);
      const taken = take.mock.results.filter(({ value }) => value === true).length;
      expect(taken).toBeGreaterThan(190);
    },
  );
});
