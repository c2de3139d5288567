import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatFlowLine } from "../../src/report/flow-line.ts";
import type { FlowSummary, StreamSummary } from "../../src/report/flow-summary.ts";
import { cleanStream, lossyStream, sampleFlow } from "./sample-flows.ts";

/** A stream in which any number is another one, or any text another file name. */
const anyStream = fc
  .tuple(
    fc.boolean(),
    fc.dictionary(fc.constantFrom(...numbersOf(cleanStream())), fc.nat(), { maxKeys: 6 }),
    fc.option(fc.string({ unit: "binary", maxLength: 20 })),
    fc.option(fc.constantFrom("0".repeat(64)), { nil: undefined }),
  )
  .map(([isLossy, numbers, file, sha256]): StreamSummary => {
    const stream: StreamSummary = {
      ...(isLossy ? lossyStream() : cleanStream()),
      ...numbers,
      file,
    };
    if (stream.missing.snapped > 0) stream.missingBytes = 1 + stream.missingBytes;
    return sha256 === undefined ? stream : { ...stream, sha256 };
  });

function numbersOf(stream: StreamSummary): (keyof StreamSummary)[] {
  return (Object.keys(stream) as (keyof StreamSummary)[]).filter(
    (name) => typeof stream[name] === "number" && name !== "missingBytes",
  );
}

describe("formatFlowLine", () => {
  it("says what JSON.stringify does, of whatever streams", () => {
    fc.assert(
      fc.property(anyStream, anyStream, (c2s, s2c) => {
        const flow: FlowSummary = { ...sampleFlow(), c2s, s2c };
        expect(JSON.parse(formatFlowLine(flow))).toEqual(JSON.parse(JSON.stringify(flow)));
      }),
      { seed: 3, numRuns: 500 },
    );
  });

  it.each<[string, Partial<FlowSummary>]>([
    ["no handshake, no layers", { handshakeRttSec: null, resumes: null, vlan: [] }],
    ["layers", { vlan: [10, 20], encapsulation: ["gre", "vxlan:100"], resumes: 7 }],
    ["statuses", { status: ["ipv4", "tupleReuse"] }],
    ["IPv6", { ipVersion: 6, client: "fe80::1", server: "2001:db8::2" }],
    ["tags and attributes", { tags: ['a "tag"'], attributes: { "http.host": ["ü\n"] } }],
  ])("says what JSON.stringify does: %s", (_, change) => {
    const flow: FlowSummary = { ...sampleFlow(), ...change };
    expect(JSON.parse(formatFlowLine(flow))).toEqual(JSON.parse(JSON.stringify(flow)));
  });

  it("knows of every property that a summary has", () => {
    const line = JSON.parse(formatFlowLine(sampleFlow())) as FlowSummary;
    expect(Object.keys(line).toSorted()).toEqual(Object.keys(sampleFlow()).toSorted());
    expect(Object.keys(line.c2s).toSorted()).toEqual(Object.keys(sampleFlow().c2s).toSorted());
  });
});
