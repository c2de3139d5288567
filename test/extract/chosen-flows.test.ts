// A run of some flows tells of them what the whole run tells: same numbers, same octets at the same
// positions, same counters. Hardest where flows share a key, and a segment waits with one flow until the
// next one shows that it was the first of another.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseFlowNumbers } from "../../src/filter/flow-numbers.ts";
import type { BuiltPacket } from "../support/capture-builder.ts";
import { tcpPacket } from "../support/packet-builder.ts";
import type { TcpPacketFields } from "../support/packet-builder.ts";
import type { EngineRun } from "../support/run-engine.ts";
import { runEngine } from "../support/run-engine.ts";

const FROM_SERVER = {
  source: "10.0.0.2",
  destination: "10.0.0.1",
  sourcePort: 80,
  destinationPort: 40_000,
};
/** Where a second connection on the same key has its numbers. */
const FAR = 0x5000_0000;

/** Packets a second apart. */
function packets(...fields: readonly TcpPacketFields[]): BuiltPacket[] {
  return fields.map((each, i) => ({ seconds: 1000 + i, bytes: tcpPacket({ id: i + 1, ...each }) }));
}

const run = (capture: readonly BuiltPacket[], numbers: string): Promise<EngineRun> =>
  runEngine(capture, { flowNumbers: parseFlowNumbers(numbers) });

const HANDSHAKE: readonly TcpPacketFields[] = [
  { flags: "S", seq: 100 },
  { ...FROM_SERVER, flags: "SA", seq: 300, ack: 101 },
  { flags: "PA", seq: 101, ack: 301, payload: "hello" },
];

/** Every flow of the capture, alone: what the whole run tells of it, and of no other. */
async function expectSameAlone(capture: readonly BuiltPacket[]): Promise<number> {
  const whole = await runEngine(capture);
  for (const summary of whole.flows) {
    const alone = await run(capture, `${summary.flow}`);
    expect(alone.flows).toEqual([summary]);
    expect(alone.totals.filtered).toBe(whole.flows.length - 1);
    for (const direction of ["c2s", "s2c"] as const) {
      const octets = whole.sink.octetsOf(summary.flow, direction);
      expect(alone.sink.octetsOf(summary.flow, direction)).toEqual(octets);
    }
  }
  return whole.flows.length;
}

describe("a flow whose first segment waited with the flow before it", () => {
  const capture = packets(
    ...HANDSHAKE,
    { ...FROM_SERVER, flags: "PA", seq: FAR, ack: 106, payload: "abc" },
    { ...FROM_SERVER, flags: "PA", seq: FAR + 3, ack: 106, payload: "def" },
    { ...FROM_SERVER, flags: "FA", seq: FAR + 6, ack: 106 },
    { flags: "FA", seq: 106, ack: FAR + 7 },
    // The answer to a SYN, late: it belongs to flow 2, whose stream begins where it says.
    { ...FROM_SERVER, flags: "SA", seq: FAR - 1, ack: 101 },
  );

  it("has it at position 0, and is the same alone", async () => {
    const whole = await runEngine(capture);
    expect(whole.flows.map(({ s2c }) => s2c.writtenBytes)).toEqual([0, 6]);
    const alone = await run(capture, "2");
    expect(Buffer.from(alone.sink.bytesOf(2, "s2c")).toString("latin1")).toBe("abcdef");
    expect(await expectSameAlone(capture)).toBe(2);
  });

  it("is followed by no other flow because it is left out", async () => {
    for (const numbers of ["1", "2", "3"]) {
      const { totals, flows } = await run(capture, numbers);
      expect(flows.length + totals.filtered).toBe(2);
    }
  });

  it("waits inside and goes on outside of a time limit: numbers stay, its octets are counted", async () => {
    for (const seconds of [1003, 1004, 1005, 1006, 1007]) {
      const { totals, flows } = await runEngine(capture, { before: { seconds, nanos: 0 } });
      expect(flows.length + totals.filtered).toBe(2);
      expect(totals.capturedBytes).toBe(seconds === 1003 ? 5 : seconds === 1004 ? 8 : 11);
    }
  });
});

it("any segments of three sequence spaces on one key: each flow is the same alone", async () => {
  const segment = fc.record({
    space: fc.nat(2),
    at: fc.nat(6),
    length: fc.nat(4),
    ack: fc.nat(6),
    flags: fc.constantFrom("PA", "PA", "PA", "PA", "A", "S", "SA", "FA", "R"),
    fromServer: fc.boolean(),
    isBad: fc.nat(9).map((value) => value === 0),
  });
  let several = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(segment, { minLength: 3, maxLength: 24 }), async (list) => {
      const fields = list.map(({ space, at, length, ack, flags, fromServer, isBad }) => ({
        ...(fromServer ? FROM_SERVER : {}),
        flags,
        seq: 1000 + space * FAR + at,
        ack: 1000 + space * FAR + ack,
        payload: flags === "PA" ? "abcde".slice(0, length + 1) : "",
        ...(isBad ? { checksum: "bad" as const } : {}),
      }));
      if ((await expectSameAlone(packets(...HANDSHAKE, ...fields))) > 1) several++;
    }),
    { seed: 20_261_121, numRuns: 150 },
  );
  expect(several).toBeGreaterThan(50);
});
