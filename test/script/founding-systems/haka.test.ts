// A walk through Haka's TCP connection module: when each event comes, the group that is a firewall, the
// cases of its own test of blocking readers, and the ends that its readers never saw.

import { describe, expect, it } from "vitest";
import { rule, ruleGroup } from "../../../src/script/define-script.ts";
import type { Reader, Script } from "../../../src/script/script-api.ts";
import { HANDSHAKE, handshakeOf, runScripts } from "../run-scripts.ts";

const CLOSE = ["2.0 c FA 141 301", "2.1 s FA 301 142", "2.2 c A 142 302"];
/** Ten segments "Haka" (vbuffer_stream_blocking). */
const HAKA = [
  ...HANDSHAKE,
  ...Array.from({ length: 10 }, (_, i) => `1.${i} c PA ${101 + 4 * i} 301 Haka`),
  ...CLOSE,
];

/** What a streamed rule notes of the client's stream. */
async function reading(
  lines: readonly string[],
  evaluate: (reader: Reader, notes: unknown[]) => Promise<void>,
): Promise<unknown[]> {
  const notes: unknown[] = [];
  const streamed = rule({
    on: "receiveData",
    streamed: true,
    eval: async (_flow, reader, direction) => {
      if (direction === "c2s") await evaluate(reader, notes);
    },
  });
  const { report } = await runScripts([{ rules: [streamed] }], lines);
  expect(report.script.exceptions).toBe(0);
  return notes;
}

describe("events (H04 to H07)", () => {
  it("new connection before its first packet, packets before their state, data, end once", async () => {
    const calls: string[] = [];
    const rules = [
      rule({
        on: "newConnection",
        eval: (flow, { flags }) => void calls.push(`new ${flags} ${flow.state}`),
      }),
      rule({
        on: "receivePacket",
        eval: (flow, { flags, payloadLength }, direction) =>
          void calls.push(`packet ${direction} ${flags}+${payloadLength} ${flow.state}`),
      }),
      rule({ on: "receiveData", eval: (_flow, data) => void calls.push(`data ${data.text()}`) }),
      rule({ on: "endConnection", eval: (_flow, reason) => void calls.push(`end ${reason}`) }),
    ];
    await runScripts(
      [{ rules }],
      [
        ...HANDSHAKE,
        "1.0 c PA 103 301 cd",
        "1.1 c PA 101 301 ab",
        "1.2 c FA 105 301",
        "1.3 s FA 301 106",
        "1.4 c A 106 302",
        "1.5 c A 106 302",
      ],
    );
    expect(calls).toEqual([
      "new S new",
      "packet c2s S+0 new",
      "packet s2c SA+0 new",
      "packet c2s A+0 new",
      // Out of order: a packet, but no data yet; then one call for both.
      "packet c2s PA+2 established",
      "packet c2s PA+2 established",
      "data abcd",
      "packet c2s FA+0 established",
      "packet s2c FA+0 closing",
      "packet c2s A+0 closed",
      "packet c2s A+0 closed",
      "end fin",
    ]);
  });

  it("the address of the initiator in both directions (H08)", async () => {
    const ports = new Set<number>();
    const script: Script = {
      rules: [rule({ on: "receivePacket", eval: (flow) => void ports.add(flow.client.port) })],
    };
    await runScripts([script], HAKA);
    expect([...ports]).toEqual([40_000]);
  });

  it("the new tail of a retransmission, and data behind a duplicated segment, are not lost", async () => {
    const calls: string[] = [];
    const rules = [rule({ on: "receiveData", eval: (_f, data) => void calls.push(data.text()) })];
    await runScripts(
      [{ rules }],
      [
        ...HANDSHAKE,
        "1.0 c PA 103 301 cd",
        "1.1 c PA 103 301 cd",
        "1.2 c PA 105 301 ef",
        "1.3 c PA 101 301 ab",
        "1.4 c PA 105 301 efgh",
      ],
    );
    expect(calls).toEqual(["abcdef", "gh"]);
  });
});

describe("the firewall's group (H38 to H40)", () => {
  it("init, rules until one says true, final for the others; a dropped flow vanishes to its end", async () => {
    const calls: string[] = [];
    const group = ruleGroup({
      on: "newConnection",
      init: (flow) => void calls.push(`init ${flow.id}`),
      rules: [
        (flow) => {
          calls.push(`first ${flow.id}`);
          return flow.client.port === 40_000;
        },
        (flow) => {
          calls.push(`second ${flow.id}`);
          return false;
        },
      ],
      continue: (result) => result !== true,
      final: (flow, packet) => {
        calls.push(`final ${flow.id}`);
        packet.drop();
      },
    });
    const next: Script = {
      rules: [rule({ on: "newConnection", eval: (flow) => void calls.push(`next ${flow.id}`) })],
    };
    const lines = [...HANDSHAKE, ...handshakeOf("c2", "s2", 1), "2.0 c2 PA 101 301 vanishes"];
    const { report } = await runScripts([{ rules: [group] }, next], lines);
    expect(calls).toEqual([
      "init 1",
      "first 1",
      "next 1",
      "init 2",
      "first 2",
      "second 2",
      "final 2",
    ]);
    expect(report.decode.outcomes.dropped).toBe(4);
    expect(report.flows.filtered).toBe(1);
  });
});

describe("blocking readers (H26 to H30)", () => {
  it("advance(10) makes five steps of forty octets", async () => {
    const steps = await reading(HAKA, async (reader, notes) => {
      for (let step = await reader.skip(10); step.length > 0; step = await reader.skip(10)) {
        notes.push(step.length);
      }
      notes.push(reader.position);
    });
    expect(steps).toEqual([10, 10, 10, 10, 40]);
  });

  it("sub(10) gives four pieces, sub('all') forty octets, foreach_available ten pieces of four", async () => {
    expect(
      await reading(HAKA, async (reader, notes) => {
        for (let part = await reader.read(10); part !== null; part = await reader.read(10)) {
          notes.push(part.bytes.toString("latin1"));
        }
      }),
    ).toEqual(["HakaHakaHa", "kaHakaHaka", "HakaHakaHa", "kaHakaHaka"]);
    expect(
      await reading(HAKA, async (reader, notes) => {
        notes.push((await reader.all()).bytes.length);
      }),
    ).toEqual([40]);
    expect(
      await reading(HAKA, async (reader, notes) => {
        for await (const part of reader) notes.push(part.bytes.length);
      }),
    ).toEqual(Array.from({ length: 10 }, () => 4));
  });

  it("a function that has returned is not called again for its stream", async () => {
    const calls = await reading(HAKA, async (reader, notes) => {
      notes.push((await reader.read(4))!.position);
    });
    expect(calls).toEqual([0]);
  });

  it("a gap shows in what is read; behind it the stream goes on", async () => {
    const lines = [...HANDSHAKE, "1.0 c PA 101 301 ab", "1.1 c PA 105 301 ef", "1.2 s A 301 107"];
    const parts = await reading(lines, async (reader, notes) => {
      for await (const part of reader) {
        notes.push([part.bytes.toString("latin1"), part.gaps.map((gap) => gap.length)]);
      }
      notes.push(reader.reason);
    });
    expect(parts).toEqual([["ab", []], ["", [2]], ["ef", []], "open"]);
  });

  it.each([
    ["rst", ["1.5 s R 301"], "HakaHaka"],
    ["drop", ["1.5 c PA 109 301 drop"], "HakaHaka"],
  ])("one that waits ends at %s, once, with what was there", async (reason, lines, text) => {
    const notes: unknown[] = [];
    const script: Script = {
      rules: [
        rule({
          on: "receivePacket",
          eval: (flow, { payload }) => {
            if (payload.text() === "drop") flow.drop();
          },
        }),
        rule({
          on: "receiveData",
          streamed: true,
          eval: async (_flow, reader) => {
            notes.push((await reader.all()).bytes.toString("latin1"), reader.reason);
          },
        }),
      ],
    };
    await runScripts([script], [...HAKA.slice(0, 5), ...lines]);
    expect(notes).toEqual([text, reason]);
  });
});
