// Streams -> positioned files, and a line of flows.jsonl for each flow. Ties the parts together:
//
//     write ---> StreamWriter --window--> WriteQueue --> thread pool
//                     |  \---- small or urgent ---> StreamFiles (synchronous)
//     compare, overwrite -> WrittenOctets: in the window, the queue or the file
//     endFlow -> tail, size, FileFinisher (concat, digest) -> FlowLog, in the order of endings
//
// `write` runs once a packet. The first error of the disk ends all writing (`failed`); what had been
// written stays whole and is what the totals count.

import type { PacketPosition } from "../capture/packet-cursor.ts";
import type { Gap, StreamSummary } from "../report/flow-summary.ts";
import type { BufferPoolOptions } from "./buffer-pool.ts";
import { BufferPool, NO_SLOT } from "./buffer-pool.ts";
import { countDifferences } from "./count-differences.ts";
import { FileFinisher } from "./file-finisher.ts";
import { FlowLog } from "./flow-log.ts";
import type { FlowLine } from "./flow-log.ts";
import type { OutputDirectory } from "./output-directory.ts";
import { SideFiles } from "./side-files.ts";
import { StreamColumns, StreamMark } from "./stream-columns.ts";
import { StreamDigests } from "./stream-digests.ts";
import { StreamFiles } from "./stream-files.ts";
import { StreamNotes } from "./stream-notes.ts";
import type {
  Comparison,
  FlowEnding,
  FlowIdentity,
  SinkTotals,
  StreamHandle,
  StreamSink,
} from "./stream-sink.ts";
import { NO_STREAM } from "./stream-sink.ts";
import { StreamWriter } from "./stream-writer.ts";
import { WriteFailure } from "./write-failure.ts";
import { WriteQueue } from "./write-queue.ts";
import { WrittenOctets } from "./written-octets.ts";

export interface FileSinkOptions {
  /** "concat" squeezes the gaps out when the flow ends. */
  readonly layout?: "positioned" | "concat";
  /** False: a file ends at its last captured octet instead of at the stream's known length. */
  readonly extend?: boolean;
  readonly hash?: "sha256" | null;
  /** FILE.index.jsonl: where every run of octets came from. */
  readonly chunks?: boolean;
  /** FILE.conflicts.jsonl: both copies of what differed. */
  readonly keepConflicts?: boolean;
  readonly maxOpenFiles?: number;
  readonly pool?: BufferPoolOptions;
  /** Octets of a stream written before its origin is taken to move no more (tcp.md §3.2). */
  readonly settledBytes?: number;
  /** Windows shorter than this are written synchronously. */
  readonly queuedFrom?: number;
}

const DEFAULT_MAX_OPEN_FILES = 512;
const DEFAULT_SETTLED_BYTES = 256 * 1024;
const DEFAULT_QUEUED_FROM = 32 * 1024;
/** Files that may wait for the finisher before the engine has to. */
const MAX_FINISHING = 256;

/** A flow whose line waits for its streams. */
interface EndedFlow {
  readonly line: FlowLine | null;
  waiting: number;
}

export class FileSink implements StreamSink {
  readonly wantsSummaries = true;
  congested = false;
  failed = false;
  readonly #columns = new StreamColumns();
  readonly #pool: BufferPool;
  readonly #failure: WriteFailure;
  readonly #files: StreamFiles;
  readonly #queue: WriteQueue;
  readonly #writer: StreamWriter;
  readonly #written: WrittenOctets;
  readonly #log: FlowLog;
  readonly #side: SideFiles;
  readonly #finisher: FileFinisher;
  readonly #digests: StreamDigests | null;
  readonly #notes: StreamNotes | null;
  readonly #isConcat: boolean;
  readonly #extends: boolean;
  /** Octets in the queue at which the engine has to wait, and at which it may go on. */
  readonly #congestedFrom: number;
  readonly #drainedFrom: number;
  readonly #comparison: Comparison = { differing: 0, notCompared: 0 };
  #waiters: (() => void)[] = [];
  #totals: Promise<SinkTotals> | null = null;

  constructor(directory: OutputDirectory, options: FileSinkOptions = {}) {
    const columns = this.#columns;
    const pool = new BufferPool(options.pool);
    const failure = new WriteFailure(() => this.#stop());
    const maxOpenFiles = options.maxOpenFiles ?? DEFAULT_MAX_OPEN_FILES;
    const files = new StreamFiles(directory, columns, maxOpenFiles, failure);
    const queue = new WriteQueue(pool, files, directory.fileSystem, failure, () => this.#look());
    this.#pool = pool;
    this.#failure = failure;
    this.#files = files;
    this.#queue = queue;
    this.#congestedFrom = (pool.blocks * pool.blockBytes) / 2;
    this.#drainedFrom = this.#congestedFrom / 2;
    this.#isConcat = options.layout === "concat";
    this.#extends = options.extend !== false && !this.#isConcat;
    this.#writer = new StreamWriter(
      { columns, pool, files, queue, failure },
      {
        settledBytes: options.settledBytes ?? DEFAULT_SETTLED_BYTES,
        queuedFrom: options.queuedFrom ?? DEFAULT_QUEUED_FROM,
      },
    );
    const { windows } = this.#writer;
    this.#written = new WrittenOctets({ columns, pool, windows, queue, files, failure });
    this.#digests = options.hash === "sha256" ? new StreamDigests(columns) : null;
    const digests = this.#digests;
    if (digests !== null) {
      this.#writer.onFlush = (stream, position, octets, bytes) =>
        digests.add(stream, position, octets, bytes);
    }
    this.#side = new SideFiles(directory, failure, (stream) => files.pathOf(stream));
    const chunks = options.chunks === true;
    const keepConflicts = options.keepConflicts === true;
    this.#notes =
      chunks || keepConflicts ? new StreamNotes(this.#side, { chunks, keepConflicts }) : null;
    this.#finisher = new FileFinisher(directory, failure);
    this.#log = new FlowLog(directory, failure);
  }

  openStream(identity: FlowIdentity, direction: "c2s" | "s2c"): StreamHandle {
    const marks =
      (direction === "s2c" ? StreamMark.S2C : 0) | (this.#digests === null ? 0 : StreamMark.HASHED);
    return this.#columns.open(identity, marks);
  }

  write(
    stream: StreamHandle,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: PacketPosition,
  ): void {
    this.#writer.write(stream, position, bytes, start, end);
    this.#notes?.written(stream, position, end - start, packet, false);
  }

  compare(
    stream: StreamHandle,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: PacketPosition,
  ): Comparison {
    const found = this.#comparison;
    found.differing = 0;
    found.notCompared = 0;
    const after = position + (end - start);
    for (let at = position; at < after && !this.failed;) {
      const piece = this.#written.find(stream, at, after);
      const from = start + (at - position);
      if (piece.isKnown) {
        found.differing += countDifferences(
          piece.bytes,
          piece.offset,
          bytes,
          from,
          from + piece.length,
        );
      } else found.notCompared += piece.length;
      at += piece.length;
    }
    if (this.failed) found.notCompared = end - start - found.differing;
    if (found.differing > 0 && this.#notes?.keepsConflicts === true) {
      const later = Buffer.from(bytes.subarray(start, end));
      const earlier = Buffer.from(later);
      this.#written.copyOut(stream, position, earlier);
      this.#notes.conflict(stream, position, earlier, later, packet);
    }
    return found;
  }

  spillGaps(stream: StreamHandle, gaps: readonly Gap[]): void {
    // By hand: a capture with much loss has a gap every second packet.
    for (const { start, length, cause } of gaps) {
      this.#side.append(stream, "gaps", `{"start":${start},"length":${length},"cause":"${cause}"}`);
    }
  }

  overwrite(
    stream: StreamHandle,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: PacketPosition,
  ): void {
    this.#digests?.drop(stream);
    this.#written.overwrite(stream, position, bytes, start, end);
    this.#notes?.written(stream, position, end - start, packet, true);
  }

  rebase(stream: StreamHandle, shift: number): void {
    if ((this.#columns.marks[stream]! & StreamMark.CREATED) !== 0) this.#digests?.drop(stream);
    this.#writer.rebase(stream, shift);
    this.#side.rebase(stream, shift);
    this.#notes?.rebase(stream, shift);
  }

  /** Gives the window back: a flow lingers after its close, and many linger at once. */
  finishStream(stream: StreamHandle, length: number, isPlaced: boolean): void {
    const columns = this.#columns;
    if (this.failed || columns.slot[stream] === NO_SLOT) return;
    if (isPlaced) this.#writer.place(stream);
    if (this.#isMade(stream) || this.#writer.wouldQueueWhole(stream))
      this.#writer.flush(stream, true);
    else this.#writer.writeWhole(stream, this.#files.pathOf(stream), this.#extends ? length : 0);
  }

  endFlow(end: FlowEnding): void {
    const { summary } = end;
    const line = summary === null || this.failed ? null : this.#log.add(summary);
    // One more than the streams, so that the line is not settled before both were looked at.
    const flow: EndedFlow = { line, waiting: 3 };
    this.#endStream(end.c2s, end.c2sLength, end.c2sMissing, summary?.c2s ?? null, flow);
    this.#endStream(end.s2c, end.s2cLength, end.s2cMissing, summary?.s2c ?? null, flow);
    this.#streamDone(flow);
  }

  async drained(): Promise<void> {
    this.#log.flush();
    if (!this.congested) return;
    await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  /**
   * Brings the lines of what has ended to the disk: flows, gaps, index. For whoever reads along while
   * the capture still grows. Windows stay in memory.
   */
  flush(): void {
    this.#log.flush();
    this.#side.flush();
  }

  /** Idempotent. Streams whose flow was never ended get what was captured of them. */
  finish(): Promise<SinkTotals> {
    this.#totals ??= this.#finish();
    return this.#totals;
  }

  // --- the end of a stream -----------------------------------------------------------------------

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
    const columns = this.#columns;
    columns.marks[stream]! |= StreamMark.ENDED;
    const isMade = this.#isMade(stream);
    if (this.failed || (!isMade && columns.slot[stream] === NO_SLOT)) {
      this.#queue.whenIdle(stream, () => {
        this.#release(stream);
        this.#streamDone(flow);
      });
      return;
    }
    const path = this.#files.pathOf(stream);
    if (summary !== null) summary.file = path;
    const size = this.#extends ? length : 0;
    if (!isMade) {
      this.#writer.place(stream);
      if (!this.#writer.wouldQueueWhole(stream)) {
        this.#writer.writeWhole(stream, path, size);
        this.#afterLastOctet(stream, path, length, missing, summary, flow);
        return;
      }
    }
    this.#writer.flush(stream, true);
    this.#queue.whenIdle(stream, () => {
      this.#sizeFile(stream, path, size);
      this.#afterLastOctet(stream, path, length, missing, summary, flow);
    });
  }

  /** Its file is there, or will be as soon as its turn in the queue comes. */
  #isMade(stream: StreamHandle): boolean {
    return (this.#columns.marks[stream]! & StreamMark.CREATED) !== 0 || this.#queue.has(stream);
  }

  #sizeFile(stream: StreamHandle, path: string, size: number): void {
    this.#writer.settle(stream);
    if (!this.failed && size > this.#columns.fileEnd[stream]!) {
      try {
        this.#files.resize(stream, size);
      } catch (error) {
        this.#failure.record(path, this.#columns.fileEnd[stream]!, error);
      }
    }
    this.#files.close(stream);
  }

  #afterLastOctet(
    stream: StreamHandle,
    path: string,
    length: number,
    missing: number,
    summary: StreamSummary | null,
    flow: EndedFlow,
  ): void {
    this.#side.end(stream);
    const digest = missing === 0 ? (this.#digests?.take(stream, length) ?? null) : null;
    if (digest !== null && summary !== null) summary.sha256 = digest;
    const gaps = this.#isConcat && missing > 0 && summary !== null ? summary.gaps : null;
    const needsDigest = this.#digests !== null && digest === null && summary !== null;
    this.#release(stream);
    if (this.failed || (gaps === null && !needsDigest)) {
      this.#streamDone(flow);
      return;
    }
    this.#finisher.add({
      path,
      gaps,
      needsDigest,
      done: (read) => {
        if (read !== null && summary !== null) summary.sha256 = read;
        this.#streamDone(flow);
        this.#look();
      },
    });
    this.#look();
  }

  /** Forgets all about a stream; a window that is left is dropped. */
  #release(stream: StreamHandle): void {
    const slot = this.#columns.slot[stream]!;
    if (slot !== NO_SLOT) this.#pool.giveBack(slot);
    this.#files.close(stream);
    this.#digests?.take(stream, 0);
    this.#side.end(stream);
    this.#notes?.end(stream);
    this.#columns.release(stream);
  }

  #streamDone(flow: EndedFlow): void {
    if (--flow.waiting === 0 && flow.line !== null) this.#log.settle(flow.line, !this.failed);
  }

  // --- the whole ---------------------------------------------------------------------------------

  /** After each change of what waits: may the engine go on? */
  #look(): void {
    const { heldBytes } = this.#queue;
    const isFinishingMuch = this.#finisher.pending > MAX_FINISHING;
    if (!this.congested) {
      this.congested = !this.failed && (heldBytes > this.#congestedFrom || isFinishingMuch);
    } else if (heldBytes <= this.#drainedFrom && !isFinishingMuch) this.congested = false;
    if (!this.congested) this.#wake();
  }

  #wake(): void {
    const waiters = this.#waiters;
    if (waiters.length === 0) return;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }

  /** The first error: nothing is written from now on, and nobody waits for it. */
  #stop(): void {
    this.failed = true;
    this.congested = false;
    this.#queue.abandon();
    this.#wake();
  }

  async #finish(): Promise<SinkTotals> {
    this.#endAllStreams();
    while (!this.#queue.isIdle) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
    await this.#finisher.idle();
    this.#side.flush();
    this.#files.closeAll();
    this.#log.close();
    return {
      files: this.#files.made,
      bytes: this.#writer.writtenBytes + this.#queue.writtenBytes,
      error: this.#failure.error,
    };
  }

  #endAllStreams(): void {
    const { identity, marks } = this.#columns;
    const nobody: EndedFlow = { line: null, waiting: identity.length };
    for (let stream = 1; stream < identity.length; stream++) {
      if (identity[stream] === null || (marks[stream]! & StreamMark.ENDED) !== 0) continue;
      this.#endStream(stream, 0, 1, null, nobody);
    }
  }
}
