// A walk through scapy-tcp-extractor: stepping, streams by client and server, stale flows, long flows, the
// table of packets; and the captures on which it lost octets.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { extract } from "../../../src/extract/extract.ts";
import { getStreams } from "../../../src/extract/get-streams.ts";
import { open } from "../../../src/extract/step.ts";
import { DEFAULT_TIMEOUTS } from "../../../src/flow/timeouts.ts";
import type { FlowSummary } from "../../../src/report/flow-summary.ts";
import { newFolder } from "../../output/output-folder.ts";
import { pcapFile } from "../../support/capture-builder.ts";
import type { BuiltPacket } from "../../support/capture-builder.ts";
import { tcpPacket } from "../../support/packet-builder.ts";
import type { TcpPacketFields } from "../../support/packet-builder.ts";
import { HANDSHAKE, packetOf } from "../run-scripts.ts";

function captureOf(packets: readonly BuiltPacket[]): string {
  const path = join(newFolder(), "in.pcap");
  writeFileSync(path, pcapFile(packets, { resolution: "nano" }));
  return path;
}

/** What the client sent, of each flow. */
async function sent(lines: readonly string[]): Promise<string[]> {
  const flows = await getStreams(captureOf(lines.map(packetOf)));
  return flows.map(({ c2s }) => Buffer.from(c2s).toString("latin1"));
}

describe("stepping (Y03)", () => {
  it("gives one event at a time, as long as somebody asks, and ends by itself", async () => {
    const path = captureOf(
      [...HANDSHAKE, "1.0 c PA 101 301 one", "1.1 c PA 104 301 two"].map(packetOf),
    );
    const events = open(path);
    const told: string[] = [];
    for (;;) {
      const step = await events.next();
      if (step.done === true) break;
      const event = step.value;
      told.push(event.type === "octets" ? Buffer.from(event.bytes).toString() : event.type);
    }
    expect(told).toEqual(["flow", "one", "two", "flowEnd", "end"]);
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });
});

describe("streams (Y06, Y07)", () => {
  it("are a list whatever their number, by client and server, not by port", async () => {
    const samePorts = (fields: TcpPacketFields, seconds: number): BuiltPacket => ({
      seconds,
      bytes: tcpPacket({ sourcePort: 179, destinationPort: 179, ...fields }),
    });
    const [client, server] = ["10.0.0.1", "10.0.0.2"];
    const [flow, ...others] = await getStreams(
      captureOf([
        samePorts({ source: client, destination: server, flags: "S", seq: 100 }, 1),
        samePorts({ source: server, destination: client, flags: "SA", seq: 300, ack: 101 }, 2),
        samePorts({ source: client, destination: server, seq: 101, ack: 301, payload: "ab" }, 3),
        samePorts({ source: server, destination: client, seq: 301, ack: 103, payload: "cd" }, 4),
      ]),
    );
    expect(others).toEqual([]);
    expect([flow!.client, flow!.server]).toEqual([client, server]);
    expect([flow!.c2s, flow!.s2c].map((each) => Buffer.from(each).toString())).toEqual([
      "ab",
      "cd",
    ]);
  });

  it.each<readonly [string, readonly string[], string]>([
    ["segments out of order", ["1.0 c PA 104 301 DEF", "1.1 c PA 101 301 ABC"], "ABCDEF"],
    ["equal timestamps", ["1.0 c PA 101 301 ABC", "1.0 c PA 104 301 DEF"], "ABCDEF"],
    [
      "a retransmission cut otherwise",
      ["1.0 c PA 101 301 ABC", "1.1 c PA 104 301 DEF", "1.2 c PA 102 301 BCDEFG"],
      "ABCDEFG",
    ],
    ["a longer retransmission", ["1.0 c PA 101 301 ABC", "1.1 c PA 101 301 ABCDEF"], "ABCDEF"],
    [
      "a keep-alive",
      ["1.0 c PA 101 301 ABC", "1.1 c A 103 301 C", "1.2 c PA 104 301 DEF"],
      "ABCDEF",
    ],
    ["a lost segment", ["1.0 c PA 101 301 ABC", "1.1 c PA 107 301 GHI"], "ABC\0\0\0GHI"],
  ])("are right with %s", async (_, lines, expected) => {
    expect(await sent([...HANDSHAKE, ...lines])).toEqual([expected]);
  });

  it("are there without a SYN, with an ECN SYN, and where only the client spoke", async () => {
    expect(await sent(["1.0 c PA 500 700 ABC", "1.1 c PA 503 700 DEF"])).toEqual(["ABCDEF"]);
    expect(await sent(["0.0 c SEC 100", "1.0 c PA 101 301 ABC"])).toEqual(["ABC"]);
    expect(await sent(["0.0 c S 100"])).toEqual([""]);
  });

  it("of a second connection on the same endpoints are those of another flow", async () => {
    const again = ["9.0 c S 200", "9.1 s SA 800 201", "9.2 c A 201 801", "9.3 c PA 201 801 DEF"];
    expect(await sent([...HANDSHAKE, "1.0 c PA 101 301 ABC", ...again])).toEqual(["ABC", "DEF"]);
  });
});

describe("stale flows (Y15 to Y18)", () => {
  it("are those silent for long, counted from their last packet; what comes later is a new flow", async () => {
    const talk = Array.from({ length: 40 }, (_, i) => `${1 + 60 * i}.0 c PA ${101 + i} 301 x`);
    const others = ["9000.0 c2 S 5", "9000.1 s2 SA 6 6"];
    const lines = [...HANDSHAKE, ...talk, ...others, "9001.0 c PA 141 301 y"];
    const ended: FlowSummary[] = [];
    await extract({
      captures: [captureOf(lines.map(packetOf))],
      timeouts: { ...DEFAULT_TIMEOUTS, established: 120 },
      onFlow: (summary) => ended.push(summary),
    });
    // Forty minutes of talk, a packet a minute: one flow. It ends while the capture goes on.
    expect(ended.map(({ flow, end, c2s }) => [flow, end, c2s.writtenBytes])).toEqual([
      [1, "timeout", 40],
      [2, "open", 0],
      [3, "open", 1],
    ]);
  });
});

describe("long flows (Y19, Y21)", () => {
  const PACKETS = 12_000;
  const long = [
    ...HANDSHAKE.map(packetOf),
    ...Array.from({ length: PACKETS }, (_, i) => packetOf(`1.${1e8 + i} c PA ${101 + i} 301 x`)),
  ];

  it("give their octets while they go on, not at their end", async () => {
    let octets = 0;
    for await (const event of open(captureOf(long))) {
      if (event.type === "octets") octets += event.bytes.length;
      if (event.type === "flowEnd") expect(octets).toBe(PACKETS);
      if (octets === 10) break;
    }
    expect(octets).toBe(10);
  });

  it("have a line for each packet in --flow-log, with running totals", async () => {
    const directory = join(newFolder(), "out");
    await extract({ captures: [captureOf(long)], output: { directory, flowLog: true } });
    const table = join(directory, "000001-10.0.0.1.40000-10.0.0.2.80.flow.tsv");
    const rows = readFileSync(table, "utf8").trimEnd().split("\n");
    expect(rows.length).toBe(1 + long.length);
    const [, , direction, payload, client, server, total] = rows.at(-1)!.split("\t");
    expect([direction, payload, client, server, total]).toEqual([
      "c2s",
      "1",
      `${PACKETS}`,
      "0",
      `${PACKETS}`,
    ]);
  });
});
