// A whole report for tests of what the command line makes of it: zeros, but for what is given.

import { buildReport } from "../../src/report/build-report.ts";
import type { Report } from "../../src/report/report.ts";
import { emptySources } from "../report/sample-sources.ts";

export interface SmallReport {
  readonly missingBytes?: number;
  readonly streamBytes?: number;
  readonly warnings?: string[];
  readonly infos?: string[];
}

export function smallReport(fields: SmallReport = {}): Report {
  const report = buildReport(emptySources());
  const { missingBytes = 0, streamBytes = 0, warnings = [], infos = [] } = fields;
  return {
    ...report,
    loss: { ...report.loss, missingBytes, streamBytes },
    status: { tcpxStat: "0x00000000", warnings, infos },
  };
}
