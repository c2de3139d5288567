// Plain counters of the stages -> the report as one document. Pure: reads no clock, no file, no memory;
// what only the command line can know (times, memory) comes in with the sources.

import { Outcome } from "../decode/outcome.ts";
import type { OutcomeName } from "../decode/outcome.ts";
import { baseName, baseNames } from "./base-names.ts";
import { captureReport, inputReport, percentageCompleted } from "./build-input.ts";
import {
  flowsReport,
  lossReport,
  payloadReport,
  segmentsReport,
  streamsReport,
} from "./build-totals.ts";
import { REPORT_SCHEMA } from "./report.ts";
import type { OutputSource, ReportSources } from "./report-sources.ts";
import type { Report } from "./report.ts";
import { UNDECODABLE_OUTCOMES } from "./outcome-meanings.ts";
import { aggregateStatus } from "./run-status.ts";
import { WARNING_HALF, formatStatusWord, statusNames } from "./status-word.ts";

const NO_SCRIPTS: Report["script"] = {
  scripts: [],
  counters: {},
  alarms: 0,
  flowsWithAlarms: 0,
  flowsSkipped: 0,
  exceptions: 0,
};

/** The report of a run. Paths become base names, in messages as well. */
export function buildReport(sources: ReportSources): Report {
  const report: Report = {
    schema: REPORT_SCHEMA,
    tcpx: sources.version,
    run: { ...sources.run, percentageCompleted: percentageCompleted(sources.files) },
    input: inputReport(sources),
    capture: captureReport(sources),
    decode: decodeReport(sources),
    flows: flowsReport(sources.flows, sources.timeouts),
    segments: segmentsReport(sources.flows),
    payload: payloadReport(sources.flows),
    loss: lossReport(sources.flows),
    streams: streamsReport(sources.flows),
    output: outputReport(sources.output),
    slice: sources.slice === undefined ? null : { ...sources.slice },
    script: structuredClone(sources.script ?? NO_SCRIPTS),
    status: { tcpxStat: "", warnings: [], infos: [] },
  };
  const status = aggregateStatus(report, sources.flows.status);
  report.status = {
    tcpxStat: formatStatusWord(status),
    warnings: statusNames(status & WARNING_HALF),
    infos: statusNames(status & ~WARNING_HALF),
  };
  return report;
}

function outputReport({ path, files, bytes, error }: OutputSource): Report["output"] {
  const dir = path === null ? null : baseName(path);
  if (path === null || dir === null || error === null) return { dir, files, bytes, error };
  const message = baseNames([path])(error.message);
  return { dir, files, bytes, error: { code: error.code, message } };
}

function decodeReport(sources: ReportSources): Report["decode"] {
  const { decode, flows, checksum } = sources;
  const outcomes = outcomeCounts(sources.outcomes);
  return {
    ipv4Packets: decode.ipv4Packets,
    ipv6Packets: decode.ipv6Packets,
    tcpPackets: decode.tcpPackets,
    udpPackets: decode.udpPackets,
    otherPackets: decode.otherPackets,
    undecodablePackets: UNDECODABLE_OUTCOMES.reduce((sum, name) => sum + outcomes[name], 0),
    lengthZeroPackets: decode.lengthZeroPackets,
    encapsulatedPackets: decode.encapsulatedPackets,
    fragments: {
      packets: decode.fragmentPackets,
      reassembled: decode.datagramsReassembled,
      incomplete: decode.datagramsIncomplete,
    },
    tcpSegments: sources.tcpSegments,
    checksum: {
      ok: checksum.ok,
      bad: checksum.bad,
      unverifiable: checksum.unverifiable,
      refused: checksum.refused,
      offloadSuspected: checksum.bad > 0 && checksum.bad * 10 >= (checksum.ok + checksum.bad) * 9,
    },
    packetsWithoutFlow: sources.packetsWithoutFlow,
    direction: {
      c2s: { packets: flows.c2sPackets, bytes: flows.c2sBytes },
      s2c: { packets: flows.s2cPackets, bytes: flows.s2cBytes },
    },
    outcomes,
    unsupportedLinkTypes: Object.fromEntries(decode.unsupportedLinkTypes),
  };
}

function outcomeCounts(counts: ArrayLike<number>): Record<OutcomeName, number> {
  const at = (code: Outcome): number => counts[code] ?? 0;
  return {
    tcp: at(Outcome.TCP),
    "not-ip": at(Outcome.NOT_IP),
    "not-tcp": at(Outcome.NOT_TCP),
    "fragment-waiting": at(Outcome.FRAGMENT_WAITING),
    "fragment-refused": at(Outcome.FRAGMENT_REFUSED),
    "unsupported-link-type": at(Outcome.UNSUPPORTED_LINK_TYPE),
    "unsupported-encapsulation": at(Outcome.UNSUPPORTED_ENCAPSULATION),
    encrypted: at(Outcome.ENCRYPTED),
    "nesting-too-deep": at(Outcome.NESTING_TOO_DEEP),
    "truncated-header": at(Outcome.TRUNCATED_HEADER),
    "malformed-link": at(Outcome.MALFORMED_LINK),
    "malformed-ip": at(Outcome.MALFORMED_IP),
    "malformed-tcp": at(Outcome.MALFORMED_TCP),
    "bad-checksum": at(Outcome.BAD_CHECKSUM),
    filtered: at(Outcome.FILTERED),
    "other-path": at(Outcome.OTHER_PATH),
    dropped: at(Outcome.DROPPED),
  };
}
