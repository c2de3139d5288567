// A run one event at a time: the same events as scripts get, in order, only as fast as they are asked
// for; and all streams of a small capture at once.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { extract } from "../../src/extract/extract.ts";
import { getStreams } from "../../src/extract/get-streams.ts";
import { open } from "../../src/extract/step.ts";
import type { OpenRunOptions, StepEvent } from "../../src/extract/step.ts";
import type { FlowSummary } from "../../src/report/flow-summary.ts";
import { chunked } from "../capture/read-capture.ts";
import { REQUEST, conversationPackets, responseOf } from "../cli/small-captures.ts";
import type { Conversation } from "../cli/small-captures.ts";
import { newFolder } from "../output/output-folder.ts";
import { pcapFile } from "../support/capture-builder.ts";
import { tcpPacket } from "../support/packet-builder.ts";
import type { TcpPacketFields } from "../support/packet-builder.ts";

function captureOf(...conversations: Conversation[]): string {
  const path = join(newFolder(), "in.pcap");
  const packets = conversations.flatMap((each) => conversationPackets(each));
  writeFileSync(path, pcapFile(packets));
  return path;
}

/** An event in a few words. */
function told(event: StepEvent): string {
  switch (event.type) {
    case "flow":
      return `flow ${event.flow} ${event.client.address}:${event.client.port}`;
    case "packet":
      return `packet ${event.number} ${event.direction} ${event.flags} ${event.payloadLength}`;
    case "octets":
      return `${event.direction} ${event.position}+${event.bytes.length}`;
    case "gap":
      return `gap ${event.direction} ${event.position}+${event.length} ${event.cause}`;
    case "flowEnd":
      return `end ${event.flow} ${event.reason} ${event.summary.s2c.missingBytes}`;
    case "end":
      return `report ${event.report.flows.total} ${event.inputErrors.length}`;
  }
}

async function eventsOf(path: string, options: OpenRunOptions = {}): Promise<StepEvent[]> {
  const events: StepEvent[] = [];
  for await (const event of open(path, options)) events.push(event);
  return events;
}

describe("open", () => {
  it("yields flows, octets in order, gaps before what follows, ends and the report", async () => {
    const events = await eventsOf(captureOf({ lost: [1] }));
    expect(events.map(told)).toEqual([
      "flow 1 10.0.0.1:40000",
      `c2s 0+${REQUEST.length}`,
      "s2c 0+1000",
      "gap s2c 1000+1000 ackedUnseen",
      "s2c 2000+1000",
      "end 1 fin 1000",
      "report 1 0",
    ]);
  });

  it("yields each packet before the octets that it brings, if asked to", async () => {
    const events = await eventsOf(captureOf({ responseBytes: 5, ends: false }), { packets: true });
    expect(events.map(told)).toEqual([
      "flow 1 10.0.0.1:40000",
      "packet 1 c2s S 0",
      "packet 2 s2c SA 0",
      "packet 3 c2s A 0",
      `packet 4 c2s PA ${REQUEST.length}`,
      `c2s 0+${REQUEST.length}`,
      "packet 5 s2c A 5",
      "s2c 0+5",
      "packet 6 c2s A 0",
      "end 1 open 0",
      "report 1 0",
    ]);
  });

  it("events may be kept: they are copies", async () => {
    const path = captureOf({ responseBytes: 200_000 }, { clientPort: 40_001, responseBytes: 9000 });
    const events = await eventsOf(path);
    for (const [flow, responseBytes] of [
      [1, 200_000],
      [2, 9000],
    ] as const) {
      const response = events.flatMap((event) =>
        event.type === "octets" && event.flow === flow && event.direction === "s2c"
          ? [event.bytes]
          : [],
      );
      expect(Buffer.concat(response).equals(responseOf({ responseBytes }))).toBe(true);
    }
  });

  it("reports what a run without stepping reports", async () => {
    const path = captureOf({ lost: [0, 2] }, { clientPort: 40_001 });
    const last = (await eventsOf(path)).at(-1)!;
    const summaries: FlowSummary[] = [];
    const { report } = await extract({
      captures: [path],
      onFlow: (summary) => summaries.push(summary),
    });
    expect(last).toEqual({ type: "end", report, inputErrors: [] });
    const ended = (await eventsOf(path)).flatMap((event) =>
      event.type === "flowEnd" ? [event.summary] : [],
    );
    expect(ended).toEqual(summaries);
  });

  it("reads no further than it is asked to", async () => {
    let given = 0;
    const record = (index: number): Buffer => {
      const fields: TcpPacketFields = { sourcePort: 1024 + (index % 50_000), payload: "x" };
      return pcapFile([{ seconds: 1000, bytes: tcpPacket(fields) }]).subarray(24);
    };
    const { Readable } = await import("node:stream");
    const endless = function* (): Generator<Buffer> {
      yield pcapFile([]);
      for (;;) yield record(given++);
    };
    const standardInput = Readable.from(endless(), { objectMode: false, highWaterMark: 1 });
    let events = 0;
    for await (const event of open("-", { standardInput })) {
      expect(event.type).not.toBe("end");
      if (++events === 40) break;
    }
    expect(given).toBeLessThan(200);
    expect(standardInput.destroyed).toBe(true);
  });

  it("opens nothing before the first event is asked for, and leaving at once closes all", async () => {
    const events = open("/no/such/capture.pcap");
    await events.return();
    const asked = open("/no/such/capture.pcap");
    await expect(asked.next()).rejects.toMatchObject({ code: "NO_SUCH_FILE" });
    const broken = open(captureOf({}));
    await broken.next();
    await broken.return();
    expect(await broken.next()).toEqual({ done: true, value: undefined });
  });

  it("an error in the caller's loop ends the run", async () => {
    const standardInput = chunked(pcapFile(conversationPackets({})), 100);
    const loop = async (): Promise<void> => {
      for await (const event of open("-", { standardInput })) {
        if (event.type === "octets") throw new Error("the caller's own");
      }
    };
    await expect(loop()).rejects.toThrow("the caller's own");
    expect(standardInput.destroyed).toBe(true);
  });

  it("a signal ends it with the report of what was read", async () => {
    const controller = new AbortController();
    const types: string[] = [];
    for await (const event of open(captureOf({}), { signal: controller.signal })) {
      types.push(event.type);
      if (event.type === "flow") controller.abort();
      if (event.type === "end") expect(event.report.run.interrupted).toBe(true);
    }
    expect(types.at(-1)).toBe("end");
  });

  it("goes along with scripts, whose votes count", async () => {
    const path = captureOf({}, { clientPort: 40_001 });
    const filter = (_engine: unknown, _time: unknown, flow: { id: number }): boolean =>
      flow.id === 2;
    const events = await eventsOf(path, { scripts: [{ filter }] });
    const flows = events.flatMap((event) => (event.type === "flow" ? [event.flow] : []));
    expect(flows).toEqual([2]);
    expect(events.at(-1)).toMatchObject({ report: { script: { flowsSkipped: 1 } } });
  });
});

it("writes a slice besides, of all flows where no script marks any", async () => {
  const path = captureOf({});
  const file = join(newFolder(), "out.pcap");
  await eventsOf(path, { slice: { file } });
  expect(readFileSync(file)).toEqual(readFileSync(path));
});

describe("getStreams", () => {
  it("is a list of flows with the octets of both directions", async () => {
    const flows = await getStreams(captureOf({}, { clientPort: 40_001, responseBytes: 70_000 }));
    expect(
      flows.map(({ flow, client, clientPort, server, serverPort }) =>
        [flow, client, clientPort, server, serverPort].join(" "),
      ),
    ).toEqual(["1 10.0.0.1 40000 10.0.0.2 80", "2 10.0.0.1 40001 10.0.0.2 80"]);
    expect(flows.map(({ c2s }) => Buffer.from(c2s).toString())).toEqual([REQUEST, REQUEST]);
    expect(flows[0]!.s2c).toEqual(responseOf());
    expect(Buffer.from(flows[1]!.s2c).equals(responseOf({ responseBytes: 70_000 }))).toBe(true);
    expect(flows.map(({ gaps }) => gaps)).toEqual([
      { c2s: [], s2c: [] },
      { c2s: [], s2c: [] },
    ]);
  });

  it("has zeros for what is missing, and says where, at the end too", async () => {
    const [flow] = await getStreams(captureOf({ lost: [0, 2] }));
    expect(flow!.gaps.s2c).toEqual([
      { start: 0, length: 1000, cause: "ackedUnseen" },
      { start: 2000, length: 1000, cause: "ackedUnseen" },
    ]);
    const expected = Uint8Array.from(responseOf());
    expected.fill(0, 0, 1000).fill(0, 2000, 3000);
    expect(flow!.s2c).toEqual(expected);
    expect(flow!.summary.s2c.missingBytes).toBe(2000);
  });

  it("takes octets in any order, first ones last, and compares copies", async () => {
    const path = join(newFolder(), "in.pcap");
    const segments: [seq: number, payload: string][] = [
      [1003, "def"],
      [1006, "ghi"],
      [1000, "abc"],
      [1004, "XY"],
    ];
    const packets = segments.map(([seq, payload], seconds) => ({
      seconds,
      bytes: tcpPacket({ flags: "A", seq, ack: 1, payload }),
    }));
    writeFileSync(path, pcapFile(packets));
    const [flow] = await getStreams(path);
    const octets = [flow!.c2s, flow!.s2c].map((each) => Buffer.from(each).toString());
    expect(octets.toSorted()).toEqual(["", "abcdefghi"]);
    const { c2s, s2c } = flow!.summary;
    expect(c2s.conflictingBytes + s2c.conflictingBytes).toBe(2);
  });

  it("beyond the limit is an error, not more memory", async () => {
    const path = captureOf({ responseBytes: 5000 });
    const limitBytes = 5000 + REQUEST.length;
    await expect(getStreams(path, { limitBytes })).resolves.toHaveLength(1);
    await expect(getStreams(path, { limitBytes: limitBytes - 1 })).rejects.toMatchObject({
      code: "BAD_OPTION",
      message: expect.stringContaining("limitBytes"),
    });
    // What is missing counts: it would be zeros.
    const lossy = captureOf({ responseBytes: 5000, lost: [1, 2, 3] });
    await expect(getStreams(lossy, { limitBytes: limitBytes - 1 })).rejects.toThrow("limitBytes");
  });

  it("throws what could not be read", async () => {
    const captures = [captureOf({}), "/no/such/capture.pcap"];
    await expect(getStreams(captures)).rejects.toMatchObject({ code: "NO_SUCH_FILE" });
  });
});
