// `report.json` and `report.txt`: the last files of a run, each written under a temporary name that the
// manifest knows and then renamed, so that a report that is there is a whole one.

import { TcpxError } from "../errors.ts";
import { PART_SUFFIX } from "./file-name.ts";
import { CREATE_TO_WRITE, NEW_FILE_MODE, writeFully } from "./file-system.ts";
import type { OutputDirectory } from "./output-directory.ts";

export interface ReportTexts {
  readonly json: string;
  readonly text: string;
}

/** @throws TcpxError WRITE_FAILED */
export function writeReportFiles(directory: OutputDirectory, report: ReportTexts): Promise<void> {
  return new Promise((resolve) => {
    writeByRename(directory, "report.json", report.json);
    writeByRename(directory, "report.txt", report.text);
    resolve();
  });
}

function writeByRename(directory: OutputDirectory, name: string, text: string): void {
  const { fileSystem } = directory;
  const bytes = Buffer.from(text);
  const part = directory.pathOf(name + PART_SUFFIX);
  try {
    directory.checkIdentity();
    const descriptor = fileSystem.openSync(part, CREATE_TO_WRITE, NEW_FILE_MODE);
    try {
      writeFully(fileSystem, descriptor, bytes, 0, bytes.length, 0);
    } finally {
      fileSystem.closeSync(descriptor);
    }
    fileSystem.renameSync(part, directory.pathOf(name));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TcpxError("WRITE_FAILED", `${name}: writing failed: ${reason}`, {
      file: name,
      cause: error,
    });
  }
}
