// Streams with holes: what is taken of them, and which holes have to be left to the reassembler. Whatever is left out
// there shows in the gaps of the flow, in its counts or in its file.

import { describe, expect, it } from "vitest";
import { pcapFile } from "../../support/capture-builder.ts";
import type { TcpPacketFields } from "../../support/packet-builder.ts";
import { tcpPacket, uint32 } from "../../support/packet-builder.ts";
import { RandomSource } from "../../support/random-source.ts";
import type { Choices } from "../../support/both-ways.ts";
import { expectSameRuns } from "../../support/both-ways.ts";
import { expectSameEngines } from "../../support/engine-both-ways.ts";
import type { Direction, Sent } from "../../support/talk.ts";
import { itTellsTheSame } from "../../support/talk-cases.ts";
import type { TalkCase } from "../../support/talk-cases.ts";
import { captureOf, inTurns, Talk } from "../../support/talk.ts";

/** `lost` octets of a side that are not captured. */
function lose(talk: Talk, from: Direction, lost: number): void {
  talk.seq[from] = (talk.seq[from] + lost) >>> 0;
}

/** `count` times: a loss, octets behind it, the other side's acknowledgment. */
function lossy(talk: Talk, from: Direction, count: number, lost = 10, length = 20): Sent[] {
  const other = from === "c2s" ? "s2c" : "c2s";
  return Array.from({ length: count }, () => {
    lose(talk, from, lost);
    return [talk.send(from, length), talk.ack(other)];
  }).flat();
}

/** `count` times: a loss of the client's, and octets behind it. */
function holes(talk: Talk, count: number): TcpPacketFields[] {
  return Array.from({ length: count }, () => {
    lose(talk, "c2s", 7);
    return talk.send("c2s", 11);
  });
}

/** A connection in full swing, whose sides both have a hole and an acknowledgment beyond it. */
function established(more: (talk: Talk) => readonly Sent[], settings = {}): Sent[] {
  const talk = new Talk(settings);
  const begin = [...talk.begin(), ...lossy(talk, "c2s", 1), ...lossy(talk, "s2c", 1)];
  return [...begin, talk.ack("s2c"), talk.ack("c2s"), ...more(talk)];
}

const sack = (left: number, right: number) => [1, 1, 5, 10, ...uint32(left), ...uint32(right)];

/** What comes, and how many packets of it the fast path takes at least. */
const CASES: readonly TalkCase[] = [
  [
    "holes on both sides",
    30,
    established((talk) => [...lossy(talk, "c2s", 10), ...lossy(talk, "s2c", 10)]),
  ],
  [
    "holes that are filled, in part and whole",
    8,
    established((talk) => {
      const lost = [talk.send("c2s", 30), talk.ack("s2c")];
      const later = lossy(talk, "c2s", 3);
      const more = talk.send("c2s", 40);
      return [...later, ...lost, ...lossy(talk, "c2s", 2, 50), more, talk.ack("s2c")];
    }),
  ],
  [
    "a segment behind a hole, twice and again",
    3,
    established((talk) => {
      lose(talk, "c2s", 40);
      const behind = talk.send("c2s", 30);
      return [behind, behind, { ...behind, id: 999 }, talk.ack("s2c"), talk.send("c2s", 9)];
    }),
  ],
  [
    "a single octet behind a hole",
    2,
    established((talk) => [...lossy(talk, "c2s", 2, 1, 1), ...lossy(talk, "c2s", 2, 5, 1)]),
  ],
  [
    "acknowledgments with a number ahead",
    1,
    established((talk) => [
      talk.ack("c2s", { seq: talk.seq.c2s + 30 }),
      talk.send("c2s", 10),
      talk.ack("c2s", { seq: talk.seq.c2s + 30 }),
    ]),
  ],
  ...[16_383, 16_384, 16_385, 40_000].map((lost): [string, number, Sent[]] => [
    `holes of ${lost} octets`,
    3,
    established((talk) => [...lossy(talk, "c2s", 4, lost), ...talk.exchange("c2s", 2, 1000)]),
  ]),
  [
    "holes up to what is believed, and farther",
    3,
    established((talk) => [
      ...lossy(talk, "c2s", 1, 50),
      ...lossy(talk, "c2s", 1, 51),
      ...lossy(talk, "c2s", 1, 20),
      ...lossy(talk, "s2c", 3, 51),
      ...talk.exchange("s2c", 3, 10),
    ]),
    { maxJump: 50 },
  ],
  [
    "a jump that waits for its witness, and holes meanwhile",
    2,
    established((talk) => {
      const far = { ...talk.ack("c2s", { seq: talk.seq.c2s + 300 }), payload: "far away" };
      return [
        far,
        ...lossy(talk, "c2s", 3, 40, 10),
        talk.send("c2s", 90),
        talk.send("c2s", 90),
        talk.ack("s2c"),
        talk.ack("s2c", { ack: talk.seq.c2s + 50 }),
        ...lossy(talk, "c2s", 3, 10),
      ];
    }),
    { maxJump: 100 },
  ],
  [
    "a jump that an acknowledgment confirms",
    2,
    established((talk) => [
      { ...talk.ack("c2s", { seq: talk.seq.c2s + 150 }), payload: "far away" },
      talk.send("c2s", 90),
      talk.ack("s2c", { ack: talk.seq.c2s + 68 }),
      talk.ack("s2c", { ack: talk.seq.c2s + 68 }),
    ]),
    { maxJump: 100 },
  ],
  [
    "an acknowledgment that is doubted, and holes meanwhile",
    2,
    established((talk) => [
      talk.ack("s2c", { ack: talk.seq.c2s + 150 }),
      ...lossy(talk, "c2s", 2, 40, 10),
      talk.send("c2s", 90),
      talk.ack("s2c", { ack: talk.seq.c2s + 130 }),
      ...lossy(talk, "c2s", 3, 10),
    ]),
    { maxJump: 100 },
  ],
  [
    "the first hole that is acknowledged",
    2,
    ((talk) => {
      const begin = talk.begin();
      lose(talk, "s2c", 9);
      const behind = [talk.send("s2c", 20, {}), talk.send("s2c", 20)];
      const before = talk.ack("c2s", { ack: talk.seq.s2c - 45 });
      return [...begin, ...behind, before, talk.ack("c2s"), talk.send("c2s", 5), talk.ack("c2s")];
    })(new Talk()),
  ],
  [
    "blocks that the other side holds",
    6,
    established((talk) => {
      const { c2s } = talk.seq;
      lose(talk, "c2s", 30);
      const behind = talk.send("c2s", 20);
      const blocks = sack(c2s + 10, c2s + 20);
      return [
        behind,
        talk.ack("s2c", { ack: c2s, options: blocks }),
        ...lossy(talk, "c2s", 3),
        talk.ack("s2c", { ack: c2s, options: sack(talk.seq.c2s + 5, talk.seq.c2s + 9) }),
        ...lossy(talk, "c2s", 3),
      ];
    }),
  ],
  [
    "several SYN+ACKs, of which the client chooses",
    0,
    ((talk) => {
      const [syn, answer, ack] = talk.handshake();
      const other = { ...answer!, seq: 77_000, id: 88 };
      const data = { ...talk.send("c2s", 20), ack: 77_001 };
      return [
        syn!,
        answer!,
        other,
        { ...ack!, ack: 77_001 },
        data,
        talk.ack("s2c", { seq: 77_001 }),
      ];
    })(new Talk()),
  ],
  [
    "a flow on a key that had one before",
    4,
    ((first, second) => [
      ...first.begin(),
      ...lossy(first, "c2s", 3),
      ...second.begin(),
      ...inTurns(lossy(second, "c2s", 6), lossy(first, "c2s", 2), lossy(second, "s2c", 5)),
    ])(new Talk(), new Talk({ isn: { c2s: 1500, s2c: 2 ** 30 } })),
  ],
  ...[300, 450, 700, 8000].map((behind): [string, number, Sent[]] => [
    `a flow on a key that had one before, ${behind} octets behind its numbers`,
    4,
    ((first, second) => [
      ...first.begin(),
      ...lossy(first, "c2s", 3),
      ...second.begin(),
      ...lossy(second, "c2s", 3),
      ...inTurns(lossy(second, "c2s", 3), lossy(first, "c2s", 3), lossy(first, "s2c", 2)),
    ])(
      new Talk({ isn: { c2s: 100_000, s2c: 100_000 } }),
      new Talk({ isn: { c2s: 100_000 - behind, s2c: 2 ** 30 } }),
    ),
  ]),
  ...[120, 175, 300].map((limit): [string, number, Sent[], Choices] => [
    `a limit of ${limit} octets a stream`,
    1,
    established((talk) => [...lossy(talk, "c2s", 8), ...lossy(talk, "s2c", 8)]),
    { maxStreamBytes: limit },
  ]),
  ...[80, 101, 200].map((limit): [string, number, Sent[], Choices] => [
    `a limit of ${limit} octets a run`,
    1,
    established((talk) => [...lossy(talk, "c2s", 8), ...lossy(talk, "s2c", 8)]),
    { maxTotalBytes: limit },
  ]),
  ...(["last", "bsd", "linux"] as const).map((overlap): [string, number, Sent[], Choices] => [
    `copies that differ, the policy ${overlap}`,
    1,
    established((talk) => {
      lose(talk, "c2s", 40);
      const over = { ...talk.ack("c2s", { seq: talk.seq.c2s - 30 }), payload: "x".repeat(80) };
      return [talk.send("c2s", 60), talk.ack("s2c"), over, ...lossy(talk, "c2s", 2)];
    }),
    { overlap },
  ]),
  ...[1, 2, 3, 200, 257, 258, 300].map((maxRanges): [string, number, Sent[], Choices] => [
    `${maxRanges} ranges at most`,
    1,
    established((talk) => [...lossy(talk, "c2s", 150), ...lossy(talk, "s2c", 5)]),
    { maxRanges },
  ]),
  ...[1, 20].map((maxRanges): [string, number, Sent[], Choices] => [
    `${maxRanges} ranges at most, of a stream of which a segment was refused before its first hole`,
    0,
    ((talk) => {
      const begin = talk.begin();
      const refused = { ...talk.ack("c2s", { checksum: "bad" }), payload: "refused" };
      return [...begin, refused, ...holes(talk, 30), ...lossy(talk, "c2s", 9), ...talk.fins()];
    })(new Talk()),
    { maxRanges },
  ]),
  [
    "2 ranges at most, of a stream of which blocks are held before its first hole",
    0,
    ((talk) => {
      const begin = talk.begin();
      const block = talk.ack("s2c", { options: sack(talk.seq.c2s + 5, talk.seq.c2s + 9) });
      return [...begin, block, ...holes(talk, 30), ...lossy(talk, "c2s", 9), ...talk.fins()];
    })(new Talk()),
    { maxRanges: 2 },
  ],
];

describe("a connection with holes", () => {
  itTellsTheSame(CASES);

  it("tells the same where holes come by the hundred: more than one call has room for", async () => {
    const [one, other] = [
      new Talk(),
      new Talk({ clientPort: 7, isn: { c2s: 2 ** 32 - 9000, s2c: 5 } }),
    ];
    const settle = (talk: Talk): Sent[] => [...talk.begin(), ...lossy(talk, "c2s", 2)];
    const packets = [
      ...settle(one),
      ...settle(other),
      ...inTurns(holes(one, 400), holes(other, 400)),
    ];
    const { taken } = await expectSameRuns([pcapFile(captureOf(packets))]);
    expect(taken).toBeGreaterThan(750);
  });

  it("tells the same in windows that are small and few, with digests, too", async () => {
    const random = new RandomSource(11);
    const talks = Array.from({ length: 5 }, (_, i) => {
      const talk = new Talk({ clientPort: 100 + i, hasTimestamps: true });
      const packets: Sent[] = [...talk.begin()];
      const missed: Sent[] = [];
      for (let count = 0; count < 200; count++) {
        if (random.chance(0.3)) missed.push(talk.send("s2c", random.between(1, 300)));
        packets.push(talk.send("s2c", random.between(1, 200)));
        if (random.chance(0.3)) packets.push(talk.ack("c2s"));
        if (random.chance(0.1) && missed.length > 0) packets.push(missed.shift()!);
      }
      return packets;
    });
    const capture = pcapFile(captureOf(inTurns(...talks)));
    for (const [poolBytes, blockBytes] of [
      [65_536, 16_384],
      [8192, 4096],
      [4096, 1024],
    ] as const) {
      const sizes = { poolBytes, blockBytes, unitBytes: 64 };
      const { taken } = await expectSameEngines(capture, sizes);
      expect(taken).toBeGreaterThan(100);
    }
    await expectSameRuns([capture], { output: { hash: "sha256" } });
  });

  it("tells the same where what was captured of a packet ends early", async () => {
    const packets = established((talk) =>
      Array.from({ length: 12 }, (_, i) => {
        if (i % 3 === 2) lose(talk, "c2s", 15);
        const bytes = tcpPacket(talk.send("c2s", 30));
        return i % 4 === 1 ? { bytes: bytes.subarray(0, 70), originalLength: bytes.length } : bytes;
      }),
    );
    const { taken } = await expectSameRuns([pcapFile(captureOf(packets))]);
    expect(taken).toBeGreaterThan(4);
  });
});
