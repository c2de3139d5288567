import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatFlowLine } from "../../src/report/flow-line.ts";
import type { FlowSummary, StreamSummary } from "../../src/report/flow-summary.ts";
import { FLOW_ENDS, RARE_COUNTERS } from "../../src/report/flow-summary.ts";
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

/** What a line has in common with the one before, mostly; here seldom. */
const anyKind = fc.record({
  ipVersion: fc.constantFrom<4 | 6>(4, 6),
  roleBasis: fc.constantFrom("syn", "port"),
  directionIsGuessed: fc.boolean(),
  start: fc.constantFrom("handshake", "midstream"),
  end: fc.constantFrom(...FLOW_ENDS),
  resumes: fc.constantFrom(null, 1, 2),
  replacedByNewSyn: fc.boolean(),
  oneWay: fc.boolean(),
});
const anyOptions = fc.record({
  syn: fc.nat({ max: 2 }),
  fin: fc.nat({ max: 2 }),
  rst: fc.nat({ max: 2 }),
  finUnseen: fc.boolean(),
  windowScale: fc.constantFrom(null, 7),
  mss: fc.constantFrom(null, 1460),
  sackPermitted: fc.boolean(),
  timestamps: fc.boolean(),
});
/** Changes of one value after the other: what was kept of the line before must not outlive it. */
const oneChange = <Value extends object>(any: fc.Arbitrary<Value>): fc.Arbitrary<Partial<Value>> =>
  any.chain((value) =>
    fc.constantFrom(...(Object.keys(value) as (keyof Value)[])).map((name) => {
      const change: Partial<Value> = {};
      change[name] = value[name];
      return change;
    }),
  );

describe("formatFlowLine", () => {
  it("is the very text of JSON.stringify, flow after flow, whatever changes between them", () => {
    const changes = fc.array(
      fc.record({
        kind: oneChange(anyKind),
        c2s: oneChange(anyOptions),
        s2c: oneChange(anyOptions),
      }),
      { minLength: 20, maxLength: 40 },
    );
    fc.assert(
      fc.property(changes, (list) => {
        // keys that are there only in some summaries come last, as in those of a run
        const { tags, attributes, ...rest } = sampleFlow();
        let flow: FlowSummary = rest;
        for (const { kind, c2s, s2c } of list) {
          flow = { ...flow, ...kind, c2s: { ...flow.c2s, ...c2s }, s2c: { ...flow.s2c, ...s2c } };
          expect(formatFlowLine(flow)).toBe(JSON.stringify(flow));
        }
        const tagged: FlowSummary = { ...flow, tags: tags!, attributes: attributes! };
        expect(formatFlowLine(tagged)).toBe(JSON.stringify(tagged));
      }),
      { seed: 5, numRuns: 50 },
    );
  });

  it.each(RARE_COUNTERS)("shows %s where it is the only one of its kind", (name) => {
    const flow: FlowSummary = { ...sampleFlow(), c2s: { ...cleanStream(), [name]: 2 ** 32 } };
    expect(JSON.parse(formatFlowLine(flow))).toEqual(flow);
  });

  it.each<[string, Partial<StreamSummary>]>([
    ["a name that needs escapes", { file: 'a"b\\c' }],
    ["a name that is not ASCII", { file: "é\u007f\ud800" }],
    ["no file", { file: null }],
    ["other origins", { originBasis: "syn-ack" }],
    ["no origin", { originBasis: null, isn: null }],
    ["no packets", { firstTs: null, lastTs: null, timeToFirstOctetSec: null }],
    ["no payload", { timeToFirstOctetSec: null }],
    ["nothing missing but not complete", { complete: false }],
    ["gaps that are all spilled", { gapCount: 3, missingBytes: 7 }],
    ["gaps beyond 32 bits", { gaps: [{ start: 2 ** 40, length: 2 ** 33, cause: "snapped" }] }],
  ])("is the very text of JSON.stringify: %s", (_, change) => {
    const stream = { ...cleanStream(), ...change };
    const {
      tags: _tags,
      attributes: _attributes,
      ...flow
    } = { ...sampleFlow(), c2s: stream, s2c: stream };
    expect(formatFlowLine(flow)).toBe(JSON.stringify(flow));
  });

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
