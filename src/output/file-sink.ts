// Streams -> positioned files, and a line of flows.jsonl for each flow. Ties the parts together:
//
//     write ---> StreamWriter --window--> WriteQueue --> thread pool
//                     |  \---- small or urgent ---> StreamFiles (synchronous)
//     compare, overwrite -> WrittenOctets: in the window, the queue or the file
//     finishStream, endFlow -> StreamEndings -> FileFinisher, FlowLog
//
// `write` runs once a packet. The first error of the disk ends all writing (`failed`); what had been
// written stays whole and is what the totals count.

import type { PacketPosition } from "../capture/packet-cursor.ts";
import type { Gap } from "../report/flow-summary.ts";
import type { BufferPoolOptions } from "./buffer-pool.ts";
import { BufferPool } from "./buffer-pool.ts";
import { countDifferences } from "./count-differences.ts";
import { FileFinisher } from "./file-finisher.ts";
import { FlowLog } from "./flow-log.ts";
import type { FileCommands } from "./thread/file-thread.ts";
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
import { StreamEndings } from "./stream-endings.ts";
import { StreamWriter } from "./stream-writer.ts";
import type { OpenHeads } from "./write-heads.ts";
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
  /** The run's own thread, in whose memory the pool lies. */
  readonly thread?: FileCommands | null;
}

const DEFAULT_MAX_OPEN_FILES = 512;
const DEFAULT_SETTLED_BYTES = 256 * 1024;
const DEFAULT_QUEUED_FROM = 32 * 1024;
/** Files that may wait for the finisher before the engine has to. */
const MAX_FINISHING = 256;

export class FileSink implements StreamSink {
  readonly wantsSummaries = true;
  congested = false;
  failed = false;
  readonly openHeads: OpenHeads | null;
  readonly #columns: StreamColumns;
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
  readonly #endings: StreamEndings;
  readonly #thread: FileCommands | null;
  /** Octets in the queue at which the engine has to wait, and at which it may go on. */
  readonly #congestedFrom: number;
  readonly #drainedFrom: number;
  readonly #comparison: Comparison = { differing: 0, notCompared: 0 };
  #waiters: (() => void)[] = [];
  #totals: Promise<SinkTotals> | null = null;

  constructor(directory: OutputDirectory, options: FileSinkOptions = {}) {
    const pool = new BufferPool(options.pool);
    const columns = new StreamColumns(pool);
    this.#columns = columns;
    const failure = new WriteFailure(() => this.#stop());
    const maxOpenFiles = options.maxOpenFiles ?? DEFAULT_MAX_OPEN_FILES;
    const files = new StreamFiles(directory, columns, maxOpenFiles, failure);
    const { fileSystem } = directory;
    const look = (): void => this.#look();
    this.#thread = options.thread ?? null;
    const queue = new WriteQueue(pool, files, fileSystem, failure, look, this.#thread);
    this.#failure = failure;
    this.#files = files;
    this.#queue = queue;
    // A quarter of the pool: the rest is for windows, which are large as long as half of it is free.
    this.#congestedFrom = (pool.blocks * pool.blockBytes) / 4;
    this.#drainedFrom = this.#congestedFrom / 2;
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
    this.openHeads = this.#notes === null ? { heads: columns, touched: pool.touched } : null;
    this.#finisher = new FileFinisher(directory, failure);
    this.#log = new FlowLog(directory, failure);
    const isConcat = options.layout === "concat";
    this.#endings = new StreamEndings(
      {
        columns,
        pool,
        files,
        queue,
        writer: this.#writer,
        side: this.#side,
        finisher: this.#finisher,
        log: this.#log,
        digests: this.#digests,
        notes: this.#notes,
        failure,
      },
      { isConcat, extends: options.extend !== false && !isConcat },
      () => this.#look(),
    );
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

  finishStream(stream: StreamHandle, length: number, isPlaced: boolean): void {
    this.#endings.finishStream(stream, length, isPlaced);
  }

  endFlow(end: FlowEnding): void {
    this.#endings.endFlow(end);
  }

  async drained(): Promise<void> {
    this.#log.flush();
    while (this.congested) await this.#progress();
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

  /** Resolves when more is written or finished than was, or sooner. */
  async #progress(): Promise<void> {
    const looked = new Promise<void>((resolve) => this.#waiters.push(resolve));
    await (this.#thread === null ? looked : Promise.race([looked, this.#thread.progress()]));
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
    this.#endings.endAll();
    while (!this.#queue.isIdle) await this.#progress();
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
}
