// A walk through what Trisul's documentation says of stream scripts: the order of calls, the vote, the
// contract of seek positions, files by position, attributes, tags and alerts; and where tcpx differs.

import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Script } from "../../../src/script/script-api.ts";
import { HANDSHAKE, handshakeOf, runScripts } from "../run-scripts.ts";

const REQUEST = "GET /a HTTP/1.1\r\nHost:x\r\n\r\n";
const length = REQUEST.length;
/** The request comes in two segments in the wrong order, then once more; the answer once. */
const TALK = [
  ...HANDSHAKE,
  `1.0 c PA ${101 + 10} 301 ${REQUEST.slice(10)}`,
  `1.1 c PA 101 301 ${REQUEST.slice(0, 10)}`,
  `1.2 c PA 101 301 ${REQUEST}`,
  `1.3 s PA 301 ${101 + length} SSH-2.0-no\r\n`,
  `1.4 c FA ${101 + length} 313`,
  `1.5 s FA 313 ${102 + length}`,
  `1.6 c A ${102 + length} 314`,
];

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "tcpx-trisul-")));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("a script that comes from Trisul", () => {
  it("is called as documented: filter, onnewflow, onpayload, onattribute, onterminateflow", async () => {
    const calls: string[] = [];
    const script: Script = {
      setup: (engine) => void calls.push(`onload ${engine.args["site"]}`),
      filter: (_engine, time, flow) => {
        calls.push(`filter ${flow.id} ${String(time)}`);
        return true;
      },
      onNewFlow: (_engine, _time, flow) => void calls.push(`onnewflow ${flow.id}`),
      onPayload: (_engine, _time, flow, direction, position, buffer) => {
        // T37: Trisul's timestamp is the flow's; both are there.
        calls.push(`onpayload ${String(flow.firstSeen)} ${direction} ${position}+${buffer.length}`);
      },
      onAttribute: (_engine, _time, _flow, name, value) => {
        if (name !== "HTTP-Header") calls.push(`onattribute ${name}=${value}`);
      },
      onTerminateFlow: (_engine, _time, flow, reason) =>
        void calls.push(`onterminateflow ${flow.id} ${reason}`),
      teardown: () => void calls.push("onunload"),
    };
    await runScripts([script], TALK, { set: { site: "lab" } });
    expect(calls).toEqual([
      "onload lab",
      "filter 1 0.000000000",
      "onnewflow 1",
      "onattribute =",
      "onattribute Method=GET",
      "onattribute URI=/a",
      "onattribute Host=x",
      `onpayload 0.000000000 c2s 0+${length}`,
      "onattribute SSH:VERSION=SSH-2.0-no",
      "onpayload 0.000000000 s2c 0+12",
      "onattribute ^D=",
      "onterminateflow 1 fin",
      "onunload",
    ]);
  });

  it("gets each octet once, with its seek position, however many scripts there are", async () => {
    // The dedupe that Trisul's scripts need (T09) never finds anything to remove.
    const heads = [0, 0];
    const streams = ["", ""];
    const reader = (index: number): Script => ({
      onPayload: (_engine, _time, _flow, direction, position, buffer) => {
        if (direction !== "c2s") return;
        expect(position + buffer.length - heads[index]!).toBe(buffer.length);
        heads[index] = position + buffer.length;
        streams[index] += buffer.text();
      },
    });
    await runScripts([reader(0), reader(1)], TALK);
    expect(streams).toEqual([REQUEST, REQUEST]);
  });

  it("hears of a lost segment before what follows it, which Trisul does not tell", async () => {
    const calls: string[] = [];
    const script: Script = {
      onPayload: (_e, _t, _f, _d, position, buffer) =>
        void calls.push(`${position} ${buffer.text()}`),
      onGap: (_e, _t, _f, _d, position, missing, cause) =>
        void calls.push(`${position} ${missing} missing: ${cause}`),
    };
    await runScripts(
      [script],
      [...HANDSHAKE, "1.0 c PA 101 301 ab", "1.1 c PA 105 301 ef", "1.2 s A 301 107"],
    );
    expect(calls).toEqual(["0 ab", "2 2 missing: ackedUnseen", "4 ef"]);
  });

  it("votes: one script without a vote keeps a flow, and then the no-voter gets it as well", async () => {
    const calls: string[] = [];
    const no: Script = {
      filter: () => false,
      onPayload: (_e, _t, flow) => void calls.push(`no-voter ${flow.id}`),
    };
    const onlyTwo: Script = { filter: (_e, _t, flow) => flow.id === 2 };
    const lines = [
      ...HANDSHAKE,
      "1.0 c PA 101 301 one",
      ...handshakeOf("c2", "s2", 2),
      "3.0 c2 PA 101 301 two",
    ];
    const first = await runScripts([no, onlyTwo], lines);
    expect(calls).toEqual(["no-voter 2"]);
    expect(first.report.script.flowsSkipped).toBe(1);
    const second = await runScripts([no, onlyTwo, { onGap: () => undefined }], lines);
    expect(calls.slice(1)).toEqual(["no-voter 1", "no-voter 2"]);
    expect(second.report.script.flowsSkipped).toBe(0);
  });

  it("writes by seek position: idempotent, emptied once a run, no stale tail of the last one", async () => {
    const directory = join(folder, "out");
    const script: Script = {
      onPayload: (_e, _t, flow, direction, position, buffer) => {
        for (let twice = 0; twice < 2; twice++) {
          buffer.writeToFile(`payload-${flow.id}-${direction}`, position);
        }
      },
    };
    const read = (): string => readFileSync(join(directory, "payload-1-c2s"), "latin1");
    await runScripts([script], TALK, { output: { directory } });
    expect(read()).toBe(REQUEST);
    const shorter = [...HANDSHAKE, "1.0 c PA 103 301 cd", "1.1 c PA 101 301 ab"];
    await runScripts([script], shorter, { output: { directory, force: true } });
    expect(read()).toBe("abcd");
  });

  it("stops a flow for all scripts and both directions, and may go on again (T28, T29)", async () => {
    const seen: string[] = [];
    const sniff: Script = {
      onPayload: (_e, _t, flow, direction, position, buffer) => {
        seen.push(`${direction} ${position} ${buffer.text()}`);
        if (position === 0 && buffer.text() === "enough") flow.stopReassembly();
      },
      onGap: (_e, _t, _f, direction, position, missing, cause) =>
        void seen.push(`${direction} ${position}+${missing} ${cause}`),
    };
    const { flows } = await runScripts(
      [sniff],
      [
        ...HANDSHAKE,
        "1.0 c PA 101 301 enough",
        "1.1 c PA 107 301 of it",
        "1.2 s PA 301 113 nothing",
      ],
    );
    expect(seen).toEqual(["c2s 0 enough", "c2s 6+5 discarded", "s2c 0+7 discarded"]);
    expect([flows[0]!.c2s.writtenBytes, flows[0]!.s2c.writtenBytes]).toEqual([6, 0]);
  });

  it("tags, alerts and adds attributes; the bounds are said, nothing is silently cut (T32-T34)", async () => {
    const heard: string[] = [];
    const maker: Script = {
      onNewFlow: (_e, _t, flow) => {
        flow.tag("x".repeat(100));
        flow.set("JA3", "abc");
        flow.alert({ key: "id", priority: 1, message: "seen" });
      },
    };
    const later: Script = {
      onAttribute: (_e, _t, _f, name, value) => {
        if (name === "JA3") heard.push(value);
      },
    };
    const { flows, report } = await runScripts([maker, later], TALK);
    expect(heard).toEqual(["abc"]);
    expect(flows[0]!.tags).toEqual(["x".repeat(100)]);
    expect(report.script).toMatchObject({ alarms: 1, flowsWithAlarms: 1, exceptions: 0 });
  });

  it("ends a flow that was silent, and takes what resumes later for another one (T22)", async () => {
    const ends: string[] = [];
    const script: Script = {
      onTerminateFlow: (_e, _t, flow, reason) => void ends.push(`${flow.id} ${reason}`),
    };
    const other = ["5000.0 c2 S 5", "5000.1 s2 SA 6 6"];
    const lines = [...HANDSHAKE, "1.0 c PA 101 301 a", ...other, "5001.0 c PA 102 301 b"];
    const { flows } = await runScripts([script], lines);
    expect(ends).toEqual(["1 timeout", "2 open", "3 open"]);
    expect(flows.map(({ c2s }) => c2s.writtenBytes)).toEqual([1, 0, 1]);
  });
});
