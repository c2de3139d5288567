// The status word of the run: the bits of its flows and streams, and those that only the run has.

import type { Report } from "./report.ts";
import { StatusBit } from "./status-word.ts";

/**
 * `flowStatus` is the union of the words of all flows. Every bit that a total of the report implies is
 * set as well, so that the word and the numbers above it never disagree. Where checksum offload is
 * suspected, checksum errors are no warning.
 */
export function aggregateStatus(report: Report, flowStatus: number): number {
  const { input, capture, decode, flows, segments, payload, loss } = report;
  const { offloadSuspected } = decode.checksum;
  const drops = (capture.dropped.kernel ?? 0) + (capture.dropped.interface ?? 0);
  const conditions: readonly (readonly [StatusBit, boolean])[] = [
    [StatusBit.ACKED_UNSEEN, loss.missing.ackedUnseen.bytes > 0],
    [StatusBit.NEVER_ACKED, loss.missing.neverAcked.bytes > 0],
    [StatusBit.SNAPPED, loss.missing.snapped.bytes > 0],
    [StatusBit.DISCARDED, loss.missing.discarded.bytes > 0],
    [StatusBit.CONFLICT, payload.conflictingBytes > 0],
    [StatusBit.CHECKSUM, decode.checksum.bad > 0],
    [StatusBit.FRAG_INCOMPLETE, decode.fragments.incomplete > 0],
    [StatusBit.TIME_BACKWARDS, capture.timestampsBackwards.count > 0],
    [StatusBit.MIDSTREAM, flows.start.midstream > 0],
    [StatusBit.ONE_WAY, flows.oneWay > 0],
    [StatusBit.TIMEOUT, flows.end.timeout > 0],
    [StatusBit.OPEN_AT_END, flows.end.open > 0],
    [StatusBit.EVICTED, flows.end.evicted > 0],
    [StatusBit.CAPTURE_DROPS, drops > 0],
    [
      StatusBit.INPUT_DAMAGED,
      input.files.some(({ truncated, skippedBytes }) => truncated || skippedBytes > 0),
    ],
    [StatusBit.UNDECODABLE, decode.undecodablePackets > 0],
    [StatusBit.RETRANSMISSION, segments.retransmitted > 0],
    [StatusBit.OVERLAP, segments.overlapping > 0],
    [StatusBit.OUT_OF_ORDER, segments.outOfOrder > 0],
    [StatusBit.DUPLICATE_PACKET, segments.duplicatedPackets > 0],
    [StatusBit.PROBE, segments.probes > 0],
    [StatusBit.RESET, flows.end.rst > 0],
    [StatusBit.TUPLE_REUSE, flows.replaced > 0],
    [StatusBit.FRAG_REASSEMBLED, decode.fragments.reassembled > 0],
    [StatusBit.IPV4, decode.ipv4Packets > 0],
    [StatusBit.IPV6, decode.ipv6Packets > 0],
    [StatusBit.CHECKSUM_OFFLOAD, offloadSuspected],
    [StatusBit.LENGTH_ZERO, decode.lengthZeroPackets > 0],
    [StatusBit.ENCAPSULATED, decode.encapsulatedPackets > 0],
  ];
  let status = flowStatus;
  for (const [bit, holds] of conditions) if (holds) status |= bit;
  return offloadSuspected ? status & ~StatusBit.CHECKSUM : status;
}
