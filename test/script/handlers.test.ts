// Trisul's handlers as they are documented: votes, the seek-position contract, who is called when.

import { describe, expect, it } from "vitest";
import type { Script } from "../../src/script/script-api.ts";
import { HANDSHAKE, handshakeOf, recorder, runScripts } from "./run-scripts.ts";

const CLOSE = ["1.2 c FA 106 307", "1.3 s FA 307 107", "1.4 c A 107 308"];
const TALK = [...HANDSHAKE, "1.0 c PA 101 301 hello", "1.1 s PA 301 106 world!", ...CLOSE];

describe("stream handlers", () => {
  it("tell a flow from its first packet to its end", async () => {
    const lines: string[] = [];
    const { report } = await runScripts([recorder(lines)], TALK);
    expect(lines).toEqual([
      "0.000000000 new 1 10.0.0.1:40000-10.0.0.2:80",
      "1 c2s 0 hello",
      "1.1 s2c 0 world!",
      "end fin",
    ]);
    expect(report.script.scripts).toEqual(["script 1"]);
  });

  it("call setup and teardown once, also when the run is called off", async () => {
    const calls: string[] = [];
    const signal = AbortSignal.abort();
    const script: Script = {
      setup: () => void calls.push("setup"),
      onNewFlow: () => void calls.push("new"),
      teardown: () => void calls.push("teardown"),
    };
    const { interrupted } = await runScripts([script], TALK, { signal });
    expect(interrupted).toBe(true);
    expect(calls).toEqual(["setup", "teardown"]);
  });

  it("leave a script out whose setup says false, and take it as no vote", async () => {
    const lines: string[] = [];
    const off = recorder(lines, { setup: () => false, filter: () => false });
    const { report } = await runScripts([off, { filter: () => false }], TALK);
    expect(lines).toEqual([]);
    expect(report.script.flowsSkipped).toBe(0);
  });

  it("show the flow's facts, live and after its end", async () => {
    const seen: unknown[] = [];
    const script: Script = {
      onPayload: (_engine, _time, flow, direction) => {
        seen.push([direction, flow.state, flow.c2s.writtenBytes, flow.c2s.originBasis]);
      },
      onTerminateFlow: (engine, _time, flow) => {
        seen.push([flow.state, flow.c2s.packets, flow.s2c.streamBytes, String(flow.lastSeen)]);
        seen.push([flow.roleBasis, flow.client, flow.server.port, engine.outputDirectory]);
      },
    };
    await runScripts([script], TALK);
    expect(seen).toEqual([
      ["c2s", "established", 5, "syn"],
      ["s2c", "established", 5, "syn"],
      ["closed", 5, 6, "1.400000000"],
      ["syn", { address: "10.0.0.1", port: 40_000 }, 80, null],
    ]);
  });

  it("show every packet before it changes the flow's state", async () => {
    const seen: string[] = [];
    const script: Script = {
      onPacket: (_engine, time, flow, direction, packet) => {
        const { flags, seq, payloadLength } = packet;
        seen.push(`${time.toNumber()} ${direction} ${flags} ${seq}+${payloadLength} ${flow.state}`);
      },
    };
    await runScripts([script], TALK.slice(0, 5));
    expect(seen).toEqual([
      "0 c2s S 100+0 new",
      "0.1 s2c SA 300+0 new",
      "0.2 c2s A 101+0 new",
      "1 c2s PA 101+5 established",
      "1.1 s2c PA 301+6 established",
    ]);
  });
});

describe("votes", () => {
  const yes: Script = { filter: () => true };
  const no: Script = { filter: () => false };
  const nothing: Script = { filter: () => undefined };
  const absent: Script = { onNewFlow: () => undefined };
  const throws: Script = {
    filter: () => {
      throw new Error("undecided");
    },
  };
  const promises: Script = { filter: () => Promise.resolve(false) };

  const table: [string, Script[], boolean][] = [
    ["all say no", [no, no], false],
    ["one says no", [no], false],
    ["one of two says yes", [no, yes], true],
    ["one has no filter", [no, absent], true],
    ["one says nothing", [no, nothing], true],
    ["one throws", [no, throws], true],
    ["one promises a no: a vote is taken at once", [no, promises], true],
    ["the only one throws", [throws], true],
  ];

  it.each(table)("%s", async (_, scripts, isKept) => {
    const { report, flows } = await runScripts(scripts, TALK);
    expect(flows.length).toBe(isKept ? 1 : 0);
    expect(report.script.flowsSkipped).toBe(isKept ? 0 : 1);
    expect(report.flows.filtered).toBe(isKept ? 0 : 1);
    const fails = scripts.includes(throws) || scripts.includes(promises);
    expect(report.script.exceptions).toBe(fails ? 1 : 0);
  });

  it("hand a flow to a script that voted no, if another wanted it", async () => {
    const lines: string[] = [];
    await runScripts([recorder(lines, { filter: () => false }), yes], TALK);
    expect(lines.length).toBe(4);
  });

  it("are taken flow by flow", async () => {
    const lines: string[] = [];
    const script = recorder(lines, {
      filter: (_engine, _time, flow) => flow.client.port === 40_001,
    });
    const { report } = await runScripts(
      [script],
      [
        ...HANDSHAKE,
        "1.0 c PA 101 301 one",
        ...handshakeOf("c2", "s2", 2),
        "3.0 c2 PA 101 301 two",
      ],
    );
    expect(lines).toEqual([
      "2.000000000 new 2 10.0.0.1:40001-10.0.0.2:80",
      "3 c2s 0 two",
      "end open",
    ]);
    expect(report.script.flowsSkipped).toBe(1);
  });
});

describe("octets in order", () => {
  const order = async (lines: readonly string[], start = HANDSHAKE): Promise<string[]> => {
    const one: string[] = [];
    const two: string[] = [];
    await runScripts([recorder(one), recorder(two)], [...start, ...lines]);
    // Each octet once for each script.
    expect(two).toEqual(one);
    return one.slice(1, -1);
  };

  it("wait behind a hole that fills, and come with the packet that filled it", async () => {
    expect(
      await order(["1.0 c PA 101 301 aa", "1.1 c PA 105 301 cc", "1.2 c PA 103 301 bb"]),
    ).toEqual(["1 c2s 0 aa", "1.2 c2s 2 bbcc"]);
  });

  it("come behind the gap once the hole was acknowledged and a further segment came", async () => {
    expect(
      await order([
        "1.0 c PA 101 301 aa",
        "1.1 c PA 105 301 cc",
        "1.2 s A 301 107",
        "1.3 c PA 107 301 dd",
        "1.4 c PA 103 301 bb",
      ]),
    ).toEqual(["1 c2s 0 aa", "gap c2s 2+2 ackedUnseen", "1.3 c2s 4 ccdd"]);
  });

  it("do not wait for a further segment where the peer answers with data", async () => {
    expect(
      await order(["1.0 c PA 103 301 bb", "1.1 s A 301 105", "1.2 s PA 301 105 answer"]),
    ).toEqual(["gap c2s 0+2 ackedUnseen", "1.2 c2s 2 bb", "1.2 s2c 0 answer"]);
  });

  it("count a late fill of an announced gap", async () => {
    const { flows, report } = await runScripts(
      [recorder([])],
      [
        ...HANDSHAKE,
        "1.1 c PA 105 301 cc",
        "1.2 s A 301 107",
        "1.3 c PA 107 301 dd",
        "1.4 c PA 101 301 aabb",
      ],
    );
    expect(flows[0]!.c2s.lateFillBytes).toBe(4);
    expect(flows[0]!.c2s.missingBytes).toBe(0);
    expect(report.loss.missingBytes).toBe(0);
  });

  it("bring gaps of every cause at the end of the flow, those at the tail too", async () => {
    expect(
      await order(["1.0 c PA 101 301 abcdef cut=2", "1.1 c PA 110 301 xy", "1.2 c FA 115 301"]),
    ).toEqual([
      "1 c2s 0 abcd",
      "gap c2s 4+2 snapped",
      "gap c2s 6+3 neverAcked",
      "1.2 c2s 9 xy",
      "gap c2s 11+3 neverAcked",
    ]);
  });

  it("are exact over the wrap of sequence numbers, also behind a hole", async () => {
    const start = ["0.0 c S 4294967290", "0.1 s SA 300 4294967291", "0.2 c A 4294967291 301"];
    expect(
      await order(
        [
          "1.0 c PA 4294967291 301 abc",
          "1.1 c PA 1 301 ghi",
          "1.2 c PA 4294967294 301 def",
          "1.3 c PA 4 301 jkl",
        ],
        start,
      ),
    ).toEqual(["1 c2s 0 abc", "1.2 c2s 3 defghi", "1.3 c2s 9 jkl"]);
  });

  it("take only the new part of a retransmission that starts old", async () => {
    expect(await order(["1.0 c PA 101 301 abcd", "1.1 c PA 103 301 cdef"])).toEqual([
      "1 c2s 0 abcd",
      "1.1 c2s 4 ef",
    ]);
  });

  it("have the positions of the file in a midstream flow whose origin moves back", async () => {
    const lines: string[] = [];
    await runScripts(
      [recorder(lines)],
      ["1.0 c PA 1000 500 second", "1.1 c PA 994 500 first.", "1.2 s A 500 1006"],
    );
    expect(lines.slice(1)).toEqual(["1.2 c2s 0 first.second", "end open"]);
  });

  it("do not wait longer for what lies before a midstream flow than for a hole", async () => {
    const lines: string[] = [];
    const { flows } = await runScripts(
      [recorder(lines)],
      [
        "1.0 c PA 1000 500 second",
        "1.1 s A 500 1006",
        "1.2 c PA 1006 500 third",
        "1.3 c PA 994 500 first.",
        "1.4 c PA 1011 500 fourth",
      ],
    );
    expect(lines.slice(1)).toEqual(["1.2 c2s 0 secondthird", "1.4 c2s 17 fourth", "end open"]);
    expect(flows[0]!.c2s.lateFillBytes).toBe(6);
  });
});

describe("what a script wants of a flow", () => {
  it("stops and resumes reassembly for everyone; what was skipped is discarded", async () => {
    const lines: string[] = [];
    const stopper: Script = {
      onPacket: (_engine, _time, flow, _direction, { payload }) => {
        if (payload.indexOf("stop") >= 0) flow.stopReassembly("c2s");
        if (payload.indexOf("go on") >= 0) flow.resumeReassembly();
      },
    };
    const { flows } = await runScripts(
      [stopper, recorder(lines)],
      [
        ...HANDSHAKE,
        "1.0 c PA 101 301 begin",
        "1.1 c PA 106 301 stop!",
        "1.2 c PA 111 301 more!",
        "1.3 c PA 116 301 go on",
        "1.4 s PA 301 121 answer",
      ],
    );
    expect(lines.slice(1, -1)).toEqual([
      "1 c2s 0 begin",
      "gap c2s 5+10 discarded",
      "1.3 c2s 15 go on",
      "1.4 s2c 0 answer",
    ]);
    expect(flows[0]!.c2s.missing.discarded).toBe(10);
  });

  it("detaches one script only", async () => {
    const one: string[] = [];
    const two: string[] = [];
    const leaver = recorder(one, {
      onPayload: (_engine, _time, flow) => {
        one.push("enough");
        flow.detach();
      },
    });
    await runScripts([leaver, recorder(two)], TALK);
    expect(one.slice(1)).toEqual(["enough"]);
    expect(two.length).toBe(4);
  });

  it("ends a flow between packets; the next packet opens another", async () => {
    const lines: string[] = [];
    const ender = recorder(lines, {
      onPayload: (_engine, _time, flow, direction) => {
        lines.push(`${flow.id} ${direction}`);
        flow.end();
      },
    });
    const { report } = await runScripts(
      [ender],
      [...HANDSHAKE, "1.0 c PA 101 301 a", "1.1 s PA 301 102 b"],
    );
    expect(lines).toEqual([
      "0.000000000 new 1 10.0.0.1:40000-10.0.0.2:80",
      "1 c2s",
      "end script",
      "1.100000000 new 2 10.0.0.1:40000-10.0.0.2:80",
      "2 s2c",
      "end open",
    ]);
    expect(report.flows.end.script).toBe(1);
  });

  it("tags, counts, raises alarms and sets attributes for later scripts", async () => {
    const seen: string[] = [];
    const listen = (name: string): Script => ({
      onAttribute: (_engine, _time, flow, key, value) => {
        if (key !== "" && key !== "^D") seen.push(`${name} ${flow.id} ${key}=${value}`);
      },
    });
    const maker: Script = {
      onNewFlow: (engine, _time, flow) => {
        flow.tag("seen");
        flow.tag("seen");
        flow.set("Kind", "test");
        flow.alert({ key: "k", message: "one" });
        flow.alert({ key: "k", priority: 1, message: "two" });
        engine.counter("flows seen").add();
        engine.shared.set("maker", engine.args["who"]);
      },
    };
    const { report, flows } = await runScripts(
      [listen("before"), maker, listen("after")],
      [...TALK, ...handshakeOf("c2", "s2", 2)],
      { set: { who: "me" } },
    );
    expect(seen).toEqual(["after 1 Kind=test", "after 2 Kind=test"]);
    expect(flows[0]!.tags).toEqual(["seen"]);
    expect(flows[0]!.attributes).toEqual({ Kind: ["test"] });
    expect(report.script).toMatchObject({
      counters: { "flows seen": 2 },
      alarms: 4,
      flowsWithAlarms: 2,
    });
  });

  it("listens to one flow alone, after the rules", async () => {
    const seen: string[] = [];
    const script: Script = {
      onNewFlow: (_engine, _time, flow) => {
        if (flow.id !== 1) return;
        flow.on("receiveData", (_flow: unknown, data: { text(): string }, direction: string) => {
          seen.push(`${direction} ${data.text()}`);
        });
        flow.on("endConnection", (_flow: unknown, reason: string) => {
          seen.push(reason);
        });
      },
      rules: [{ on: "receiveData", eval: (flow) => void seen.push(`rule ${flow.id}`) }],
    };
    await runScripts([script], [...TALK, ...handshakeOf("c2", "s2", 2), "3.0 c2 PA 101 301 two"]);
    expect(seen).toEqual(["rule 1", "c2s hello", "rule 1", "s2c world!", "rule 2", "fin"]);
  });
});

describe("promises of several scripts", () => {
  it("keep the order of events and scripts, at the end of the capture too", async () => {
    const lines: string[] = [];
    const slow = (name: string): Script => {
      const note = async (text: string): Promise<void> => {
        await Promise.resolve();
        lines.push(`${name} ${text}`);
      };
      return {
        onPayload: (_engine, _time, _flow, _direction, position) => note(`octets ${position}`),
        onGap: (_engine, _time, _flow, _direction, position) => note(`gap ${position}`),
        onTerminateFlow: (_engine, _time, flow) => note(`end ${flow.id}`),
      };
    };
    await runScripts(
      [slow("a"), slow("b")],
      [...HANDSHAKE, "1.0 c PA 103 301 cd", "1.1 c PA 107 301 gh"],
    );
    expect(lines).toEqual(
      ["gap 0", "octets 2", "gap 4", "octets 6", "end 1"].flatMap((event) => [
        `a ${event}`,
        `b ${event}`,
      ]),
    );
  });
});

describe("promises", () => {
  const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

  it("are awaited in order, and buffers stay valid until they settle", async () => {
    const lines: string[] = [];
    const slow: Script = {
      setup: later,
      onNewFlow: async () => {
        await later();
        lines.push("new");
      },
      onPayload: async (_engine, _time, _flow, direction, position, buffer) => {
        await later();
        lines.push(`${direction} ${position} ${buffer.text()}`);
      },
      onTerminateFlow: async (_engine, _time, flow) => {
        await later();
        lines.push(`end ${flow.id}`);
      },
      teardown: async () => {
        await later();
        lines.push("teardown");
      },
    };
    const quick: string[] = [];
    await runScripts(
      [slow, recorder(quick)],
      [...TALK, ...handshakeOf("c2", "s2", 2), "3.0 c2 PA 101 301 two"],
    );
    expect(lines).toEqual([
      "new",
      "c2s 0 hello",
      "s2c 0 world!",
      "new",
      "c2s 0 two",
      "end 1",
      "end 2",
      "teardown",
    ]);
    expect(quick.filter((line) => line.includes("hello"))).toEqual(["1 c2s 0 hello"]);
  });
});
