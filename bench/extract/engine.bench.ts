// The whole engine over a capture in memory: every stage but the output. With a sink that takes nothing it is what
// packets cost by themselves; with the sink of `stats`, also the copies to compare overlaps with.

import { Readable } from "node:stream";
import { bench, describe } from "vitest";
import { CaptureInput } from "../../src/capture/capture-input.ts";
import { DEFAULT_ENGINE_OPTIONS } from "../../src/extract/engine-options.ts";
import { Engine } from "../../src/extract/engine.ts";
import { WindowSink } from "../../src/output/memory-window-sink.ts";
import { NullSink } from "../../src/output/null-sink.ts";
import type { StreamSink } from "../../src/output/stream-sink.ts";
import { generateCapture } from "../generator/generate.js";

const PACKETS = 50_000;

interface Capture {
  /** In the pieces in which it is handed over. */
  readonly parts: readonly Buffer[];
  readonly packets: number;
  readonly flows: number;
  readonly payloadBytes: number;
}

function generate(kind: string): Capture {
  const parts: Buffer[] = [];
  const made = generateCapture(kind, { packets: PACKETS }, (octets: Buffer) =>
    parts.push(Buffer.from(octets)),
  );
  return { parts, packets: made.packets, flows: made.flows, payloadBytes: made.streamBytes };
}

async function run(capture: Capture, sink: StreamSink): Promise<void> {
  const input = await CaptureInput.open(["-"], { standardInput: Readable.from(capture.parts) });
  const engine = new Engine(DEFAULT_ENGINE_OPTIONS, sink, null);
  await engine.run(input, null);
  await input.close();
  const { packets, payloadBytes } = engine.packets;
  const { writtenBytes, missingBytes } = engine.settledTotals();
  const isRight =
    packets === capture.packets &&
    payloadBytes === capture.payloadBytes &&
    writtenBytes === capture.payloadBytes &&
    missingBytes === 0;
  if (!isRight) throw new Error(`${packets} packets, ${writtenBytes} octets of streams`);
}

for (const [kind, text] of [
  ["small-segments", "8 streams in segments of 64 octets"],
  ["short", "short connections"],
] as const) {
  const capture = generate(kind);
  const { packets, flows } = capture;
  await run(capture, new NullSink());

  const unit = `${packets.toLocaleString("en")} packets in ${flows.toLocaleString("en")} flows`;
  describe(`Engine.run, ${text}`, () => {
    bench(`${unit}: no sink`, () => run(capture, new NullSink()));
    bench(`${unit}: the sink of stats`, () => run(capture, new WindowSink()));
  });
}
