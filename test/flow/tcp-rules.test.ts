// Rules of tcp.md §2 and §3, each a test that names it: what was sent, what must come of it. The common
// life of a flow, and the sweeper, are in flow-tracker.test.ts; one direction alone in
// test/reassembly/reassembler.test.ts.

import { describe, expect, it } from "vitest";
import type { TrackerOptions } from "../../src/flow/flow-tracker.ts";
import type { EndedFlow } from "./flow-harness.ts";
import { FlowHarness, FlowState, handshake, Rare } from "./flow-harness.ts";

/** ISNs 6100 and 9300: a second connection of a and b, far from the first. */
const later = (second: number) => handshake(second, "a", "b", 6_000_100, 9_000_300);

const close = (second: number, clientSeq: number, serverSeq: number) => `
  ${second}.0 a>b FA ${clientSeq} ${serverSeq}
  ${second}.1 b>a FA ${serverSeq} ${clientSeq + 1}
  ${second}.2 a>b A ${clientSeq + 1} ${serverSeq + 1}`;

function play(...lines: string[]): EndedFlow[] {
  return new FlowHarness().play(...lines).finish();
}

function playWith(options: Partial<TrackerOptions>, ...lines: string[]): EndedFlow[] {
  return new FlowHarness(options).play(...lines).finish();
}

describe("§2.3 roles and starts", () => {
  it.each([
    ["a lone SYN", "0 a>b S 100", "partial"],
    ["a lone SYN+ACK", "0 b>a SA 300 101", "partial"],
    ["SYN and SYN+ACK", "0 a>b S 100\n0.1 b>a SA 300 101", "handshake"],
    ["SYN+ACK, then its SYN", "0 b>a SA 300 101\n0.1 a>b S 100", "handshake"],
    ["neither", "0 a>b A 101 301", "midstream"],
  ])("%s: start", (_name, lines, start) => {
    const flows = play(lines);
    expect(flows).toHaveLength(1);
    expect(flows[0]!.start).toBe(start);
  });

  it("never changes them: a SYN captured after its data leaves the sides where they are", () => {
    const [flow] = play("0 b>a PA 301 101 hi", "0.1 d>c A 1 1", "0.2 b>a S 300");
    expect(flow).toMatchObject({ client: "a", roleBasis: "port", s2c: "hi" });
  });

  it("works with the same port on both sides", () => {
    const flows = play("0 c>d S 100", "0.1 d>c SA 300 101", "1 c>d PA 101 301 from-c");
    expect(flows).toMatchObject([{ client: "c", c2s: "from-c", s2c: "" }]);
  });
});

describe("§2.4 several flows on one key", () => {
  it("the same SYN again is a retransmission, on a closed flow too", () => {
    const flows = play(handshake(0), "0.5 a>b S 100", close(1, 101, 301), "2 a>b S 100");
    expect(flows).toHaveLength(1);
    expect(flows[0]!.counts("c2s", Rare.FURTHER_SYN)).toBe(2);
    expect(flows[0]!.end).toBe("fin");
  });

  it("a SYN from the other side is a new flow with the roles turned round", () => {
    const flows = play(
      handshake(0),
      close(1, 101, 301),
      "2 b>a S 50000",
      "2.1 a>b SA 70000 50001",
      "2.2 b>a PA 50001 70001 turned",
    );
    expect(flows.map(({ client, c2s }) => [client, c2s])).toEqual([
      ["a", ""],
      ["b", "turned"],
    ]);
  });

  it("a SYN on a midstream flow opens a new one, unless the stream begins where it says", () => {
    const late = play("0 a>b PA 101 301 abc", "0.1 a>b S 100", "0.2 b>a SA 300 101");
    expect(late.map(({ c2s, start }) => [c2s, start])).toEqual([["abc", "handshake"]]);
    const other = play("0 a>b PA 101 301 abc", "0.1 a>b S 99", "0.2 a>b PA 100 301 xyz");
    expect(other.map(({ c2s }) => c2s)).toEqual(["abc", "xyz"]);
  });

  it("a late SYN tells where a stream begins whose first octets were missed", () => {
    // The ACK named the number: the SYN belongs here although nothing was placed before it.
    const [flow, ...others] = play("0 b>a A 301 101", "0.1 a>b S 100", "0.2 a>b PA 104 301 def");
    expect(others).toEqual([]);
    expect(flow).toMatchObject({ c2s: "...def", gaps: ["c2s 0+3 neverAcked"] });
  });

  it("a SYN+ACK on an open flow belongs to it", () => {
    const flows = play("0 a>b S 100", "1 b>a SA 300 101", "2 b>a SA 300 101");
    expect(flows).toHaveLength(1);
    expect(flows[0]!.counts("s2c", Rare.FURTHER_SYN)).toBe(1);
  });

  it("of three different SYN+ACKs, the one that the client acknowledged counts", () => {
    for (const chosen of [300, 7000, 90_000]) {
      const flows = play(
        "0 a>b S 100",
        "0.1 b>a SA 300 101",
        "0.2 b>a SA 7000 101",
        "0.3 b>a SA 90000 101",
        `0.4 a>b A 101 ${chosen + 1}`,
        `0.5 b>a PA ${chosen + 1} 101 yes`,
      );
      expect(flows).toMatchObject([{ s2c: "yes", gaps: [] }]);
    }
  });

  it("a SYN+ACK that fits neither direction of a closed flow opens a new one", () => {
    const flows = play(
      handshake(0),
      close(1, 101, 301),
      "2 b>a SA 9000000 6000101",
      "2.1 a>b PA 6000101 9000001 new",
    );
    expect(flows.map(({ start, c2s, client }) => [start, c2s, client])).toEqual([
      ["handshake", "", "a"],
      ["partial", "new", "a"],
    ]);
  });

  it("a segment goes to the flow whose expected number is nearest, the newest on a tie", () => {
    const flows = playWith(
      { timeouts: null },
      handshake(0),
      "1 a>b PA 101 301 one",
      later(2),
      "3 a>b PA 6000101 9000301 two",
      // A straggler of the first, then a tie: just between both ends.
      "4 a>b PA 104 301 ONE",
      "5 a>b PA 3000104 301 mid",
    );
    expect(flows.map(({ c2s }) => c2s.replaceAll(".", ""))).toEqual(["oneONE", "two"]);
    expect(flows[1]!.counts("c2s", Rare.BEFORE_START_BYTES)).toBe(3);
  });

  it("reuse whose handshake was not captured opens a midstream flow at its second segment", () => {
    const far = 101 + 2 ** 30 + 2 ** 29;
    const flows = play(
      handshake(0),
      "1 a>b PA 101 301 old",
      `5 a>b PA ${far} 301 new`,
      `6 a>b PA ${far + 3} 301 er`,
    );
    expect(flows.map(({ start, c2s }) => [start, c2s])).toEqual([
      ["handshake", "old"],
      ["midstream", "newer"],
    ]);
  });

  it("the earlier flow leaves as `replaced` at the end of the capture without timeouts", () => {
    const flows = playWith({ timeouts: null }, handshake(0), later(100), "9999 a>b A 6000101 0");
    expect(flows.map(({ end }) => end)).toEqual(["replaced", "open"]);
  });

  it("the earlier flow stays what it is while the newer one's handshake is not complete", () => {
    const flows = play(handshake(0), "100 a>b S 6000100", "115 a>b S 6000100");
    expect(flows.map(({ end, replaced }) => [end, replaced])).toEqual([
      ["open", true],
      ["open", false],
    ]);
  });

  it("stragglers keep a superseded flow until it was silent for the linger", () => {
    const harness = new FlowHarness().play(handshake(0), later(100));
    harness.play("108 a>b PA 101 301 one", "117 a>b PA 104 301 two", "120 x>b S 1");
    expect(harness.left).toEqual([]);
    harness.play("127 x>b A 2 0");
    expect(harness.left).toMatchObject([{ flow: 1, end: "replaced", c2s: "onetwo" }]);
  });

  it("a chain that grows too long loses its oldest, so that hostile SYNs cost no more", () => {
    const harness = new FlowHarness();
    for (let i = 0; i < 40; i++) harness.play(`0.${10 + i} a>b S ${1000 + i * 100}`);
    expect(harness.tracker.table.store.live).toBe(16);
    expect(harness.left.map(({ end }) => end)).toEqual(Array(24).fill("replaced"));
  });
});

describe("§2.5 flags are bits", () => {
  it.each(["S", "SE", "SC", "SEC", "SP", "SU", "SPU"])("a SYN with %s is a SYN", (flags) => {
    expect(play(`0 a>b ${flags} 100`, "1 a>b A 101 301")).toMatchObject([{ roleBasis: "syn" }]);
  });

  it.each(["FA", "FAE", "FAC", "FPA", "FUA", "FPUA"])("a FIN with %s is a FIN", (flags) => {
    expect(play(handshake(0), `1 a>b ${flags} 101 301`)[0]!.state).toBe(FlowState.CLOSING);
  });

  it.each(["R", "RA", "RE", "RPA", "RU", "RS", "RF", "RSFA"])("an RST with %s is one", (flags) => {
    const ack = flags.includes("A") ? " 101" : "";
    expect(play(handshake(0), `1 b>a ${flags} 301${ack}`)[0]!.end).toBe("rst");
  });

  it("a SYN with RST opens no flow beside the one that exists, and is an RST", () => {
    const flows = play(handshake(0), "1 a>b RS 5000000");
    expect(flows).toHaveLength(1);
    expect(flows[0]!.counts("c2s", Rare.IMPLAUSIBLE_RESETS)).toBe(1);
    expect(flows[0]!.history).toContain("Q");
  });

  it("a SYN with FIN neither opens nor re-origins a flow that exists, and is counted", () => {
    const [flow, ...others] = play(handshake(0), "1 a>b PA 101 301 abc", "2 a>b SF 777");
    expect(others).toEqual([]);
    expect(flow).toMatchObject({ c2s: "abc", end: "open" });
    expect(flow!.counts("c2s", Rare.FURTHER_SYN)).toBe(1);
    const [midstream] = play("0 a>b PA 101 301 abc", "1 a>b SF 90", "2 a>b PA 104 301 def");
    expect(midstream).toMatchObject({ c2s: "abcdef", start: "midstream" });
    expect(midstream!.counts("c2s", Rare.FURTHER_SYN)).toBe(1);
    expect(midstream!.history).toContain("Q");
  });

  it("a first packet with SYN and FIN opens a flow that goes on", () => {
    const [flow] = play("0 a>b SF 100", "1 b>a SA 300 101", "2 a>b PA 101 301 abc");
    expect(flow).toMatchObject({ c2s: "abc", end: "open", start: "handshake" });
  });
});

describe("§2.6 how a flow ended", () => {
  it("`fin`: the FINs of both directions were seen, holes or not", () => {
    const [flow] = play(handshake(0), "1 a>b FA 110 301", "1.1 b>a FA 301 111");
    expect(flow).toMatchObject({ end: "fin", gaps: ["c2s 0+9 ackedUnseen"] });
  });

  it("`rst` before both FINs, `fin` if it comes after", () => {
    const one = "1 a>b FA 101 301";
    expect(play(handshake(0), one, "2 b>a R 301")[0]!.end).toBe("rst");
    expect(play(handshake(0), close(1, 101, 301), "2 b>a R 302")[0]!.end).toBe("fin");
  });

  it("a flow that was closed and leaves by the linger is `fin`, one that was evicted `evicted`", () => {
    const closed = new FlowHarness().play(handshake(0), close(1, 101, 301), "50 x>b S 1");
    expect(closed.left).toMatchObject([{ end: "fin" }]);
    const evicted = new FlowHarness({ maxFlows: 1 }).play(handshake(0), "1 x>b S 1");
    expect(evicted.left).toMatchObject([{ flow: 1, end: "evicted" }]);
    const both = new FlowHarness({ maxFlows: 1 }).play(handshake(0), "1 b>a R 301", "2 x>b S 1");
    expect(both.left).toMatchObject([{ flow: 1, end: "rst" }]);
  });
});

describe("§2.7 linger", () => {
  it("takes stragglers of a closed flow, which open no ghost", () => {
    const flows = play(
      handshake(0),
      "1 a>b PA 104 301 def",
      close(1, 107, 301),
      // A late duplicate, the missing octets, the FIN once more, the last ACK once more.
      "2 a>b PA 104 301 def",
      "3 a>b PA 101 301 abc",
      "4 b>a FA 301 108",
      "5 a>b A 108 302",
    );
    expect(flows).toMatchObject([{ c2s: "abcdef", end: "fin", gaps: [] }]);
    expect(flows[0]!.counts("s2c", Rare.FURTHER_FIN)).toBe(1);
  });

  it("takes stragglers without timeouts as well, whenever they come", () => {
    const flows = playWith({ timeouts: null }, handshake(0), close(1, 104, 301), "9e4 x>b S 1");
    expect(flows[0]!.end).toBe("fin");
    const late = new FlowHarness({ timeouts: null }).play(handshake(0), close(1, 104, 301));
    expect(late.play("90000 a>b PA 101 301 abc").finish()).toMatchObject([{ c2s: "abc" }]);
  });

  it("writes payload beyond the FIN, and counts it as afterFin", () => {
    const [flow] = play(handshake(0), "1 a>b FA 101 301", "2 a>b PA 101 301 more");
    expect(flow!.c2s).toBe("more");
    expect(flow!.counts("c2s", Rare.AFTER_FIN_BYTES)).toBe(4);
  });

  it("after the linger the key belongs to a new flow", () => {
    const flows = play(handshake(0), close(1, 101, 301), "12 a>b PA 101 301 late");
    expect(flows.map(({ end, start, resumes }) => [end, start, resumes])).toEqual([
      ["fin", "handshake", 0],
      ["open", "midstream", 0],
    ]);
  });
});

describe("§2.8 resets", () => {
  const reset = (lines: string, rst: string) => play(lines, rst)[0]!;

  it("takes one within the receiver's window, scaled where both sides offered a scale", () => {
    const scaled = "0 a>b S 100 ws=7 w=1000\n0.1 b>a SA 300 101 ws=7\n0.2 a>b A 101 301 w=1000";
    expect(reset(scaled, `1 b>a R ${301 + 128_000}`).end).toBe("rst");
    expect(reset(scaled, `1 b>a R ${301 + 128_001}`).end).toBe("open");
    const half = "0 a>b S 100 ws=7 w=1000\n0.1 b>a SA 300 101\n0.2 a>b A 101 301 w=1000";
    expect(reset(half, "1 b>a R 1301").end).toBe("rst");
    expect(reset(half, "1 b>a R 1302").end).toBe("open");
  });

  it("takes 65535 << 14 for the window where the scale is not known", () => {
    const midstream = "0 a>b PA 101 301 x w=1\n0.1 b>a PA 301 102 y w=1";
    expect(reset(midstream, `1 b>a R ${302 + 65_535 * 2 ** 14}`).end).toBe("rst");
    expect(reset(midstream, `1 b>a R ${303 + 65_535 * 2 ** 14}`).end).toBe("open");
  });

  it("does not take one below what was acknowledged", () => {
    const flow = reset(
      `${handshake(0)}\n1 b>a PA 301 101 abcdef\n1.1 a>b A 101 307`,
      "2 b>a R 303",
    );
    expect(flow.end).toBe("open");
    expect(flow.counts("s2c", Rare.IMPLAUSIBLE_RESETS)).toBe(1);
  });

  it("takes one without origin only if it acknowledges the SYN, or what followed it", () => {
    expect(reset("0 a>b S 100", "1 b>a RA 0 101").end).toBe("rst");
    expect(reset("0 a>b S 100 data", "1 b>a RA 0 105").end).toBe("rst");
    expect(reset("0 a>b S 100", "1 b>a RA 0 5000").end).toBe("open");
    // Without ACK it acknowledges nothing (RFC 9293 §3.10.7.3).
    expect(reset("0 a>b S 100", "1 b>a R 0").end).toBe("open");
  });

  it("takes one where nothing at all is known of the flow", () => {
    expect(play("1 b>a R 12345")).toMatchObject([{ end: "rst", start: "midstream" }]);
  });
});

describe("§3.2 origins", () => {
  it("takes the origin of a SYN that was not captured from the SYN+ACK", () => {
    const [flow] = play("0 b>a SA 300 101", "1 a>b PA 104 301 def");
    expect(flow).toMatchObject({ c2s: "...def", gaps: ["c2s 0+3 neverAcked"] });
  });

  it("counts what lies before the origin of a SYN as beforeStart, and writes none of it", () => {
    const [flow] = play(handshake(0), "1 a>b PA 99 301 xxabc");
    expect(flow!.c2s).toBe("abc");
    expect(flow!.counts("c2s", Rare.BEFORE_START_BYTES)).toBe(2);
  });

  it("moves a midstream origin back, but not once 256 KiB were accepted", () => {
    const big = "x".repeat(64 * 1024);
    const lines = [0, 1, 2, 3].map((i) => `${i} a>b PA ${1000 + i * 65_536} 301 ${big}`);
    const [early] = play(...lines.slice(0, 3), "5 a>b PA 990 301 early");
    expect(early!.c2s.slice(0, 11)).toBe("early.....x");
    const [late] = play(...lines, "5 a>b PA 990 301 late");
    expect(late!.c2s.slice(0, 3)).toBe("xxx");
    expect(late!.counts("c2s", Rare.BEFORE_START_BYTES)).toBe(4);
  });

  it("does not move it by more than --max-jump", () => {
    const [flow] = playWith({ maxJump: 50 }, "0 a>b PA 1000 301 abc", "1 a>b PA 940 301 xyz");
    expect(flow!.c2s).toBe("abc");
    expect(flow!.counts("c2s", Rare.BEFORE_START_BYTES)).toBe(3);
  });

  it("an empty segment never sets an origin", () => {
    const [flow] = play("0 a>b A 101 301", "0.1 a>b FA 90 301", "1 a>b PA 110 301 abc");
    expect(flow).toMatchObject({ c2s: "abc", gaps: [] });
  });

  it("a direction without a captured packet has no stream, whatever was acknowledged", () => {
    const [flow] = play("0 a>b S 100", "1 a>b A 101 5000", "2 a>b A 101 9000");
    expect(flow).toMatchObject({ s2c: "", gaps: [] });
  });
});

describe("§3.5 segments that carry no stream octets", () => {
  it.each([
    ["a keep-alive without octet", "1 a>b A 103 301"],
    ["a keep-alive with one", "1 a>b A 103 301 Z"],
    ["one before any octet came back", "1 a>b A 100 301 Z"],
  ])("%s opens no hole and is no data", (_name, line) => {
    const [flow] = play(handshake(0), "0.5 a>b PA 101 301 abc", line, "2 a>b PA 104 301 def");
    expect(flow!.c2s).toBe("abcdef");
    expect(flow!.gaps).toEqual([]);
  });

  it("a window probe that was accepted is data, whatever the window", () => {
    const [flow] = play(
      handshake(0),
      "1 a>b PA 101 301 abc",
      "2 b>a A 301 104 w=0",
      "3 a>b A 104 301 d",
      "4 b>a A 301 105 w=0",
      "5 b>a A 301 105 w=9000",
      "6 a>b PA 105 301 ef",
    );
    expect(flow).toMatchObject({ c2s: "abcdef", gaps: [] });
    expect(flow!.counts("s2c", Rare.ZERO_WINDOWS)).toBe(2);
    expect(flow!.history).toContain("w");
  });

  it("a pure ACK with an absurd sequence number changes nothing", () => {
    const [flow] = play(handshake(0), "1 a>b A 900000000 5000", "2 b>a PA 301 101 abc");
    expect(flow).toMatchObject({ s2c: "abc", gaps: [] });
  });

  it("urgent data stays where it is in the stream", () => {
    const [flow] = play(
      handshake(0),
      "1 a>b PA 101 301 ab",
      "2 a>b PUA 103 301 c",
      "3 a>b A 104 301 d",
    );
    expect(flow!.c2s).toBe("abcd");
  });
});

describe("§3.7 tails and acknowledgments", () => {
  it("a FIN tells the length: octets missing at the tail are a gap", () => {
    const [flow] = play(
      handshake(0),
      "1 a>b PA 101 301 abc",
      "2 a>b FA 107 301",
      "3 b>a A 301 108",
    );
    expect(flow).toMatchObject({ c2s: "abc...", gaps: ["c2s 3+3 ackedUnseen"] });
  });

  it("so does the peer's highest acknowledgment", () => {
    const [flow] = play(handshake(0), "1 a>b PA 101 301 abc", "2 b>a A 301 110");
    expect(flow).toMatchObject({ c2s: "abc......", gaps: ["c2s 3+6 ackedUnseen"] });
  });

  it("an acknowledgment exactly one beyond the last octet is a FIN's that was not captured", () => {
    const [flow] = play(handshake(0), "1 a>b PA 101 301 abc", "2 b>a A 301 105");
    expect(flow).toMatchObject({ c2s: "abc", gaps: [] });
  });

  it("an ACK captured before its data is no gap", () => {
    const [flow] = play(
      handshake(0),
      "1 b>a A 301 107",
      "2 a>b PA 101 301 abc",
      "3 a>b PA 104 301 def",
    );
    expect(flow).toMatchObject({ c2s: "abcdef", gaps: [] });
  });

  it("an acknowledgment far ahead needs a second one, or a segment there", () => {
    const start = [handshake(0), "1 a>b PA 101 301 abc"];
    const far = (...lines: string[]) => playWith({ maxJump: 50 }, ...start, ...lines)[0]!;
    expect(far("2 b>a A 301 164").c2s.length).toBe(3);
    expect(far("2 b>a A 301 164", "3 b>a A 301 164").c2s.length).toBe(63);
    expect(far("2 b>a A 301 164", "3 b>a A 301 160").c2s.length).toBe(3);
    const confirmed = far("2 b>a A 301 164", "3 a>b A 150 301 x", "4 a>b PA 164 301 y");
    expect(confirmed.gaps).toEqual(["c2s 3+46 ackedUnseen", "c2s 50+13 ackedUnseen"]);
  });

  it("one of an RST or a refused segment is never believed", () => {
    const [flow] = play(handshake(0), "1 a>b PA 101 301 abc", "2 b>a RA 301 120");
    expect(flow).toMatchObject({ c2s: "abc", gaps: [], end: "rst" });
    const [refused] = play(handshake(0), "1 a>b PA 101 301 abc", "2 b>a A 301 120 bad");
    expect(refused).toMatchObject({ c2s: "abc", gaps: [] });
  });

  it("a SACK block is evidence, and its right edge tells the tail", () => {
    const [flow] = play(handshake(0), "1 a>b PA 101 301 ab", "2 b>a A 301 103 sack=105-108");
    expect(flow).toMatchObject({
      c2s: "ab.....",
      gaps: ["c2s 2+2 neverAcked", "c2s 4+3 ackedUnseen"],
    });
  });

  it("a D-SACK is none: at or below the acknowledgment, or inside the second block", () => {
    const [below] = play(handshake(0), "1 a>b PA 101 301 ab", "2 b>a A 301 110 sack=104-106");
    expect(below!.gaps).toEqual(["c2s 2+7 ackedUnseen"]);
    const [inside] = play(
      handshake(0),
      "1 a>b PA 101 301 ab",
      "2 b>a A 301 103 sack=112-114,110-116",
    );
    expect(inside!.gaps).toEqual(["c2s 2+7 neverAcked", "c2s 9+6 ackedUnseen"]);
  });

  it("a half-close: the other direction goes on, and its own FIN ends the flow", () => {
    const flows = play(
      handshake(0),
      "1 a>b FPA 101 301 get",
      "2 b>a A 301 105",
      "3 b>a PA 301 105 one",
      "4 a>b A 105 304",
      "5 b>a FPA 304 105 two",
      "6 a>b A 105 308",
    );
    expect(flows).toMatchObject([{ c2s: "get", s2c: "onetwo", end: "fin", gaps: [] }]);
  });

  it("a direction is finished when all before its FIN has arrived, in whatever order", () => {
    const flows = play(
      handshake(0),
      "1 a>b FPA 104 301 def",
      "1.1 b>a FA 301 101",
      "1.2 a>b PA 101 301 abc",
      "1.3 b>a A 302 108",
    );
    expect(flows).toMatchObject([{ c2s: "abcdef", end: "fin", gaps: [] }]);
  });
});

describe("§4.2 causes", () => {
  it("the first that fits: discarded, snapped, ackedUnseen, neverAcked", () => {
    const [flow] = play(
      handshake(0),
      "1 a>b PA 101 301 aa",
      "2 a>b PA 103 301 xx bad",
      "3 a>b PA 105 301 bb cut=2",
      "4 a>b PA 111 301 cc",
      "5 b>a A 301 110",
      "6 a>b PA 115 301 dd",
    );
    expect(flow!.gaps).toEqual([
      "c2s 2+2 discarded",
      "c2s 6+2 snapped",
      "c2s 8+1 ackedUnseen",
      "c2s 9+1 neverAcked",
      "c2s 12+2 neverAcked",
    ]);
  });
});

describe("§6 duplicated packets", () => {
  const twice = (first: string, second: string) => {
    const lines = [`1 a>b PA 101 301 abc ${first}`, second];
    return play(handshake(0), ...lines)[0]!.counts("c2s", Rare.DUPLICATED_PACKETS);
  };

  it("are those with the same identification, numbers, flags and length, within a second", () => {
    expect(twice("id=7", "1.9 a>b PA 101 301 abc id=7")).toBe(1);
    expect(twice("id=7", "2.000000001 a>b PA 101 301 abc id=7")).toBe(0);
    expect(twice("id=7", "1.1 a>b PA 101 301 abc id=8")).toBe(0);
    expect(twice("id=7", "1.1 a>b A 101 301 abc id=7")).toBe(0);
    expect(twice("id=7", "1.1 a>b PA 101 302 abc id=7")).toBe(0);
    expect(twice("id=7", "1.1 a>b PA 101 301 abcd id=7")).toBe(0);
  });

  it("are told by the TCP checksum where there is no identification", () => {
    expect(twice("id=0 sum=5", "1.1 a>b PA 101 301 abc id=0 sum=5")).toBe(1);
    expect(twice("id=0 sum=5", "1.1 a>b PA 101 301 abc id=0 sum=6")).toBe(0);
  });
});

describe("§6 history", () => {
  it("has the letters of retransmissions and gaps, with the side that sent them", () => {
    const [flow] = play(
      handshake(0),
      "1 a>b PA 101 301 abc",
      "2 a>b PA 101 301 abc",
      "3 b>a PA 310 104 x",
      "4 a>b A 104 311",
    );
    expect(flow!.history).toBe("ShADTdg");
  });
});
