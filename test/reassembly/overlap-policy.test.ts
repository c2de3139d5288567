// Overlap policies (tcp.md §3.4) against the published models: Novak & Sturges, Target-Based TCP Stream
// Reassembly (2007). A held segment lies behind a hole; the new one begins before, with or behind it and
// ends before, with or behind it.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { OverlapPolicy } from "../../src/reassembly/overlap-policy.ts";
import { OVERLAP_POLICIES } from "../../src/reassembly/overlap-policy.ts";
import { Rare } from "../../src/reassembly/rare-counters.ts";
import { SegmentRuns } from "../../src/reassembly/segment-runs.ts";
import { StreamHarness } from "./stream-notation.ts";

/** After "4:oooo": what comes | first | last | bsd, windows | linux | solaris */
const PAIRS = `
begins before, ends before | 2:nnnn     | ..nnoooo   | ..nnnnoo   | ..nnnnoo   | ..nnnnoo   | ..nnoooo
begins before, ends with   | 2:nnnnnn   | ..nnoooo   | ..nnnnnn   | ..nnnnnn   | ..nnnnnn   | ..nnnnnn
begins before, ends behind | 2:nnnnnnnn | ..nnoooonn | ..nnnnnnnn | ..nnnnnnnn | ..nnnnnnnn | ..nnnnnnnn
begins with, ends before   | 4:nn       | ....oooo   | ....nnoo   | ....oooo   | ....oooo   | ....oooo
begins with, ends with     | 4:nnnn     | ....oooo   | ....nnnn   | ....oooo   | ....oooo   | ....nnnn
begins with, ends behind   | 4:nnnnnn   | ....oooonn | ....nnnnnn | ....oooonn | ....nnnnnn | ....nnnnnn
begins behind, ends before | 5:nn       | ....oooo   | ....onno   | ....oooo   | ....oooo   | ....oooo
begins behind, ends with   | 6:nn       | ....oooo   | ....oonn   | ....oooo   | ....oooo   | ....oooo
begins behind, ends behind | 6:nnnn     | ....oooonn | ....oonnnn | ....oooonn | ....oooonn | ....oonnnn
`;

/** The whole stream of the paper: eighteen segments, one after the other, behind a hole at 0. */
const STREAM =
  "2:AAA 6:BB 8:CCC 12:D 15:EE 17:FFF 20:GG 22:HH 24:I " +
  "3:JJJJ 8:KKK 11:LLL 14:MMM 18:N 21:O 22:P 24:QQ 1:0";
const STREAM_BY_POLICY: Record<OverlapPolicy, string> = {
  first: ".0AAAJBBCCCLDLMEEFFFGGHHIQ",
  last: ".0AJJJJBKKKLLLMMMFNFGOPHQQ",
  bsd: ".0AAAJJBCCCLLLMMMFFFGGHHIQ",
  windows: ".0AAAJJBCCCLLLMMMFFFGGHHIQ",
  linux: ".0AAAJJBCCCLLLMMMFFFGGHHQQ",
  solaris: ".0AJJJBBKKKLLLMMMFFFGGHHQQ",
};

const COLUMN: Record<OverlapPolicy, number> = {
  first: 2,
  last: 3,
  bsd: 4,
  windows: 4,
  linux: 5,
  solaris: 6,
};

const CASES = PAIRS.trim()
  .split("\n")
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .flatMap((cells) =>
    OVERLAP_POLICIES.map((policy) => ({
      policy,
      name: cells[0]!,
      came: cells[1]!,
      there: cells[COLUMN[policy]]!,
    })),
  );

/** Several segments that wait, and what a later one makes of them. */
const CHAINS: readonly (readonly [OverlapPolicy, string, string])[] = [
  ["bsd", "4:aa 6:bb 4:nnnn", "....aann"],
  ["bsd", "4:aa 6:bb 3:nnnnn", "...nnnnn"],
  ["linux", "4:aa 6:bb 4:nnnn", "....nnnn"],
  ["linux", "4:aa 6:bb 5:nnn", "....aann"],
  ["solaris", "4:aaaa 8:bbbb 6:nnnn", "....aannbbbb"],
  ["solaris", "4:aaaa 9:bb 6:nnnn", "....aannnbb"],
  // What was trimmed is judged by what is left of it.
  ["bsd", "4:aaaa 3:bbb 5:ccc", "...bbbcc"],
  ["solaris", "4:aaaa 6:bbbb 4:cc", "....ccbbbb"],
];

describe("overlap policies", () => {
  it.each(CASES)("$policy: the new segment $name: $came -> $there", ({ policy, came, there }) => {
    const harness = new StreamHarness({ overlap: policy }).play(`4:oooo ${came}`);
    expect(harness.text()).toBe(there);
    expect(harness.imbalance()).toEqual([]);
  });

  it.each(OVERLAP_POLICIES.map((policy) => ({ policy })))(
    "$policy: the whole stream of Novak & Sturges",
    ({ policy }) => {
      const harness = new StreamHarness({ overlap: policy }).play(STREAM);
      expect(harness.text()).toBe(STREAM_BY_POLICY[policy]);
      expect(harness.imbalance()).toEqual([]);
    },
  );

  it.each(CHAINS.map(([policy, came, there]) => ({ policy, came, there })))(
    "$policy: several segments wait: $came -> $there",
    ({ policy, came, there }) => {
      const harness = new StreamHarness({ overlap: policy }).play(came);
      expect(harness.text()).toBe(there);
    },
  );

  it.each(["bsd", "windows", "linux", "solaris"] as const)(
    "%s: octets that are contiguous stay, whatever comes",
    (overlap) => {
      const harness = new StreamHarness({ overlap });
      expect(harness.play("0:abcd 0:XXXXXXe").text()).toBe("abcdXXe");
      const filled = new StreamHarness({ overlap });
      // The hole fills, all is contiguous, and what waited is as settled as the rest.
      expect(filled.play("2:cd 0:ab 1:XXXX").text()).toBe("abcdX");
    },
  );

  it.each(OVERLAP_POLICIES.map((policy) => ({ policy })))(
    "$policy: copies that differ are counted as conflicts, whichever is kept",
    ({ policy }) => {
      const harness = new StreamHarness({ overlap: policy }).play("4:oooo 2:nnnnnn");
      expect(harness.stream.rare(Rare.CONFLICTING_BYTES)).toBe(4);
    },
  );

  it.each(["bsd", "windows", "linux", "solaris"] as const)(
    "%s: without conflicts, every policy gives the same octets and counters as `first`",
    (overlap) => {
      const segment = fc.record({ at: fc.nat(60), octets: fc.integer({ min: 1, max: 20 }) });
      fc.assert(
        fc.property(fc.array(segment, { maxLength: 30 }), (segments) => {
          const truth = Uint8Array.from({ length: 80 }, (_, at) => 33 + at);
          const [one, other] = (["first", overlap] as const).map((policy) => {
            const harness = new StreamHarness({ overlap: policy });
            for (const { at, octets } of segments) {
              harness.segment(at, truth.subarray(at, at + octets));
            }
            const counts = Object.values(Rare).map((column) => harness.stream.rare(column));
            return { text: harness.text(), counts, inOrder: harness.stream.inOrder };
          });
          expect(other).toEqual(one);
        }),
        { seed: 2007, numRuns: 200 },
      );
    },
  );
});

describe("SegmentRuns", () => {
  it("keeps segments apart that touch, and gives every octet one owner", () => {
    const runs = new SegmentRuns();
    for (const [start, end] of [
      [8, 11],
      [2, 5],
      [6, 8],
    ] as const) {
      runs.claim("first", start, end);
    }
    runs.claim("first", 4, 9);
    expect(Array.from({ length: runs.count }, (_, i) => [runs.start(i), runs.end(i)])).toEqual([
      [2, 5],
      [5, 6],
      [6, 8],
      [8, 11],
    ]);
  });

  it("is bounded: the oldest are forgotten, and their first copy stays", () => {
    const harness = new StreamHarness({ overlap: "bsd", maxRanges: 100_000 });
    for (let i = 0; i < 5000; i++) harness.segment(10 + i * 4, "oo");
    expect(harness.stream.side.runs!.count).toBe(4096);
    harness.segment(9, "nnn");
    harness.segment(9 + 4999 * 4, "nnn");
    const text = harness.text();
    expect(text.slice(9, 12)).toBe("noo");
    expect(text.slice(9 + 4999 * 4)).toBe("nnn");
  });
});
