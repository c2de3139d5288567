import { describe, expect, test } from "vitest";
import { buildReport } from "../../src/report/build-report.ts";
import { checkIdentities, checkStreamIdentities } from "../../src/report/identities.ts";
import { numberAt } from "../../src/report/report-line.ts";
import { cleanStream, lossyStream } from "./sample-flows.ts";
import { crowdedReport, ordinaryReport } from "./sample-reports.ts";
import { emptySources } from "./sample-sources.ts";

function broken(path: string): string[] {
  const report = crowdedReport();
  const keys = path.split(".");
  const last = keys.pop()!;
  let object: unknown = report;
  for (const key of keys) object = (object as Record<string, unknown>)[key];
  Object.assign(object as object, { [last]: (numberAt(report, path) ?? 0) + 1 });
  return checkIdentities(report);
}

describe("identities of a run", () => {
  test("hold", () => {
    expect(checkIdentities(ordinaryReport())).toEqual([]);
    expect(checkIdentities(crowdedReport())).toEqual([]);
    expect(checkIdentities(buildReport(emptySources()))).toEqual([]);
  });

  test("a violation is told with its numbers", () => {
    expect(broken("loss.missing.snapped.bytes")).toEqual([
      "loss.missingBytes 100000 is not 100001 = loss.missing.discarded.bytes 5000" +
        " + loss.missing.snapped.bytes 30001 + loss.missing.ackedUnseen.bytes 40000" +
        " + loss.missing.neverAcked.bytes 25000",
    ]);
  });

  test.each([
    ["loss.streamBytes", 1],
    ["loss.writtenBytes", 3],
    ["loss.missingBytes", 2],
    ["loss.missing.ackedUnseen.bytes", 1],
    ["loss.missing.neverAcked.bytes", 1],
    ["loss.missing.discarded.bytes", 1],
    ["loss.missing.discarded.gaps", 1],
    ["loss.gaps", 1],
    ["payload.wireBytes", 1],
    ["payload.capturedBytes", 2],
    ["payload.snappedBytes", 1],
    ["payload.newBytes", 1],
    ["payload.retransmittedBytes", 1],
    ["payload.overlappingBytes", 1],
    ["payload.probeBytes", 1],
    ["payload.refusedBytes", 1],
    ["payload.beforeStartBytes", 1],
    ["payload.implausibleBytes", 1],
    ["payload.resetPayloadBytes", 1],
    ["segments.total", 1],
    ["segments.inOrder", 1],
    ["segments.afterHole", 1],
    ["segments.outOfOrder", 1],
    ["segments.overlapping", 1],
    ["segments.retransmitted", 1],
    ["segments.probes", 1],
    ["segments.notPlaced", 1],
    ["flows.total", 2],
    ["flows.start.handshake", 1],
    ["flows.start.partial", 1],
    ["flows.start.midstream", 1],
    ["flows.end.fin", 1],
    ["flows.end.rst", 1],
    ["flows.end.timeout", 2],
    ["flows.end.evicted", 1],
    ["flows.end.open", 1],
    ["flows.end.replaced", 1],
    ["flows.end.script", 1],
    ["flows.timedOut.closing", 1],
    ["capture.packets", 3],
    ["decode.direction.c2s.packets", 1],
    ["decode.direction.s2c.packets", 1],
    ["decode.packetsWithoutFlow", 1],
    ["decode.outcomes.tcp", 1],
    ["decode.outcomes.other-path", 1],
    ["decode.udpPackets", 1],
    ["streams.withData", 1],
    ["streams.withoutData", 1],
    ["streams.complete", 1],
    ["streams.incomplete", 1],
  ])("one too many in %s violates %i of them", (path, violations) => {
    expect(broken(path)).toHaveLength(violations);
  });

  test("counters that are in no sum are free", () => {
    for (const path of ["payload.conflictingBytes", "segments.zeroWindows", "flows.replaced"]) {
      expect(broken(path)).toEqual([]);
    }
  });
});

describe("identities of a stream", () => {
  test("hold", () => {
    expect(checkStreamIdentities(cleanStream())).toEqual([]);
    expect(checkStreamIdentities(lossyStream())).toEqual([]);
  });

  test.each([
    ["streamBytes", "streamBytes 20001 is not 20000 = writtenBytes 16000 + missingBytes 4000"],
    ["missingBytes", "streamBytes 20000 is not 20001 = writtenBytes 16000 + missingBytes 4001"],
    ["gapsListed", "gapsListed 4 is not 3 = gaps.length 3"],
    [
      "segments",
      "segments 18 is not 17 = inOrder 13 + afterHole 2 + outOfOrder 0 + overlapping 0 + retransmitted 1 + probes 0 + notPlaced 1",
    ],
    [
      "refusedBytes",
      "capturedBytes 17100 is not 17101 = writtenBytes 16000 + retransmittedBytes 1000 + overlappingBytes 0 + probeBytes 0 + refusedBytes 101 + beforeStartBytes 0 + implausibleBytes 0 + resetPayloadBytes 0",
    ],
  ] as const)("one too many in %s", (key, violation) => {
    const stream = lossyStream();
    stream[key]++;
    expect(checkStreamIdentities(stream)).toContain(violation);
  });

  test("the gaps listed sum to what is missing, by cause", () => {
    const stream = lossyStream();
    stream.gaps[2]!.cause = "ackedUnseen";
    expect(checkStreamIdentities(stream)).toEqual(
      [
        "missing.ackedUnseen 3000 is not 4000 = gap at 5000 3000 + gap at 12000 1000",
        "missing.neverAcked 900 is not 0 = nothing",
      ].map((line) => line.replace("4000", "3900").replace("12000 1000", "12100 900")),
    );
  });

  test("a stream with more gaps than are listed is judged by its totals", () => {
    const stream = lossyStream();
    stream.gapCount = 300_000;
    stream.gaps.shift();
    stream.gapsListed = 2;
    expect(checkStreamIdentities(stream)).toEqual([]);
  });

  test.each([
    ["empty", { start: 5000, length: 0 }, "gap [5000, 5000) ackedUnseen holds no byte"],
    [
      "overlapping",
      { start: 5000, length: 7001 },
      "gap [12000, 12100) discarded begins before 12001",
    ],
    [
      "beyond the end",
      { start: 19_000, length: 3000 },
      "gap [12000, 12100) discarded begins before",
    ],
  ])("a gap that is %s", (_what, gap, violation) => {
    const stream = lossyStream();
    Object.assign(stream.gaps[0]!, gap);
    expect(checkStreamIdentities(stream).join("\n")).toContain(violation);
  });

  test("gaps don't reach beyond the stream", () => {
    const stream = lossyStream();
    stream.gaps[2]!.start = 19_500;
    expect(checkStreamIdentities(stream)).toEqual([
      "gaps end at 20400, beyond the stream's 20000 bytes",
    ]);
  });

  test("a gap is maximal", () => {
    const stream = lossyStream();
    stream.gaps.splice(1, 0, { start: 8000, length: 0, cause: "ackedUnseen" });
    expect(checkStreamIdentities(stream)).toContain(
      "gap [8000, 8000) ackedUnseen continues the one before: one gap, not two",
    );
  });

  test("complete means that nothing is missing", () => {
    const stream = lossyStream();
    stream.complete = true;
    expect(checkStreamIdentities(stream)).toEqual(["complete is true with 4000 bytes missing"]);
  });
});
