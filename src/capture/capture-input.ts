// All captures of a run as one: the files one after the other with one packet numbering, the counters
// of their interfaces, and the evidence for the clock rule (tcp.md §5.1). Runs once a packet.
//
// Where a record steps forward by more than an hour, whoever keeps the clock needs the time of the
// record behind it. So that packet is held (copied), the next one is read, over the borders of blocks
// and files if need be, and then both are handed out in order:
//
//     none --step--> waiting --next record--> ahead --> none       no record any more: waiting --> last

import { TcpxError } from "../errors.ts";
import type { WarningListener } from "../errors.ts";
import { listCaptures, sortByFirstPacket } from "./capture-list.ts";
import type { CaptureFile, CaptureInterface, CaptureReader } from "./capture-reader.ts";
import type { DamageLog } from "./damage-log.ts";
import { BlockBuffers } from "./file-feeder.ts";
import { DEFAULT_MAX_EXPANSION, openCapture } from "./open-capture.ts";
import type { OpenOptions, ReaderName } from "./open-capture.ts";
import { PacketCursor } from "./packet-cursor.ts";
import type { PlainRecords } from "./plain-records.ts";

/** A forward step of more than this needs the next record's time as evidence. */
const STEP_SECONDS = 3600;

const HELD = {
  none: 0,
  /** A packet is held until the time of the record behind it is known. */
  waiting: 1,
  /** The held packet went out; the one behind it is next. */
  ahead: 2,
  /** The held packet is the input's last. */
  last: 3,
} as const;

export interface CaptureInputOptions {
  /** "own" if absent. */
  readonly reader?: ReaderName;
  /** Damage throws DAMAGED_CAPTURE instead of being a warning. */
  readonly strict?: boolean;
  /** Order the files by their first packets. */
  readonly sortFiles?: boolean;
  readonly onWarning?: WarningListener;
  /** What "-" reads; `process.stdin` if absent. */
  readonly standardInput?: NodeJS.ReadableStream;
  /** Octets that one compressed octet may become, beyond the first 64 MiB; 1000 if absent. */
  readonly maxExpansion?: number;
  /**
   * Asked once a large file, some way into it: true if it may be read ahead in large blocks, since the run leaves a
   * processor idle and has the memory. Results do not depend on it.
   */
  readonly mayReadAhead?: () => boolean;
}

function copyPacket(from: PacketCursor, to: PacketCursor): void {
  to.bytes = from.bytes;
  to.start = from.start;
  to.end = from.end;
  to.originalLength = from.originalLength;
  to.seconds = from.seconds;
  to.nanos = from.nanos;
  to.linkType = from.linkType;
  to.fcsLength = from.fcsLength;
  to.interfaceIndex = from.interfaceIndex;
  to.number = from.number;
  to.fileIndex = from.fileIndex;
  to.recordOffset = from.recordOffset;
}

/**
 * The captures of a run. A file that can't be read, or is no capture, is an error in `errors`, and the
 * other files are read all the same.
 */
export class CaptureInput implements CaptureReader {
  /** In the order read; only those that looked like captures when the input was opened. */
  readonly files: readonly CaptureFile[];
  /** Those met so far; `PacketCursor.interfaceIndex` counts in this list. */
  readonly interfaces: readonly CaptureInterface[];
  /** Files that could not be read, or not to their end; complete when `fill` has returned false. */
  readonly errors: readonly TcpxError[];
  readonly #errors: TcpxError[];
  readonly #interfaces: CaptureInterface[];
  readonly #options: OpenOptions;
  #reader: CaptureReader | null = null;
  #damage: DamageLog | null = null;
  #fileIndex = -1;
  #openedFiles = 0;
  #isClosed = false;
  #number = 0;
  /** Time of the packet read last: what the next file is compared with. */
  #lastSeconds = -1;
  #lastNanos = 0;
  /** The clock by tcp.md §5.1, whole seconds. */
  #clockSeconds = -Infinity;
  /** From here on a time needs a second look: it is a step, or the first of its file. */
  #lookSeconds = -Infinity;
  #isFileStart = false;
  #heldState: number = HELD.none;
  /** The error that the next `fill` throws: it came while a packet was held. */
  #failure: unknown = null;
  readonly #held = new PacketCursor();
  #heldBytes = new Uint8Array(2048);
  readonly #ahead = new PacketCursor();

  private constructor(files: CaptureFile[], errors: TcpxError[], options: OpenOptions) {
    this.files = files;
    this.errors = errors;
    this.#errors = errors;
    this.interfaces = options.interfaces;
    this.#interfaces = options.interfaces;
    this.#options = options;
  }

  /**
   * Looks at every path: "-" is standard input, a directory the captures directly in it. What can't
   * be read goes to `errors`; if that is everything, the first error is thrown here. Standard input,
   * FIFOs and the insides of compressed files are known only as they are read: if it turns out then
   * that nothing was a capture, the `fill` that comes to the end throws the first error.
   * @throws TcpxError NO_SUCH_FILE, NO_CAPTURES, NOT_A_CAPTURE, READ_FAILED; BAD_OPTION
   */
  static async open(
    paths: readonly string[],
    options: CaptureInputOptions = {},
  ): Promise<CaptureInput> {
    if (paths.filter((path) => path === "-").length > 1) {
      throw new TcpxError("BAD_OPTION", `- (standard input) can be given only once`);
    }
    const opening: OpenOptions = {
      reader: options.reader ?? "own",
      isStrict: options.strict ?? false,
      maxExpansion: options.maxExpansion ?? DEFAULT_MAX_EXPANSION,
      onWarning: options.onWarning,
      standardInput: options.standardInput,
      buffers: new BlockBuffers(options.mayReadAhead),
      interfaces: [],
    };
    const list = await listCaptures(paths, opening);
    if (list.files.length === 0) {
      throw list.errors[0] ?? new TcpxError("NO_CAPTURES", "no capture was given");
    }
    const isSorted = options.sortFiles ?? false;
    const files = isSorted ? await sortByFirstPacket(list.files, opening) : list.files;
    return new CaptureInput(files, list.errors, opening);
  }

  /** Octets for `layBlocks`. */
  get blockMemoryBytes(): number {
    return this.#options.buffers.memoryBytes;
  }

  /** Before the first `fill`: where blocks of files are to be read to, `blockMemoryBytes`; allocated otherwise. */
  layBlocks(memory: Uint8Array): void {
    this.#options.buffers.lay(memory);
  }

  next(cursor: PacketCursor): boolean {
    if (this.#heldState !== HELD.none) return this.#nextHeld(cursor);
    const reader = this.#reader;
    if (reader === null || !reader.next(cursor)) return false;
    return this.#accept(cursor);
  }

  get plainRecords(): PlainRecords | null {
    return this.#heldState === HELD.none ? (this.#reader?.plainRecords ?? null) : null;
  }

  /** Records of this second or a later one have to be taken by `next`. */
  get lookSeconds(): number {
    return this.#lookSeconds;
  }

  /**
   * Says that `count` records were taken other than by `next`: whole packets, none earlier than any before, the
   * last one of this time.
   */
  passed(records: PlainRecords, count: number, seconds: number, nanos: number): void {
    records.passed(count, seconds, nanos);
    this.#number += count;
    this.#interfaces[records.interfaceIndex]!.packets += count;
    if (seconds > this.#clockSeconds) this.#setClock(seconds);
    this.#lastSeconds = seconds;
    this.#lastNanos = nanos;
  }

  async fill(): Promise<boolean> {
    if (this.#failure !== null) throw this.#failure;
    try {
      return await this.#fill();
    } catch (error) {
      if (this.#heldState !== HELD.waiting) throw error;
      // What was read before it comes first.
      this.#heldState = HELD.last;
      this.#failure = error;
      return true;
    }
  }

  async #fill(): Promise<boolean> {
    if (this.#reader !== null && (await this.#fillReader(this.#reader))) return true;
    await this.#endFile();
    if (await this.#openNext()) return true;
    if (this.#heldState === HELD.waiting) {
      this.#heldState = HELD.last;
      return true;
    }
    const [error] = this.#errors;
    if (this.#openedFiles === 0 && error !== undefined && !this.#isClosed) throw error;
    return false;
  }

  /** Ends a `fill` that waits, too; what is held can still be had by `fill` and `next`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#reader?.close();
  }

  #accept(cursor: PacketCursor): boolean {
    cursor.number = ++this.#number;
    cursor.fileIndex = this.#fileIndex;
    cursor.followingSeconds = Number.NaN;
    const counted = this.#interfaces[cursor.interfaceIndex]!;
    counted.packets++;
    if (cursor.end - cursor.start < cursor.originalLength) counted.snappedPackets++;
    const { seconds } = cursor;
    if (seconds >= this.#lookSeconds) return this.#lookAt(cursor);
    if (seconds > this.#clockSeconds) this.#setClock(seconds);
    this.#lastSeconds = seconds;
    this.#lastNanos = cursor.nanos;
    return true;
  }

  #setClock(seconds: number): void {
    this.#clockSeconds = seconds;
    this.#lookSeconds = seconds + STEP_SECONDS;
  }

  /** The first packet of a file, or one that steps forward by an hour or more. */
  #lookAt(cursor: PacketCursor): boolean {
    const { seconds } = cursor;
    if (this.#isFileStart) {
      this.#isFileStart = false;
      this.#checkOrder(cursor);
      this.#lookSeconds = this.#clockSeconds + STEP_SECONDS;
    }
    this.#lastSeconds = seconds;
    this.#lastNanos = cursor.nanos;
    if (seconds < this.#lookSeconds) {
      if (seconds > this.#clockSeconds) this.#setClock(seconds);
      return true;
    }
    this.#hold(cursor);
    return this.#nextHeld(cursor);
  }

  #hold(cursor: PacketCursor): void {
    const length = cursor.end - cursor.start;
    if (this.#heldBytes.length < length) this.#heldBytes = new Uint8Array(length);
    this.#heldBytes.set(cursor.bytes.subarray(cursor.start, cursor.end));
    copyPacket(cursor, this.#held);
    this.#held.bytes = this.#heldBytes;
    this.#held.start = 0;
    this.#held.end = length;
    this.#heldState = HELD.waiting;
  }

  #nextHeld(cursor: PacketCursor): boolean {
    if (this.#heldState === HELD.ahead) {
      this.#heldState = HELD.none;
      copyPacket(this.#ahead, cursor);
      return this.#accept(cursor);
    }
    if (this.#heldState === HELD.waiting) {
      if (this.#reader === null || !this.#reader.next(this.#ahead)) return false;
      this.#heldState = HELD.ahead;
      copyPacket(this.#held, cursor);
      cursor.followingSeconds = this.#ahead.seconds;
      this.#follow(cursor.seconds, cursor.followingSeconds);
      return true;
    }
    this.#heldState = HELD.none;
    copyPacket(this.#held, cursor);
    cursor.followingSeconds = Number.NaN;
    return true;
  }

  /** The clock follows a step that the next record confirms; a wild time it ignores. */
  #follow(seconds: number, followingSeconds: number): void {
    const isConfirmed = Math.abs(followingSeconds - seconds) <= STEP_SECONDS;
    if (isConfirmed || seconds - this.#clockSeconds <= STEP_SECONDS) this.#setClock(seconds);
  }

  #checkOrder(cursor: PacketCursor): void {
    const isBefore =
      cursor.seconds < this.#lastSeconds ||
      (cursor.seconds === this.#lastSeconds && cursor.nanos < this.#lastNanos);
    if (!isBefore) return;
    const file = this.files[this.#fileIndex]!.path;
    const message =
      `${file}: begins before the last packet of the file read before it ` +
      `(${cursor.seconds} s after ${this.#lastSeconds} s); try --sort-files`;
    this.#options.onWarning?.({ code: "FILES_OUT_OF_ORDER", message, file });
  }

  async #fillReader(reader: CaptureReader): Promise<boolean> {
    try {
      return await reader.fill();
    } catch (error) {
      this.#collect(error);
      this.files[this.#fileIndex]!.truncated = true;
      return false;
    }
  }

  /** An error about one file does not end the run; all others do. */
  #collect(error: unknown): void {
    if (!(error instanceof TcpxError) || error.code === "DAMAGED_CAPTURE") throw error;
    this.#errors.push(error);
  }

  async #endFile(): Promise<void> {
    const reader = this.#reader;
    if (reader === null) return;
    this.#reader = null;
    await reader.close();
    this.#damage?.close();
  }

  async #openNext(): Promise<boolean> {
    while (!this.#isClosed && this.#fileIndex + 1 < this.files.length) {
      this.#fileIndex++;
      const file = this.files[this.#fileIndex]!;
      try {
        const opened = await openCapture(file, this.#fileIndex, this.#options);
        this.#reader = opened.reader;
        this.#damage = opened.damage;
      } catch (error) {
        this.#collect(error);
        continue;
      }
      this.#openedFiles++;
      this.#isFileStart = true;
      this.#lookSeconds = -Infinity;
      return true;
    }
    return false;
  }
}
