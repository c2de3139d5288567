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
import { FLOW_SCHEMA } from "../report/flow-summary.ts";
import type { FlowEnd, FlowSummary, StreamSummary } from "../report/flow-summary.ts";
import { formatStatusWord, statusNames } from "../report/status-word.ts";
import { spanText, timeText } from "../report/time-format.ts";
import type { StreamAccount } from "./stream-account.ts";

export interface LayerTables {
  readonly vlanLayers: LayerTable;
  readonly encapsulationLayers: LayerTable;
}

/** `status`: the flow's word, its streams' included. */
export function summarizeFlow(
  flow: FlowCursor,
  end: FlowEnd,
  status: number,
  c2s: StreamAccount,
  s2c: StreamAccount,
  layers: LayerTables,
): FlowSummary {
  const rtt = flow.handshakeRttNanos;
  return {
    schema: FLOW_SCHEMA,
    flow: flow.number,
    client: clientText(flow),
    clientPort: flow.clientPort,
    server: serverText(flow),
    serverPort: flow.serverPort,
    ipVersion: flow.ipVersion,
    roleBasis: flow.roleBasis,
    directionIsGuessed: flow.roleBasis === "port" || flow.roleBasis === "first-packet",
    start: startOf(flow),
    end,
    resumes: flow.resumes === 0 ? null : flow.resumes,
    replacedByNewSyn: flow.has(FlowMark.REPLACED_BY_SYN),
    oneWay: isOneWay(flow),
    firstTs: timeText(flow.firstSeconds, flow.firstNanos),
    lastTs: timeText(flow.lastSeconds, flow.lastNanos),
    durationSec: spanText(flow.firstSeconds, flow.firstNanos, flow.lastSeconds, flow.lastNanos),
    handshakeRttSec: rtt < 0 ? null : nanosText(rtt),
    communityId: communityId(flow.ipVersion, clientEndpoint(flow), serverEndpoint(flow)),
    connState: connectionState(flow),
    history: historyText(flow),
    vlan: vlanIds(flow, layers.vlanLayers),
    encapsulation: layers.encapsulationLayers
      .layers(flow.encapsulation)
      .map(({ kind, id }) => (id === null ? kind : `${kind}:${id}`)),
    tcpxStat: formatStatusWord(status),
    status: statusNames(status),
    c2s: summarizeStream(flow, flow.c2s, c2s),
    s2c: summarizeStream(flow, flow.s2c, s2c),
  };
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
  return vlanLayers.layers(flow.vlanPath).map(({ id }) => id ?? 0);
}

export function startOf(flow: FlowCursor): FlowSummary["start"] {
  const synSeen = flow.has(FlowMark.SYN);
  const answerSeen = flow.has(FlowMark.SYN_ACK);
  if (synSeen && answerSeen) return "handshake";
  return synSeen || answerSeen ? "partial" : "midstream";
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
  const { missing } = account;
  const hasPackets = stream.packets > 0;
  return {
    file: null,
    originBasis: originBasisOf(stream),
    isn: stream.has(Mark.SYN | Mark.SYN_ACK) ? stream.isn >>> 0 : null,
    tcpxStat: formatStatusWord(account.status),
    packets: stream.packets,
    segments: account.segments,
    capturedBytes: stream.capturedBytes,
    writtenBytes: stream.writtenBytes,
    streamBytes: account.length,
    missingBytes: account.missingBytes,
    missing: {
      discarded: missing[0]!,
      snapped: missing[1]!,
      ackedUnseen: missing[2]!,
      neverAcked: missing[3]!,
    },
    gapCount: account.gapCount,
    gaps: account.gaps,
    gapsListed: account.gaps.length,
    complete: account.missingBytes === 0,
    inOrder: stream.inOrder,
    afterHole: stream.rare(Rare.AFTER_HOLE),
    outOfOrder: stream.rare(Rare.OUT_OF_ORDER),
    overlapping: stream.rare(Rare.OVERLAPPING),
    retransmitted: stream.rare(Rare.RETRANSMITTED),
    probes: stream.rare(Rare.PROBES),
    notPlaced: stream.rare(Rare.NOT_PLACED),
    retransmittedBytes: stream.rare(Rare.RETRANSMITTED_BYTES),
    overlappingBytes: stream.rare(Rare.OVERLAPPING_BYTES),
    conflictingBytes: stream.rare(Rare.CONFLICTING_BYTES),
    notComparedBytes: stream.rare(Rare.NOT_COMPARED_BYTES),
    probeBytes: stream.rare(Rare.PROBE_BYTES),
    refusedBytes: stream.rare(Rare.REFUSED_BYTES),
    beforeStartBytes: stream.rare(Rare.BEFORE_START_BYTES),
    implausibleBytes: stream.rare(Rare.IMPLAUSIBLE_BYTES),
    resetPayloadBytes: stream.rare(Rare.RESET_PAYLOAD_BYTES),
    afterFinBytes: stream.rare(Rare.AFTER_FIN_BYTES),
    afterResetBytes: stream.rare(Rare.AFTER_RESET_BYTES),
    lateFillBytes: stream.rare(Rare.LATE_FILL_BYTES),
    snappedBytes: stream.rare(Rare.SNAPPED_BYTES),
    duplicatedPackets: stream.rare(Rare.DUPLICATED_PACKETS),
    zeroWindows: stream.rare(Rare.ZERO_WINDOWS),
    badChecksums: stream.rare(Rare.BAD_CHECKSUMS),
    implausibleResets: stream.rare(Rare.IMPLAUSIBLE_RESETS),
    otherPathPackets: stream.rare(Rare.OTHER_PATH_PACKETS),
    syn: (stream.has(Mark.SYN | Mark.SYN_ACK) ? 1 : 0) + stream.rare(Rare.FURTHER_SYN),
    fin: (stream.has(Mark.FIN) ? 1 : 0) + stream.rare(Rare.FURTHER_FIN),
    rst: stream.rare(Rare.RST),
    finUnseen: account.finUnseen,
    windowScale: stream.has(Mark.WINDOW_SCALE) ? stream.windowScale : null,
    mss: stream.has(Mark.MSS) ? stream.mss : null,
    sackPermitted: stream.has(Mark.SACK_PERMITTED),
    timestamps: stream.has(Mark.TIMESTAMPS),
    firstTs: hasPackets ? timeText(stream.firstSeconds, stream.firstNanos) : null,
    lastTs: hasPackets ? timeText(stream.lastSeconds, stream.lastNanos) : null,
    timeToFirstOctetSec: stream.has(Mark.PAYLOAD)
      ? spanText(flow.firstSeconds, flow.firstNanos, stream.payloadSeconds, stream.payloadNanos)
      : null,
  };
}

function originBasisOf(stream: StreamCursor): StreamSummary["originBasis"] {
  if (!stream.has(Mark.ORIGIN)) return null;
  if (stream.has(Mark.ORIGIN_BY_SYN)) return "syn";
  return stream.has(Mark.ORIGIN_BY_PEER) ? "syn-ack" : "first-payload";
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
  return spanText(0, 0, Math.floor(nanos / NANOS_PER_SECOND), nanos % NANOS_PER_SECOND);
}
