// The sums that must hold in every report and for every stream (docs/report.md, "Identities"). They are
// asserted at the end of every run: a violation is a defect of tcpx (exit code 70), never of a capture.

import type { StreamSummary } from "./flow-summary.ts";
import { GAP_CAUSES } from "./report.ts";
import type { Report } from "./report.ts";

type Terms = readonly (readonly [name: string, value: number])[];

/** The identities of the whole run that do not hold, each as a line with its numbers; empty if all do. */
export function checkIdentities(report: Report): string[] {
  const { capture, decode, flows, segments, payload, loss, streams } = report;
  const violations: string[] = [];
  const check = equation(violations);
  check("loss.streamBytes", loss.streamBytes, [
    ["loss.writtenBytes", loss.writtenBytes],
    ["loss.missingBytes", loss.missingBytes],
  ]);
  check(
    "loss.missingBytes",
    loss.missingBytes,
    GAP_CAUSES.map((cause) => [`loss.missing.${cause}.bytes`, loss.missing[cause].bytes]),
  );
  check(
    "loss.gaps",
    loss.gaps,
    GAP_CAUSES.map((cause) => [`loss.missing.${cause}.gaps`, loss.missing[cause].gaps]),
  );
  check("payload.newBytes", payload.newBytes, [["loss.writtenBytes", loss.writtenBytes]]);
  check("payload.capturedBytes", payload.capturedBytes, [
    ["loss.writtenBytes", loss.writtenBytes],
    ["payload.retransmittedBytes", payload.retransmittedBytes],
    ["payload.overlappingBytes", payload.overlappingBytes],
    ["payload.probeBytes", payload.probeBytes],
    ["payload.refusedBytes", payload.refusedBytes],
    ["payload.beforeStartBytes", payload.beforeStartBytes],
    ["payload.implausibleBytes", payload.implausibleBytes],
    ["payload.resetPayloadBytes", payload.resetPayloadBytes],
  ]);
  check("payload.wireBytes", payload.wireBytes, [
    ["payload.capturedBytes", payload.capturedBytes],
    ["payload.snappedBytes", payload.snappedBytes],
  ]);
  check("segments.total", segments.total, segmentClasses("segments.", segments));
  check("flows.total (by start)", flows.total, prefixed("flows.start.", flows.start));
  check("flows.total (by end)", flows.total, prefixed("flows.end.", flows.end));
  check("flows.end.timeout", flows.end.timeout, prefixed("flows.timedOut.", flows.timedOut));
  check("capture.packets", capture.packets, [
    ["decode.direction.c2s.packets", decode.direction.c2s.packets],
    ["decode.direction.s2c.packets", decode.direction.s2c.packets],
    ["decode.packetsWithoutFlow", decode.packetsWithoutFlow],
  ]);
  check(
    "capture.packets (by outcome)",
    capture.packets,
    prefixed("decode.outcomes.", decode.outcomes),
  );
  check("capture.packets (by protocol)", capture.packets, [
    ["decode.tcpPackets", decode.tcpPackets],
    ["decode.udpPackets", decode.udpPackets],
    ["decode.otherPackets", decode.otherPackets],
  ]);
  check("streams.withData (less those without)", streams.withData, [
    ["streams.complete", streams.complete],
    ["streams.incomplete", streams.incomplete],
    ["- streams.withoutData", -streams.withoutData],
  ]);
  return violations;
}

/** The identities of one direction that do not hold, each as a line with its numbers. */
export function checkStreamIdentities(stream: StreamSummary): string[] {
  const violations: string[] = [];
  const check = equation(violations);
  check("streamBytes", stream.streamBytes, [
    ["writtenBytes", stream.writtenBytes],
    ["missingBytes", stream.missingBytes],
  ]);
  check("missingBytes", stream.missingBytes, prefixed("missing.", stream.missing));
  check("capturedBytes", stream.capturedBytes, [
    ["writtenBytes", stream.writtenBytes],
    ["retransmittedBytes", stream.retransmittedBytes],
    ["overlappingBytes", stream.overlappingBytes],
    ["probeBytes", stream.probeBytes],
    ["refusedBytes", stream.refusedBytes],
    ["beforeStartBytes", stream.beforeStartBytes],
    ["implausibleBytes", stream.implausibleBytes],
    ["resetPayloadBytes", stream.resetPayloadBytes],
  ]);
  check("segments", stream.segments, segmentClasses("", stream));
  check("gapsListed", stream.gapsListed, [["gaps.length", stream.gaps.length]]);
  if (stream.gapsListed === stream.gapCount) {
    for (const cause of GAP_CAUSES) {
      const listed = stream.gaps
        .filter((gap) => gap.cause === cause)
        .map((gap): [string, number] => [`gap at ${gap.start}`, gap.length]);
      check(`missing.${cause}`, stream.missing[cause], listed);
    }
  }
  if (stream.complete !== (stream.missingBytes === 0)) {
    violations.push(`complete is ${stream.complete} with ${stream.missingBytes} bytes missing`);
  }
  violations.push(...gapViolations(stream));
  return violations;
}

/** Gaps ascend, hold at least one octet, don't overlap, lie inside the stream and are maximal. */
function gapViolations(stream: StreamSummary): string[] {
  const violations: string[] = [];
  let end = 0;
  let cause = "";
  for (const gap of stream.gaps) {
    const here = `gap [${gap.start}, ${gap.start + gap.length}) ${gap.cause}`;
    if (gap.length <= 0) violations.push(`${here} holds no byte`);
    if (gap.start < end) violations.push(`${here} begins before ${end}, the end of the one before`);
    if (gap.start === end && gap.cause === cause) {
      violations.push(`${here} continues the one before: one gap, not two`);
    }
    end = gap.start + gap.length;
    cause = gap.cause;
  }
  if (end > stream.streamBytes) {
    violations.push(`gaps end at ${end}, beyond the stream's ${stream.streamBytes} bytes`);
  }
  return violations;
}

function equation(violations: string[]): (name: string, value: number, terms: Terms) => void {
  return (name, value, terms) => {
    const sum = terms.reduce((total, [, term]) => total + term, 0);
    if (sum === value) return;
    const shown = terms.map(([term, amount]) => `${term} ${amount}`).join(" + ");
    violations.push(`${name} ${value} is not ${sum} = ${shown === "" ? "nothing" : shown}`);
  };
}

function prefixed(prefix: string, values: Readonly<Record<string, number>>): Terms {
  return Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]);
}

interface SegmentClasses {
  inOrder: number;
  afterHole: number;
  outOfOrder: number;
  overlapping: number;
  retransmitted: number;
  probes: number;
  notPlaced: number;
}

function segmentClasses(prefix: string, segments: SegmentClasses): Terms {
  return [
    [`${prefix}inOrder`, segments.inOrder],
    [`${prefix}afterHole`, segments.afterHole],
    [`${prefix}outOfOrder`, segments.outOfOrder],
    [`${prefix}overlapping`, segments.overlapping],
    [`${prefix}retransmitted`, segments.retransmitted],
    [`${prefix}probes`, segments.probes],
    [`${prefix}notPlaced`, segments.notPlaced],
  ];
}
