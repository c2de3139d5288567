// What a segment must be for its flow to be taken, and what is changed in the flow's record by it: whatever is left
// out there shows in what comes behind.

import { describe } from "vitest";
import type { Choices } from "../../support/both-ways.ts";
import { tcpPacket } from "../../support/packet-builder.ts";
import type { Sent } from "../../support/talk.ts";
import { itTellsTheSame } from "../../support/talk-cases.ts";
import type { TalkCase } from "../../support/talk-cases.ts";
import { octetsAt, Talk } from "../../support/talk.ts";

const IPV6 = { client: "2001:db8::1", server: "2001:db8::2" };

/** A connection that is in full swing, and what comes then. */
function established(more: (talk: Talk) => readonly Sent[], settings = {}): Sent[] {
  const talk = new Talk(settings);
  return [...talk.begin(), ...talk.exchange("c2s", 2, 100), ...more(talk)];
}

/** Twice the same packet. */
const twice = (packet: Sent): Sent[] => [packet, packet];

/** What comes, and how many packets of it the fast path takes at least. */
const CASES: readonly TalkCase[] = [
  [
    "a lost segment, and one that fills the hole",
    10,
    established((talk) => {
      const lost = talk.send("c2s", 50);
      const later = talk.exchange("c2s", 3, 40);
      return [...later, lost, talk.ack("s2c"), ...talk.exchange("c2s", 3, 30)];
    }),
  ],
  [
    "a segment again, whole and in part",
    7,
    established((talk) => {
      const first = talk.send("c2s", 50);
      const again = { ...first, id: 999, payload: octetsAt(first.seq!, 80) };
      return [first, { ...first, id: 998 }, again, talk.ack("s2c"), talk.send("c2s", 40)];
    }),
  ],
  [
    "a segment again with other octets",
    7,
    established((talk) => {
      const first = talk.send("c2s", 50);
      return [first, { ...first, id: 998, payload: octetsAt(7, 50) }, talk.send("c2s", 40)];
    }),
  ],
  [
    "acknowledgments alone of a side whose numbers nobody knows",
    3,
    ((talk) => [talk.send("c2s", 9), ...talk.exchange("c2s", 4, 20)])(
      new Talk({ isn: { c2s: 77, s2c: 0 } }),
    ),
  ],
  [
    "a side that is heard only late",
    9,
    ((talk) => {
      const heard = Array.from({ length: 5 }, () => {
        const data = talk.send("c2s", 20);
        talk.send("s2c", 30);
        return data;
      });
      return [...heard, talk.ack("c2s"), talk.ack("c2s"), ...talk.exchange("s2c", 3, 11)];
    })(new Talk()),
  ],
  [
    "half a close, and octets of the other side",
    10,
    established((talk) => {
      const fin = { ...talk.send("c2s", 0), flags: "FA" };
      const behind = { ...talk.send("c2s", 20), id: 77 };
      return [fin, ...talk.exchange("s2c", 4, 30), behind, behind, talk.ack("s2c")];
    }),
  ],
  [
    "segments behind a reset",
    5,
    established((talk) => [
      { ...talk.ack("s2c"), flags: "R" },
      ...talk.exchange("c2s", 2, 30),
      ...talk.exchange("s2c", 2, 30),
    ]),
  ],
  ...[1, 150, 225, 250, 300].map((maxStreamBytes): [string, number, Sent[], Choices] => [
    `a limit of ${maxStreamBytes} octets a stream`,
    maxStreamBytes / 30 - 1,
    established((talk) => [...talk.exchange("c2s", 3, 25), ...talk.exchange("s2c", 3, 55)]),
    { maxStreamBytes },
  ]),
  ...[20, 225, 245, 300, 500].map((maxTotalBytes): [string, number, Sent[], Choices] => [
    `a limit of ${maxTotalBytes} octets a run`,
    maxTotalBytes / 50 - 3,
    established((talk) => [...talk.exchange("c2s", 3, 25), ...talk.exchange("s2c", 3, 55)]),
    { maxTotalBytes },
  ]),
  [
    "an acknowledgment of what was never captured, and an older one",
    8,
    established((talk) => [
      talk.ack("s2c", { ack: talk.seq.c2s + 300 }),
      talk.ack("s2c", { ack: talk.seq.c2s - 50 }),
      talk.ack("s2c"),
    ]),
  ],
  [
    "acknowledgments farther ahead than is believed, twice",
    5,
    established((talk) => [
      talk.ack("s2c", { ack: talk.seq.c2s + 101 }),
      talk.ack("s2c", { ack: talk.seq.c2s + 102 }),
      talk.ack("s2c", { ack: talk.seq.c2s + 100 }),
    ]),
    { maxJump: 100 },
  ],
  [
    "an acknowledgment that stays doubted",
    3,
    established((talk) => [talk.ack("s2c", { ack: talk.seq.c2s + 101 }), talk.ack("s2c")]),
    { maxJump: 100 },
  ],
  ...["P", "PA"].map((flags): [string, number, Sent[]] => [
    `octets behind what was acknowledged before any of them was seen (first flags ${flags})`,
    2,
    ((talk) => {
      const first = talk.send("c2s", 20, { flags });
      const acked = [0, 10, 30].map((ack) => talk.send("c2s", 20, { ack: talk.seq.s2c + ack }));
      return [first, ...acked, talk.send("s2c", 10)];
    })(new Talk()),
  ]),
  [
    "an acknowledgment behind one that is doubted",
    6,
    established((talk) => [
      talk.ack("s2c", { ack: talk.seq.c2s + 101 }),
      talk.ack("s2c"),
      talk.send("c2s", 30),
      talk.ack("s2c", { ack: talk.seq.c2s + 101 }),
    ]),
    { maxJump: 100 },
  ],
  [
    "a handshake that nobody has confirmed yet",
    8,
    ((talk) => {
      const [syn, answer] = talk.handshake();
      return [syn!, answer!, ...talk.exchange("s2c", 3, 20), ...talk.exchange("c2s", 3, 20)];
    })(new Talk()),
  ],
  [
    "the SYN's answer late",
    7,
    ((talk) => {
      const [syn, answer, ack] = talk.handshake();
      const before = [syn!, ack!, ...talk.exchange("c2s", 3, 20)];
      return [...before, answer!, ...talk.exchange("c2s", 3, 20)];
    })(new Talk()),
  ],
  [
    "first octets of which none were captured",
    3,
    ((talk) => {
      const handshake = talk.handshake();
      const first = tcpPacket(talk.send("c2s", 50));
      const cut = { bytes: first.subarray(0, 54), originalLength: first.length };
      return [...handshake, cut, talk.ack("s2c"), ...talk.exchange("c2s", 4, 60)];
    })(new Talk()),
  ],
  [
    "an address whose checksums are wrong at first",
    4,
    ((talk) => {
      const bad = talk.begin().map((fields) => ({ ...fields, checksum: "bad" as const }));
      const good = talk.exchange("c2s", 3, 30);
      return [...bad, ...good, talk.send("c2s", 20, { checksum: "bad" }), talk.send("c2s", 20)];
    })(new Talk()),
  ],
  [
    "copies of packets of either side",
    9,
    established((talk) => [
      ...twice(talk.send("c2s", 20)),
      ...twice(talk.ack("s2c")),
      ...twice(talk.send("s2c", 20)),
      ...twice(talk.ack("c2s")),
    ]),
  ],
  ...[{}, IPV6].map((hosts, i): [string, number, Sent[]] => [
    `copies where nothing but checksum and flags tells packets apart (${i})`,
    10,
    established(
      (talk) => [
        ...twice(talk.ack("s2c", { window: 1000 })),
        ...twice(talk.ack("s2c", { window: 1001 })),
        talk.ack("s2c", { window: 1002 }),
        ...twice(talk.ack("s2c", { window: 1002, flags: "UA" })),
        ...twice(talk.send("c2s", 20, { flags: "A" })),
      ],
      { ...hosts, hasIds: false },
    ),
  ]),
  [
    "a reset inside the window, and one outside of it",
    11,
    established((talk) => [
      ...talk.exchange("c2s", 2, 10),
      talk.ack("s2c", { window: 500 }),
      talk.send("c2s", 10),
      { ...talk.ack("c2s", { seq: talk.seq.c2s + 600 }), flags: "R" },
      { ...talk.ack("c2s", { seq: talk.seq.c2s + 400 }), flags: "R" },
    ]),
  ],
  ...["first", "last", "bsd", "linux"].map((overlap): [string, number, Sent[], Choices] => [
    `overlaps, ${overlap}`,
    6,
    established((talk) => {
      const segments = [talk.send("c2s", 60), talk.send("c2s", 60), talk.send("c2s", 60)];
      const over = { ...segments[1]!, id: 77, payload: octetsAt(3, 90) };
      return [...segments, over, talk.ack("s2c"), ...talk.exchange("c2s", 2, 30)];
    }),
    { overlap: overlap as NonNullable<Choices["overlap"]> },
  ]),
];

describe("a connection in full swing", () => {
  itTellsTheSame(CASES);
});
