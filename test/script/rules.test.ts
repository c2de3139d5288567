// Haka's rules as they are documented: who is called in which order, what ends an evaluation, what a
// dropped flow still does, and how streamed readers read and end.

import { describe, expect, it } from "vitest";
import type { ReadResult } from "../../src/script/read-result.ts";
import type { Reader, Script } from "../../src/script/script-api.ts";
import { rule, ruleGroup } from "../../src/script/define-script.ts";
import { HANDSHAKE, recorder, runScripts } from "./run-scripts.ts";

const TALK = [
  ...HANDSHAKE,
  "1.0 c PA 101 301 hello",
  "1.1 s PA 301 106 world!",
  "1.2 c FA 106 307",
  "1.3 s FA 307 107",
  "1.4 c A 107 308",
];

describe("a rule", () => {
  it("is called for its event, in the order of scripts and rules", async () => {
    const calls: string[] = [];
    const named = (name: string): Script => ({
      rules: [
        rule({
          on: "newConnection",
          eval: (flow, { flags }) => void calls.push(`${name} new ${flow.id} ${flags}`),
        }),
        rule({
          on: "receiveData",
          eval: (_flow, data, direction, at) =>
            void calls.push(`${name} ${direction} ${at} ${data.text()}`),
        }),
        rule({
          on: "endConnection",
          eval: (_flow, reason) => void calls.push(`${name} end ${reason}`),
        }),
      ],
    });
    await runScripts([named("a"), named("b")], TALK);
    expect(calls).toEqual([
      "a new 1 S",
      "b new 1 S",
      "a c2s 0 hello",
      "b c2s 0 hello",
      "a s2c 0 world!",
      "b s2c 0 world!",
      "a end fin",
      "b end fin",
    ]);
  });

  it("sees a packet before its state changes, the data once for all that a segment released", async () => {
    const calls: string[] = [];
    const script: Script = {
      rules: [
        rule({
          on: "receivePacket",
          eval: (flow, { flags }, direction) =>
            void calls.push(`${direction} ${flags} ${flow.state}`),
        }),
        rule({ on: "receiveData", eval: (_flow, data) => void calls.push(data.text()) }),
      ],
    };
    await runScripts(
      [script],
      [...HANDSHAKE, "1.0 c PA 103 301 cd", "1.1 c PA 105 301 ef", "1.2 c PA 101 301 ab"],
    );
    expect(calls).toEqual([
      "c2s S new",
      "s2c SA new",
      "c2s A new",
      "c2s PA established",
      "c2s PA established",
      "c2s PA established",
      "abcdef",
    ]);
  });

  it("that drops ends the evaluation; later packets of the flow vanish and are counted", async () => {
    const calls: string[] = [];
    const script: Script = {
      rules: [
        rule({
          on: "receivePacket",
          eval: (flow, { payloadLength }) => {
            calls.push(`first ${payloadLength}`);
            if (payloadLength > 0) flow.drop();
          },
        }),
        rule({
          on: "receivePacket",
          eval: (_flow, { payloadLength }) => void calls.push(`second ${payloadLength}`),
        }),
      ],
    };
    const { report, flows } = await runScripts([script], TALK);
    expect(calls).toEqual([
      "first 0",
      "second 0",
      "first 0",
      "second 0",
      "first 0",
      "second 0",
      "first 5",
    ]);
    expect(report.decode.outcomes.dropped).toBe(5);
    expect(flows[0]!.c2s.capturedBytes).toBe(0);
  });

  it("drops one packet by packet.drop(), the whole flow from newConnection", async () => {
    const one = await runScripts(
      [
        {
          rules: [
            rule({
              on: "receivePacket",
              eval: (_flow, packet) => {
                if (packet.payload.text() === "hello") packet.drop();
              },
            }),
          ],
        },
      ],
      TALK,
    );
    expect(one.report.decode.outcomes.dropped).toBe(1);
    expect(one.flows[0]!.s2c.writtenBytes).toBe(6);
    const all = await runScripts(
      [{ rules: [rule({ on: "newConnection", eval: (_flow, packet) => packet.drop() })] }],
      TALK,
    );
    expect(all.report.decode.outcomes.dropped).toBe(8);
  });

  it("that answers with a promise fails", async () => {
    const { report, scriptErrors } = await runScripts(
      [{ rules: [rule({ on: "receiveData", eval: () => Promise.reject(new Error("later")) })] }],
      TALK,
    );
    expect(report.script.exceptions).toBe(1);
    expect(scriptErrors![0]!.message).toMatch(/at once/);
  });
});

describe("a dropped flow", () => {
  it("stays dropped however long it goes on, but a new connection is judged anew", async () => {
    const seen: number[] = [];
    const script: Script = {
      onPacket: (_engine, _time, flow) => void seen.push(flow.id),
      rules: [
        rule({
          on: "newConnection",
          eval: (flow, packet) => {
            if (flow.id === 1) packet.drop();
          },
        }),
      ],
    };
    const tries = Array.from({ length: 10 }, (_, i) => `${(i + 1) * 100}.0 c PA 101 301 x`);
    const { report } = await runScripts([script], [...HANDSHAKE, ...tries]);
    expect(report.decode.outcomes.dropped).toBe(13);
    expect(new Set(seen)).toEqual(new Set([1]));
  });
});

describe("a rule group", () => {
  const run = async (answers: readonly unknown[], goesOn?: (result: unknown) => unknown) => {
    const calls: string[] = [];
    const group = ruleGroup({
      on: "newConnection",
      init: () => void calls.push("init"),
      rules: answers.map((answer, index) => () => {
        calls.push(`rule ${index}`);
        return answer;
      }),
      ...(goesOn === undefined
        ? {}
        : {
            continue: (result) => {
              calls.push(`continue ${String(result)}`);
              return goesOn(result);
            },
          }),
      final: (_flow, packet) => {
        calls.push("final");
        packet.drop();
      },
    });
    const { report } = await runScripts([{ rules: [group] }], TALK);
    return { calls, dropped: report.decode.outcomes.dropped };
  };

  it("calls init once, each rule and continue after it, and final where none ended it", async () => {
    expect(await run([false, false], (result) => result !== true)).toEqual({
      calls: ["init", "rule 0", "continue false", "rule 1", "continue false", "final"],
      dropped: 8,
    });
  });

  it("ends where continue says false, without final: the firewall's idiom", async () => {
    expect(await run([false, true, false], (result) => result !== true)).toEqual({
      calls: ["init", "rule 0", "continue false", "rule 1", "continue true"],
      dropped: 0,
    });
  });

  it("goes on by default, whatever rules answer", async () => {
    expect(await run([true, undefined])).toEqual({
      calls: ["init", "rule 0", "rule 1", "final"],
      dropped: 8,
    });
  });

  it("goes on where continue says nothing: only false ends it", async () => {
    expect((await run([1], () => undefined)).calls.at(-1)).toBe("final");
  });

  it("ends without continue and final where a rule drops", async () => {
    const calls: string[] = [];
    const group = ruleGroup({
      on: "receivePacket",
      rules: [(flow) => flow.drop(), () => void calls.push("second")],
      continue: () => void calls.push("continue"),
      final: () => void calls.push("final"),
    });
    const after: Script = {
      rules: [rule({ on: "receivePacket", eval: () => void calls.push("after") })],
    };
    await runScripts([{ rules: [group] }, after], TALK);
    expect(calls).toEqual([]);
  });
});

describe("a streamed rule", () => {
  /** Ten segments "Haka" from the client. */
  const HAKA = [
    ...HANDSHAKE,
    ...Array.from({ length: 10 }, (_, i) => `1.${i} c PA ${101 + 4 * i} 301 Haka`),
    "2.0 c FA 141 301",
    "2.1 s FA 301 142",
    "2.2 c A 142 302",
  ];
  const read = async (
    lines: readonly string[],
    evaluate: (reader: Reader, notes: unknown[]) => Promise<void>,
    options: { readonly scriptLimitMillis?: number } = {},
  ) => {
    const notes: unknown[] = [];
    const script: Script = {
      rules: [
        rule({
          on: "receiveData",
          streamed: true,
          eval: async (_flow, reader, direction) => {
            if (direction === "c2s") await evaluate(reader, notes);
          },
        }),
      ],
    };
    const { report } = await runScripts([script], lines, options);
    return { notes, exceptions: report.script.exceptions };
  };
  const textOf = (result: ReadResult | null): string | null =>
    result?.bytes.toString("latin1") ?? null;

  it("reads n octets at a time across segments, to the end", async () => {
    const { notes } = await read(HAKA, async (reader, notes) => {
      for (let part = await reader.read(12); part !== null; part = await reader.read(12)) {
        notes.push(`${part.position} ${textOf(part)}`);
      }
      notes.push(reader.reason);
    });
    expect(notes).toEqual([
      "0 HakaHakaHaka",
      "12 HakaHakaHaka",
      "24 HakaHakaHaka",
      "36 Haka",
      "fin",
    ]);
  });

  it("skips, reads all, and finds patterns", async () => {
    const { notes } = await read(HAKA, async (reader, notes) => {
      notes.push(await reader.skip(10));
      const found = await reader.until("kaH");
      notes.push([found!.position, textOf(found), found!.found]);
      const rest = await reader.all();
      notes.push(
        [rest.position, rest.bytes.length, rest.isCut],
        await reader.read(1),
        await reader.skip(5),
      );
      notes.push(await reader.until("x"), await reader.available());
    });
    expect(notes).toEqual([
      { length: 10, missing: 0 },
      [10, "kaH", true],
      [13, 27, false],
      null,
      { length: 0, missing: 0 },
      null,
      null,
    ]);
  });

  it("gives what is there, a piece a segment", async () => {
    const { notes } = await read(HAKA, async (reader, notes) => {
      for await (const part of reader) notes.push(textOf(part));
    });
    expect(notes).toEqual(Array.from({ length: 10 }, () => "Haka"));
  });

  it("shows a gap in the result, and stops short of it", async () => {
    const lines = [
      ...HANDSHAKE,
      "1.0 c PA 101 301 abcd",
      "1.1 c PA 110 301 klmn",
      "1.2 s A 301 114",
      "1.3 c PA 114 301 opqr",
      "2.0 c FA 121 301",
    ];
    const { notes } = await read(lines, async (reader, notes) => {
      for (let part = await reader.read(6); part !== null; part = await reader.read(6)) {
        notes.push([part.position, textOf(part), part.gaps]);
      }
      notes.push(reader.reason);
    });
    expect(notes).toEqual([
      [0, "abcd", []],
      [4, "klmnop", [{ position: 4, length: 5, cause: "ackedUnseen" }]],
      [15, "qr", []],
      [17, "", [{ position: 17, length: 3, cause: "neverAcked" }]],
      "open",
    ]);
  });

  it("skips over gaps and says how much was missing", async () => {
    const lines = [...HANDSHAKE, "1.0 c PA 101 301 abcd", "1.1 c PA 110 301 klmn"];
    const { notes } = await read(lines, async (reader, notes) => {
      notes.push(await reader.skip(6), textOf(await reader.available()), await reader.skip(9));
    });
    expect(notes).toEqual([{ length: 6, missing: 2 }, "klmn", { length: 0, missing: 0 }]);
  });

  it.each([
    ["fin", ["1.1 c FA 102 301", "1.2 s FA 301 103", "1.3 c A 103 302"]],
    ["rst", ["1.1 s R 301"]],
    ["open", []],
    ["timeout", ["5000.0 c2 S 5", "5000.1 s2 SA 6 6"]],
  ])("ends once with the reason %s", async (reason, lines) => {
    const { notes } = await read(
      [...HANDSHAKE, "1.0 c PA 101 301 a", ...lines],
      async (reader, notes) => {
        notes.push(textOf(await reader.all()), reader.reason, await reader.read(1), reader.reason);
      },
    );
    expect(notes).toEqual(["a", reason, null, reason]);
  });

  it("ends at once where the flow is dropped", async () => {
    const notes: unknown[] = [];
    const script: Script = {
      rules: [
        rule({
          on: "receiveData",
          streamed: true,
          eval: async (flow, reader) => {
            await reader.read(1);
            flow.drop();
            notes.push(textOf(await reader.all()), reader.reason);
          },
        }),
      ],
    };
    const { report } = await runScripts(
      [script],
      [...HANDSHAKE, "1.0 c PA 101 301 ab", "1.1 c PA 103 301 cd"],
    );
    expect(notes).toEqual(["b", "drop"]);
    expect(report.decode.outcomes.dropped).toBe(1);
  });

  it("is done with its stream when it returns, and is not called again", async () => {
    const { notes } = await read(HAKA, async (reader, notes) => {
      notes.push(textOf(await reader.read(4)));
    });
    expect(notes).toEqual(["Haka"]);
  });

  it("that throws is detached; other scripts go on", async () => {
    const lines: string[] = [];
    const bad: Script = {
      rules: [
        rule({
          on: "receiveData",
          streamed: true,
          eval: async (_flow, reader) => {
            await reader.read(4);
            throw new Error("enough");
          },
        }),
      ],
    };
    const { report, scriptErrors } = await runScripts([bad, recorder(lines)], HAKA);
    expect(report.script.exceptions).toBe(1);
    expect(scriptErrors![0]!.message).toContain("enough");
    expect(lines.length).toBe(12);
  });

  it("that holds back too much holds the run back, until it reads", async () => {
    const big = "x".repeat(1400);
    const lines = [
      ...HANDSHAKE,
      ...Array.from({ length: 1600 }, (_, i) => `1.0 c PA ${101 + 1400 * i} 301 ${big}`),
    ];
    let most = 0;
    const { notes, exceptions } = await read(lines, async (reader, notes) => {
      let total = 0;
      for (let part = await reader.available(); part !== null; part = await reader.available()) {
        total += part.bytes.length;
        most = Math.max(most, part.bytes.length);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      notes.push(total);
    });
    expect(notes).toEqual([1600 * 1400]);
    expect(exceptions).toBe(0);
    expect(most).toBeLessThanOrEqual(1024 * 1024 + 1400);
  });

  it("that never reads on is taken out of the run", async () => {
    const big = "x".repeat(1400);
    const lines = [
      ...HANDSHAKE,
      ...Array.from({ length: 1000 }, (_, i) => `1.0 c PA ${101 + 1400 * i} 301 ${big}`),
    ];
    const { exceptions } = await read(lines, () => new Promise<void>(() => undefined), {
      scriptLimitMillis: 20,
    });
    expect(exceptions).toBe(1);
  });
});
