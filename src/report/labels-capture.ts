// The lines of the stages `capture` and `decode`.

import { OUTCOME_NAMES } from "../decode/outcome.ts";
import { asciiText, listText } from "./ascii-text.ts";
import { formatLinkType } from "./link-type-names.ts";
import { formatCount, formatCountAndShare } from "./number-format.ts";
import { OUTCOMES_SHOWN_OTHERWISE } from "./outcome-meanings.ts";
import type { Report } from "./report.ts";
import { NOT_ZERO, countLine, numberAt, sumAt, textLine } from "./report-line.ts";
import type { ReportLine, ReportPath } from "./report-line.ts";
import { formatShortDuration } from "./time-format.ts";

const PACKETS = ["capture.packets"] as const;
const RECEIVED_OR_DROPPED = [
  "capture.received",
  "capture.dropped.kernel",
  "capture.dropped.interface",
] as const;

/** A drop counter: not recorded is not zero, so it says so. */
function dropLine(label: string, path: ReportPath, meaning: string): ReportLine {
  return {
    label,
    path,
    shareOf: RECEIVED_OR_DROPPED,
    prints: "not 0; `not recorded` where the captures don't hold it",
    meaning,
    isLoss: true,
    facts: (report) => {
      const count = numberAt(report, path);
      if (count === null) return [{ value: "not recorded" }];
      if (count === 0) return [];
      return [{ value: formatCountAndShare(count, sumAt(report, RECEIVED_OR_DROPPED)) }];
    },
  };
}

export const CAPTURE_LINES: readonly ReportLine[] = [
  countLine(
    "capture: Number of packets received",
    "capture.received",
    RECEIVED_OR_DROPPED,
    "Packets that the interfaces say they received (pcapng interface statistics). More than the processed ones where a capture filter or a limit was at work.",
  ),
  dropLine(
    "capture: Number of packets dropped by the kernel",
    "capture.dropped.kernel",
    "Packets that the capturing program was too slow to fetch. A classic pcap file does not record it: then nobody knows.",
  ),
  dropLine(
    "capture: Number of packets dropped by the interface",
    "capture.dropped.interface",
    "Packets that the network card or its driver could not deliver.",
  ),
  countLine(
    "capture: Number of snapped packets",
    "capture.snapped.packets",
    PACKETS,
    "Packets of which only the first octets were kept.",
  ),
  countLine(
    "capture: Number of snapped bytes",
    "capture.snapped.bytes",
    ["capture.wireBytes"],
    "Octets that were cut off these packets.",
  ),
  countLine(
    "capture: Number of timestamps going backwards",
    "capture.timestampsBackwards.count",
    PACKETS,
    "Packets whose time lies before that of their predecessor. The sweeper's clock does not follow them.",
  ),
  textLine(
    "capture: Max timestamp step backwards",
    "capture.timestampsBackwards.maxSec",
    "a timestamp went backwards",
    "The largest of these steps.",
    ({ capture }: Report) =>
      capture.timestampsBackwards.count === 0
        ? null
        : formatShortDuration(capture.timestampsBackwards.maxSec),
  ),
  countLine(
    "capture: Number of timestamps ignored",
    "capture.timestampsIgnored",
    PACKETS,
    "Steps of more than an hour forward that the next packet did not confirm: a wild timestamp, which ended no flow.",
  ),
  {
    label: "capture: Number of files cut short or damaged",
    path: "input.files[].truncated",
    shareOf: [],
    prints: NOT_ZERO,
    meaning: "Captures that end inside a record or hold records that can't be right.",
    isLoss: true,
    facts: ({ input }) => {
      const damaged = input.files.filter(({ truncated }) => truncated).length;
      return damaged === 0 ? [] : [{ value: formatCount(damaged) }];
    },
  },
  {
    label: "capture: Number of bytes skipped",
    path: "input.files[].skippedBytes",
    shareOf: ["capture.pcapBytes"],
    prints: NOT_ZERO,
    meaning:
      "Octets of damaged captures passed over until the next record that made sense: packets lost by the file, uncounted.",
    isLoss: true,
    facts: ({ input, capture }) => {
      const skipped = input.files.reduce((sum, { skippedBytes }) => sum + skippedBytes, 0);
      return skipped === 0 ? [] : [{ value: formatCountAndShare(skipped, capture.pcapBytes) }];
    },
  },
  {
    label: "capture: Number of blocks skipped",
    path: "input.files[].skippedBlocks",
    shareOf: [],
    prints: NOT_ZERO,
    meaning:
      "pcapng blocks that hold no packets: names, secrets, custom and unknown ones. Nothing is lost by it.",
    facts: ({ input }) => {
      const skipped = input.files.reduce((sum, { skippedBlocks }) => sum + skippedBlocks, 0);
      return skipped === 0 ? [] : [{ value: formatCount(skipped) }];
    },
  },
  {
    label: "capture: Damage",
    path: "input.warnings[]",
    shareOf: [],
    prints: "for each warning",
    meaning: "Code of the warning (docs/errors.md), file, packet, octet offset, what was found.",
    facts: ({ input }) =>
      input.warnings.map(({ code, message }) => ({ value: asciiText(`${code}: ${message}`) })),
  },
  countLine(
    "capture: Number of warnings not listed",
    "input.warningsNotListed",
    [],
    "Warnings beyond those that are listed one by one.",
  ),
];

export const DECODE_LINES: readonly ReportLine[] = [
  countLine(
    "decode: Number of packets with IP length 0",
    "decode.lengthZeroPackets",
    PACKETS,
    "The sender left the segmentation to its network card; the payload was taken to the end of the packet.",
  ),
  countLine(
    "decode: Number of encapsulated packets",
    "decode.encapsulatedPackets",
    PACKETS,
    "Packets from which VLAN tags or tunnels were removed.",
  ),
  countLine(
    "decode: Number of undecodable packets",
    "decode.undecodablePackets",
    PACKETS,
    "Packets that could not be understood; by reason in the lines below.",
  ),
  {
    label: "decode: Number of packets (OUTCOME)",
    path: "decode.outcomes.*",
    shareOf: PACKETS,
    prints: "for each outcome that is not 0 and not shown otherwise",
    meaning: "Every packet ends in exactly one outcome; see the table of outcomes.",
    facts: ({ decode, capture }) =>
      OUTCOME_NAMES.filter(
        (name) => decode.outcomes[name] > 0 && !OUTCOMES_SHOWN_OTHERWISE.has(name),
      ).map((name) => ({
        label: `decode: Number of packets (${name})`,
        value: formatCountAndShare(decode.outcomes[name], capture.packets),
      })),
  },
  textLine(
    "decode: Unsupported link layer types",
    "decode.unsupportedLinkTypes",
    "a packet has one",
    "Link layer types that are not read, each with its number of packets.",
    ({ decode }: Report) => {
      const types = Object.entries(decode.unsupportedLinkTypes);
      if (types.length === 0) return null;
      return listText(
        types.map(
          ([linkType, packets]) => `${formatLinkType(Number(linkType))}: ${formatCount(packets)}`,
        ),
      );
    },
  ),
  countLine(
    "decode: Number of fragmented packets",
    "decode.fragments.packets",
    PACKETS,
    "IP fragments of any protocol.",
  ),
  countLine(
    "decode: Number of datagrams reassembled",
    "decode.fragments.reassembled",
    [],
    "IP datagrams put together from their fragments.",
  ),
  countLine(
    "decode: Number of datagrams never completed",
    "decode.fragments.incomplete",
    [],
    "IP datagrams of which a fragment is missing: what they carried is lost, and no segment tells how much.",
  ),
  countLine(
    "decode: Number of TCP segments",
    "decode.tcpSegments",
    PACKETS,
    "Segments that were decoded, whatever became of them.",
  ),
  countLine(
    "decode: Number of TCP checksum errors",
    "decode.checksum.bad",
    ["decode.tcpSegments"],
    "Segments with a wrong checksum. On the sender's own host that is usual (`Checksum offload suspected`), elsewhere the segment was damaged. Those that were refused have the outcome `bad-checksum`.",
  ),
  countLine(
    "decode: Number of TCP checksums not verifiable",
    "decode.checksum.unverifiable",
    ["decode.tcpSegments"],
    "Segments of which not every octet was captured; they are never judged.",
  ),
];
