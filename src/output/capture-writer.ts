// Packet records -> a capture file, or a capture on standard output. Octets are gathered and written in
// large pieces, at the latest between two blocks of the input, so that a pipe is never kept waiting.
// `write` runs once a packet that is written.

import type { CaptureInterface } from "../capture/capture-reader.ts";
import { TcpxError } from "../errors.ts";
import { captureEncoder, captureFormatOf } from "./capture-encoder.ts";
import type { CaptureEncoder, PacketRecord } from "./capture-encoder.ts";
import type { FileSystem } from "./file-system.ts";
import { NODE_FILE_SYSTEM, PartialWriteError, writeFully } from "./file-system.ts";
import { OctetBuilder } from "./octet-builder.ts";
import { createOutputFile } from "./output-file.ts";

/** What was written, for the report. */
export interface CaptureTotals {
  readonly files: number;
  readonly bytes: number;
  /** The first error, or null. */
  readonly error: TcpxError | null;
}

/** Where chosen packets go: one capture, or one a flow. */
export interface RecordWriter {
  /**
   * Takes the record's octets before it returns; `flow` is 0 for a packet of none. `isFurther`: the
   * same packet was written for another flow already.
   */
  write(record: PacketRecord, flow: number, isFurther: boolean): void;
  /** True where nothing more can be written: an error, or nobody reads any more. */
  readonly failed: boolean;
  /** Brings on its way what was gathered; nothing may be written before it resolves. Never rejects. */
  flush(): Promise<void>;
  /** The same, and closes. Never rejects; once. */
  finish(): Promise<CaptureTotals>;
  /** Instead of `finish`: takes back what was made. */
  abandon(): void;
}

/** Standard output, or its stand-in; a `Writable` is one. */
export interface OctetStream {
  write(bytes: Uint8Array, done: (error?: Error | null) => void): unknown;
}

/** Octets gathered for a file. */
const FILE_PIECE_BYTES = 1024 * 1024;
/** What a write fails with when nobody reads any more. */
const CLOSED_CODES: readonly unknown[] = ["EPIPE", "EOF", "ERR_STREAM_DESTROYED", "ECONNRESET"];

/** Where the octets go. */
interface Target {
  /** @throws Error of the file system, or of the stream */
  put(bytes: Uint8Array, length: number): void | Promise<void>;
  close(): void;
  /** Takes back what was made. */
  remove(): void;
}

export interface CaptureWriterOptions {
  /** The output by name: its ending tells the format; "-" is `standardOutput`. */
  readonly path: string;
  readonly force: boolean;
  /** Paths that the run reads: never overwritten. */
  readonly inputs: readonly string[];
  /** The run's list; see `captureEncoder`. */
  readonly interfaces: readonly CaptureInterface[];
  readonly standardOutput?: OctetStream | undefined;
  readonly fileSystem?: FileSystem;
}

export class CaptureWriter implements RecordWriter {
  readonly #encoder: CaptureEncoder;
  readonly #target: Target;
  readonly #name: string;
  readonly #isStream: boolean;
  readonly #gathered = new OctetBuilder();
  #bytes = 0;
  #isGone = false;
  #error: TcpxError | null = null;
  /** The format can't hold a record: what came before it is still written. */
  #refusal: TcpxError | null = null;

  private constructor(encoder: CaptureEncoder, target: Target, name: string, isStream: boolean) {
    this.#encoder = encoder;
    this.#target = target;
    this.#name = name;
    this.#isStream = isStream;
  }

  /** @throws TcpxError OUTPUT_EXISTS, OUTPUT_NOT_WRITABLE, BAD_OPTION */
  static open(options: CaptureWriterOptions): CaptureWriter {
    const { path, force, inputs, interfaces, standardOutput } = options;
    const encoder = captureEncoder(captureFormatOf(path), interfaces);
    if (path === "-") {
      if (standardOutput === undefined) {
        throw new TcpxError("BAD_OPTION", "-: there is no standard output to write packets to");
      }
      return new CaptureWriter(encoder, streamTarget(standardOutput), "standard output", true);
    }
    const fileSystem = options.fileSystem ?? NODE_FILE_SYSTEM;
    const descriptor = createOutputFile(fileSystem, path, force, inputs);
    return new CaptureWriter(encoder, fileTarget(fileSystem, path, descriptor), path, false);
  }

  write(record: PacketRecord, _flow: number, isFurther: boolean): void {
    if (isFurther || this.failed) return;
    try {
      this.#encoder.add(record, this.#gathered);
    } catch (error) {
      if (!(error instanceof TcpxError)) throw error;
      this.#refusal = new TcpxError(error.code, `${this.#name}: ${error.message}`, {
        file: this.#name,
      });
      return;
    }
    if (!this.#isStream && this.#gathered.length >= FILE_PIECE_BYTES) void this.flush();
  }

  get failed(): boolean {
    return this.#isGone || this.#error !== null || this.#refusal !== null;
  }

  async flush(): Promise<void> {
    const piece = this.#gathered;
    if (this.#isGone || this.#error !== null || piece.length === 0) return;
    try {
      const pending = this.#target.put(piece.bytes, piece.length);
      if (pending !== undefined) await pending;
      this.#bytes += piece.length;
    } catch (error) {
      this.#fail(error);
    }
    piece.clear();
  }

  async finish(): Promise<CaptureTotals> {
    if (!this.failed) this.#encoder.finish(this.#gathered);
    await this.flush();
    try {
      this.#target.close();
    } catch (error) {
      this.#fail(error);
    }
    return {
      files: this.#isStream ? 0 : 1,
      bytes: this.#bytes,
      error: this.#error ?? this.#refusal,
    };
  }

  /** Closes and takes back what was made: the run came to nothing. */
  abandon(): void {
    this.#isGone = true;
    try {
      this.#target.close();
      this.#target.remove();
    } catch {
      // Another error is on its way already.
    }
  }

  #fail(error: unknown): void {
    const isClosed =
      this.#isStream && error instanceof Error && CLOSED_CODES.includes(Reflect.get(error, "code"));
    if (isClosed) {
      // The reader had enough: its choice.
      this.#isGone = true;
      return;
    }
    if (error instanceof PartialWriteError) this.#bytes += error.written;
    const reason = error instanceof Error ? error.message : String(error);
    this.#error ??= new TcpxError(
      "WRITE_FAILED",
      `${this.#name}: writing failed at offset ${this.#bytes}: ${reason}; what was written before is whole`,
      { file: this.#name, offset: this.#bytes, cause: error },
    );
  }
}

function fileTarget(fileSystem: FileSystem, path: string, descriptor: number): Target {
  let size = 0;
  let isOpen = true;
  return {
    put(bytes, length) {
      writeFully(fileSystem, descriptor, bytes, 0, length, size);
      size += length;
    },
    close() {
      if (isOpen) fileSystem.closeSync(descriptor);
      isOpen = false;
    },
    remove() {
      fileSystem.unlinkSync(path);
    },
  };
}

/** Resolves when the stream has taken the octets: nothing piles up behind a slow reader. */
function streamTarget(stream: OctetStream): Target {
  return {
    put(bytes, length) {
      return new Promise((resolve, reject) => {
        stream.write(bytes.subarray(0, length), (error) => {
          if (error === undefined || error === null) resolve();
          else reject(error);
        });
      });
    },
    close() {},
    remove() {},
  };
}
