import { describe, expect, it } from "vitest";
import { Rare } from "../../src/reassembly/rare-counters.ts";
import type { HarnessOptions } from "./stream-notation.ts";
import { PACKET, payload, StreamHarness } from "./stream-notation.ts";

const JUMP: HarnessOptions = { maxJump: 5 };

describe("segments that wait for a second witness (tcp.md §3.6)", () => {
  it("holds a copy: what the packet's memory becomes is nothing to it", () => {
    const harness = new StreamHarness(JUMP).play("0:ab");
    const bytes = Buffer.from("yy");
    harness.segment(9, bytes);
    bytes.fill("!");
    expect(harness.play("11:z").text()).toBe("ab.......yyz");
  });

  it("lets neither a segment nor an acknowledgment confirm one of another sequence space", () => {
    const harness = new StreamHarness(JUMP).play("0:ab");
    const { held } = harness.reassembler;
    held.hold(harness.stream, payload(harness.first + 9, "yy"), PACKET, 60, true);
    held.confirmBySegment(harness.stream, (harness.first + 11) | 0);
    expect(held.confirmByAck(harness.stream, 11)).toBe(false);
    expect(harness.text()).toBe("ab");
    expect(harness.stream.rare(Rare.IMPLAUSIBLE_BYTES)).toBe(2);
  });

  it("does not count one that is left out", () => {
    const harness = new StreamHarness(JUMP).play("0:ab");
    const { held } = harness.reassembler;
    held.hold(harness.stream, payload(harness.first + 9, "yy"), PACKET, 60, true).isCounted = false;
    expect(harness.text()).toBe("ab");
    expect(harness.stream.capturedBytes).toBe(2);
    expect(harness.stream.rare(Rare.IMPLAUSIBLE_BYTES)).toBe(0);
  });

  it("counts every copy of one that nothing confirmed as implausible", () => {
    const harness = new StreamHarness({ maxJump: 50 }).play("0:ab 100:zzz 100:zzz");
    expect(harness.text()).toBe("ab");
    expect(harness.stream.rare(Rare.IMPLAUSIBLE_BYTES)).toBe(6);
    expect(harness.stream.rare(Rare.NOT_PLACED)).toBe(2);
  });

  it("counts copies of one that was confirmed as retransmitted", () => {
    const harness = new StreamHarness({ maxJump: 5 }).play("0:ab 9:yy 9:yy 11:z");
    expect(harness.stream.rare(Rare.IMPLAUSIBLE_BYTES)).toBe(0);
    expect(harness.stream.rare(Rare.RETRANSMITTED_BYTES)).toBe(2);
    expect(harness.imbalance()).toEqual([]);
  });

  it("believes no jump of more than 2^30, whatever continues it", () => {
    const harness = new StreamHarness();
    const far = 2 ** 30 + 100;
    harness.segment(0, "ab");
    harness.segment(far, "yy");
    harness.segment(far + 2, "zz");
    harness.acknowledge(far + 4);
    expect(harness.text()).toBe("ab");
    expect(harness.stream.rare(Rare.IMPLAUSIBLE_BYTES)).toBe(4);
    expect(harness.imbalance()).toEqual([]);
  });

  it("believes one of up to 2^31 - 1 where --max-jump says so", () => {
    const harness = new StreamHarness({ maxJump: 2 ** 31 - 1 });
    harness.segment(0, "ab");
    harness.segment(2 ** 30 + 100, "yy");
    expect(harness.end()).toEqual({
      length: 2 ** 30 + 102,
      gaps: [[2, 2 ** 30 + 98, "neverAcked"]],
    });
  });
});
