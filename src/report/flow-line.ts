// A flow as its line of flows.jsonl: the text that JSON.stringify makes of the summary, in a third of the
// time. Runs once a flow, and there may be thousands of them a second: of the fifty counters of a stream
// nearly all are 0, and then their text is the same for all streams. What is not plain (names that need
// escapes, gaps, attributes) is left to JSON.stringify, part by part.

import type { FlowSummary, StreamSummary } from "./flow-summary.ts";

/** Counters that stand side by side in a stream's summary and that most streams never need. */
const RARE_COUNTERS = [
  "afterHole",
  "outOfOrder",
  "overlapping",
  "retransmitted",
  "probes",
  "notPlaced",
  "retransmittedBytes",
  "overlappingBytes",
  "conflictingBytes",
  "notComparedBytes",
  "probeBytes",
  "refusedBytes",
  "beforeStartBytes",
  "implausibleBytes",
  "resetPayloadBytes",
  "afterFinBytes",
  "afterResetBytes",
  "lateFillBytes",
  "snappedBytes",
  "duplicatedPackets",
  "zeroWindows",
  "badChecksums",
  "implausibleResets",
  "otherPathPackets",
] as const satisfies readonly (keyof StreamSummary)[];
const NO_RARE_COUNTERS = RARE_COUNTERS.map((name) => `"${name}":0`).join();
const NOTHING_MISSING = `"missing":{"discarded":0,"snapped":0,"ackedUnseen":0,"neverAcked":0}`;

/** The line without its end. The same document as `JSON.stringify(summary)`, in the order of the schema. */
export function formatFlowLine(flow: FlowSummary): string {
  return (
    `{"schema":"${flow.schema}","flow":${flow.flow},` +
    `"client":"${flow.client}","clientPort":${flow.clientPort},` +
    `"server":"${flow.server}","serverPort":${flow.serverPort},` +
    `"ipVersion":${flow.ipVersion},"roleBasis":"${flow.roleBasis}",` +
    `"directionIsGuessed":${flow.directionIsGuessed},` +
    `"start":"${flow.start}","end":"${flow.end}","resumes":${flow.resumes},` +
    `"replacedByNewSyn":${flow.replacedByNewSyn},"oneWay":${flow.oneWay},` +
    `"firstTs":"${flow.firstTs}","lastTs":"${flow.lastTs}","durationSec":"${flow.durationSec}",` +
    `"handshakeRttSec":${quoted(flow.handshakeRttSec)},"communityId":"${flow.communityId}",` +
    `"connState":"${flow.connState}","history":"${flow.history}",` +
    `"vlan":[${flow.vlan.join()}],"encapsulation":${listed(flow.encapsulation)},` +
    `"tcpxStat":"${flow.tcpxStat}","status":${listed(flow.status)},` +
    `"c2s":${formatStream(flow.c2s)},"s2c":${formatStream(flow.s2c)}` +
    (flow.tags === undefined ? "" : `,"tags":${JSON.stringify(flow.tags)}`) +
    (flow.attributes === undefined ? "" : `,"attributes":${JSON.stringify(flow.attributes)}`) +
    "}"
  );
}

function formatStream(stream: StreamSummary): string {
  return (
    `{"file":${stream.file === null ? "null" : JSON.stringify(stream.file)},` +
    `"originBasis":${quoted(stream.originBasis)},"isn":${stream.isn},` +
    `"tcpxStat":"${stream.tcpxStat}","packets":${stream.packets},"segments":${stream.segments},` +
    `"capturedBytes":${stream.capturedBytes},"writtenBytes":${stream.writtenBytes},` +
    `"streamBytes":${stream.streamBytes},"missingBytes":${stream.missingBytes},` +
    `${missing(stream)},"gapCount":${stream.gapCount},` +
    `"gaps":${stream.gaps.length === 0 ? "[]" : JSON.stringify(stream.gaps)},` +
    `"gapsListed":${stream.gapsListed},"complete":${stream.complete},` +
    `"inOrder":${stream.inOrder},${rareCounters(stream)},` +
    `"syn":${stream.syn},"fin":${stream.fin},"rst":${stream.rst},` +
    `"finUnseen":${stream.finUnseen},"windowScale":${stream.windowScale},"mss":${stream.mss},` +
    `"sackPermitted":${stream.sackPermitted},"timestamps":${stream.timestamps},` +
    `"firstTs":${quoted(stream.firstTs)},"lastTs":${quoted(stream.lastTs)},` +
    `"timeToFirstOctetSec":${quoted(stream.timeToFirstOctetSec)}` +
    (stream.sha256 === undefined ? "" : `,"sha256":"${stream.sha256}"`) +
    "}"
  );
}

function missing(stream: StreamSummary): string {
  if (stream.missingBytes === 0) return NOTHING_MISSING;
  return `"missing":${JSON.stringify(stream.missing)}`;
}

function rareCounters(stream: StreamSummary): string {
  if (RARE_COUNTERS.every((name) => stream[name] === 0)) return NO_RARE_COUNTERS;
  return RARE_COUNTERS.map((name) => `"${name}":${stream[name]}`).join();
}

/** Of text that is our own and needs no escapes. */
function quoted(value: string | null): string {
  return value === null ? "null" : `"${value}"`;
}

function listed(values: readonly string[]): string {
  return values.length === 0 ? "[]" : `["${values.join('","')}"]`;
}
