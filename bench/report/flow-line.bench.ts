// A flow as its line of flows.jsonl, against JSON.stringify. The flows are those of a generated capture, whole and
// with half of their packets missing.

import { Readable } from "node:stream";
import { isDeepStrictEqual } from "node:util";
import { bench, describe } from "vitest";
import { CaptureInput } from "../../src/capture/capture-input.ts";
import { DEFAULT_ENGINE_OPTIONS } from "../../src/extract/engine-options.ts";
import { Engine } from "../../src/extract/engine.ts";
import { NullSink } from "../../src/output/null-sink.ts";
import { formatFlowLine } from "../../src/report/flow-line.ts";
import type { FlowSummary } from "../../src/report/flow-summary.ts";
import { generateCapture } from "../generator/generate.js";

const LINES = 1000;

async function flowsOf(kind: string, sizes: object): Promise<readonly FlowSummary[]> {
  const parts: Buffer[] = [];
  generateCapture(kind, sizes, (octets: Buffer) => parts.push(Buffer.from(octets)));
  const input = await CaptureInput.open(["-"], { standardInput: Readable.from(parts) });
  const flows: FlowSummary[] = [];
  const engine = new Engine(DEFAULT_ENGINE_OPTIONS, new NullSink(), (flow) => flows.push(flow));
  await engine.run(input, null);
  return flows;
}

function formatAll(flows: readonly FlowSummary[], format: (flow: FlowSummary) => string): number {
  let letters = 0;
  for (let line = 0; line < LINES; line++) letters += format(flows[line % flows.length]!).length;
  return letters;
}

const KINDS = [
  { name: "without gaps", flows: await flowsOf("short", { packets: 6000 }) },
  { name: "with gaps", flows: await flowsOf("lossy", { bytes: 1_000_000 }) },
];

for (const { name, flows } of KINDS) {
  for (const flow of flows) {
    if (!isDeepStrictEqual(JSON.parse(formatFlowLine(flow)), JSON.parse(JSON.stringify(flow))))
      throw new Error(`the line of flow ${flow.flow} is not what JSON.stringify makes of it`);
  }
  const hasGaps = flows.some(({ c2s, s2c }) => c2s.gapCount + s2c.gapCount > 0);
  if (hasGaps !== (name === "with gaps")) throw new Error(`the flows are not ${name}`);
  const letters = formatAll(flows, formatFlowLine);

  describe(`1,000 lines of flows ${name}`, () => {
    const measure = (format: (flow: FlowSummary) => string) => (): void => {
      if (formatAll(flows, format) !== letters) throw new Error("the lines differ");
    };
    bench("formatFlowLine", measure(formatFlowLine));
    bench("JSON.stringify", measure(JSON.stringify));
  });
}
