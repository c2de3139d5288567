// The lines of the stages `loss`, `writer` and `script`.

import { asciiText } from "./ascii-text.ts";
import { formatCount, formatCountAndShare } from "./number-format.ts";
import type { Report, StreamPlace } from "./report.ts";
import { ALWAYS, countLine, textLine } from "./report-line.ts";
import type { ReportLine } from "./report-line.ts";

const FLOWS = ["flows.total"] as const;
const STREAM_BYTES = ["loss.streamBytes"] as const;
const GAPS = ["loss.gaps"] as const;
const LOSS = { prints: ALWAYS, isLoss: true } as const;

export const LOSS_LINES: readonly ReportLine[] = [
  countLine(
    "loss: Number of stream bytes",
    "loss.streamBytes",
    [],
    "Octets that all streams are known to have: up to the last octet captured, the peer's highest acknowledgment or the FIN, whichever is highest.",
    { prints: ALWAYS },
  ),
  countLine(
    "loss: Number of written bytes",
    "loss.writtenBytes",
    STREAM_BYTES,
    "Of these, the octets that were captured, each counted once.",
    { prints: ALWAYS },
  ),
  countLine(
    "loss: Number of missing bytes",
    "loss.missingBytes",
    STREAM_BYTES,
    "The rest: zeros in the files. **The number to look at first**; each octet is in exactly one of the four causes that follow.",
    LOSS,
  ),
  countLine(
    "loss: Number of missing bytes (acked but unseen)",
    "loss.missing.ackedUnseen.bytes",
    STREAM_BYTES,
    "The receiver acknowledged them: they crossed the network, and the capture lost them. Capture better (bigger buffers, a tap instead of a mirror port).",
    LOSS,
  ),
  countLine(
    "loss: Number of missing bytes (never acked)",
    "loss.missing.neverAcked.bytes",
    STREAM_BYTES,
    "Nobody acknowledged them: lost in the network before the capture point, or the acknowledgments were not captured.",
    LOSS,
  ),
  countLine(
    "loss: Number of missing bytes (snapped)",
    "loss.missing.snapped.bytes",
    STREAM_BYTES,
    "Their packet was captured, and the snap length cut them off. Capture with a larger one (`tcpdump -s 0`).",
    LOSS,
  ),
  countLine(
    "loss: Number of missing bytes (discarded)",
    "loss.missing.discarded.bytes",
    STREAM_BYTES,
    "They were captured, and tcpx refused them: a wrong checksum, a limit that you set, or a script.",
    LOSS,
  ),
  countLine(
    "loss: Number of gaps",
    "loss.gaps",
    [],
    "Runs of missing octets, each of one cause and as long as can be.",
    LOSS,
  ),
  countLine(
    "loss: Number of gaps (acked but unseen)",
    "loss.missing.ackedUnseen.gaps",
    GAPS,
    "Gaps of this cause.",
    LOSS,
  ),
  countLine(
    "loss: Number of gaps (never acked)",
    "loss.missing.neverAcked.gaps",
    GAPS,
    "Gaps of this cause.",
    LOSS,
  ),
  countLine(
    "loss: Number of gaps (snapped)",
    "loss.missing.snapped.gaps",
    GAPS,
    "Gaps of this cause.",
    LOSS,
  ),
  countLine(
    "loss: Number of gaps (discarded)",
    "loss.missing.discarded.gaps",
    GAPS,
    "Gaps of this cause; unlike the others the line is absent where there is none.",
    { isLoss: true },
  ),
  {
    ...textLine(
      "loss: Biggest gap",
      "loss.biggestGap",
      ALWAYS,
      "The longest gap: sender > receiver @ seek position: octets [share of all missing octets]. `none` if nothing is missing.",
      ({ loss: { biggestGap: gap, missingBytes } }: Report) =>
        gap === null
          ? "none"
          : `${placeText(gap)} @ ${gap.start}: ${formatCountAndShare(gap.length, missingBytes)} bytes`,
    ),
    shareOf: ["loss.missingBytes"],
  },
  {
    ...textLine(
      "loss: Biggest loser",
      "loss.biggestLoser",
      ALWAYS,
      "The stream with the most octets missing: sender > receiver: octets [share of that stream's octets] and its number of gaps. `none` if nothing is missing.",
      ({ loss: { biggestLoser: loser } }: Report) =>
        loser === null
          ? "none"
          : `${placeText(loser)}: ${formatCountAndShare(loser.missingBytes, loser.streamBytes)} bytes in ${formatCount(loser.gaps)} gaps`,
    ),
    shareOf: ["loss.biggestLoser.streamBytes"],
  },
];

export const WRITER_LINES: readonly ReportLine[] = [
  countLine("writer: Number of files", "output.files", [], "Files of streams that were written."),
  countLine(
    "writer: Number of bytes written",
    "output.bytes",
    [],
    "Octets put into them, without the zeros of the gaps.",
  ),
  textLine(
    "writer: Error",
    "output.error",
    "the output failed",
    "Code (docs/errors.md) and what happened. What had been written until then is whole.",
    ({ output: { error } }: Report) =>
      error === null ? null : asciiText(`${error.code}: ${error.message}`),
  ),
];

export const SLICE_LINES: readonly ReportLine[] = [
  countLine(
    "slice: Number of packets written",
    "slice.packets",
    [],
    "Packets of chosen flows that were written as they were captured, forged ones included.",
    { prints: ALWAYS },
  ),
  countLine(
    "slice: Number of bytes written",
    "slice.bytes",
    [],
    "Octets of the captures that were written, their headers included.",
    { prints: ALWAYS },
  ),
  countLine(
    "slice: Number of flows",
    "slice.flows",
    FLOWS,
    "Flows of which a packet was written.",
    { prints: ALWAYS },
  ),
  countLine(
    "slice: Number of forged packets",
    "slice.forged",
    [],
    "Packets that no capture holds: resets by scripts, among the packets written.",
  ),
  countLine(
    "slice: Number of packets forgotten",
    "slice.forgotten",
    [],
    "Packets of chosen flows that are not written: they came before the reason to choose the flow, the input can be read only once, and the memory for such packets was full.",
    { isLoss: true },
  ),
];

export const SCRIPT_LINES: readonly ReportLine[] = [
  {
    label: "script: Loaded",
    path: "script.scripts[]",
    shareOf: [],
    prints: "for each script",
    meaning: "Base name of a script of this run.",
    facts: ({ script }) => script.scripts.map((name) => ({ value: asciiText(name) })),
  },
  {
    label: "script: COUNTER",
    path: "script.counters.*",
    shareOf: [],
    prints: "for each counter that a script made",
    meaning: "What a script counted by `engine.counter(name)`, under the name that it gave.",
    facts: ({ script }) =>
      Object.entries(script.counters).map(([name, count]) => ({
        label: `script: ${asciiText(name)}`,
        value: formatCount(count),
      })),
  },
  countLine(
    "script: Number of flows skipped",
    "script.flowsSkipped",
    FLOWS,
    "Flows that every script voted to leave out: no octet of them was handed on or written.",
  ),
  countLine(
    "script: Number of exceptions",
    "script.exceptions",
    [],
    "Handlers that failed. Each lost its flow from then on; other scripts and the files did not.",
    { isLoss: true },
  ),
];

/** `10.0.0.2:80 > 10.0.0.1:40002`, IPv6 addresses in brackets. */
function placeText(place: StreamPlace): string {
  const source = endpointText(place.source, place.sourcePort);
  return `${source} > ${endpointText(place.destination, place.destinationPort)}`;
}

function endpointText(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
