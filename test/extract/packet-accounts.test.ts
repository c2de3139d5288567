// `--flow-log`: each packet of a flow is a line of its table, whatever became of its octets.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { extract } from "../../src/extract/extract.ts";
import { ACCOUNT_COLUMNS } from "../../src/extract/packet-accounts.ts";
import type { OutputOptions } from "../../src/extract/run-options.ts";
import { parseFlowFilter } from "../../src/filter/flow-filter.ts";
import { AppendFiles } from "../../src/output/append-files.ts";
import { OutputDirectory } from "../../src/output/output-directory.ts";
import { REQUEST, conversationPackets } from "../cli/small-captures.ts";
import { newFolder, treeOf } from "../output/output-folder.ts";
import { pcapFile } from "../support/capture-builder.ts";
import type { BuiltPacket } from "../support/capture-builder.ts";

const NAME = "000001-10.0.0.1.40000-10.0.0.2.80.flow.tsv";

async function logged(
  packets: readonly BuiltPacket[],
  output: Partial<OutputOptions> = {},
  filter = parseFlowFilter("tcp"),
): Promise<string> {
  const folder = newFolder();
  const input = join(folder, "in.pcap");
  writeFileSync(input, pcapFile(packets));
  const directory = join(folder, "out");
  const all = { directory, flowLog: true, ...output };
  const { outputError } = await extract({ captures: [input], output: all, filter });
  expect(outputError).toBeNull();
  return directory;
}

it("has packet, time, direction, payload, running totals and times since the packets before", async () => {
  const packets = conversationPackets({ responseBytes: 1500, ends: false });
  // A retransmission counts: the totals are of the packets, not of the stream.
  packets.push({ ...packets[5]!, seconds: packets[5]!.seconds - 1, nanos: 999_000_000 });
  const directory = await logged(packets);
  const rows = readFileSync(join(directory, NAME), "utf8").trimEnd().split("\n");
  expect(rows[0]).toBe(ACCOUNT_COLUMNS.join("\t"));
  const request = REQUEST.length;
  const at = (milliseconds: number): string =>
    `1258544215.${String(milliseconds).padStart(3, "0")}000000`;
  const since = (milliseconds: number): string => `0.00${milliseconds}000000`;
  expect(rows.slice(1).map((row) => row.split("\t"))).toEqual([
    ["1", at(0), "c2s", "0", "0", "0", "0", "", "", "", since(0)],
    ["2", at(1), "s2c", "0", "0", "0", "0", since(1), since(1), "", since(1)],
    ["3", at(2), "c2s", "0", "0", "0", "0", since(1), since(2), since(1), since(2)],
    [
      "4",
      at(3),
      "c2s",
      `${request}`,
      `${request}`,
      "0",
      `${request}`,
      since(1),
      since(1),
      since(2),
      since(3),
    ],
    [
      "5",
      at(4),
      "s2c",
      "1000",
      `${request}`,
      "1000",
      `${request + 1000}`,
      since(1),
      since(1),
      since(3),
      since(4),
    ],
    [
      "6",
      at(5),
      "c2s",
      "0",
      `${request}`,
      "1000",
      `${request + 1000}`,
      since(1),
      since(2),
      since(1),
      since(5),
    ],
    [
      "7",
      at(6),
      "s2c",
      "500",
      `${request}`,
      "1500",
      `${request + 1500}`,
      since(1),
      since(1),
      since(2),
      since(6),
    ],
    [
      "8",
      at(7),
      "c2s",
      "0",
      `${request}`,
      "1500",
      `${request + 1500}`,
      since(1),
      since(2),
      since(1),
      since(7),
    ],
    [
      "9",
      "1258544214.999000000",
      "c2s",
      "0",
      `${request}`,
      "1500",
      `${request + 1500}`,
      "-0.008000000",
      "-0.008000000",
      "-0.007000000",
      "-0.001000000",
    ],
  ]);
});

it("goes with groups and names, and is removed by a later run with --force", async () => {
  const packets = [40_001, 40_002, 40_003].flatMap((clientPort) =>
    conversationPackets({ clientPort }),
  );
  const output = { group: 2, name: "{flow}_{direction}" };
  const directory = await logged(packets, output, parseFlowFilter("not port 40002"));
  const tables = [...treeOf(directory).keys()].filter((name) => name.endsWith(".tsv"));
  expect(tables).toEqual(["000001/000001_flow.tsv", "000003/000003_flow.tsv"]);
  const input = join(directory, "..", "in.pcap");
  await extract({ captures: [input], output: { directory, force: true } });
  expect([...treeOf(directory).keys()].filter((name) => name.endsWith(".tsv"))).toEqual([]);
});

it("without it no table is made", async () => {
  const directory = await logged(conversationPackets({}), { flowLog: false });
  expect([...treeOf(directory).keys()].filter((name) => name.endsWith(".tsv"))).toEqual([]);
});

it("files that grow at their ends are written in bounded memory", async () => {
  const directory = await OutputDirectory.prepare(join(newFolder(), "out"));
  const files = new AppendFiles(directory, 1000);
  const expected = new Map<number, string>();
  for (let i = 0; i < 300; i++) {
    const flow = 1 + ((i * 7) % 20);
    const name = `00000${flow % 10}-10.0.0.1.${flow}-10.0.0.2.80.flow.tsv`;
    if (!expected.has(flow)) files.begin(flow, name);
    const text = `line ${i}\n`;
    files.append(flow, Buffer.from(text));
    expected.set(flow, (expected.get(flow) ?? "") + text);
  }
  files.endAll();
  const tree = treeOf(directory.path);
  for (const [flow, text] of expected) {
    const name = `00000${flow % 10}-10.0.0.1.${flow}-10.0.0.2.80.flow.tsv`;
    expect(tree.get(name)!.toString()).toBe(text);
  }
  expect([files.made, files.failure.error]).toEqual([20, null]);
});

it("a table whose name is taken during the run is an error of the output", async () => {
  const folder = newFolder();
  const input = join(folder, "in.pcap");
  writeFileSync(input, pcapFile(conversationPackets({})));
  const directory = join(folder, "out");
  const { outputError, report } = await extract({
    captures: [input],
    output: { directory, flowLog: true },
    onStart: () => writeFileSync(join(directory, NAME), "somebody's"),
  });
  expect(outputError).toMatchObject({ code: "WRITE_FAILED", exitCode: 4 });
  expect(report.output.error).toMatchObject({ code: "WRITE_FAILED" });
  expect(readFileSync(join(directory, NAME), "utf8")).toBe("somebody's");
});
