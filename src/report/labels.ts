// The one table of all lines of the text report, in the order in which they print, block by block.
// format-report.ts prints it; docs/report.md shows it, and a test holds the two together.

import { EPILOGUE_LINES, FLOW_LINES, PROTOCOL_LINES, SUMMARY_LINES } from "./labels-flows.ts";
import { CAPTURE_LINES, DECODE_LINES } from "./labels-capture.ts";
import { BANNER_LINES, FILE_LINES, INPUT_LINES } from "./labels-input.ts";
import { LOSS_LINES, SCRIPT_LINES, SLICE_LINES, WRITER_LINES } from "./labels-loss.ts";
import { REASSEMBLY_LINES, SWEEPER_LINES } from "./labels-streams.ts";
import type { FileReport, Report } from "./report.ts";
import type { ReportLine } from "./report-line.ts";

export interface ReportBlock {
  readonly title: string;
  /** 80 of these characters above the block; "" for none. */
  readonly rule: "" | "-" | "~";
  readonly lines: readonly ReportLine[];
  /** Printed behind `lines` once for each file. */
  readonly fileLines?: readonly ReportLine<FileReport>[];
  /** Where it is not always printed. */
  readonly printsIf?: (report: Report) => boolean;
}

export const REPORT_BLOCKS: readonly ReportBlock[] = [
  { title: "Input: files", rule: "", lines: BANNER_LINES, fileLines: FILE_LINES },
  { title: "Input: times and totals", rule: "", lines: INPUT_LINES },
  { title: "Stage capture", rule: "-", lines: CAPTURE_LINES },
  { title: "Stage decode", rule: "", lines: DECODE_LINES },
  { title: "Stage sweeper", rule: "", lines: SWEEPER_LINES },
  { title: "Stage reassembly", rule: "", lines: REASSEMBLY_LINES },
  { title: "Stage loss", rule: "", lines: LOSS_LINES },
  {
    title: "Stage writer (only where streams are written)",
    rule: "",
    lines: WRITER_LINES,
    printsIf: ({ output }) => output.dir !== null,
  },
  {
    title: "Stage slice (only where packets are written)",
    rule: "",
    lines: SLICE_LINES,
    printsIf: ({ slice }) => slice !== null,
  },
  {
    title: "Stage script (only with scripts)",
    rule: "",
    lines: SCRIPT_LINES,
    printsIf: ({ script }) => script.scripts.length > 0,
  },
  { title: "Packets by protocol", rule: "-", lines: PROTOCOL_LINES },
  { title: "Flows and streams", rule: "~", lines: FLOW_LINES },
  { title: "Memory and status", rule: "~", lines: SUMMARY_LINES },
  { title: "Warnings and information", rule: "", lines: EPILOGUE_LINES },
];
