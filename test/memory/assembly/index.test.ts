// Records as the fast path takes them from a block, and times: which records are left to the reader, and where a call
// has to end because somebody else has something to do first.

import { describe, expect, it } from "vitest";
import type { BuiltPacket, PcapOptions } from "../../support/capture-builder.ts";
import { pcapFile } from "../../support/capture-builder.ts";
import { concat, tcpPacket } from "../../support/packet-builder.ts";
import type { Choices } from "../../support/both-ways.ts";
import { expectSameRuns, expectSameStats } from "../../support/both-ways.ts";
import type { Sent } from "../../support/talk.ts";
import { captureOf, inTurns, Talk } from "../../support/talk.ts";

const FILE_HEADER = 24;

/** Packets of a connection in full swing, at seconds of their own. */
function spread(times: readonly number[], settings = {}): BuiltPacket[] {
  const talk = new Talk(settings);
  const begin = captureOf([...talk.begin(), ...talk.exchange("c2s", 2, 30)], times[0]);
  const later = times.map((seconds, i) => {
    const packets = i % 2 === 0 ? [talk.send("c2s", 20), talk.ack("s2c")] : [talk.send("s2c", 9)];
    return captureOf(packets, seconds);
  });
  return [...begin, ...later.flat()];
}

describe("records", () => {
  const talk = new Talk();
  const packets = [...talk.begin(), ...talk.exchange("c2s", 20, 60)];
  const capture = captureOf(packets);
  /** The capture with a record changed: the one before the last data segment but nine. */
  const withRecord = (change: (record: BuiltPacket) => BuiltPacket) =>
    capture.map((record, i) => (i === 25 ? change(record) : record));

  it.each<[string, (record: BuiltPacket) => BuiltPacket]>([
    ["longer on the wire", (one) => ({ ...one, originalLength: one.bytes.length + 6 })],
    ["shorter on the wire", (one) => ({ ...one, originalLength: one.bytes.length - 6 })],
    [
      "whose padding was not captured",
      (one) => ({ ...one, bytes: concat(one.bytes, "pad"), originalLength: one.bytes.length + 9 }),
    ],
    ["with a second that was not carried", (one) => ({ ...one, nanos: 1_500_000_000 })],
    ["with an impossible fraction", (one) => ({ ...one, nanos: 2_500_000_000 })],
    ["that is empty", (one) => ({ ...one, bytes: new Uint8Array(0) })],
    [
      "longer than any that is believed",
      (one) => ({ ...one, bytes: concat(one.bytes, new Uint8Array(400_000)) }),
    ],
  ])("are left to the reader: one %s", async (_, change) => {
    const changed = withRecord(change);
    for (const resolution of ["micro", "nano"] as const) {
      const { taken } = await expectSameStats([pcapFile(changed, { resolution })]);
      expect(taken).toBeGreaterThan(15);
    }
  });

  it.each([1, 5, 15, 16, 17, 40, 69])(
    "are left to the reader: the last one, %i octets short",
    async (cut) => {
      const octets = pcapFile(capture);
      const { taken } = await expectSameStats([octets.subarray(0, octets.length - cut)]);
      expect(taken).toBeGreaterThan(30);
    },
  );

  it.each([1, 8, 12, 70, 500])("are left to the reader: %i damaged octets", async (length) => {
    const octets = pcapFile(capture);
    octets.fill(0xee, octets.length - 900, octets.length - 900 + length);
    const { taken } = await expectSameRuns([octets]);
    expect(taken).toBeGreaterThan(20);
  });

  it.each<[string, PcapOptions]>([
    ["big-endian", { endian: "big" }],
    ["with a frame check sequence", { fcsLength: 4 }],
    ["with longer headers", { magic: 0xa1b2cd34 }],
    ["of an old version", { version: [2, 2] }],
    ["whose lengths may be exchanged", { version: [2, 3] }],
    ["of another link type", { linkType: 113 }],
  ])("are left to the reader, all of them: a file %s", async (_, options) => {
    const { taken } = await expectSameStats([pcapFile(capture, options)]);
    expect(taken).toBe(0);
  });

  it("are numbered on from file to file", async () => {
    const files = [0, 9, 20, 21, 33].map((from, i, all) =>
      pcapFile(capture.slice(from, all[i + 1])),
    );
    const odd = pcapFile(capture.slice(33), { resolution: "nano" });
    const { taken, packets } = await expectSameRuns([...files.slice(0, 4), odd]);
    expect(packets).toBe(capture.length);
    expect(taken).toBeGreaterThan(28);
    await expectSameStats([files[1]!, files[0]!, files[3]!, files[2]!, files[1]!]);
  });

  it("lie across the borders of blocks", async () => {
    const sides = [
      new Talk(),
      new Talk({ clientPort: 1, padTo: 60, hasTimestamps: true }),
    ] as const;
    const many: Sent[] = sides.flatMap((side) => side.begin());
    for (let count = 0; count < 1100; count++) {
      many.push(sides[0].send("s2c", 1100 + (count % 200)), sides[1].ack("c2s"));
    }
    const octets = pcapFile(captureOf(many));
    expect(octets.length).toBeGreaterThan(FILE_HEADER + 1.2 * 1024 * 1024);
    const { taken } = await expectSameRuns([octets]);
    expect(taken).toBeGreaterThan(many.length * 0.95);
  });

  it("are of more flows in turn than one call has room for", async () => {
    const sides = [new Talk(), new Talk({ clientPort: 1 })] as const;
    const begin = sides.flatMap((side) => [...side.begin(), side.send("c2s", 5)]);
    const rounds = Array.from({ length: 2300 }, () => sides.map((side) => side.ack("s2c"))).flat();
    const { taken } = await expectSameStats([pcapFile(captureOf([...begin, ...rounds]))]);
    expect(taken).toBeGreaterThan(4590);
  });
});

const SHORT = { new: 2, established: 2, closing: 2, closed: 2, reset: 2 };

describe("times", () => {
  /** When packets come, how many the fast path takes at least, and options. */
  const CASES: readonly (readonly [string, readonly number[], number, Choices?])[] = [
    ["that step back, and on", [1000, 1005, 1003, 1004, 1006, 999, 1007, 1007.5], 6],
    ["that step back in a second", [1000, 1000.9, 1000.2, 1000.8, 1000.9, 1000.95], 4],
    ["that step forward by an hour", [1000, 1001, 4601, 4602, 8203, 8204], 4],
    ["that step forward by more, believed or not", [1000, 1001, 9001, 1002, 9003, 9004, 1005], 2],
    ["of which one alone is wild", [1000, 1001, 90_000, 1002, 1003, 1004, 1004.5], 4],
    ["that are the last there are", [4_294_967_290, 4_294_967_294, 4_294_967_295], 1],
    ["of which the first is wild", [90_000, 1000, 1001, 1002], 2],
    [
      "that step forward by more, and nothing ever expires",
      [1000, 9001, 1002, 9003, 1004, 1005],
      1,
      { timeouts: null },
    ],
    ["without timeouts", [1000, 1500, 3000, 6000, 6001], 4, { timeouts: null }],
    ["with the usual timeouts", [1000, 1100, 1709, 1710, 2400, 2401, 3500], 4],
    [
      "with short timeouts",
      [1000, 1001, 1002.9, 1004.8, 1007, 1008.99, 1011],
      4,
      { timeouts: SHORT },
    ],
    [
      "with timeouts of half a second",
      [1000, 1000.2, 1000.6, 1001.2, 1001.5],
      0,
      { timeouts: { new: 0.5, established: 0.5, closing: 0.5, closed: 0.5, reset: 0.5 } },
    ],
  ];

  it.each(CASES.map(([name, at, least, choices]) => ({ name, at, least, choices })))(
    "tell the same: $name",
    async ({ at, least, choices }) => {
      const capture = spread(at);
      const { taken } = await expectSameRuns([pcapFile(capture, { resolution: "nano" })], choices);
      expect(taken).toBeGreaterThanOrEqual(least);
    },
  );

  it("end flows that are silent while others speak", async () => {
    const talks = Array.from({ length: 6 }, (_, i) => new Talk({ clientPort: 100 + i }));
    const capture = captureOf(talks.flatMap((talk) => talk.begin()));
    for (let tenth = 1; tenth < 120; tenth++) {
      // Every one has pauses of its own: a tenth of a second to nearly five.
      const speaking = talks.filter((_, i) => tenth % (i * 9 + 1) === 0);
      const packets = speaking.map((talk) => talk.send(tenth % 3 === 0 ? "s2c" : "c2s", 3));
      const late = tenth % 50 === 7 ? [talks[5]!.ack("s2c")] : [];
      capture.push(...captureOf(inTurns(packets, late), 1000 + tenth / 10));
    }
    for (const established of [2, 2.5, 3, 5]) {
      const timeouts = { ...SHORT, new: 4, established };
      const { taken } = await expectSameStats([pcapFile(capture)], { timeouts });
      expect(taken).toBeGreaterThan(60);
    }
  });

  it("decide who is idle longest where there are too many flows", async () => {
    const talks = Array.from({ length: 12 }, (_, i) => new Talk({ clientPort: 100 + i }));
    const capture: BuiltPacket[] = [];
    for (const [i, talk] of talks.entries()) {
      const known = talks.slice(Math.max(0, i - 5), i);
      const spoken = [...known.filter((_, k) => (i + k) % 2 === 0), ...known.slice(0, 2)];
      const packets = [...talk.begin(), ...spoken.map((one) => one.send("c2s", 4))];
      // All at the same time, now and then: then the order in which they spoke decides.
      const records = packets.map((fields) => ({
        seconds: 1000 + (i >> 2),
        bytes: tcpPacket(fields),
      }));
      capture.push(...records);
    }
    const { flows } = await expectSameRuns([pcapFile(capture)], { maxFlows: 4 });
    expect(flows.filter(({ end }) => end === "evicted").length).toBeGreaterThan(6);
  });

  it("of a file may begin before the file before it ended", async () => {
    const files = [1000, 3000, 2000, 2000.5].map((seconds, i) =>
      pcapFile(spread([seconds, seconds + 1, seconds + 2], { clientPort: 7 + (i >> 1) })),
    );
    const { taken } = await expectSameRuns(files);
    expect(taken).toBeGreaterThan(10);
  });
});
