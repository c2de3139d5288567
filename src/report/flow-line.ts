// A flow as its line of flows.jsonl: the text that JSON.stringify makes of the summary, in a fraction of the
// time. Runs once a flow, and there may be thousands of them a second. A line costs what the number of its
// pieces is: what it has in common with most lines, or with the line before, is one piece. What is not plain
// (names that need escapes, attributes) is left to JSON.stringify, part by part.

import type { FlowSummary, StreamSummary } from "./flow-summary.ts";
import { RARE_COUNTERS } from "./flow-summary.ts";

const NO_RARE_COUNTERS = `,${RARE_COUNTERS.map((name) => `"${name}":0`).join()},"syn":`;
const NOTHING_MISSING =
  `,"missingBytes":0,"missing":{"discarded":0,"snapped":0,"ackedUnseen":0,"neverAcked":0}` +
  `,"gapCount":0,"gaps":[],"gapsListed":0,"complete":true,"inOrder":`;
/** Text that JSON only puts quotes around. */
const PLAIN = /^[ !#-[\]-~]*$/;

type Kind = Pick<
  FlowSummary,
  | "ipVersion"
  | "roleBasis"
  | "directionIsGuessed"
  | "start"
  | "end"
  | "resumes"
  | "replacedByNewSyn"
  | "oneWay"
>;
type Options = Pick<
  StreamSummary,
  "syn" | "fin" | "rst" | "finUnseen" | "windowScale" | "mss" | "sackPermitted" | "timestamps"
>;

/** What kind of flow the last one was, with its text: that of flow after flow. */
let kind: (Kind & { readonly text: string }) | null = null;

/** What the SYN of a direction's last stream offered and how it ended, with its text: that of most streams. */
class LastOptions {
  options: (Options & { readonly text: string }) | null = null;
}
const C2S = new LastOptions();
const S2C = new LastOptions();

/** The line without its end. The same document as `JSON.stringify(summary)`, in the order of the schema. */
export function formatFlowLine(flow: FlowSummary): string {
  const { handshakeRttSec, vlan, encapsulation, tags, attributes } = flow;
  if (
    kind === null ||
    kind.ipVersion !== flow.ipVersion ||
    kind.roleBasis !== flow.roleBasis ||
    kind.directionIsGuessed !== flow.directionIsGuessed ||
    kind.start !== flow.start ||
    kind.end !== flow.end ||
    kind.resumes !== flow.resumes ||
    kind.replacedByNewSyn !== flow.replacedByNewSyn ||
    kind.oneWay !== flow.oneWay
  ) {
    kind = kindOf(flow);
  }
  // Each piece ends where the next value begins.
  const roundTrip =
    handshakeRttSec === null
      ? `","handshakeRttSec":null,"communityId":"`
      : `","handshakeRttSec":"${handshakeRttSec}","communityId":"`;
  const layers =
    vlan.length === 0 && encapsulation.length === 0
      ? `","vlan":[],"encapsulation":[],"tcpxStat":"`
      : `","vlan":[${vlan.join()}],"encapsulation":${listed(encapsulation)},"tcpxStat":"`;
  const additions =
    tags === undefined && attributes === undefined ? "}" : formatAdditions(tags, attributes);
  return (
    `{"schema":"${flow.schema}","flow":${flow.flow}` +
    `,"client":"${flow.client}","clientPort":${flow.clientPort}` +
    `,"server":"${flow.server}","serverPort":${flow.serverPort}` +
    `${kind.text}${flow.firstTs}","lastTs":"${flow.lastTs}` +
    `","durationSec":"${flow.durationSec}${roundTrip}${flow.communityId}` +
    `","connState":"${flow.connState}","history":"${flow.history}${layers}${flow.tcpxStat}` +
    `","status":${listed(flow.status)},"c2s":${formatStream(flow.c2s, C2S)}` +
    `,"s2c":${formatStream(flow.s2c, S2C)}${additions}`
  );
}

function formatStream(stream: StreamSummary, last: LastOptions): string {
  const { file, originBasis, firstTs, lastTs, timeToFirstOctetSec } = stream;
  const nameAndOrigin =
    file !== null && originBasis === "syn" && PLAIN.test(file)
      ? `{"file":"${file}","originBasis":"syn","isn":`
      : `{"file":${JSON.stringify(file)},"originBasis":${quoted(originBasis)},"isn":`;
  const missing =
    stream.complete &&
    stream.missingBytes === 0 &&
    stream.gapCount === 0 &&
    stream.gapsListed === 0 &&
    stream.gaps.length === 0
      ? NOTHING_MISSING
      : formatMissing(stream);
  // Counters are never negative. A loop over their names takes ten times as long.
  const sumOfRareCounters =
    stream.afterHole +
    stream.outOfOrder +
    stream.overlapping +
    stream.retransmitted +
    stream.probes +
    stream.notPlaced +
    stream.retransmittedBytes +
    stream.overlappingBytes +
    stream.conflictingBytes +
    stream.notComparedBytes +
    stream.probeBytes +
    stream.refusedBytes +
    stream.beforeStartBytes +
    stream.implausibleBytes +
    stream.resetPayloadBytes +
    stream.afterFinBytes +
    stream.afterResetBytes +
    stream.lateFillBytes +
    stream.snappedBytes +
    stream.duplicatedPackets +
    stream.zeroWindows +
    stream.badChecksums +
    stream.implausibleResets +
    stream.otherPathPackets;
  const rareCounters = sumOfRareCounters === 0 ? NO_RARE_COUNTERS : formatRareCounters(stream);
  let { options } = last;
  if (
    options === null ||
    options.syn !== stream.syn ||
    options.fin !== stream.fin ||
    options.rst !== stream.rst ||
    options.finUnseen !== stream.finUnseen ||
    options.windowScale !== stream.windowScale ||
    options.mss !== stream.mss ||
    options.sackPermitted !== stream.sackPermitted ||
    options.timestamps !== stream.timestamps
  ) {
    options = optionsOf(stream);
    last.options = options;
  }
  const times =
    firstTs === null || lastTs === null || timeToFirstOctetSec === null
      ? `,"firstTs":${quoted(firstTs)},"lastTs":${quoted(lastTs)}` +
        `,"timeToFirstOctetSec":${quoted(timeToFirstOctetSec)}`
      : `,"firstTs":"${firstTs}","lastTs":"${lastTs}` +
        `","timeToFirstOctetSec":"${timeToFirstOctetSec}"`;
  return (
    `${nameAndOrigin}${stream.isn},"tcpxStat":"${stream.tcpxStat}` +
    `","packets":${stream.packets},"segments":${stream.segments}` +
    `,"capturedBytes":${stream.capturedBytes},"writtenBytes":${stream.writtenBytes}` +
    `,"streamBytes":${stream.streamBytes}${missing}${stream.inOrder}` +
    `${rareCounters}${options.text}${times}` +
    (stream.sha256 === undefined ? "}" : `,"sha256":"${stream.sha256}"}`)
  );
}

function kindOf(flow: Kind): Kind & { readonly text: string } {
  const { ipVersion, roleBasis, directionIsGuessed, start, end } = flow;
  const { resumes, replacedByNewSyn, oneWay } = flow;
  const text =
    `,"ipVersion":${ipVersion},"roleBasis":"${roleBasis}"` +
    `,"directionIsGuessed":${directionIsGuessed},"start":"${start}","end":"${end}"` +
    `,"resumes":${resumes},"replacedByNewSyn":${replacedByNewSyn},"oneWay":${oneWay},"firstTs":"`;
  return {
    ipVersion,
    roleBasis,
    directionIsGuessed,
    start,
    end,
    resumes,
    replacedByNewSyn,
    oneWay,
    text,
  };
}

function optionsOf(stream: Options): Options & { readonly text: string } {
  const { syn, fin, rst, finUnseen, windowScale, mss, sackPermitted, timestamps } = stream;
  const text =
    `${syn},"fin":${fin},"rst":${rst},"finUnseen":${finUnseen},"windowScale":${windowScale}` +
    `,"mss":${mss},"sackPermitted":${sackPermitted},"timestamps":${timestamps}`;
  return { syn, fin, rst, finUnseen, windowScale, mss, sackPermitted, timestamps, text };
}

function formatMissing(stream: StreamSummary): string {
  return (
    `,"missingBytes":${stream.missingBytes},"missing":${JSON.stringify(stream.missing)}` +
    `,"gapCount":${stream.gapCount},"gaps":${JSON.stringify(stream.gaps)}` +
    `,"gapsListed":${stream.gapsListed},"complete":${stream.complete},"inOrder":`
  );
}

function formatRareCounters(stream: StreamSummary): string {
  return `,${RARE_COUNTERS.map((name) => `"${name}":${stream[name]}`).join()},"syn":`;
}

function formatAdditions(tags: FlowSummary["tags"], attributes: FlowSummary["attributes"]): string {
  return (
    (tags === undefined ? "" : `,"tags":${JSON.stringify(tags)}`) +
    (attributes === undefined ? "}" : `,"attributes":${JSON.stringify(attributes)}}`)
  );
}

/** Of text that is our own and needs no escapes. */
function quoted(value: string | null): string {
  return value === null ? "null" : `"${value}"`;
}

function listed(values: readonly string[]): string {
  return values.length === 0 ? "[]" : `["${values.join('","')}"]`;
}
