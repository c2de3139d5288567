import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { settleOldest } from "../../src/reassembly/gap-walk.ts";
import { Rare } from "../../src/reassembly/rare-counters.ts";
import { GAP_CAUSES } from "../../src/report/report.ts";
import type { HarnessOptions } from "./stream-notation.ts";
import { StreamHarness } from "./stream-notation.ts";

const JUMP: HarnessOptions = { maxJump: 5 };

/** "what came | the stream after it" */
const CASES: readonly (readonly [string, string, HarnessOptions?])[] = [
  ["in order", "0:abc 3:def | abcdef"],
  ["out of order goes to its position at once", "3:def 0:abc | abcdef"],
  ["a hole stays", "0:abc 6:gh | abc...gh"],
  ["a hole at the start", "3:de | ...de"],
  ["retransmission", "0:abc 0:abc 3:d | abcd"],
  ["starts old, ends new: the tail is new", "0:abc 1:bcde | abcde"],
  ["covers several holes", "0:a 2:c 4:e 0:abcdef | abcdef"],
  ["fills a hole in two steps", "0:a 5:f 1:bc 3:de | abcdef"],
  ["first copy is kept", "0:abc 0:XYZ | abc"],
  ["last copy is kept with that policy", "0:abc 0:XYZ | XYZ", { overlap: "last" }],
  ["keep-alive: one octet below the next", "0:abc 2:Z | abc"],
  ["keep-alive before any octet", "-1:Z 0:ab | ab"],
  ["a missing octet is data, even one alone below the next", "0:ab~1 2:c | abc"],
  ["one octet at next is data", "0:abc 3:d | abcd"],
  ["keep-alive after the FIN", "0:abc F3 3:Z | abc"],
  ["snapped, and filled later", "0:ab~2 4:e 2:cd | abcde"],
  ["snapped, and not filled", "0:ab~2 4:e | ab..e"],
  ["snapped to nothing, inside a hole", "0:ab 9:j 4:~2 | ab.......j"],
  ["a hole that a limit keeps open", "0:ab 6:gh 3:def | ab....gh", { maxTotalBytes: 4 }],
  ["tail known from a FIN", "0:ab F4 | ab.."],
  ["tail known from an acknowledgment", "0:ab A4 | ab.."],
  ["one beyond the end is the FIN's", "0:ab A3 | ab"],
  ["acknowledgment of the FIN", "0:ab F2 A3 | ab"],
  ["a jump waits for confirmation", "0:ab 100:zz | ab", { maxJump: 50 }],
  ["a jump that a second segment continues", "0:ab 9:yy 11:z | ab.......yyz", { maxJump: 5 }],
  ["a jump that the peer acknowledges", "0:ab 9:yy A11 | ab.......yy", { maxJump: 5 }],
  ["an acknowledgment too far ahead", "0:ab A100 | ab", { maxJump: 50 }],
  ["the same, twice", "0:ab A6 A6 | ab....", { maxJump: 3 }],
  ["a SACK block's right edge tells the tail", "0:ab S4-6 | ab...."],
  ["a SACK block that ends one beyond the FIN", "0:ab F4 S4-5 | ab.."],
  ["a SACK block too far ahead tells nothing", "0:ab S90-100 | ab", { maxJump: 50 }],
  [
    "the ack of what is held makes it real later",
    "0:ab 12:yy 2:cdefghij A14 | abcdefghij..yy",
    JUMP,
  ],
  [
    "what continues the held one, the stream nearer",
    "0:ab 12:yy 2:cdefg 14:z | abcdefg.....yyz",
    JUMP,
  ],
  ["the held one, reached by the stream", "0:ab 9:jk 2:cdefg 7:hi 9:jkl | abcdefghijkl", JUMP],
  ["copies of the held one, and a second witness", "0:ab 9:yy 9:yy 9:yy 11:z | ab.......yyz", JUMP],
  ["of two held ones the newer stays", "0:ab 9:yy 19:zz 21:z | ab.................zzz", JUMP],
  ["midstream: position 0 is the first octet seen", "500:ab 502:c | abc", { midstream: true }],
  ["midstream: the origin moves back", "500:cd 498:ab | abcd", { midstream: true }],
  ["midstream: a hole behind the new origin", "500:d 497:a | a..d", { midstream: true }],
  ["a limit on the stream", "0:abc 3:def | abcd..", { maxStreamBytes: 4 }],
  ["a limit on the run", "0:abc 6:gh 3:def | abc...g.", { maxTotalBytes: 4 }],
  ["wrap inside a segment", "0:abc 3:defgh 8:i | abcdefghi", { isn: 0xfffffffa }],
  ["wrap at the start of a segment", "0:abc 3:def | abcdef", { isn: 0xfffffffc }],
  ["wrap at the SYN", "0:abc 3:def | abcdef", { isn: 0xffffffff }],
  ["reordered around the wrap", "8:ij 0:abc 3:defgh 0:abc | abcdefghij", { isn: 0xfffffffa }],
];

describe("Reassembler", () => {
  it.each(CASES.map(([name, line, options]) => ({ name, line, options })))(
    "$name: $line",
    ({ line, options }) => {
      const [came, there] = line.split("|").map((part) => part.trim()) as [string, string];
      const harness = new StreamHarness(options).play(came);
      expect(harness.text()).toBe(there);
      expect(harness.imbalance()).toEqual([]);
    },
  );

  it("gives each missing octet the first cause that fits", () => {
    const harness = new StreamHarness().play("0:ab~2 6:gh 12:m A10");
    harness.reassembler.refuse(harness.stream, {
      payloadSeq: (harness.first + 3) | 0,
      bytes: Buffer.from("xxx"),
      payloadStart: 0,
      payloadEnd: 3,
      payloadLength: 3,
    });
    expect(harness.end().gaps).toEqual([
      [2, 1, "snapped"],
      [3, 3, "discarded"],
      [8, 2, "ackedUnseen"],
      [10, 2, "neverAcked"],
    ]);
  });

  it("takes a SACK block as evidence of what the receiver had", () => {
    const harness = new StreamHarness().play("0:ab 8:ij");
    const at = (position: number) => (harness.first + position) | 0;
    harness.reassembler.acknowledgeBlock(harness.stream, at(4), at(6));
    expect(harness.end().gaps).toEqual([
      [2, 2, "neverAcked"],
      [4, 2, "ackedUnseen"],
      [6, 2, "neverAcked"],
    ]);
  });

  it("counts a jump that nothing confirmed as implausible", () => {
    const harness = new StreamHarness({ maxJump: 50 }).play("0:ab 100:zzz");
    expect(harness.text()).toBe("ab");
    expect(harness.stream.rare(Rare.IMPLAUSIBLE_BYTES)).toBe(3);
    expect(harness.imbalance()).toEqual([]);
  });

  it("gives any segmentation, order, duplication and wrap position of a stream back", () => {
    const scenario = fc.record({
      isn: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      length: fc.integer({ min: 1, max: 400 }),
      segments: fc.array(fc.record({ at: fc.nat(399), octets: fc.integer({ min: 1, max: 60 }) }), {
        minLength: 1,
        maxLength: 60,
      }),
    });
    fc.assert(
      fc.property(scenario, ({ isn, length, segments }) => {
        const truth = Uint8Array.from({ length }, (_, at) => (at * 7 + 13) & 0xff);
        const harness = new StreamHarness({ isn });
        const seen = new Array<boolean>(length).fill(false);
        let highest = 0;
        for (const { at, octets } of segments) {
          const end = Math.min(at + octets, length);
          if (at >= end) continue;
          // One octet just below the highest end is a probe, not data, wherever it comes from.
          const isProbe = end - at === 1 && at === highest - 1;
          harness.segment(at, truth.subarray(at, end));
          if (!isProbe) seen.fill(true, at, end);
          highest = Math.max(highest, end);
        }
        const { gaps } = harness.end();
        const missing = seen.map((isSeen, at) => !isSeen && at < highest);
        for (const [start, octets] of gaps) missing.fill(false, start, start + octets);
        expect(missing.includes(true)).toBe(false);
        for (const [at, octet] of harness.octetsAt) expect(octet).toBe(truth[at]);
        expect([...harness.octetsAt.keys()].length).toBe(seen.filter(Boolean).length);
        expect(harness.stream.rare(Rare.CONFLICTING_BYTES)).toBe(0);
        expect(harness.imbalance()).toEqual([]);
      }),
      { seed: 9293, numRuns: 2000 },
    );
  });
});

describe("positions (tcp.md §3.1)", () => {
  it("does not wrap beyond 2^32", () => {
    const harness = new StreamHarness({ maxJump: 2 ** 31 - 1 });
    const step = 2 ** 30;
    for (let i = 1; i <= 9; i++) harness.segment(i * step, "x");
    harness.segment(9 * step + 1, "in order");
    harness.segment(9 * step - 3, "abc");
    harness.acknowledge(9 * step + 9);
    expect([...harness.octetsAt.keys()].filter((at) => at > 2 ** 32).length).toBe(16);
    expect(harness.writes.at(-1)).toEqual([9 * step - 3, "abc"]);
    expect(harness.end().length).toBe(9 * step + 9);
    expect(harness.imbalance()).toEqual([]);
  });
});

describe("bounded ranges (tcp.md §4.3)", () => {
  /** Every second octet of a stream, then all of it. */
  function comb(harness: StreamHarness, teeth: number, acknowledged = 0): void {
    const visitor = { gap: () => undefined };
    harness.reassembler.onRangeLimit = (stream) => settleOldest(stream, visitor);
    for (let i = 0; i < teeth; i++) {
      harness.segment(1 + i * 2, "x");
      if (i * 2 < acknowledged) harness.acknowledge(1 + i * 2);
    }
  }

  it("settles the older half of the holes at the bound", () => {
    const harness = new StreamHarness({ maxRanges: 16 });
    comb(harness, 100);
    const { holes } = harness.stream.side;
    expect(holes.count).toBeLessThan(16);
    expect(holes.start(0)).toBe(harness.stream.side.settledEnd + 1);
  });

  it("prefers holes behind the acknowledged point", () => {
    const harness = new StreamHarness({ maxRanges: 16 });
    const settled: [number, string][] = [];
    harness.reassembler.onRangeLimit = (stream) =>
      settleOldest(stream, {
        gap: (_stream, start, _length, cause) => settled.push([start, GAP_CAUSES[cause]]),
      });
    for (let i = 0; i < 15; i++) harness.segment(1 + i * 2, "x");
    harness.acknowledge(8);
    harness.segment(31, "x");
    expect(settled).toEqual([
      [0, "ackedUnseen"],
      [2, "ackedUnseen"],
      [4, "ackedUnseen"],
      [6, "ackedUnseen"],
    ]);
  });

  it("compares nothing with a gap that was settled, and calls it no conflict", () => {
    const harness = new StreamHarness({ maxRanges: 8 });
    comb(harness, 20);
    const { settledEnd } = harness.stream.side;
    const kept = harness.octetsAt.size;
    harness.segment(0, "y".repeat(settledEnd));
    expect(harness.octetsAt.size).toBe(kept);
    expect(harness.stream.rare(Rare.CONFLICTING_BYTES)).toBe(0);
    expect(harness.stream.rare(Rare.NOT_COMPARED_BYTES)).toBe(settledEnd);
    expect(harness.stream.rare(Rare.RETRANSMITTED_BYTES)).toBe(settledEnd);
  });

  it("bounds what explains holes as well", () => {
    const harness = new StreamHarness({ maxRanges: 16 });
    for (let i = 0; i < 100; i++) {
      harness.segment(i * 3, "a", 2);
      harness.segment(i * 3, "abc");
    }
    expect(harness.stream.side.holes.count).toBe(0);
    expect(harness.stream.side.snapped.count).toBeLessThan(16);
    for (let i = 0; i < 100; i++) harness.refuse(1000 + i * 3, "x");
    expect(harness.stream.side.discarded.count).toBeLessThan(16);
    expect(harness.imbalance()).toEqual([]);
  });
});
