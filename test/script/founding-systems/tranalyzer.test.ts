// A walk through Tranalyzer's tutorial: a plugin flags flows, pcapd writes their packets, the report has
// the line of the alarms, a flow can be ended by force, a status word be explained.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { extract } from "../../../src/extract/extract.ts";
import type { RunResult, SliceOptions } from "../../../src/extract/run-options.ts";
import { explainStatusWord } from "../../../src/report/explain.ts";
import { formatReport } from "../../../src/report/format-report.ts";
import { StatusBit, formatStatusWord } from "../../../src/report/status-word.ts";
import type { Script } from "../../../src/script/script-api.ts";
import { conversationPackets } from "../../cli/small-captures.ts";
import { newFolder } from "../../output/output-folder.ts";
import { pcapFile } from "../../support/capture-builder.ts";
import { HANDSHAKE, runScripts } from "../run-scripts.ts";

/** Eight flows in turn; the packets of each. */
const FLOWS = Array.from({ length: 8 }, (_, index) =>
  conversationPackets({ clientPort: 40_001 + index }),
);
const CAPTURE = FLOWS[0]!.flatMap((_, turn) => FLOWS.map((packets) => packets[turn]!));

/** The tutorial's plugin: alarms at the flow's end, when its last packets are long gone. */
const plugin: Script = {
  onTerminateFlow: (_engine, _time, flow) => {
    if (flow.client.port !== 40_003) return;
    flow.mark();
    for (let n = 1; n <= 4; n++) flow.alert({ key: "hit", message: `number ${n}` });
  },
};

async function flagged(
  slice: Omit<SliceOptions, "file">,
): Promise<{ result: RunResult; written: Buffer }> {
  const folder = newFolder();
  const input = join(folder, "in.pcap");
  const file = join(folder, "flagged.pcap");
  writeFileSync(input, pcapFile(CAPTURE));
  const result = await extract({
    captures: [input],
    scripts: [plugin],
    slice: { file, ...slice },
  });
  expect(result.scriptErrors).toEqual([]);
  return { result, written: readFileSync(file) };
}

const sourcePort = (bytes: Uint8Array): number => (bytes[34]! << 8) | bytes[35]!;

describe("flows with alarms", () => {
  it("have all their packets written, both directions, from the first one on (Z01, Z02)", async () => {
    const { written, result } = await flagged({});
    expect(written).toEqual(pcapFile(FLOWS[2]!));
    expect(result.report.slice).toMatchObject({ packets: FLOWS[2]!.length, flows: 1 });
  });

  it.each([
    ["c2s", true],
    ["s2c", false],
  ] as const)("or one direction alone: %s", async (direction, isClient) => {
    const { written } = await flagged({ direction });
    const wanted = FLOWS[2]!.filter(({ bytes }) => (sourcePort(bytes) === 40_003) === isClient);
    expect(written).toEqual(pcapFile(wanted));
  });

  it("are counted in the report: alarms, flows, and the share of the flows (Z05)", async () => {
    const { result } = await flagged({});
    expect(result.report.script).toMatchObject({ alarms: 4, flowsWithAlarms: 1 });
    const lines = formatReport(result.report).split("\n");
    expect(lines.filter((line) => line.includes("alarms"))).toEqual([
      "[WRN] 4 alarms in 1 flows [12.50%]",
    ]);
  });

  it("there is no such line without alarms", async () => {
    const { report } = await runScripts([{ onGap: () => undefined }], HANDSHAKE);
    expect(formatReport(report)).not.toContain("alarms");
  });
});

it("a flow can be ended by force, and goes on as another (Z06)", async () => {
  const ends: string[] = [];
  const force: Script = {
    onPayload: (_engine, _time, flow, _direction, _position, buffer) => {
      if (buffer.text() === "hit") flow.end();
    },
    onTerminateFlow: (_engine, _time, flow, reason) => void ends.push(`${flow.id} ${reason}`),
  };
  await runScripts([force], [...HANDSHAKE, "1.0 c PA 101 301 hit", "1.1 c PA 104 301 miss"]);
  expect(ends).toEqual(["1 script", "2 open"]);
});

it("a status word is explained bit by bit (Z09)", () => {
  const word = formatStatusWord(StatusBit.ACKED_UNSEEN | StatusBit.CONFLICT);
  const names = explainStatusWord(word).map((line) => line.split(/ {2,}/)[2]);
  expect(names.toSorted()).toEqual(["ackedUnseen", "conflict"]);
});
