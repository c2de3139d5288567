// The parts `input` and `capture` of the report: what was read, and how whole it is.

import type { CaptureFile, CaptureInterface } from "../capture/capture-reader.ts";
import { baseNames } from "./base-names.ts";
import type { ReportSources } from "./report-sources.ts";
import type { FileReport, Report } from "./report.ts";
import { spanText, timeText } from "./time-format.ts";

/** Share of the octets of all files that were read, two decimals; null if one is a pipe. */
export function percentageCompleted(files: readonly CaptureFile[]): number | null {
  let read = 0;
  let total = 0;
  for (const { bytesRead, size } of files) {
    if (size === null) return null;
    read += Math.min(bytesRead, size);
    total += size;
  }
  return total === 0 ? 100 : Math.round((read / total) * 10_000) / 100;
}

/** The files and what went wrong with them, without paths. */
export function inputReport(sources: ReportSources): Report["input"] {
  const { capture, files, interfaces } = sources;
  const hasPackets = capture.packets > 0;
  const troubled = [...sources.errors, ...sources.warnings];
  const withoutPaths = baseNames([
    ...files.map(({ path }) => path),
    ...troubled.map(({ file }) => file).filter((file) => file !== null),
  ]);
  const byFile = files.map((): CaptureInterface[] => []);
  for (const one of interfaces) byFile[one.fileIndex]?.push(one);
  return {
    files: files.map((file, index) => fileReport(file, byFile[index]!)),
    errors: sources.errors.map(({ file, code, message }) => ({
      file: file === null ? null : withoutPaths(file),
      code,
      message: withoutPaths(message),
    })),
    warnings: sources.warnings.map(({ file, code, message }) => ({
      file: withoutPaths(file),
      code,
      message: withoutPaths(message),
    })),
    warningsNotListed: sources.warningsNotListed,
    firstTs: hasPackets ? timeText(capture.firstSeconds, capture.firstNanos) : null,
    lastTs: hasPackets ? timeText(capture.lastSeconds, capture.lastNanos) : null,
    durationSec: hasPackets
      ? spanText(capture.firstSeconds, capture.firstNanos, capture.lastSeconds, capture.lastNanos)
      : null,
  };
}

function fileReport(file: CaptureFile, interfaces: readonly CaptureInterface[]): FileReport {
  return {
    file: file.name,
    format: file.format,
    formatText: file.formatText,
    bytes: file.bytesRead,
    packets: file.packets,
    truncated: file.truncated,
    skippedBytes: file.skippedBytes,
    skippedBlocks: file.skippedBlocks,
    interfaces: interfaces.map((one) => ({
      id: one.id,
      name: one.name,
      linkType: one.linkType,
      snapLen: one.snapLength,
      packets: one.packets,
      snappedPackets: one.snappedPackets,
      received: one.received,
      droppedByKernel: one.droppedByKernel,
      droppedByInterface: one.droppedByInterface,
    })),
  };
}

/** The packets as they lie in the captures. */
export function captureReport({ capture, files, interfaces }: ReportSources): Report["capture"] {
  return {
    packets: capture.packets,
    capturedBytes: capture.capturedBytes,
    wireBytes: capture.wireBytes,
    pcapBytes: files.reduce((sum, { bytesRead }) => sum + bytesRead, 0),
    snapped: { packets: capture.snappedPackets, bytes: capture.snappedBytes },
    received: recordedSum(interfaces.map(({ received }) => received)),
    dropped: {
      kernel: recordedSum(interfaces.map(({ droppedByKernel }) => droppedByKernel)),
      interface: recordedSum(interfaces.map(({ droppedByInterface }) => droppedByInterface)),
    },
    timestampsBackwards: {
      count: capture.timestampsBackwards,
      maxSec: timeText(capture.maxStepBackSeconds, capture.maxStepBackNanos),
    },
    timestampsIgnored: capture.timestampsIgnored,
  };
}

/** The sum of what is recorded; null where no interface has it. */
function recordedSum(counts: readonly (number | null)[]): number | null {
  const recorded = counts.filter((count) => count !== null);
  return recorded.length === 0 ? null : recorded.reduce((sum, count) => sum + count, 0);
}
