// What each key of a line of flows.jsonl means, and where its sum stands in report.json. The compiler
// holds these tables against the types; docs/report.md shows them.

import type { FlowSummary, StreamSummary } from "./flow-summary.ts";

/** Of the flow itself. */
export const FLOW_KEYS: Readonly<Record<keyof FlowSummary, string>> = {
  schema: "`tcpx.flow/1`: the form of this line (schemas/flow.schema.json).",
  flow: "Number of the flow, from 1, in order of first packet; filters don't change it.",
  client: "Address of the client (see `roleBasis`).",
  clientPort: "Port of the client.",
  server: "Address of the server.",
  serverPort: "Port of the server.",
  ipVersion: "4 or 6.",
  roleBasis:
    "Why the client is the client: it sent the SYN (`syn`), it received the SYN+ACK (`syn-ack`), only its port is not below 1024 (`port`), it sent the first packet (`first-packet`).",
  directionIsGuessed: "True for `port` and `first-packet`.",
  start: "`handshake` (SYN and SYN+ACK captured), `partial` (one of them), `midstream` (none).",
  end: "`fin`, `rst`, `timeout`, `replaced`, `evicted`, `open`, `script`.",
  tags: "Only with scripts: what they tagged the flow with.",
  attributes: "Only with `--attributes` or scripts: values by attribute name (docs/scripting.md).",
  resumes:
    "Number of the flow that was ended by its timeout on the same addresses before; or null.",
  replacedByNewSyn: "A later SYN took over its addresses and ports.",
  oneWay: "Of one direction no packet was captured.",
  firstTs: "Lowest capture time of its packets, seconds since 1970 (UTC), nine decimals.",
  lastTs: "Highest capture time of its packets.",
  durationSec: "Between the two.",
  handshakeRttSec: "From the SYN to the ACK of the SYN+ACK; null where they were not captured.",
  communityId: "Community ID, version 1: the flow's name in Zeek, Suricata and others.",
  connState: "Zeek's `conn_state`: `SF`, `S0`, `RSTO`, ...",
  history: "Zeek's `history`: one letter an event, capitals for the client.",
  vlan: "VLAN ids, outermost first.",
  encapsulation: "Tunnels that were removed, outermost first.",
  tcpxStat: "Status word of the flow: the union of its own bits and its streams'.",
  status: "Names of the bits that are set.",
  c2s: "Stream from the client to the server.",
  s2c: "Stream from the server to the client.",
};

export interface StreamKey {
  readonly meaning: string;
  /** Path of the sum over all streams in report.json; null where a sum has no meaning. */
  readonly total: string | null;
}

function key(meaning: string, total: string | null = null): StreamKey {
  return { meaning, total };
}

/** Of each direction. */
export const STREAM_KEYS: Readonly<Record<keyof StreamSummary, StreamKey>> = {
  file: key("Its file, below the output directory; null where nothing was written."),
  originBasis: key(
    "How position 0 is known: its SYN (`syn`), the peer's SYN+ACK (`syn-ack`), or only the first payload captured (`first-payload`).",
  ),
  isn: key("Initial sequence number as sent; null where the handshake was not captured."),
  tcpxStat: key("Status word of the stream.", "status.tcpxStat"),
  packets: key("Packets of this direction, fragments included.", "decode.direction"),
  segments: key("Segments with payload: the sum of the seven classes.", "segments.total"),
  capturedBytes: key("Payload octets captured.", "payload.capturedBytes"),
  writtenBytes: key("Octets of the stream of which a captured copy exists.", "loss.writtenBytes"),
  streamBytes: key("Octets that the stream is known to have.", "loss.streamBytes"),
  missingBytes: key("`streamBytes - writtenBytes`: zeros in the file.", "loss.missingBytes"),
  missing: key("The same by cause.", "loss.missing"),
  gapCount: key("Runs of missing octets, each of one cause.", "loss.gaps"),
  gaps: key("These runs: seek position, length, cause; ascending."),
  gapsListed: key("How many of them are listed here; the rest stands in `FILE.gaps.jsonl`."),
  complete: key(
    "No octet is missing. Also true of a stream without octets, which the sum leaves out.",
    "streams.complete",
  ),
  inOrder: key("Segments that begin where the stream ended so far.", "segments.inOrder"),
  afterHole: key("Segments that begin beyond that.", "segments.afterHole"),
  outOfOrder: key("Segments that begin before that, all new.", "segments.outOfOrder"),
  overlapping: key("Segments partly new, partly there already.", "segments.overlapping"),
  retransmitted: key("Segments with nothing new.", "segments.retransmitted"),
  probes: key("Keep-alives and window probes.", "segments.probes"),
  notPlaced: key(
    "Segments refused, before the start, implausible, or on an RST.",
    "segments.notPlaced",
  ),
  retransmittedBytes: key("Octets of retransmitted segments.", "payload.retransmittedBytes"),
  overlappingBytes: key("Old octets of overlapping segments.", "payload.overlappingBytes"),
  conflictingBytes: key(
    "Octets of the two that differ from the copy that was there.",
    "payload.conflictingBytes",
  ),
  notComparedBytes: key(
    "Octets of the two whose first copy was no longer at hand.",
    "payload.notComparedBytes",
  ),
  probeBytes: key("Octets of keep-alives and probes.", "payload.probeBytes"),
  refusedBytes: key("Octets refused: checksum, limit, script.", "payload.refusedBytes"),
  beforeStartBytes: key(
    "Octets before position 0 of a midstream flow, come too late to move it.",
    "payload.beforeStartBytes",
  ),
  implausibleBytes: key("Octets too far ahead, confirmed by nothing.", "payload.implausibleBytes"),
  resetPayloadBytes: key("Octets of text on an RST.", "payload.resetPayloadBytes"),
  afterFinBytes: key("Octets written beyond the FIN.", "payload.afterFinBytes"),
  afterResetBytes: key("New octets written after an accepted RST.", "payload.afterResetBytes"),
  lateFillBytes: key(
    "Octets written after their gap had been announced to scripts.",
    "payload.lateFillBytes",
  ),
  snappedBytes: key("Payload octets cut off by the snap length.", "payload.snappedBytes"),
  duplicatedPackets: key("Packets captured twice.", "segments.duplicatedPackets"),
  zeroWindows: key("Packets that announced a window of 0.", "segments.zeroWindows"),
  badChecksums: key("Segments with a wrong checksum.", "decode.checksum.bad"),
  implausibleResets: key("RSTs outside the window.", "segments.implausibleResets"),
  otherPathPackets: key(
    "Packets under another VLAN tag than the one followed.",
    "decode.outcomes.other-path",
  ),
  syn: key("Segments with SYN.", "segments.syn"),
  fin: key("Segments with FIN.", "segments.fin"),
  rst: key("Segments with RST.", "segments.rst"),
  finUnseen: key(
    "The peer acknowledged a FIN that no packet of the capture carries.",
    "streams.finUnseen",
  ),
  windowScale: key("Shift of the window (RFC 7323); null where the SYN did not offer it."),
  mss: key("Maximum segment size that the SYN announced; or null."),
  sackPermitted: key("The SYN offered selective acknowledgments (RFC 2018)."),
  timestamps: key("Timestamps option (RFC 7323) in use."),
  firstTs: key("Capture time of the first packet of this direction; null where there is none."),
  lastTs: key("Capture time of the last one."),
  timeToFirstOctetSec: key("From the flow's first packet to this stream's first payload; or null."),
  sha256: key("Only with `--hash sha256`: digest of the file."),
};
