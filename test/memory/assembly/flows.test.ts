// Flows as the fast path finds them: every flow that the table knows, whatever the index does meanwhile, and no flow of
// another key, however near.

import { describe, expect, it } from "vitest";
import { SegmentCursor } from "../../../src/decode/segment-cursor.ts";
import { CaptureClock } from "../../../src/flow/capture-clock.ts";
import { FlowTable } from "../../../src/flow/flow-table.ts";
import { StreamExtras } from "../../../src/reassembly/stream-cursor.ts";
import { pcapFile } from "../../support/capture-builder.ts";
import { expectSameRuns, expectSameStats } from "../../support/both-ways.ts";
import type { Sent, TalkSettings } from "../../support/talk.ts";
import { captureOf, inTurns, Talk } from "../../support/talk.ts";

/** Packets of `begin` that the fast path can't take: of the seven all but the last acknowledgment. */
const BEGIN_MISSED = 6;

/** The flow of a number: many addresses and ports, every second IPv6, words of 0 in some. */
function settingsOf(number: number): TalkSettings {
  const clientPort = 1024 + (number % 7);
  const low = `${(number >> 8) & 0xff}.${number & 0xff}`;
  if (number % 2 === 0) return { client: `10.9.${low}`, clientPort };
  const prefixes = ["::10.9.", "2001:db8::10.9.", "::1:10.9.", "0:1::10.9.", "1::10.9."];
  return { client: `${prefixes[number % 5]}${low}`, server: "2001:db8::9", clientPort };
}

/** A new connection, of which the fast path can take nothing yet: what comes from the client next it can. */
function open(talks: Talk[]): Sent[] {
  const talk = new Talk(settingsOf(talks.length));
  talks.push(talk);
  return [...talk.handshake(), talk.send("c2s", 2)];
}

describe("the index as the fast path reads it", () => {
  it("holds every flow, while it grows, too", async () => {
    // At 768 flows a table of twice the size is begun, and 16 entries a new flow move over.
    const talks: Talk[] = [];
    const packets = Array.from({ length: 766 }, () => open(talks)).flat();
    let further = 0;
    for (let opened = 0; opened < 70; opened++) {
      packets.push(...open(talks));
      for (let i = opened % 29; i < talks.length; i += 29, further++) {
        packets.push(talks[i]!.send("c2s", 1 + (i % 5)));
      }
    }
    const run = await expectSameStats([pcapFile(captureOf(packets))]);
    expect(run.flows.length).toBe(talks.length);
    expect(run.taken).toBe(further);
  });

  it.each([0, 1, 0x7fff_fff1, 0xdead_beef])(
    "is asked by the same hash (seed %i)",
    async (hashSeed) => {
      const talks: Talk[] = [];
      const packets = Array.from({ length: 30 }, () => open(talks)).flat();
      packets.push(...talks.map((talk) => talk.send("c2s", 3)));
      const run = await expectSameStats([pcapFile(captureOf(packets))], { hashSeed });
      expect(run.taken).toBe(talks.length);
    },
  );

  it("holds flows while others end, and their slots are used again", async () => {
    const talks: Talk[] = [];
    const packets: Sent[] = [];
    let further = 0;
    for (let opened = 0; opened < 150; opened++) {
      packets.push(...open(talks));
      for (const talk of talks.slice(-10)) {
        packets.push(talk.send("c2s", 1 + (opened % 5)));
        further++;
      }
    }
    const run = await expectSameStats([pcapFile(captureOf(packets))], { maxFlows: 20 });
    expect(run.flows.length).toBe(talks.length);
    expect(run.taken).toBe(further);
  });
});

describe("more flows than there are tables for", () => {
  it("are told the same: the others take the long way", async () => {
    // A small capture has tables for 4096.
    const talks: Talk[] = [];
    const packets = Array.from({ length: 200 }, () => open(talks)).flat();
    const early = talks.slice();
    for (let i = 0; i < 4300; i++) {
      const talk = new Talk({ client: `10.8.${i >> 8}.${i & 0xff}`, clientPort: 9 });
      packets.push(talk.handshake()[0]!);
      if (i % 10 === 0) packets.push(early[(i / 10) % 200]!.send("c2s", 3));
    }
    for (const talk of talks.concat(early)) packets.push(talk.send("c2s", 4), talk.ack("s2c"));
    const run = await expectSameStats([pcapFile(captureOf(packets))]);
    expect(run.flows.length).toBe(200 + 4300);
    expect(run.taken).toBeGreaterThan(300);
  });
});

const V6 = { client: "2001:db8:1:2:3:4:5:6", server: "2001:db8:1:2:3:4:5:7" };

/** Two connections that differ in nothing but this. */
const NEIGHBOURS: readonly (readonly [string, TalkSettings, TalkSettings])[] = [
  ["the client's port", { clientPort: 5000 }, { clientPort: 5001 }],
  ["the server's port", { serverPort: 80 }, { serverPort: 81 }],
  ["the client's address", { client: "10.0.0.1" }, { client: "10.0.0.3" }],
  ["the server's address", { server: "10.0.0.2" }, { server: "10.0.0.4" }],
  [
    "which address has which port",
    { client: "10.0.0.1", server: "10.0.0.2" },
    { client: "10.0.0.2", server: "10.0.0.1" },
  ],
  [
    "the IP version",
    { client: "10.0.0.1", server: "10.0.0.2" },
    { client: "::10.0.0.1", server: "::10.0.0.2" },
  ],
  ...[
    "3001:db8:1:2:3:4:5:",
    "2001:db8:9:2:3:4:5:",
    "2001:db8:1:2:3:9:5:",
    "2001:db8:1:2:3:4:9:",
  ].flatMap((prefix, word): [string, TalkSettings, TalkSettings][] => [
    [`word ${word} of the client's address`, V6, { ...V6, client: `${prefix}6` }],
    [`word ${word} of the server's address`, V6, { ...V6, server: `${prefix}7` }],
  ]),
];

/**
 * Two connections in turns, each of the second one's segments with the very number that the first one expects: what is
 * taken for the other's is in order there.
 */
function alternating(one: TalkSettings, other: TalkSettings): Sent[] {
  const first = new Talk({ ...one, isn: { c2s: 1000, s2c: 5000 } });
  const second = new Talk({ ...other, isn: { c2s: 1100, s2c: 5100 } });
  const begin = [...first.begin(), ...second.begin()];
  const turns = (["c2s", "s2c"] as const).flatMap((from) =>
    Array.from({ length: 4 }, () => [first.send(from, 100), second.send(from, 100)]).flat(),
  );
  return [...begin, ...turns, ...first.fins(), ...second.fins()];
}

/** Two keys that the table's index has under one hash. */
function sameHash(): [TalkSettings, TalkSettings] {
  const table = new FlowTable(new CaptureClock(), new StreamExtras(), null, 0);
  const segment = new SegmentCursor();
  segment.source3 = 0x0a00_0001;
  segment.destination3 = 0x0a00_0002;
  const seen = new Map<number, TalkSettings>();
  for (let number = 0; ; number++) {
    segment.sourcePort = 1000 + (number & 0xfff);
    segment.destinationPort = 1000 + (number >> 12);
    const settings = { clientPort: segment.sourcePort, serverPort: segment.destinationPort };
    const hash = table.hash(segment, 0);
    const earlier = seen.get(hash);
    if (earlier !== undefined) return [earlier, settings];
    seen.set(hash, settings);
  }
}

describe("connections that are nearly the same", () => {
  it.each(NEIGHBOURS.map(([name, one, other]) => ({ name, one, other })))(
    "are told apart: $name",
    async ({ one, other }) => {
      const packets = alternating(one, other);
      const { taken, flows } = await expectSameStats([pcapFile(captureOf(packets))]);
      expect(flows.map(({ c2s, s2c }) => [c2s.writtenBytes, s2c.writtenBytes])).toEqual([
        [410, 410],
        [410, 410],
      ]);
      expect(taken).toBe(packets.length - 2 * (BEGIN_MISSED + 3));
    },
  );

  it("are told apart where their hashes are the same", async () => {
    const packets = alternating(...sameHash());
    const { taken } = await expectSameRuns([pcapFile(captureOf(packets))]);
    expect(taken).toBe(packets.length - 2 * (BEGIN_MISSED + 3));
  });

  it.each(["separate", "ignore", "first"] as const)(
    "but for a tag are what --vlan says: %s",
    async (vlan) => {
      const plain = alternating({}, { clientPort: 40_001 });
      const tagged = alternating({}, {}).map((fields) => ({ ...fields, vlans: [{ id: 5 }] }));
      const priority = new Talk({ clientPort: 40_002 });
      const mixed = [...priority.begin(), ...priority.exchange("c2s", 6, 20)].map((fields, i) =>
        i % 3 === 0 ? { ...fields, vlans: [{ id: i % 2 === 0 ? 0 : 6 }] } : fields,
      );
      const packets = inTurns<Sent>(plain, tagged, mixed);
      const { taken } = await expectSameRuns([pcapFile(captureOf(packets))], { vlan });
      if (vlan !== "first") expect(taken).toBeGreaterThan(10);
    },
  );

  it("and one behind the other on one key are told apart, stragglers too", async () => {
    const first = new Talk();
    const second = new Talk({ isn: { c2s: 2 ** 30, s2c: 2 ** 31 + 5 } });
    const third = new Talk({ isn: { c2s: 2 ** 31, s2c: 2 ** 30 } });
    const before = [...first.begin(), ...first.exchange("c2s", 3, 100)];
    const stragglers = [first.send("c2s", 50), first.ack("s2c"), first.send("c2s", 50)];
    const packets = [
      ...before,
      ...second.begin(),
      ...inTurns(second.exchange("c2s", 4, 70), stragglers),
      ...third.begin(),
      ...inTurns(third.exchange("s2c", 4, 30), second.exchange("c2s", 3, 10), first.fins()),
    ];
    const { taken } = await expectSameRuns([pcapFile(captureOf(packets))]);
    expect(taken).toBeGreaterThan(15);
  });
});
