// Rules of tcp.md that need the whole engine: what packets come to, whose they are, and what filters and
// limits do to numbers. runEngine asserts the identities each time.

import { describe, expect, it } from "vitest";
import { Outcome } from "../../src/decode/outcome.ts";
import { parseFlowFilter } from "../../src/filter/flow-filter.ts";
import { parseFlowNumbers } from "../../src/filter/flow-numbers.ts";
import type { BuiltPacket } from "../support/capture-builder.ts";
import { ethernet, ipv4, tcpPacket, tcpSegment } from "../support/packet-builder.ts";
import type { TcpPacketFields } from "../support/packet-builder.ts";
import { runEngine } from "../support/run-engine.ts";

const SERVER = {
  source: "10.0.0.2",
  destination: "10.0.0.1",
  sourcePort: 80,
  destinationPort: 40_000,
};

/** Packets a second apart, from second 1000 on. */
function packets(...fields: readonly (TcpPacketFields | Uint8Array)[]): BuiltPacket[] {
  return fields.map((each, i) => ({
    seconds: 1000 + i,
    bytes: each instanceof Uint8Array ? each : tcpPacket({ id: i + 1, ...each }),
  }));
}

/** Payload of a client of its own, numbers from 101 on. */
const from = (port: number, seq: number, payload: string): TcpPacketFields => ({
  sourcePort: port,
  flags: "PA",
  seq,
  payload,
});

function text(octets: Uint8Array): string {
  return Buffer.from(octets).toString("latin1");
}

describe("§1 packets", () => {
  it("a packet cut by the snap length contributes what it has", async () => {
    const whole = tcpPacket(from(40_000, 104, "defghi"));
    const run = await runEngine([
      ...packets({ flags: "S", seq: 100 }, from(40_000, 101, "abc")),
      { seconds: 1002, bytes: whole.subarray(0, -4), originalLength: whole.length },
    ]);
    expect(text(run.sink.bytesOf(1, "c2s"))).toBe("abcde\0\0\0\0");
    expect(run.flows[0]!.c2s).toMatchObject({
      gaps: [{ start: 5, length: 4, cause: "snapped" }],
      snappedBytes: 4,
    });
  });

  it("payload ends where the IP length says, and where the frame ends if that is 0", async () => {
    const padded = tcpPacket({ ...from(40_000, 101, "abc"), padTo: 80 });
    const offloaded = ethernet({
      payload: ipv4({ totalLength: 0, payload: tcpSegment(from(40_000, 104, "def")) }),
    });
    const run = await runEngine(packets({ flags: "S", seq: 100 }, padded, offloaded));
    expect(text(run.sink.bytesOf(1, "c2s"))).toBe("abcdef");
    expect(run.flows[0]!.status).toContain("lengthZero");
  });

  it("fragments of a completed datagram count towards its flow and direction", async () => {
    const segment = tcpSegment(from(40_000, 101, "a".repeat(60)));
    const fragments = [
      ethernet({ payload: ipv4({ id: 9, moreFragments: true, payload: segment.subarray(0, 48) }) }),
      ethernet({ payload: ipv4({ id: 9, fragmentOffset: 48, payload: segment.subarray(48) }) }),
    ];
    const run = await runEngine(packets({ flags: "S", seq: 100 }, ...fragments));
    expect(run.flows[0]!.c2s).toMatchObject({ packets: 3, segments: 1, writtenBytes: 60 });
    expect(run.flows[0]!.status).toContain("fragReassembled");
    expect(run.engine.packets.withoutFlow).toBe(0);
    expect(run.totals.c2sBytes).toBe(run.engine.packets.capturedBytes);
  });

  it("auto: a filter does not change what is refused, nor the numbers of flows", async () => {
    const capture = packets(
      { flags: "S", seq: 100 },
      { ...from(40_001, 101, "wrong"), checksum: "bad" },
      from(40_002, 101, "right"),
    );
    const all = await runEngine(capture);
    const second = await runEngine(capture, { flowNumbers: parseFlowNumbers("2") });
    expect(all.flows.map(({ flow }) => flow)).toEqual([1, 2]);
    expect(second.flows.map(({ flow, clientPort }) => [flow, clientPort])).toEqual([[2, 40_002]]);
    expect(second.engine.packets.checksumsRefused).toBe(all.engine.packets.checksumsRefused);
  });

  it("auto: wrong checksums are accepted until one of the address was right, then refused", async () => {
    const bad = { checksum: "bad" } as const;
    const run = await runEngine(
      packets(
        { flags: "S", seq: 100, ...bad },
        { ...from(40_000, 101, "abc"), ...bad },
        from(40_000, 104, "def"),
        { ...from(40_000, 107, "ghi"), ...bad },
        from(40_000, 110, "jkl"),
        // Refused, it opens no flow.
        { ...from(40_009, 101, "xyz"), ...bad },
      ),
    );
    expect(run.flows).toHaveLength(1);
    expect(text(run.sink.bytesOf(1, "c2s"))).toBe("abcdef\0\0\0jkl");
    expect(run.flows[0]!.c2s).toMatchObject({
      gaps: [{ start: 6, length: 3, cause: "discarded" }],
      badChecksums: 3,
      refusedBytes: 3,
    });
    expect(run.engine.outcomes[Outcome.BAD_CHECKSUM]).toBe(2);
  });
});

describe("§2.1 keys", () => {
  const tagged = [
    { ...from(40_000, 101, "abc"), vlans: [{ id: 5 }] },
    { ...from(40_000, 101, "abc"), vlans: [{ id: 6 }] },
  ];

  it("first: packets under another stack than a direction's first are `other-path`", async () => {
    const run = await runEngine(packets(...tagged), { vlan: "first" });
    expect(run.flows).toHaveLength(1);
    expect(run.engine.outcomes[Outcome.OTHER_PATH]).toBe(1);
    expect(run.flows[0]!.c2s).toMatchObject({ packets: 1, otherPathPackets: 1, retransmitted: 0 });
  });

  it("each direction has a path of its own", async () => {
    const answer = { ...SERVER, flags: "PA", seq: 301, ack: 104, payload: "xyz" };
    const run = await runEngine(
      packets(tagged[0]!, { ...answer, vlans: [{ id: 6 }] }, { ...answer, vlans: [{ id: 5 }] }),
      { vlan: "first" },
    );
    expect(text(run.sink.bytesOf(1, "s2c"))).toBe("xyz");
    expect(run.flows[0]!.s2c.otherPathPackets).toBe(1);
  });

  it("one-way flows that mirror each other under different tags are counted, for the hint", async () => {
    const answer = { ...SERVER, flags: "PA", seq: 301, ack: 104, payload: "xyz" };
    const mirrored = packets(tagged[0]!, { ...answer, vlans: [{ id: 6 }] });
    expect((await runEngine(mirrored)).totals.mirroredUnderVlans).toBe(1);
    const joined = await runEngine(mirrored, { vlan: "ignore" });
    expect(joined.flows).toHaveLength(1);
    expect(joined.totals.mirroredUnderVlans).toBe(0);
  });

  it("IP versions are apart", async () => {
    const six = { source: "2001:db8::1", destination: "2001:db8::2" };
    const run = await runEngine(
      packets(from(40_000, 101, "four"), { ...from(40_000, 101, "six!"), ...six }),
    );
    expect(run.flows.map(({ ipVersion }) => ipVersion)).toEqual([4, 6]);
  });
});

describe("§2.2 flow numbers", () => {
  const three = packets(
    from(40_001, 101, "one"),
    from(40_002, 101, "two"),
    from(40_003, 101, "six"),
    from(40_002, 104, "TWO"),
  );

  it("are those of the whole capture under a filter", async () => {
    const run = await runEngine(three, { filter: parseFlowFilter("port 40002") });
    expect(run.flows.map(({ flow }) => flow)).toEqual([2]);
    expect(run.totals.filtered).toBe(2);
    expect(run.engine.outcomes[Outcome.FILTERED]).toBe(2);
  });

  it("and under a choice of numbers", async () => {
    const run = await runEngine(three, { flowNumbers: parseFlowNumbers("3") });
    expect(run.flows.map(({ flow, clientPort }) => [flow, clientPort])).toEqual([[3, 40_003]]);
  });

  it("and under time limits, where a flow that goes on begins as midstream", async () => {
    const after = { seconds: 1003, nanos: 0 };
    const run = await runEngine(three, { after });
    expect(run.flows.map(({ flow, start }) => [flow, start])).toEqual([[2, "midstream"]]);
    expect(text(run.sink.bytesOf(2, "c2s"))).toBe("TWO");
    const before = await runEngine(three, { before: { seconds: 1002, nanos: 0 } });
    expect(before.flows.map(({ flow }) => flow)).toEqual([1, 2]);
    expect(text(before.sink.bytesOf(2, "c2s"))).toBe("two");
  });
});

describe("§3.7 lengths", () => {
  it("says that a FIN was acknowledged and not captured", async () => {
    const run = await runEngine(
      packets(
        { flags: "S", seq: 100 },
        { ...SERVER, flags: "SA", seq: 300, ack: 101 },
        from(40_000, 101, "abc"),
        { ...SERVER, flags: "A", seq: 301, ack: 105 },
      ),
    );
    expect(run.flows[0]!.c2s).toMatchObject({ streamBytes: 3, missingBytes: 0, finUnseen: true });
    expect(run.totals.finUnseen).toBe(1);
  });
});

describe("§5.6 limits", () => {
  it("keeps no more flows than --max-flows, and evicts the one that is idle longest", async () => {
    const run = await runEngine(
      packets(
        from(40_001, 101, "one"),
        from(40_002, 101, "two"),
        from(40_001, 104, "ONE"),
        from(40_003, 101, "six"),
      ),
      { maxFlows: 2 },
    );
    expect(run.flows.map(({ end }) => end)).toEqual(["open", "evicted", "open"]);
    expect(run.totals.maxInMemory).toBe(2);
  });

  it("says `discarded` of what lies beyond --max-bytes and --max-total", async () => {
    const run = await runEngine(
      packets({ flags: "S", seq: 100 }, from(40_000, 101, "abcdef"), from(40_001, 101, "ghijkl")),
      { maxStreamBytes: 5, maxTotalBytes: 7 },
    );
    expect(run.flows.map(({ c2s }) => [c2s.writtenBytes, c2s.missing.discarded])).toEqual([
      [5, 1],
      [2, 4],
    ]);
  });
});

describe("§2.4 payload that waits for a second witness", () => {
  const far = 101 + 2 ** 30 + 2 ** 29;
  const reused = packets(
    { flags: "S", seq: 100 },
    { ...SERVER, flags: "SA", seq: 300, ack: 101 },
    from(40_000, 101, "old"),
    from(40_000, far, "new"),
    from(40_000, far + 3, "er"),
  );

  it("goes to the flow that it opens", async () => {
    const run = await runEngine(reused);
    expect(run.flows.map(({ c2s }) => c2s.writtenBytes)).toEqual([3, 5]);
    expect(text(run.sink.bytesOf(2, "c2s"))).toBe("newer");
  });

  it("goes to the flow that it opens also where only the earlier one was asked for", async () => {
    const run = await runEngine(reused, { flowNumbers: parseFlowNumbers("1") });
    expect(run.flows.map(({ flow }) => flow)).toEqual([1]);
    expect(run.flows[0]!.c2s).toMatchObject({ writtenBytes: 3, implausibleBytes: 0 });
    expect(run.sink.streams).toHaveLength(1);
  });

  it("goes to the flow that it opens where only that one was asked for", async () => {
    const run = await runEngine(reused, { flowNumbers: parseFlowNumbers("2") });
    expect(run.flows.map(({ flow }) => flow)).toEqual([2]);
    expect(text(run.sink.bytesOf(2, "c2s"))).toBe("newer");
  });
});

describe("§2.4 and time limits", () => {
  const far = 101 + 2 ** 30 + 2 ** 29;
  const reused = packets(
    from(40_000, 101, "old"),
    from(40_000, far, "new"),
    from(40_000, far + 3, "er"),
    from(40_000, far + 5, "!"),
    from(40_001, 101, "other"),
  );
  const at = (seconds: number) => ({ seconds, nanos: 0 });

  it.each([
    ["before the segment that waits", { after: at(1001) }, [[2, 3]]],
    ["between it and the second one", { after: at(1002) }, [[2, 3]]],
    ["behind both", { after: at(1003) }, [[2, 1]]],
    ["the end between them", { before: at(1002) }, [[1, 3]]],
    [
      "the end behind both",
      { before: at(1003) },
      [
        [1, 3],
        [2, 5],
      ],
    ],
  ] as const)("flows keep their numbers: %s", async (_name, limits, chosen) => {
    const run = await runEngine(reused, limits);
    const flows = run.flows.filter(({ clientPort }) => clientPort === 40_000);
    expect(flows.map(({ flow, c2s }) => [flow, c2s.writtenBytes])).toEqual(chosen);
    const [other] = run.flows.filter(({ clientPort }) => clientPort === 40_001);
    if (other !== undefined) expect(other.flow).toBe(3);
  });
});
