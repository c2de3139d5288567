// The lines below the stages: packets by protocol, flows, memory, the status word and what it says.

import { formatCount, formatShare, formatTwoDecimals } from "./number-format.ts";
import type { Report } from "./report.ts";
import { ALWAYS, countLine, textLine } from "./report-line.ts";
import type { ReportLine } from "./report-line.ts";
import { STATUS_ENTRIES, statusText } from "./status-word.ts";
import type { StatusEntry } from "./status-word.ts";

const PACKETS = ["capture.packets"] as const;
const FLOWS = ["flows.total"] as const;
const JUDGED_STREAMS = ["streams.complete", "streams.incomplete"] as const;
const ALWAYS_PRINTED = { prints: ALWAYS } as const;
const OCTETS_PER_GB = 1e9;

export const PROTOCOL_LINES: readonly ReportLine[] = [
  countLine(
    "Number of TCP packets",
    "decode.tcpPackets",
    PACKETS,
    "Packets whose innermost IP header says TCP, fragments included.",
  ),
  countLine(
    "Number of UDP packets",
    "decode.udpPackets",
    PACKETS,
    "Packets whose innermost IP header says UDP (and which were no tunnel), fragments included.",
  ),
  countLine(
    "Number of other packets",
    "decode.otherPackets",
    PACKETS,
    "All others, not IP and undecodable ones included: the three sum to the packets read.",
  ),
];

export const FLOW_LINES: readonly ReportLine[] = [
  countLine(
    "Number of processed flows",
    "flows.total",
    [],
    "TCP connections, both directions of one together, without those left out by filters.",
    ALWAYS_PRINTED,
  ),
  countLine(
    "Number of flows left out",
    "flows.filtered",
    [],
    "Flows that a filter, a time limit or `--flow` left out; they are in no other number of this block.",
  ),
  countLine(
    "Number of flows with handshake",
    "flows.start.handshake",
    FLOWS,
    "SYN and SYN+ACK were captured: position 0 of both streams is certain.",
  ),
  countLine(
    "Number of flows with partial handshake",
    "flows.start.partial",
    FLOWS,
    "One of the two was captured; an unanswered SYN is one too.",
  ),
  countLine(
    "Number of flows picked up midstream",
    "flows.start.midstream",
    FLOWS,
    "Neither was captured: the capture began later than the connection. What came before is unknown and not among the missing octets.",
  ),
  countLine(
    "Number of flows seen in one direction",
    "flows.oneWay",
    FLOWS,
    "No packet of the other direction was captured, so no acknowledgment tells what arrived.",
  ),
  countLine(
    "Number of flows closed by FIN",
    "flows.end.fin",
    FLOWS,
    "FINs of both directions were seen.",
    ALWAYS_PRINTED,
  ),
  countLine(
    "Number of flows closed by RST",
    "flows.end.rst",
    FLOWS,
    "An RST that the receiver would have accepted came before that.",
    ALWAYS_PRINTED,
  ),
  countLine(
    "Number of flows timed out",
    "flows.end.timeout",
    FLOWS,
    "Silent for longer than the timeout of their state.",
    ALWAYS_PRINTED,
  ),
  countLine(
    "Number of flows open at end of capture",
    "flows.end.open",
    FLOWS,
    "The capture ended first.",
    ALWAYS_PRINTED,
  ),
  countLine(
    "Number of flows evicted",
    "flows.end.evicted",
    FLOWS,
    "Ended early because of `--max-flows`.",
    ALWAYS_PRINTED,
  ),
  countLine(
    "Number of flows replaced while open",
    "flows.end.replaced",
    FLOWS,
    "Still open when a later flow took over their addresses and ports.",
    ALWAYS_PRINTED,
  ),
  countLine(
    "Number of flows ended by a script",
    "flows.end.script",
    FLOWS,
    "A script called `flow.end()`.",
  ),
  countLine(
    "Number of flows replaced by a new SYN",
    "flows.replaced",
    FLOWS,
    "A later SYN took over their addresses and ports; those that had closed before count as well, so this is no way of ending.",
  ),
  countLine(
    "Number of flows mirrored under another VLAN tag",
    "flows.mirroredUnderVlans",
    FLOWS,
    "Flows of one direction whose other direction runs under another VLAN tag: `--vlan ignore` makes one flow of two.",
  ),
  countLine(
    "Number of streams with data",
    "streams.withData",
    [],
    "Directions of flows of which at least one octet was captured.",
  ),
  countLine(
    "Number of streams without data",
    "streams.withoutData",
    [],
    "Directions of which octets are known to have been sent and none was captured; incomplete ones, in addition to those with data.",
  ),
  countLine(
    "Number of complete streams",
    "streams.complete",
    JUDGED_STREAMS,
    "Streams with data of which no octet is missing.",
  ),
  countLine(
    "Number of incomplete streams",
    "streams.incomplete",
    JUDGED_STREAMS,
    "Streams of which at least one octet is missing.",
    { isLoss: true },
  ),
  countLine(
    "Number of streams with an unseen FIN",
    "streams.finUnseen",
    JUDGED_STREAMS,
    "The peer acknowledged one number beyond the last octet and no FIN was captured: taken for the FIN, not for a lost octet.",
  ),
];

export const SUMMARY_LINES: readonly ReportLine[] = [
  countLine(
    "Max number of flows in memory",
    "flows.maxInMemory",
    [],
    "The most flows that were alive at one time.",
    ALWAYS_PRINTED,
  ),
  {
    ...textLine(
      "Memory usage",
      "run.memoryBytes",
      ALWAYS,
      "The most memory that the process held, and its share of the machine's. Differs between two equal runs.",
      ({ run }: Report) =>
        `${formatTwoDecimals(run.memoryBytes / OCTETS_PER_GB)} GB ${formatShare(run.memoryBytes, run.machineMemoryBytes)}`,
    ),
    shareOf: ["run.machineMemoryBytes"],
  },
  {
    ...textLine(
      "Aggregated tcpxStat",
      "status.tcpxStat",
      ALWAYS,
      "The union of the status words of all flows and of the run; `tcpx explain WORD` decodes it, the lines that follow say the same in words.",
      ({ status }: Report) => status.tcpxStat,
    ),
    separator: "=",
  },
];

export const EPILOGUE_LINES: readonly ReportLine[] = [
  tagged(
    "[WRN]",
    "run.interrupted",
    "the run was interrupted",
    "`Interrupted`: what follows in the input was not read; all above holds for what was.",
    ({ run }) => (run.interrupted ? "Interrupted: the rest of the input was not read" : null),
  ),
  tagged(
    "[WRN]",
    "input.errors[]",
    "a capture could not be read",
    "`N captures could not be read`, or not to their end: see `File not read`.",
    ({ input: { errors } }) =>
      errors.length === 0 ? null : `${formatCount(errors.length)} captures could not be read`,
  ),
  tagged(
    "[WRN]",
    "output.error",
    "the output failed",
    "`Output incomplete`: see `writer: Error`.",
    ({ output }) =>
      output.error === null ? null : "Output incomplete: not everything could be written",
  ),
  {
    ...tagged(
      "[WRN]",
      "loss.missingBytes",
      "an octet is missing",
      "`N bytes missing in N streams`, with the share of the streams that are incomplete.",
      ({ loss, streams }) =>
        loss.missingBytes === 0
          ? null
          : `${formatCount(loss.missingBytes)} bytes missing in ${formatCount(streams.incomplete)} streams ${formatShare(streams.incomplete, streams.complete + streams.incomplete)}`,
    ),
    shareOf: JUDGED_STREAMS,
  },
  {
    ...tagged(
      "[WRN]",
      "script.alarms",
      "a script raised an alarm",
      "`N alarms in N flows`, with the share of the flows; the alarms stand in alerts.jsonl.",
      ({ script, flows }) =>
        script.alarms === 0
          ? null
          : `${formatCount(script.alarms)} alarms in ${formatCount(script.flowsWithAlarms)} flows ${formatShare(script.flowsWithAlarms, flows.total)}`,
    ),
    shareOf: FLOWS,
  },
  statusLine("[WRN]", "warning", "status.warnings[]"),
  statusLine("[INF]", "information", "status.infos[]"),
  tagged(
    "[INF]",
    "flows.mirroredUnderVlans",
    "flows mirror each other",
    "`Flows mirror each other`: see `Number of flows mirrored under another VLAN tag`.",
    ({ flows }) =>
      flows.mirroredUnderVlans === 0
        ? null
        : "Flows mirror each other under different VLAN tags: try --vlan ignore",
  ),
];

type Tag = "[WRN]" | "[INF]";

function tagged(
  tag: Tag,
  path: string,
  prints: string,
  meaning: string,
  value: (report: Report) => string | null,
): ReportLine {
  return { ...textLine(tag, path, prints, meaning, value), separator: " " };
}

function statusLine(
  tag: Tag,
  half: StatusEntry["half"],
  path: "status.warnings[]" | "status.infos[]",
): ReportLine {
  return {
    label: tag,
    separator: " ",
    path,
    shareOf: [],
    prints: `for each bit of the ${half} half that is set`,
    meaning: "The text of the bit, in the order of the bits; see the table of the status word.",
    facts: (report) => {
      const names = half === "warning" ? report.status.warnings : report.status.infos;
      const context = {
        overlap: report.run.overlap,
        badChecksums: report.decode.checksum.bad,
        refusedChecksums: report.decode.checksum.refused,
      };
      return STATUS_ENTRIES.filter(
        (status) => status.half === half && names.includes(status.name),
      ).map((status) => ({ value: statusText(status, context) }));
    },
  };
}
