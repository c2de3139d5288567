// A flow's record at its end -> its line of flows.jsonl. Runs once a flow, and only if somebody wants it.

import { formatAddress } from "../address.ts";
import type { LayerTable } from "../decode/layer-table.ts";
import { communityId } from "../flow/community-id.ts";
import type { CommunityIdEndpoint } from "../flow/community-id.ts";
import { NANOS_PER_SECOND } from "../flow/capture-clock.ts";
import type { FlowCursor } from "../flow/flow-cursor.ts";
import { FlowMark } from "../flow/flow-cursor.ts";
import { connectionState, historyText } from "../flow/history.ts";
import { Rare } from "../reassembly/rare-counters.ts";
import type { StreamCursor } from "../reassembly/stream-cursor.ts";
import { Mark } from "../reassembly/stream-cursor.ts";
import { FLOW_SCHEMA, RARE_COUNTERS } from "../report/flow-summary.ts";
import type { FlowEnd, FlowSummary, StreamSummary } from "../report/flow-summary.ts";
import { formatStatusWord, statusNames } from "../report/status-word.ts";
import { spanText, timeText } from "../report/time-format.ts";
import type { StreamAccount } from "./stream-account.ts";

export interface LayerTables {
  readonly vlanLayers: LayerTable;
  readonly encapsulationLayers: LayerTable;
}

/** Names by status word, of which a run has few; bounded, as a hostile capture may have many. */
const STATUS_NAMES = new Map<number, readonly string[]>();
const MOST_STATUS_NAMES = 1000;

/** `status`: the flow's word, its streams' included. */
export function summarizeFlow(
  flow: FlowCursor,
  end: FlowEnd,
  status: number,
  c2s: StreamAccount,
  s2c: StreamAccount,
  layers: LayerTables,
): FlowSummary {
  // Read first and judged later: what a line in a million reads where no line before it did makes V8 throw
  // away what it has compiled, and compile it once more.
  const { clientPort, ipVersion, resumes, roleBasis, serverPort } = flow;
  const rtt = flow.handshakeRttNanos;
  return {
    schema: FLOW_SCHEMA,
    flow: flow.number,
    client: clientText(flow),
    clientPort,
    server: serverText(flow),
    serverPort,
    ipVersion,
    roleBasis,
    directionIsGuessed: roleBasis === "port" || roleBasis === "first-packet",
    start: startOf(flow),
    end,
    resumes: resumes === 0 ? null : resumes,
    replacedByNewSyn: flow.has(FlowMark.REPLACED_BY_SYN),
    oneWay: isOneWay(flow),
    firstTs: timeText(flow.firstSeconds, flow.firstNanos),
    lastTs: timeText(flow.lastSeconds, flow.lastNanos),
    durationSec: spanText(flow.firstSeconds, flow.firstNanos, flow.lastSeconds, flow.lastNanos),
    handshakeRttSec: rtt < 0 ? null : nanosText(rtt),
    communityId: communityId(ipVersion, clientEndpoint(flow), serverEndpoint(flow)),
    connState: connectionState(flow),
    history: historyText(flow),
    vlan: vlanIds(flow, layers.vlanLayers),
    encapsulation: encapsulations(flow, layers.encapsulationLayers),
    tcpxStat: formatStatusWord(status),
    status: (STATUS_NAMES.get(status) ?? keptNames(status)).slice(),
    c2s: summarizeStream(flow, flow.c2s, c2s),
    s2c: summarizeStream(flow, flow.s2c, s2c),
  };
}

function keptNames(status: number): readonly string[] {
  const names = statusNames(status);
  if (STATUS_NAMES.size === MOST_STATUS_NAMES) STATUS_NAMES.clear();
  STATUS_NAMES.set(status, names);
  return names;
}

export function clientText(flow: FlowCursor): string {
  const { ipVersion } = flow;
  return formatAddress(
    ipVersion,
    flow.clientWord(0),
    flow.clientWord(1),
    flow.clientWord(2),
    flow.clientWord(3),
  );
}

export function serverText(flow: FlowCursor): string {
  return formatAddress(
    flow.ipVersion,
    flow.serverWord(0),
    flow.serverWord(1),
    flow.serverWord(2),
    flow.serverWord(3),
  );
}

/** VLAN ids of a flow, outermost first. */
export function vlanIds(flow: FlowCursor, vlanLayers: LayerTable): number[] {
  if (flow.vlanPath === 0) return [];
  return vlanLayers.layers(flow.vlanPath).map(({ id }) => id ?? 0);
}

function encapsulations(flow: FlowCursor, encapsulationLayers: LayerTable): string[] {
  if (flow.encapsulation === 0) return [];
  return encapsulationLayers
    .layers(flow.encapsulation)
    .map(({ kind, id }) => (id === null ? kind : `${kind}:${id}`));
}

export function startOf(flow: FlowCursor): FlowSummary["start"] {
  switch (flow.marks & (FlowMark.SYN | FlowMark.SYN_ACK)) {
    case FlowMark.SYN | FlowMark.SYN_ACK:
      return "handshake";
    case 0:
      return "midstream";
    default:
      return "partial";
  }
}

/** True where one direction has no packet at all. */
export function isOneWay(flow: FlowCursor): boolean {
  return flow.c2s.packets === 0 || flow.s2c.packets === 0;
}

function summarizeStream(
  flow: FlowCursor,
  stream: StreamCursor,
  account: StreamAccount,
): StreamSummary {
  const { missing, missingBytes } = account;
  const { isn, marks, mss, packets, windowScale } = stream;
  const { firstSeconds, firstNanos } = flow;
  const firstTs = timeText(stream.firstSeconds, stream.firstNanos);
  const lastTs = timeText(stream.lastSeconds, stream.lastNanos);
  const untilPayload = spanText(
    firstSeconds,
    firstNanos,
    stream.payloadSeconds,
    stream.payloadNanos,
  );
  const hasSyn = (marks & (Mark.SYN | Mark.SYN_ACK)) !== 0;
  const summary: StreamSummary = {
    file: null,
    originBasis: originBasisOf(marks),
    isn: hasSyn ? isn >>> 0 : null,
    tcpxStat: formatStatusWord(account.status),
    packets,
    segments: account.segments,
    capturedBytes: small(stream.capturedBytes),
    writtenBytes: small(stream.writtenBytes),
    streamBytes: small(account.length),
    missingBytes,
    missing: {
      discarded: missing[0]!,
      snapped: missing[1]!,
      ackedUnseen: missing[2]!,
      neverAcked: missing[3]!,
    },
    gapCount: account.gapCount,
    gaps: account.gaps,
    gapsListed: account.gaps.length,
    complete: missingBytes === 0,
    inOrder: stream.inOrder,
    afterHole: 0,
    outOfOrder: 0,
    overlapping: 0,
    retransmitted: 0,
    probes: 0,
    notPlaced: 0,
    retransmittedBytes: 0,
    overlappingBytes: 0,
    conflictingBytes: 0,
    notComparedBytes: 0,
    probeBytes: 0,
    refusedBytes: 0,
    beforeStartBytes: 0,
    implausibleBytes: 0,
    resetPayloadBytes: 0,
    afterFinBytes: 0,
    afterResetBytes: 0,
    lateFillBytes: 0,
    snappedBytes: 0,
    duplicatedPackets: 0,
    zeroWindows: 0,
    badChecksums: 0,
    implausibleResets: 0,
    otherPathPackets: 0,
    syn: hasSyn ? 1 : 0,
    fin: (marks & Mark.FIN) === 0 ? 0 : 1,
    rst: 0,
    finUnseen: account.finUnseen,
    windowScale: (marks & Mark.WINDOW_SCALE) === 0 ? null : windowScale,
    mss: (marks & Mark.MSS) === 0 ? null : mss,
    sackPermitted: (marks & Mark.SACK_PERMITTED) !== 0,
    timestamps: (marks & Mark.TIMESTAMPS) !== 0,
    firstTs: packets === 0 ? null : firstTs,
    lastTs: packets === 0 ? null : lastTs,
    timeToFirstOctetSec: (marks & Mark.PAYLOAD) === 0 ? null : untilPayload,
  };
  if (stream.hasRare) addRare(summary, stream);
  return summary;
}

/** What few streams have: a loop of its own, so that all others neither read it nor compile it. */
function addRare(summary: StreamSummary, stream: StreamCursor): void {
  RARE_COUNTERS.forEach((name, column) => {
    summary[name] = small(stream.rare(column as Rare));
  });
  summary.syn += small(stream.rare(Rare.FURTHER_SYN));
  summary.fin += small(stream.rare(Rare.FURTHER_FIN));
  summary.rst = small(stream.rare(Rare.RST));
}

/**
 * The same number. What comes out of a Float64Array is no small integer to V8, even if it is one, and would
 * make one property after the other of all summaries a boxed number, and compiled code void each time.
 */
function small(value: number): number {
  const integer = value | 0;
  return integer === value ? integer : value;
}

function originBasisOf(marks: number): StreamSummary["originBasis"] {
  if ((marks & Mark.ORIGIN) === 0) return null;
  if ((marks & Mark.ORIGIN_BY_SYN) !== 0) return "syn";
  return (marks & Mark.ORIGIN_BY_PEER) === 0 ? "first-payload" : "syn-ack";
}

function clientEndpoint(flow: FlowCursor): CommunityIdEndpoint {
  return {
    word0: flow.clientWord(0),
    word1: flow.clientWord(1),
    word2: flow.clientWord(2),
    word3: flow.clientWord(3),
    port: flow.clientPort,
  };
}

function serverEndpoint(flow: FlowCursor): CommunityIdEndpoint {
  return {
    word0: flow.serverWord(0),
    word1: flow.serverWord(1),
    word2: flow.serverWord(2),
    word3: flow.serverWord(3),
    port: flow.serverPort,
  };
}

/** Whole nanoseconds as seconds with nine decimals. */
function nanosText(nanos: number): string {
  const seconds = Math.floor(nanos / NANOS_PER_SECOND);
  return spanText(0, 0, seconds, nanos - seconds * NANOS_PER_SECOND);
}
