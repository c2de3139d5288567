// The head of the report: what was read, when it was captured, how far the run came.

import { asciiText, listText } from "./ascii-text.ts";
import { formatLinkType } from "./link-type-names.ts";
import { formatCount, formatTwoDecimals } from "./number-format.ts";
import type { FileReport, Report } from "./report.ts";
import { ALWAYS, countLine, textLine } from "./report-line.ts";
import type { ReportLine } from "./report-line.ts";
import { formatDuration, formatShortDuration, formatTimestamp } from "./time-format.ts";

const COMMANDS: Readonly<Record<Report["run"]["command"], string>> = {
  extract: "Extracting TCP streams over IPv4, IPv6",
  stats: "Examining TCP streams over IPv4, IPv6",
  slice: "Slicing TCP flows over IPv4, IPv6",
};

const WITH_PACKETS = "at least one packet was read";
const DIRECTION_PACKETS = ["decode.direction.c2s.packets", "decode.direction.s2c.packets"] as const;
const DIRECTION_BYTES = ["decode.direction.c2s.bytes", "decode.direction.s2c.bytes"] as const;

/** Above the files. */
export const BANNER_LINES: readonly ReportLine[] = [
  {
    ...textLine(
      "[INF]",
      "run.command",
      ALWAYS,
      "What this run did: `Extracting` wrote the streams, `Examining` (stats) wrote nothing, `Slicing` wrote packets.",
      (report: Report) => COMMANDS[report.run.command],
    ),
    separator: " ",
  },
];

/** Once for each file, in the order read. */
export const FILE_LINES: readonly ReportLine<FileReport>[] = [
  textLine(
    "Processing file",
    "input.files[].file",
    "for each file",
    "Base name of the capture; `-` for standard input.",
    (file) => asciiText(file.file),
  ),
  textLine(
    "File format",
    "input.files[].formatText",
    "for each file that was recognised",
    "Format and version, byte order, resolution of the timestamps; for pcapng the number of interfaces.",
    (file) => {
      if (file.format === "") return null;
      const interfaces = file.format === "pcapng" ? `, interfaces: ${file.interfaces.length}` : "";
      return `${asciiText(file.formatText)}${interfaces}`;
    },
  ),
  textLine(
    "Link layer type",
    "input.files[].interfaces[].linkType",
    "for each file with an interface",
    "What the packets begin with: name, short name and number in the registry of link layer types; all different ones of the file.",
    (file) => distinct(file.interfaces.map(({ linkType }) => formatLinkType(linkType))),
  ),
  textLine(
    "Snapshot length",
    "input.files[].interfaces[].snapLen",
    "for each file with an interface",
    "The most octets that the capture kept of a packet; all different values of the file, `none` where no limit is stated.",
    (file) =>
      distinct(
        file.interfaces.map(({ snapLen }) => (snapLen === 0 ? "none" : formatCount(snapLen))),
      ),
  ),
];

/** Below the files. */
export const INPUT_LINES: readonly ReportLine[] = [
  {
    label: "File not read",
    path: "input.errors[]",
    shareOf: [],
    prints: "for each capture that could not be read, or not to its end",
    meaning:
      "Code of the error (docs/errors.md) and what was found; the other captures of the run were read.",
    facts: (report) => report.input.errors.map((error) => ({ value: errorText(error) })),
  },
  textLine(
    "Dump start",
    "input.firstTs",
    WITH_PACKETS,
    "The lowest capture time of any packet.",
    (report: Report) =>
      report.input.firstTs === null ? null : formatTimestamp(report.input.firstTs),
  ),
  textLine(
    "Dump stop ",
    "input.lastTs",
    WITH_PACKETS,
    "The highest capture time of any packet.",
    (report: Report) =>
      report.input.lastTs === null ? null : formatTimestamp(report.input.lastTs),
  ),
  textLine(
    "Total dump duration",
    "input.durationSec",
    WITH_PACKETS,
    "From the lowest to the highest capture time.",
    (report: Report) =>
      report.input.durationSec === null ? null : formatDuration(report.input.durationSec),
  ),
  textLine(
    "Finished processing. Elapsed time",
    "run.elapsedSec",
    ALWAYS,
    "How long the run took until the last packet was handled, in real time. One of the three lines that differ between two equal runs.",
    (report: Report) => formatShortDuration(report.run.elapsedSec.toFixed(3)),
  ),
  textLine(
    "Finished unloading flow memory. Time",
    "run.unloadedSec",
    ALWAYS,
    "The same until all flows were ended and all files closed.",
    (report: Report) => formatShortDuration(report.run.unloadedSec.toFixed(3)),
  ),
  textLine(
    "Percentage completed",
    "run.percentageCompleted",
    ALWAYS,
    "Share of the input's octets that was read; `not recorded` for a pipe, whose length nobody knows.",
    ({ run }: Report) =>
      run.percentageCompleted === null
        ? "not recorded"
        : `${formatTwoDecimals(run.percentageCompleted)}%`,
  ),
  countLine("Number of processed packets", "capture.packets", [], "Packets read, of any kind.", {
    prints: ALWAYS,
  }),
  countLine(
    "Number of processed bytes",
    "capture.capturedBytes",
    [],
    "Octets captured of these packets, link layer included.",
    { prints: ALWAYS },
  ),
  countLine(
    "Number of raw bytes",
    "capture.wireBytes",
    [],
    "Octets that these packets had on the wire. More than the processed ones where the snap length cut packets.",
    { prints: ALWAYS },
  ),
  countLine(
    "Number of pcap bytes",
    "capture.pcapBytes",
    [],
    "Octets of the capture files as stored (compressed ones: compressed), as far as they were read.",
    { prints: ALWAYS },
  ),
  countLine(
    "Number of IPv4 packets",
    "decode.ipv4Packets",
    ["capture.packets"],
    "Packets whose outermost IP header is IPv4.",
  ),
  countLine(
    "Number of IPv6 packets",
    "decode.ipv6Packets",
    ["capture.packets"],
    "Packets whose outermost IP header is IPv6.",
  ),
  countLine(
    "Number of packets without flow",
    "decode.packetsWithoutFlow",
    ["capture.packets"],
    "Packets that belong to no flow: not TCP, not decodable, refused, left out, or fragments never completed.",
  ),
  countLine(
    "Number of c2s packets",
    "decode.direction.c2s.packets",
    DIRECTION_PACKETS,
    "Packets of flows, sent by the client.",
  ),
  countLine(
    "Number of s2c packets",
    "decode.direction.s2c.packets",
    DIRECTION_PACKETS,
    "Packets of flows, sent by the server.",
  ),
  countLine(
    "Number of c2s bytes",
    "decode.direction.c2s.bytes",
    DIRECTION_BYTES,
    "Captured octets of the packets sent by clients, link layer included.",
  ),
  countLine(
    "Number of s2c bytes",
    "decode.direction.s2c.bytes",
    DIRECTION_BYTES,
    "Captured octets of the packets sent by servers, link layer included.",
  ),
];

function distinct(texts: readonly string[]): string | null {
  return texts.length === 0 ? null : listText([...new Set(texts)]);
}

/** `CODE: message`, and the file's name where the message doesn't have it. */
function errorText({ file, code, message }: Report["input"]["errors"][number]): string {
  const where = file === null || message.includes(file) ? "" : `${file}: `;
  return asciiText(`${code}: ${where}${message}`);
}
