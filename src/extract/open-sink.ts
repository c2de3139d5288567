// Where a run's streams go, by its options: positioned files, or nothing but a window to compare in.

import { TcpxError } from "../errors.ts";
import { FileSink } from "../output/file-sink.ts";
import { OutputDirectory } from "../output/output-directory.ts";
import { writeReportFiles } from "../output/report-files.ts";
import type { StreamSink } from "../output/stream-sink.ts";
import { DEFAULT_WINDOWS, WindowSink } from "../output/memory-window-sink.ts";
import { formatReport } from "../report/format-report.ts";
import type { Report } from "../report/report.ts";
import type { FileCommands } from "../output/thread/file-thread.ts";
import type { OutputOptions } from "./run-options.ts";

export interface OpenedSink {
  readonly sink: StreamSink;
  /** The output directory as given; null where nothing is written. */
  readonly path: string | null;
  /** The same, opened. */
  readonly directory: OutputDirectory | null;
  /** Writes report.json and report.txt, last and by rename. */
  readonly writeReport: (report: Report) => Promise<void>;
}

/** Octets of the sink's buffers, whatever is written. */
export function poolBytes(output: OutputOptions | null): number {
  return (output === null ? 16 : 32) * 1024 * 1024;
}

/**
 * `memory`: its buffers, of `poolBytes`. `thread`: the run's own one, that writes. `given`: the sink of a user of the
 * library, instead.
 * @throws TcpxError OUTPUT_NOT_EMPTY, OUTPUT_NOT_A_DIRECTORY, OUTPUT_NOT_WRITABLE, BAD_OPTION
 */
export async function openSink(
  output: OutputOptions | null,
  memory: Uint8Array,
  thread: FileCommands | null,
  given?: StreamSink,
): Promise<OpenedSink> {
  if (given !== undefined) {
    if (output !== null)
      throw new TcpxError("BAD_OPTION", "there is a sink and an output directory");
    return { sink: given, path: null, directory: null, writeReport: () => Promise.resolve() };
  }
  if (output === null) {
    const sink = new WindowSink({ ...DEFAULT_WINDOWS, memory });
    return { sink, path: null, directory: null, writeReport: () => Promise.resolve() };
  }
  const directory = await OutputDirectory.prepare(output.directory, {
    force: output.force ?? false,
    groupSize: output.group ?? 0,
    ...(output.name === undefined ? {} : { template: output.name }),
  });
  const sink = new FileSink(directory, { ...output, pool: { memory }, thread });
  return {
    sink,
    path: output.directory,
    directory,
    writeReport: (report) =>
      writeReportFiles(directory, {
        json: `${JSON.stringify(report, null, 2)}\n`,
        text: formatReport(report),
      }),
  };
}
