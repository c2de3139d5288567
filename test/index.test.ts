// The library as its users import it: what it exports, and that it keeps nothing between runs.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as tcpx from "../src/index.ts";
import { conversationCapture, conversationPackets } from "./cli/small-captures.ts";

const directory = mkdtempSync(join(tmpdir(), "tcpx-library-"));
const clean = join(directory, "clean.pcap");
const lossy = join(directory, "lossy.pcap");
beforeAll(() => {
  writeFileSync(clean, conversationCapture());
  writeFileSync(lossy, conversationCapture({ lost: [1] }));
});
afterAll(() => rmSync(directory, { recursive: true }));

it("exports what the documentation names", () => {
  expect(Object.keys(tcpx)).toEqual(
    expect.arrayContaining(["extract", "openCapture", "PacketCursor", "formatReport", "TcpxError"]),
  );
});

it("explains a flow as the command does", async () => {
  const { lines, inputErrors } = await tcpx.explainFlow({ captures: [lossy], flow: 1 });
  expect(inputErrors).toEqual([]);
  expect(lines.join("\n")).toContain("1000");
});

it("two runs at once in one process do not know of each other", async () => {
  const [one, other] = await Promise.all([
    tcpx.extract({ captures: [clean] }),
    tcpx.extract({ captures: [lossy] }),
  ]);
  expect(one.report.loss.missingBytes).toBe(0);
  expect(other.report.loss.missingBytes).toBe(1000);
  const again = await tcpx.extract({ captures: [clean] });
  expect(again).toEqual(one);
});

it("tells of each flow as it ends", async () => {
  const ends: string[] = [];
  await tcpx.extract({ captures: [clean], onFlow: ({ flow, end }) => ends.push(`${flow} ${end}`) });
  expect(ends).toEqual(["1 fin"]);
});

it("a run that is cancelled before it begins reads nothing and says so", async () => {
  const { report, interrupted } = await tcpx.extract({
    captures: [clean],
    signal: AbortSignal.abort(),
  });
  expect(interrupted).toBe(true);
  expect(report.run.interrupted).toBe(true);
  expect(report.flows.total).toBe(0);
});

it("wrong use and unusable input throw errors with a code", async () => {
  const absent = join(directory, "absent.pcap");
  await expect(tcpx.extract({ captures: [absent] })).rejects.toMatchObject({
    code: "NO_SUCH_FILE",
    exitCode: 3,
    file: absent,
  });
  expect(() => tcpx.parseFlowFilter("hots 10.0.0.1")).toThrow(tcpx.TcpxError);
});

it("openCapture reads packet by packet", async () => {
  const input = await tcpx.openCapture(clean);
  const packet = new tcpx.PacketCursor();
  const lengths: number[] = [];
  do {
    while (input.next(packet)) lengths.push(packet.end - packet.start);
  } while (await input.fill());
  await input.close();
  expect(lengths).toEqual(conversationPackets().map(({ bytes }) => bytes.length));
});
