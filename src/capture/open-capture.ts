// Opens one capture: file, FIFO or standard input; plain or compressed; of whatever format its first
// octets say. What is open when something fails is closed before the error leaves.

import * as fs from "node:fs";
import { open, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { TcpxError } from "../errors.ts";
import type { WarningListener } from "../errors.ts";
import { MAGIC_BYTES, captureFormat, compressionOf, notACapture } from "./capture-format.ts";
import type { Compression } from "./capture-format.ts";
import type { CaptureFile, CaptureInterface, CaptureReader } from "./capture-reader.ts";
import { ChunkFeeder } from "./chunk-feeder.ts";
import { FileChunks, PeekableChunks, StreamChunks } from "./chunk-source.ts";
import type { ChunkSource } from "./chunk-source.ts";
import { DamageLog } from "./damage-log.ts";
import type * as Decompression from "./decompression.ts";
import { FileFeeder } from "./file-feeder.ts";
import type { BlockBuffers } from "./file-feeder.ts";
import { OctetWindow } from "./octet-window.ts";
import { PipeChunks } from "./pipe-chunks.ts";
import { PcapParserReader, notForPcapParser } from "./pcap-parser-reader.ts";
import { PcapReader } from "./pcap-reader.ts";
import { PcapngReader } from "./pcapng-reader.ts";
import type { RecordSource } from "./record-reader.ts";
import { SnoopReader } from "./snoop-reader.ts";

export type ReaderName = "own" | "pcap-parser";

/** What every capture of a run is opened with. */
export interface OpenOptions {
  readonly reader: ReaderName;
  readonly isStrict: boolean;
  readonly maxExpansion: number;
  readonly onWarning: WarningListener | undefined;
  /** `process.stdin` if absent, which is not touched unless "-" is read. */
  readonly standardInput: NodeJS.ReadableStream | undefined;
  readonly buffers: BlockBuffers;
  /** The run's list. */
  readonly interfaces: CaptureInterface[];
}

const STANDARD_INPUT = 0;

/** Octets out for each one in, beyond the allowance. */
export const DEFAULT_MAX_EXPANSION = 1000;

/** Loaded by those who need it, as what reads FIFOs is: most captures are plain files. */
function decompression(): Promise<typeof Decompression> {
  return import("./decompression.ts");
}

/** A capture being read. */
export interface OpenCapture {
  readonly reader: CaptureReader;
  readonly damage: DamageLog;
}

/** What a path leads to. */
export const PATH_KIND = {
  file: "file",
  directory: "directory",
  /** Standard input or a FIFO: read once, as it comes. */
  stream: "stream",
} as const;
export type PathKind = (typeof PATH_KIND)[keyof typeof PATH_KIND];

/** One line for what the operating system refused. */
export function cannotRead(path: string, cause: unknown): TcpxError {
  const code: unknown = cause instanceof Error ? Reflect.get(cause, "code") : undefined;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new TcpxError("NO_SUCH_FILE", `${path}: no such file`, { file: path, cause });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `${path}: can't be read: ${reason}`;
  return new TcpxError("READ_FAILED", message, { file: path, cause });
}

/**
 * What lies at a path, and its size.
 * @throws TcpxError NO_SUCH_FILE, READ_FAILED; NOT_A_CAPTURE for devices and sockets
 */
export async function examine(path: string): Promise<{ kind: PathKind; size: number | null }> {
  if (path === "-") return { kind: PATH_KIND.stream, size: null };
  let stats: fs.Stats;
  try {
    stats = await stat(path);
  } catch (cause) {
    throw cannotRead(path, cause);
  }
  if (stats.isFile()) return { kind: PATH_KIND.file, size: stats.size };
  if (stats.isDirectory()) return { kind: PATH_KIND.directory, size: null };
  if (stats.isFIFO()) return { kind: PATH_KIND.stream, size: null };
  throw new TcpxError(
    "NOT_A_CAPTURE",
    `${path} is a device or a socket, not a capture; record from it with another tool and use ` +
      `a pipe: ... | tcpx extract - -o out`,
    { file: path },
  );
}

/** The first octets of a regular file, at most MAGIC_BYTES. */
export async function firstOctets(path: string): Promise<Uint8Array> {
  try {
    const handle = await open(path, "r");
    try {
      const bytes = new Uint8Array(MAGIC_BYTES);
      const { bytesRead } = await handle.read(bytes, 0, MAGIC_BYTES, 0);
      return bytes.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw cannotRead(path, cause);
  }
}

/**
 * Opens `file` for reading from its beginning.
 * @throws TcpxError NO_SUCH_FILE, READ_FAILED, NOT_A_CAPTURE, UNSUPPORTED_COMPRESSION, BAD_OPTION
 */
export async function openCapture(
  file: CaptureFile,
  fileIndex: number,
  options: OpenOptions,
): Promise<OpenCapture> {
  const damage = new DamageLog(file, options.onWarning, options.isStrict);
  const window = await openWindow(file, damage, options);
  try {
    const source = { window, file, fileIndex, interfaces: options.interfaces, damage };
    return { reader: await openReader(source, options.reader), damage };
  } catch (error) {
    await window.close();
    throw error;
  }
}

/**
 * The plain octets of a compressed regular file, for a look at its first ones; null if this Node
 * can't decompress it. A failure ends them.
 * @throws TcpxError NO_SUCH_FILE, READ_FAILED
 */
export async function openDecompressed(
  file: CaptureFile,
  compression: Compression,
): Promise<ChunkSource | null> {
  const { canDecompress } = await decompression();
  if (!canDecompress(compression)) return null;
  const handle = await openFile(file.path);
  const damage = new DamageLog(file, undefined, false);
  return inflate(
    new FileChunks(handle, file, damage),
    compression,
    file,
    damage,
    DEFAULT_MAX_EXPANSION,
  );
}

function openFile(path: string): Promise<FileHandle> {
  return open(path, "r").catch((cause: unknown) => {
    throw cannotRead(path, cause);
  });
}

async function openReader(source: RecordSource, reader: ReaderName): Promise<CaptureReader> {
  const { window, file } = source;
  await window.need(MAGIC_BYTES);
  const first = window.bytes.subarray(window.at, Math.min(window.end, window.at + MAGIC_BYTES));
  const format = captureFormat(first);
  if (format === null) throw notACapture(file.path, first);
  if (reader === "pcap-parser") return PcapParserReader.open(source);
  switch (format) {
    case "pcap":
      return PcapReader.open(source);
    case "pcapng":
      return PcapngReader.open(source);
    default:
      return SnoopReader.open(source);
  }
}

async function openWindow(
  file: CaptureFile,
  damage: DamageLog,
  options: OpenOptions,
): Promise<OctetWindow> {
  const { path } = file;
  const { kind, size } = await examine(path);
  if (kind === PATH_KIND.directory) throw cannotRead(path, new Error("it is a directory"));
  if (kind === PATH_KIND.stream) {
    if (options.reader === "pcap-parser") throw notForPcapParser(path, "a pipe");
    const chunks = new PeekableChunks(await openStream(file, options));
    const plain = await decompressed(chunks, file, damage, options);
    return new OctetWindow(new ChunkFeeder(plain, options.buffers));
  }
  file.size = size;
  const compression = compressionOf(await firstOctets(path));
  const handle = await openFile(path);
  if (compression === null)
    return new OctetWindow(new FileFeeder(handle, file, damage, options.buffers));
  const chunks = new FileChunks(handle, file, damage);
  try {
    if (options.reader === "pcap-parser") throw notForPcapParser(path, `compressed`);
    const plain = await inflate(chunks, compression, file, damage, options.maxExpansion);
    return new OctetWindow(new ChunkFeeder(plain, options.buffers));
  } catch (error) {
    await chunks.close();
    throw error;
  }
}

async function openStream(file: CaptureFile, options: OpenOptions): Promise<ChunkSource> {
  const { path } = file;
  const { standardInput } = options;
  if (path === "-" && standardInput !== undefined) return new StreamChunks(standardInput, file);
  try {
    if (path === "-") return openStandardInput(file);
    // waits for a writer, in the thread pool; after that reading is the event loop's
    return new PipeChunks(await openDescriptor(path), true, file);
  } catch (cause) {
    throw cannotRead(path, cause);
  }
}

/** By its descriptor where that can be read without waiting; of a directory that says what is wrong. */
function openStandardInput(file: CaptureFile): ChunkSource {
  const stats = process.platform === "win32" ? null : fs.fstatSync(STANDARD_INPUT);
  if (stats === null) return new StreamChunks(process.stdin, file);
  const isWaitedFor = stats.isFIFO() || stats.isSocket();
  return isWaitedFor || stats.isFile() || stats.isDirectory()
    ? new PipeChunks(STANDARD_INPUT, isWaitedFor, file)
    : new StreamChunks(process.stdin, file);
}

async function decompressed(
  chunks: PeekableChunks,
  file: CaptureFile,
  damage: DamageLog,
  options: OpenOptions,
): Promise<ChunkSource> {
  try {
    const compression = compressionOf(await chunks.peek(MAGIC_BYTES));
    return compression === null
      ? chunks
      : await inflate(chunks, compression, file, damage, options.maxExpansion);
  } catch (error) {
    await chunks.close();
    throw error;
  }
}

function openDescriptor(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.open(path, "r", (error, fd) => (error === null ? resolve(fd) : reject(error)));
  });
}

/** @throws TcpxError UNSUPPORTED_COMPRESSION */
async function inflate(
  chunks: ChunkSource,
  compression: Compression,
  file: CaptureFile,
  damage: DamageLog,
  maxExpansion: number,
): Promise<ChunkSource> {
  const { Decompressor, canDecompress, unsupportedCompression } = await decompression();
  if (!canDecompress(compression)) throw unsupportedCompression(file.path, compression);
  return new Decompressor(chunks, compression, {
    maxExpansion,
    onFailure: (reason, offset) => {
      const text = `decompression (${compression}) failed: ${reason}`;
      damage.report({ code: "DECOMPRESSION_FAILED", text, offset });
    },
  });
}
