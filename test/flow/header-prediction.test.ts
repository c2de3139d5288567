// The short way against the long one: the same flows, the same octets from the same packets, the same
// counts, whether somebody looks on or not.

import { afterEach, describe, expect, it, vi } from "vitest";
import type { Engine } from "../../src/extract/engine.ts";
import type { EngineOptions } from "../../src/extract/engine-options.ts";
import type { PacketObserver } from "../../src/flow/flow-listener.ts";
import { HeaderPrediction } from "../../src/flow/header-prediction.ts";
import { interleavedConnections } from "../extract/random-connections.ts";
import type { BuiltPacket } from "../support/capture-builder.ts";
import { RandomSource } from "../support/random-source.ts";
import type { EngineRun } from "../support/run-engine.ts";
import { runEngine } from "../support/run-engine.ts";
import { asCapture, CASES, dataAndAcks, HANDSHAKE, OPTIONS } from "./prediction-cases.ts";

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
