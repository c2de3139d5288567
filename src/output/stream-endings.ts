// The end of a stream: what is left in its window, the size of its file, gaps squeezed out, a digest; and
// the end of its flow: its line, once both streams are in their files.
//
//     closed -> finishStream: the window to the file
//     ended  -> endFlow: tail, size, FileFinisher (concat, digest) -> FlowLog, in the order of endings

import type { StreamSummary } from "../report/flow-summary.ts";
import type { BufferPool } from "./buffer-pool.ts";
import { NO_SLOT } from "./buffer-pool.ts";
import type { FileFinisher } from "./file-finisher.ts";
import type { FlowLine, FlowLog } from "./flow-log.ts";
import type { SideFiles } from "./side-files.ts";
import type { StreamColumns } from "./stream-columns.ts";
import { StreamMark } from "./stream-columns.ts";
import type { StreamDigests } from "./stream-digests.ts";
import type { StreamFiles } from "./stream-files.ts";
import type { StreamNotes } from "./stream-notes.ts";
import type { FlowEnding, StreamHandle } from "./stream-sink.ts";
import { NO_STREAM } from "./stream-sink.ts";
import type { StreamWriter } from "./stream-writer.ts";
import type { WriteFailure } from "./write-failure.ts";
import type { WriteQueue } from "./write-queue.ts";

export interface StreamEndingsParts {
  readonly columns: StreamColumns;
  readonly pool: BufferPool;
  readonly files: StreamFiles;
  readonly queue: WriteQueue;
  readonly writer: StreamWriter;
  readonly side: SideFiles;
  readonly finisher: FileFinisher;
  readonly log: FlowLog;
  readonly digests: StreamDigests | null;
  readonly notes: StreamNotes | null;
  readonly failure: WriteFailure;
}

export interface EndingOptions {
  /** Gaps are squeezed out. */
  readonly isConcat: boolean;
  /** A file gets the size of its stream, however much of that was captured. */
  readonly extends: boolean;
}

/** A flow whose line waits for its streams. */
interface EndedFlow {
  readonly line: FlowLine | null;
  waiting: number;
}

export class StreamEndings {
  readonly #parts: StreamEndingsParts;
  readonly #options: EndingOptions;
  readonly #onProgress: () => void;

  /** `onProgress` is called whenever the finisher has got something to do, or has done it. */
  constructor(parts: StreamEndingsParts, options: EndingOptions, onProgress: () => void) {
    this.#parts = parts;
    this.#options = options;
    this.#onProgress = onProgress;
  }

  /** Gives the window back: a flow lingers after its close, and many linger at once. */
  finishStream(stream: StreamHandle, length: number, isPlaced: boolean): void {
    const { columns, files, writer } = this.#parts;
    if (this.#hasFailed || columns.slot[stream] === NO_SLOT) return;
    if (isPlaced) writer.place(stream);
    if (this.#isMade(stream) || writer.wouldQueueWhole(stream)) writer.flush(stream, true);
    else writer.writeWhole(stream, files.pathOf(stream), this.#options.extends ? length : 0);
  }

  endFlow(end: FlowEnding): void {
    const { summary } = end;
    const line = summary === null || this.#hasFailed ? null : this.#parts.log.add(summary);
    // One more than the streams, so that the line is not settled before both were looked at.
    const flow: EndedFlow = { line, waiting: 3 };
    this.#endStream(end.c2s, end.c2sLength, end.c2sMissing, summary?.c2s ?? null, flow);
    this.#endStream(end.s2c, end.s2cLength, end.s2cMissing, summary?.s2c ?? null, flow);
    this.#streamDone(flow);
  }

  /** Streams whose flow was never ended get what was captured of them. */
  endAll(): void {
    const { identity, marks } = this.#parts.columns;
    const nobody: EndedFlow = { line: null, waiting: identity.length };
    for (let stream = 1; stream < identity.length; stream++) {
      if (identity[stream] === null || (marks[stream]! & StreamMark.ENDED) !== 0) continue;
      this.#endStream(stream, 0, 1, null, nobody);
    }
  }

  get #hasFailed(): boolean {
    return this.#parts.failure.error !== null;
  }

  #endStream(
    stream: StreamHandle,
    length: number,
    missing: number,
    summary: StreamSummary | null,
    flow: EndedFlow,
  ): void {
    if (stream === NO_STREAM) {
      this.#streamDone(flow);
      return;
    }
    const { columns, files, queue, writer } = this.#parts;
    columns.marks[stream]! |= StreamMark.ENDED;
    const isMade = this.#isMade(stream);
    if (this.#hasFailed || (!isMade && columns.slot[stream] === NO_SLOT)) {
      queue.whenIdle(stream, () => {
        this.#release(stream);
        this.#streamDone(flow);
      });
      return;
    }
    const path = files.pathOf(stream);
    if (summary !== null) summary.file = path;
    const size = this.#options.extends ? length : 0;
    if (!isMade) writer.place(stream);
    const isWhole = !isMade && !writer.wouldQueueWhole(stream);
    if (isWhole) writer.writeWhole(stream, path, size);
    else writer.flush(stream, true);
    const digest = missing === 0 ? (this.#parts.digests?.take(stream, length) ?? null) : null;
    if (digest !== null && summary !== null) summary.sha256 = digest;
    queue.whenIdle(stream, () => {
      if (!isWhole) this.#sizeFile(stream, path, size);
      this.#afterLastOctet(stream, path, missing, digest !== null, summary, flow);
    });
  }

  /** Its file is there, or will be as soon as its turn in the queue comes. */
  #isMade(stream: StreamHandle): boolean {
    const { columns, queue } = this.#parts;
    return (columns.marks[stream]! & StreamMark.CREATED) !== 0 || queue.has(stream);
  }

  #sizeFile(stream: StreamHandle, path: string, size: number): void {
    const { columns, failure, files, writer } = this.#parts;
    writer.settle(stream);
    if (!this.#hasFailed && size > columns.fileEnd[stream]!) {
      try {
        files.resize(stream, size);
      } catch (error) {
        failure.record(path, columns.fileEnd[stream]!, error);
      }
    }
    files.close(stream);
  }

  #afterLastOctet(
    stream: StreamHandle,
    path: string,
    missing: number,
    hasDigest: boolean,
    summary: StreamSummary | null,
    flow: EndedFlow,
  ): void {
    const { digests, finisher, side } = this.#parts;
    side.end(stream);
    const gaps = this.#options.isConcat && missing > 0 && summary !== null ? summary.gaps : null;
    const needsDigest = digests !== null && !hasDigest && summary !== null;
    this.#release(stream);
    if (this.#hasFailed || (gaps === null && !needsDigest)) {
      this.#streamDone(flow);
      return;
    }
    finisher.add({
      path,
      gaps,
      needsDigest,
      done: (read) => {
        if (read !== null && summary !== null) summary.sha256 = read;
        this.#streamDone(flow);
        this.#onProgress();
      },
    });
    this.#onProgress();
  }

  /** Forgets all about a stream; a window that is left is dropped. */
  #release(stream: StreamHandle): void {
    const { columns, digests, files, notes, pool, side } = this.#parts;
    const slot = columns.slot[stream]!;
    if (slot !== NO_SLOT) pool.giveBack(slot);
    files.close(stream);
    digests?.take(stream, 0);
    side.end(stream);
    notes?.end(stream);
    columns.release(stream);
  }

  #streamDone(flow: EndedFlow): void {
    if (--flow.waiting === 0 && flow.line !== null)
      this.#parts.log.settle(flow.line, !this.#hasFailed);
  }
}
