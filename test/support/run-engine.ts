// Packets in memory -> a whole run of the engine, its streams in memory, its books checked.

import { Readable } from "node:stream";
import { CaptureInput } from "../../src/capture/capture-input.ts";
import { Engine } from "../../src/extract/engine.ts";
import type { EngineOptions } from "../../src/extract/engine-options.ts";
import { DEFAULT_ENGINE_OPTIONS } from "../../src/extract/engine-options.ts";
import type { FlowSummary } from "../../src/report/flow-summary.ts";
import type { FlowTotals } from "../../src/report/flow-totals.ts";
import { checkStreamIdentities } from "../../src/report/identities.ts";
import type { BuiltPacket } from "./capture-builder.ts";
import { pcapFile } from "./capture-builder.ts";
import { MemorySink } from "./memory-sink.ts";

export interface EngineRun {
  readonly engine: Engine;
  readonly sink: MemorySink;
  readonly totals: FlowTotals;
  /** By flow number. */
  readonly flows: readonly FlowSummary[];
}

/** @throws Error if an identity of report.md does not hold */
export async function runEngine(
  packets: readonly BuiltPacket[],
  options: Partial<EngineOptions> = {},
  prepare: (engine: Engine) => void = () => undefined,
): Promise<EngineRun> {
  const capture = pcapFile(packets, { resolution: "nano" });
  const input = await CaptureInput.open(["-"], { standardInput: Readable.from([capture]) });
  const sink = new MemorySink();
  const engine = new Engine({ ...DEFAULT_ENGINE_OPTIONS, ...options }, sink, null);
  prepare(engine);
  await engine.run(input, null);
  await input.close();
  const flows = sink.summaries.toSorted((one, other) => one.flow - other.flow);
  const totals = engine.settledTotals();
  const faults = imbalances(engine, totals, flows);
  if (faults.length > 0) throw new Error(`the books do not balance: ${faults.join("; ")}`);
  return { engine, sink, totals, flows };
}

/** Sums of the flows that must equal the totals and what the engine counted packet by packet. */
function imbalances(engine: Engine, totals: FlowTotals, flows: readonly FlowSummary[]): string[] {
  const streams = flows.flatMap(({ c2s, s2c }) => [c2s, s2c]);
  const faults = streams.flatMap((stream) => checkStreamIdentities(stream));
  const check = (name: string, one: number, other: number) => {
    if (one !== other) faults.push(`${name}: ${one} is not ${other}`);
  };
  for (const name of SUMMED) {
    const sum = streams.reduce((total, stream) => total + stream[name], 0);
    check(`sum of ${name}`, sum, totals[name]);
  }
  const { packets } = engine;
  check("payload", packets.payloadBytes, totals.capturedBytes);
  const ofFlows = totals.c2sPackets + totals.s2cPackets;
  check("packets", packets.packets, ofFlows + packets.withoutFlow);
  const outcomes = engine.outcomes.reduce((sum, count) => sum + count, 0);
  check("outcomes", packets.packets, outcomes);
  return faults;
}

const SUMMED = [
  "segments",
  "inOrder",
  "afterHole",
  "outOfOrder",
  "overlapping",
  "retransmitted",
  "probes",
  "notPlaced",
  "capturedBytes",
  "writtenBytes",
  "streamBytes",
  "missingBytes",
  "snappedBytes",
  "retransmittedBytes",
  "overlappingBytes",
  "probeBytes",
  "refusedBytes",
  "beforeStartBytes",
  "implausibleBytes",
  "resetPayloadBytes",
  "conflictingBytes",
  "notComparedBytes",
  "duplicatedPackets",
  "syn",
  "fin",
  "rst",
] as const;
