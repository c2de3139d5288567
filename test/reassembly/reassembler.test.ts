import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Rare } from "../../src/reassembly/rare-counters.ts";
import type { HarnessOptions } from "./stream-notation.ts";
import { StreamHarness } from "./stream-notation.ts";

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
  ["tail known from a FIN", "0:ab F4 | ab.."],
  ["tail known from an acknowledgment", "0:ab A4 | ab.."],
  ["one beyond the end is the FIN's", "0:ab A3 | ab"],
  ["acknowledgment of the FIN", "0:ab F2 A3 | ab"],
  ["a jump waits for confirmation", "0:ab 100:zz | ab", { maxJump: 50 }],
  ["a jump that a second segment continues", "0:ab 9:yy 11:z | ab.......yyz", { maxJump: 5 }],
  ["a jump that the peer acknowledges", "0:ab 9:yy A11 | ab.......yy", { maxJump: 5 }],
  ["an acknowledgment too far ahead", "0:ab A100 | ab", { maxJump: 50 }],
  ["the same, twice", "0:ab A6 A6 | ab....", { maxJump: 3 }],
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
