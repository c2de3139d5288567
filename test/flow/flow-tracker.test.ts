// Flows, roles, states, ends, chains (tcp.md §2): a conversation a case.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FlowHarness, handshake, Rare } from "./flow-harness.ts";

const close = (second: number, clientSeq: number, serverSeq: number) => `
  ${second}.0 a>b FA ${clientSeq} ${serverSeq}
  ${second}.1 b>a FA ${serverSeq} ${clientSeq + 1}
  ${second}.2 a>b A ${clientSeq + 1} ${serverSeq + 1}`;

describe("FlowTracker", () => {
  it("follows a connection from handshake to FIN", () => {
    const [flow] = new FlowHarness()
      .play(handshake(0), "1 a>b PA 101 301 hello", "2 b>a PA 301 106 hi", close(3, 106, 303))
      .finish();
    expect(flow).toMatchObject({
      client: "a",
      start: "handshake",
      end: "fin",
      roleBasis: "syn",
      c2s: "hello",
      s2c: "hi",
      gaps: [],
      history: "ShADdFf",
      connState: "SF",
      rttNanos: 200_000_000,
    });
  });

  it("tells roles by SYN, SYN+ACK, port and first packet, in this order", () => {
    const roles = (line: string) => {
      const [flow] = new FlowHarness().play(line).finish();
      return [flow!.client, flow!.roleBasis, flow!.start];
    };
    expect(roles("0 b>a S 100")).toEqual(["b", "syn", "partial"]);
    expect(roles("0 b>a SA 300 101")).toEqual(["a", "syn-ack", "partial"]);
    expect(roles("0 b>a A 300 101")).toEqual(["a", "port", "midstream"]);
    expect(roles("0 a>b A 101 300")).toEqual(["a", "port", "midstream"]);
    expect(roles("0 d>c A 300 101")).toEqual(["d", "first-packet", "midstream"]);
  });

  it("takes a SYN with another number for a new flow, with the same for a retransmission", () => {
    const flows = new FlowHarness()
      .play(handshake(0), "1 a>b PA 101 301 one", "2 a>b S 100")
      .play(handshake(3, "a", "b", 6100, 9300), "4 a>b PA 6101 9301 two")
      .finish();
    expect(flows.map(({ c2s, end, replaced }) => [c2s, end, replaced])).toEqual([
      ["one", "replaced", true],
      ["two", "open", false],
    ]);
  });

  it("ends a flow that a newer one replaced once it stays silent for the linger", () => {
    const flows = new FlowHarness()
      .play(handshake(0), handshake(100, "a", "b", 6100, 9300), "109 a>b A 6101 9301")
      .play("111 a>b A 6101 9301")
      .finish();
    expect(flows[0]).toMatchObject({ end: "replaced", endedAt: 111 });
  });

  it("gives a straggler of an earlier connection to its own flow", () => {
    const flows = new FlowHarness({ timeouts: null })
      .play(handshake(0), "1 a>b PA 101 301 abc", "1.5 a>b PA 107 301 ghi")
      .play(handshake(3, "a", "b", 600_000, 900_000), "4 a>b PA 600001 900001 xyz")
      .play("5 a>b PA 104 301 def")
      .finish();
    expect(flows.map(({ c2s }) => c2s)).toEqual(["abcdefghi", "xyz"]);
  });

  it("keeps two sequence spaces on one key apart (a tap on both sides of a firewall)", () => {
    const flows = new FlowHarness()
      .play("0 a>b S 100", "0 a>b S 5000000", "0.1 b>a SA 300 5000001", "0.1 b>a SA 300 101")
      .play("0.2 a>b A 101 301", "0.2 a>b A 5000001 301")
      .play("1 a>b PA 101 301 same", "1 a>b PA 5000001 301 same")
      .finish();
    expect(flows.map(({ c2s }) => c2s)).toEqual(["same", "same"]);
  });

  it("opens a midstream flow for payload that fits no sequence space, once it is continued", () => {
    const far = 100 + 2 ** 31 - 5;
    const alone = new FlowHarness().play(handshake(0), `1 a>b PA ${far} 301 abc`).finish();
    expect(alone).toHaveLength(1);
    expect(alone[0]!.counts("c2s", Rare.IMPLAUSIBLE_BYTES)).toBe(3);
    const continued = new FlowHarness()
      .play(handshake(0), `1 a>b PA ${far} 301 abc`, `2 a>b PA ${far + 3} 301 def`)
      .finish();
    expect(continued.map(({ start, c2s }) => [start, c2s])).toEqual([
      ["handshake", ""],
      ["midstream", "abcdef"],
    ]);
  });

  it("ignores a blind RST, and takes one at the next expected number", () => {
    const blind = new FlowHarness()
      .play(handshake(0), "1 a>b PA 101 301 one", "2 b>a R 3000000", "3 a>b PA 104 301 two")
      .finish();
    expect(blind[0]).toMatchObject({ c2s: "onetwo", end: "open" });
    expect(blind[0]!.counts("s2c", Rare.IMPLAUSIBLE_RESETS)).toBe(1);
    const taken = new FlowHarness().play(handshake(0), "1 b>a R 301").finish();
    expect(taken[0]).toMatchObject({ end: "rst", connState: "RSTR" });
  });

  it("takes an RST that answers a SYN", () => {
    const [flow] = new FlowHarness().play("0 a>b S 100", "0.1 b>a RA 0 101").finish();
    expect(flow).toMatchObject({ end: "rst", connState: "REJ", start: "partial" });
  });

  it("leaves a flow whose FINs were seen `fin`, whatever RST follows", () => {
    const [flow] = new FlowHarness()
      .play(handshake(0), close(1, 101, 301), "1.5 a>b R 102")
      .finish();
    expect(flow!.end).toBe("fin");
  });

  it("goes on after a half-close", () => {
    const [flow] = new FlowHarness()
      .play(handshake(0), "1 a>b FA 101 301", "2 b>a PA 301 102 late", "3 b>a FA 305 102")
      .finish();
    expect(flow).toMatchObject({ s2c: "late", end: "fin" });
  });

  it("writes new payload after a FIN and after an RST, and counts it once more", () => {
    const [afterFin] = new FlowHarness()
      .play(handshake(0), "1 a>b FA 103 301", "1.1 a>b PA 101 301 ab")
      .finish();
    expect(afterFin!.c2s).toBe("ab");
    expect(afterFin!.counts("c2s", Rare.AFTER_FIN_BYTES)).toBe(0);
    const [afterReset] = new FlowHarness()
      .play(handshake(0), "1 b>a R 301", "1.1 a>b PA 101 301 ab")
      .finish();
    expect(afterReset!.c2s).toBe("ab");
    expect(afterReset!.counts("c2s", Rare.AFTER_RESET_BYTES)).toBe(2);
  });

  it("does not take the text of an RST for stream data", () => {
    const [flow] = new FlowHarness().play(handshake(0), "1 b>a RA 301 101 why").finish();
    expect(flow).toMatchObject({ s2c: "", end: "rst" });
    expect(flow!.counts("s2c", Rare.RESET_PAYLOAD_BYTES)).toBe(3);
  });

  it("joins a simultaneous open into one flow", () => {
    const flows = new FlowHarness()
      .play("0 c>d S 100", "0.01 d>c S 300", "0.1 c>d SA 100 301", "0.1 d>c SA 300 101")
      .play("1 c>d PA 101 301 from-c", "1 d>c PA 301 101 from-d")
      .finish();
    expect(flows.map(({ c2s, s2c }) => [c2s, s2c])).toEqual([["from-c", "from-d"]]);
  });

  it("joins a simultaneous open whose SYNs carry data", () => {
    const flows = new FlowHarness()
      .play("0 c>d S 100 hello", "0.01 d>c S 300 world", "0.1 c>d PA 101 306 hello")
      .finish();
    expect(flows.map(({ c2s, s2c }) => [c2s, s2c])).toEqual([["hello", "world"]]);
  });

  it("is not led astray by one wrong acknowledgment before a direction's first octets", () => {
    const flows = new FlowHarness()
      .play("0 a>b S 100", `0.2 a>b PA 101 ${2 ** 31} one`, "0.3 b>a PA 301 104 two")
      .finish();
    expect(flows.map(({ c2s, s2c }) => [c2s, s2c])).toEqual([["one", "two"]]);
  });

  it("takes a SYN captured after its data for the origin", () => {
    const flows = new FlowHarness()
      .play("0 a>b PA 101 301 abc", "0.1 a>b S 100", "0.2 a>b PA 104 301 def")
      .finish();
    expect(flows.map(({ c2s }) => c2s)).toEqual(["abcdef"]);
  });

  it("believes the SYN+ACK that the client acknowledges", () => {
    const flows = new FlowHarness()
      .play("0 a>b S 100", "0.1 b>a SA 300 101", "0.15 b>a SA 7000 101", "0.2 a>b A 101 7001")
      .play("1 b>a PA 7001 101 yes")
      .finish();
    expect(flows.map(({ s2c, gaps }) => [s2c, gaps])).toEqual([["yes", []]]);
  });

  it("takes data on a SYN at position 0, once", () => {
    const accepted = new FlowHarness()
      .play("0 a>b S 100 hello", "0.1 b>a SA 300 106", "0.2 a>b PA 106 301 world")
      .finish();
    expect(accepted[0]!.c2s).toBe("helloworld");
    const ignored = new FlowHarness()
      .play("0 a>b S 100 hello", "0.1 b>a SA 300 101", "0.2 a>b PA 101 301 helloworld")
      .finish();
    expect(ignored[0]!.c2s).toBe("helloworld");
  });

  it("counts a packet captured twice, and compares nothing", () => {
    const [flow] = new FlowHarness()
      .play(handshake(0), "1 a>b PA 101 301 abc id=77", "1.0001 a>b PA 101 301 abc id=77")
      .finish();
    expect(flow!.counts("c2s", Rare.DUPLICATED_PACKETS)).toBe(1);
    expect(flow!.counts("c2s", Rare.RETRANSMITTED)).toBe(1);
  });

  it("keeps VLANs that share addresses apart, joins them, or follows the first path", () => {
    const lines = [
      "0 a>b S 100 v=1",
      "0 a>b S 100 v=2",
      "1 a>b PA 101 301 abc v=1",
      "1 a>b PA 101 301 xyz v=2",
    ];
    const streams = (vlan: "separate" | "ignore" | "first") =>
      new FlowHarness({ vlan })
        .play(...lines)
        .finish()
        .map(({ c2s }) => c2s);
    expect(streams("separate")).toEqual(["abc", "xyz"]);
    expect(streams("ignore")).toEqual(["abc"]);
    const [first] = new FlowHarness({ vlan: "first" }).play(...lines).finish();
    expect(first!.c2s).toBe("abc");
    expect(first!.counts("c2s", Rare.OTHER_PATH_PACKETS)).toBe(2);
    expect(first!.counts("c2s", Rare.CONFLICTING_BYTES)).toBe(0);
  });

  it("refuses a segment: no flow, no state, no acknowledgment, `discarded` if nothing brings it", () => {
    expect(new FlowHarness().play("0 a>b S 100 bad").finish()).toEqual([]);
    const [flow] = new FlowHarness()
      .play(handshake(0), "1 a>b PA 101 301 abc bad", "2 a>b PA 104 301 def")
      .finish();
    expect(flow).toMatchObject({ c2s: "...def", gaps: ["c2s 0+3 discarded"] });
  });
});

describe("sweeper", () => {
  it("ends a flow when it was silent for its timeout, counted from its last packet", () => {
    const harness = new FlowHarness()
      .play(handshake(0), "500 a>b PA 101 301 abc", "1000 a>b PA 104 301 def")
      .play("1609.999999999 x>b S 1");
    expect(harness.left).toHaveLength(0);
    harness.play("1610 x>b A 2 0");
    expect(harness.left).toMatchObject([{ flow: 1, end: "timeout", c2s: "abcdef" }]);
  });

  it("has a timeout for each state", () => {
    const endOf = (lines: string, at: string) => {
      const harness = new FlowHarness().play(lines);
      harness.play(`${at} x>b S 1`);
      return harness.left.map(({ end }) => end);
    };
    expect(endOf("0 a>b S 100", "119.999")).toEqual([]);
    expect(endOf("0 a>b S 100", "120")).toEqual(["timeout"]);
    expect(endOf(`${handshake(0)}\n1 a>b FA 101 301`, "121")).toEqual(["timeout"]);
    expect(endOf(handshake(0) + close(1, 101, 301), "11.1")).toEqual([]);
    expect(endOf(handshake(0) + close(1, 101, 301), "11.2")).toEqual(["fin"]);
    expect(endOf(`${handshake(0)}\n1 b>a R 301`, "11")).toEqual(["rst"]);
  });

  it("ends a flow at its own time in a second in which another one expires later", () => {
    const harness = new FlowHarness()
      .play("0 x>b S 1", "10.9 c>b S 1", handshake(100))
      .play("120.1 b>a R 301", "130.05 d>b S 1");
    expect(harness.left).toMatchObject([{ client: "x", end: "timeout" }]);
    harness.play("130.15 d>b S 1");
    expect(harness.left.slice(1)).toMatchObject([{ client: "a", end: "rst" }]);
    harness.play("130.95 d>b S 1");
    expect(harness.left.slice(2)).toMatchObject([{ client: "c", end: "timeout" }]);
  });

  it("ends what it would end if it looked at all lists with each packet, at the same packets", () => {
    const step = fc.record({
      wait: fc.integer({ min: 1, max: 900 }),
      ends: fc.constantFrom("a>b", "b>a", "x>b", "c>d", "d>b"),
      what: fc.constantFrom("S 1", "SA 1 2", "A 2 2", "FA 2 2", "R 2", "PA 2 2 ab"),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 120 }), (steps) => {
        const timeouts = { new: 2.5, established: 4, closing: 3, closed: 1, reset: 1.25 };
        const harness = new FlowHarness({ timeouts });
        const twin = new FlowHarness({ timeouts });
        Object.defineProperty(twin.tracker.table, "maybeExpired", { get: () => true });
        let millis = 0;
        for (const { wait, ends, what } of steps) {
          millis += wait;
          const line = `${millis / 1000} ${ends} ${what}`;
          for (const each of [harness, twin]) each.play(line);
          expect(harness.left.map(({ flow }) => flow)).toEqual(twin.left.map(({ flow }) => flow));
        }
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  it("goes by (expiry time, flow number)", () => {
    const harness = new FlowHarness().play("0 a>b S 1", "5 x>b S 1", "5 c>d S 1", "5 d>b S 1");
    harness.play("200 c>b S 1");
    expect(harness.left.map(({ flow }) => flow)).toEqual([1, 2, 3, 4]);
  });

  it("says which swept flow a flow resumes", () => {
    const flows = new FlowHarness()
      .play(handshake(0), "1 a>b PA 101 301 abc", "700 b>a PA 301 104 later")
      .finish();
    expect(flows).toMatchObject([
      { end: "timeout", c2s: "abc" },
      { start: "midstream", resumes: 1, client: "a", s2c: "later" },
    ]);
  });

  it("ends nothing for one wild timestamp, forwards or backwards", () => {
    const harness = new FlowHarness().play(handshake(1000)).play("90000 a>b A 101 301 next=1001");
    harness.play("1001 a>b PA 101 301 abc", "5 a>b PA 104 301 def", "1002 a>b PA 107 301 ghi");
    expect(harness.clock.ignoredSteps).toBe(1);
    expect(harness.finish()).toMatchObject([{ c2s: "abcdefghi", end: "open" }]);
  });

  it("does not stand still in a capture with hours between its packets", () => {
    const harness = new FlowHarness().play("0 a>b S 1 next=8000");
    harness.play("8000 x>b S 1 next=16000", "16000 c>b S 1 next=24000");
    expect(harness.left.map(({ end }) => end)).toEqual(["timeout", "timeout"]);
  });

  it("evicts the flow that is idle longest when there are too many", () => {
    const harness = new FlowHarness({ maxFlows: 2 }).play(
      "0 a>b S 1",
      "1 x>b S 1",
      "2 a>b A 2 0",
      "3 c>b S 1",
    );
    expect(harness.left).toMatchObject([{ flow: 2, end: "evicted" }]);
  });

  it("never ends anything without timeouts", () => {
    const harness = new FlowHarness({ timeouts: null }).play("0 a>b S 1");
    harness.play("99999999 x>b S 1");
    expect(harness.left).toEqual([]);
    expect(harness.finish().map(({ end }) => end)).toEqual(["open", "open"]);
  });
});
