import { describe, expect, it } from "vitest";
import { Mark } from "../../src/reassembly/stream-cursor.ts";
import { StreamHarness } from "./stream-notation.ts";

const MIDSTREAM = { midstream: true, maxJump: 50 };

describe("origins (tcp.md §3.2)", () => {
  it("confirms one that a SYN names late, at the number that the first payload had", () => {
    const harness = new StreamHarness(MIDSTREAM).play("0:ab");
    const { origins } = harness.reassembler;
    expect(origins.learn(harness.stream, harness.first, Mark.ORIGIN_BY_SYN)).toBe(true);
    expect(harness.stream.has(Mark.ORIGIN_BY_SYN)).toBe(true);
    expect(harness.text()).toBe("ab");
  });

  it("moves one that was guessed back to where a SYN says, with all that has a position", () => {
    const harness = new StreamHarness(MIDSTREAM).play("3:de~1 8:ij !7:x A5 F12");
    const { stream } = harness;
    expect(harness.reassembler.origins.learn(stream, harness.first, Mark.ORIGIN_BY_SYN)).toBe(true);
    expect(stream.originSeq).toBe(harness.first);
    expect(stream.acked).toBe(5);
    expect(harness.end()).toEqual({
      length: 12,
      gaps: [
        [0, 3, "ackedUnseen"],
        [5, 1, "snapped"],
        [6, 1, "neverAcked"],
        [7, 1, "discarded"],
        [10, 2, "neverAcked"],
      ],
    });
  });

  it.each([
    ["a number inside the stream", "0:abc", 1, MIDSTREAM],
    ["one farther back than --max-jump", "51:a", 0, MIDSTREAM],
    ["another one than a SYN told", "2:a", -2, { maxJump: 50 }],
    ["any, once 256 KiB were taken", `2:${"a".repeat(256 * 1024)}`, 0, MIDSTREAM],
  ] as const)("keeps its own against %s", (_name, came, position, options) => {
    const harness = new StreamHarness(options).play(came);
    const { stream } = harness;
    const before = stream.originSeq;
    const seq = harness.first + position;
    expect(harness.reassembler.origins.learn(stream, seq, Mark.ORIGIN_BY_PEER)).toBe(false);
    expect(stream.originSeq).toBe(before);
    expect(stream.has(Mark.ORIGIN_BY_PEER)).toBe(false);
  });

  it("gives an acknowledgment that came before any payload its position, if it is near", () => {
    const near = new StreamHarness(MIDSTREAM).play("A4 0:ab");
    expect(near.text()).toBe("ab..");
    const far = new StreamHarness(MIDSTREAM).play("A60 0:ab");
    expect(far.text()).toBe("ab");
  });
});
