// The lines of the stages `sweeper` and `reassembly`.

import type { Report } from "./report.ts";
import { ALWAYS, countLine, textLine } from "./report-line.ts";
import type { ReportLine } from "./report-line.ts";

const FLOWS = ["flows.total"] as const;
const SEGMENTS = ["segments.total"] as const;
const CAPTURED = ["payload.capturedBytes"] as const;
const SECOND_COPIES = ["payload.retransmittedBytes", "payload.overlappingBytes"] as const;
const FLOW_PACKETS = ["decode.direction.c2s.packets", "decode.direction.s2c.packets"] as const;

export const SWEEPER_LINES: readonly ReportLine[] = [
  textLine(
    "sweeper: Timeouts [s]",
    "flows.timeoutsSec",
    ALWAYS,
    "How long a flow may be silent, in seconds of capture time, before it is ended: by its state. `none` with `--no-timeouts`.",
    ({ flows }: Report) => {
      if (flows.timeoutsSec === null) return "none";
      return Object.entries(flows.timeoutsSec)
        .map(([state, seconds]) => `${state} ${seconds}`)
        .join(", ");
    },
  ),
  countLine(
    "sweeper: Number of flows timed out",
    "flows.end.timeout",
    FLOWS,
    "Flows ended because they were silent too long. If one goes on later, the rest is a flow of its own (`resumes`).",
  ),
  countLine(
    "sweeper: Number of flows timed out (new)",
    "flows.timedOut.new",
    FLOWS,
    "Of these, flows without payload and without a finished handshake.",
  ),
  countLine(
    "sweeper: Number of flows timed out (established)",
    "flows.timedOut.established",
    FLOWS,
    "Of these, flows at work.",
  ),
  countLine(
    "sweeper: Number of flows timed out (closing)",
    "flows.timedOut.closing",
    FLOWS,
    "Of these, flows of which one FIN was seen.",
  ),
  countLine(
    "sweeper: Number of flows evicted",
    "flows.end.evicted",
    FLOWS,
    "Flows ended early because more than `--max-flows` were alive. More than 0 means: give it more memory, or take smaller captures.",
    { prints: ALWAYS },
  ),
];

export const REASSEMBLY_LINES: readonly ReportLine[] = [
  countLine(
    "reassembly: Number of segments with payload",
    "segments.total",
    [],
    "TCP segments of flows that carry at least one octet. Each is in exactly one of the seven classes that follow.",
  ),
  countLine(
    "reassembly: Number of segments (in-order)",
    "segments.inOrder",
    SEGMENTS,
    "Begins where the stream ended so far.",
  ),
  countLine(
    "reassembly: Number of segments (after a hole)",
    "segments.afterHole",
    SEGMENTS,
    "Begins beyond the end of the stream so far: something before it has not been captured, or not yet.",
  ),
  countLine(
    "reassembly: Number of segments (out-of-order)",
    "segments.outOfOrder",
    SEGMENTS,
    "Begins before the end of the stream so far, and all of it is new: it fills a hole.",
  ),
  countLine(
    "reassembly: Number of segments (overlapping)",
    "segments.overlapping",
    SEGMENTS,
    "Partly new, partly there already.",
  ),
  countLine(
    "reassembly: Number of segments (retransmitted)",
    "segments.retransmitted",
    SEGMENTS,
    "Nothing new in it.",
  ),
  countLine(
    "reassembly: Number of segments (keep-alive or probe)",
    "segments.probes",
    SEGMENTS,
    "At most one octet, the last one again: asks whether the peer is there.",
  ),
  countLine(
    "reassembly: Number of segments (not placed)",
    "segments.notPlaced",
    SEGMENTS,
    "Has no place in a stream: refused, before the start, implausible, or the text of a reset; the four numbers of bytes below say which.",
  ),
  countLine(
    "reassembly: Number of duplicated packets",
    "segments.duplicatedPackets",
    SEGMENTS,
    "The same packet captured twice (a mirror port, two probes), not sent twice. Packets without payload count too, so the share can exceed 100 %.",
  ),
  countLine(
    "reassembly: Number of implausible resets",
    "segments.implausibleResets",
    FLOW_PACKETS,
    "RSTs outside the receiver's window (RFC 5961): forged or stray; they closed nothing.",
  ),
  countLine(
    "reassembly: Number of payload bytes on the wire",
    "payload.wireBytes",
    [],
    "Octets of TCP payload that the captured packets of flows had on the wire.",
  ),
  countLine(
    "reassembly: Number of payload bytes captured",
    "payload.capturedBytes",
    [],
    "Of these, the octets that are in the capture; the others were cut off by the snap length.",
  ),
  countLine(
    "reassembly: Number of retransmitted bytes",
    "payload.retransmittedBytes",
    CAPTURED,
    "Octets of retransmitted segments: there already.",
  ),
  countLine(
    "reassembly: Number of overlapping bytes",
    "payload.overlappingBytes",
    CAPTURED,
    "The old part of overlapping segments: there already.",
  ),
  countLine(
    "reassembly: Number of probe bytes",
    "payload.probeBytes",
    CAPTURED,
    "Octets of keep-alives and probes: not stream data.",
  ),
  countLine(
    "reassembly: Number of refused bytes",
    "payload.refusedBytes",
    CAPTURED,
    "Captured, and refused by tcpx: a wrong checksum, or a limit that you set (`--max-bytes`, `--max-total`, a script).",
  ),
  countLine(
    "reassembly: Number of bytes before the start",
    "payload.beforeStartBytes",
    CAPTURED,
    "Captured, and not written: they lie before position 0 of a midstream flow and came when it could no longer move.",
  ),
  countLine(
    "reassembly: Number of implausible bytes",
    "payload.implausibleBytes",
    CAPTURED,
    "Captured, and not written: so far ahead (`--max-jump`) that only a second segment or an acknowledgment would have made it believable.",
  ),
  countLine(
    "reassembly: Number of reset payload bytes",
    "payload.resetPayloadBytes",
    CAPTURED,
    "Text that an RST carried (RFC 9293 3.5.3): not stream data.",
  ),
  countLine(
    "reassembly: Number of bytes after the FIN",
    "payload.afterFinBytes",
    CAPTURED,
    "Written: payload beyond the FIN of its own direction. No honest sender does that.",
  ),
  countLine(
    "reassembly: Number of bytes after a reset",
    "payload.afterResetBytes",
    CAPTURED,
    "Written: new payload after an accepted RST; its receiver has not taken it.",
  ),
  countLine(
    "reassembly: Number of late fill bytes",
    "payload.lateFillBytes",
    CAPTURED,
    "Written, but too late for scripts, which had been told of a gap there.",
  ),
  countLine(
    "reassembly: Number of bytes with conflicting content",
    "payload.conflictingBytes",
    SECOND_COPIES,
    "Octets that came twice with different values: corruption, or somebody who wants to be read in two ways. `--overlap` says which copy is kept.",
    { isLoss: true },
  ),
  countLine(
    "reassembly: Number of bytes not compared",
    "payload.notComparedBytes",
    SECOND_COPIES,
    "Second copies whose first copy was no longer at hand, so that nobody knows whether they differ.",
  ),
];
