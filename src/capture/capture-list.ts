// The paths of a run to the list of captures to read: directories become the captures in them, what
// can't be read or is no capture becomes an error, and `--sort-files` puts the rest in order.

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { TcpxError } from "../errors.ts";
import { MAGIC_BYTES, captureFormat, compressionOf, notACapture } from "./capture-format.ts";
import { captureFile } from "./capture-file.ts";
import type { CaptureFile } from "./capture-reader.ts";
import { PeekableChunks } from "./chunk-source.ts";
import { BlockBuffers } from "./file-feeder.ts";
import {
  PATH_KIND,
  cannotRead,
  examine,
  firstOctets,
  openCapture,
  openDecompressed,
} from "./open-capture.ts";
import type { OpenOptions } from "./open-capture.ts";
import { PacketCursor } from "./packet-cursor.ts";
import { checkForPcapParser } from "./pcap-parser-reader.ts";

/** The captures of a run, in the order in which they are read. */
export interface CaptureList {
  readonly files: CaptureFile[];
  /** What was asked for and can't be read. */
  readonly errors: TcpxError[];
}

/**
 * Looks at every path; pipes are not touched.
 * @throws TcpxError BAD_OPTION for what `--reader pcap-parser` can't read
 */
export async function listCaptures(
  paths: readonly string[],
  options: OpenOptions,
): Promise<CaptureList> {
  const list: CaptureList = { files: [], errors: [] };
  for (const path of paths) {
    try {
      await addPath(path, list.files, options);
    } catch (error) {
      if (!(error instanceof TcpxError) || error.code === "BAD_OPTION") throw error;
      list.errors.push(error);
    }
  }
  return list;
}

async function addPath(path: string, files: CaptureFile[], options: OpenOptions): Promise<void> {
  const { kind, size } = await examine(path);
  if (kind === PATH_KIND.directory) {
    for (const found of await capturesIn(path)) await addPath(found, files, options);
    return;
  }
  if (kind === PATH_KIND.file) {
    const first = await firstOctets(path);
    if (options.reader === "pcap-parser" && first.length >= 4) checkForPcapParser(path, first);
    if (captureFormat(first) === null && compressionOf(first) === null) {
      throw notACapture(path, first);
    }
  }
  files.push(captureFile(path, size));
}

/**
 * The captures directly in a directory, by content, in the order of their names.
 * @throws TcpxError NO_CAPTURES, READ_FAILED
 */
async function capturesIn(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch((cause: unknown) => {
    throw cannotRead(directory, cause);
  });
  const found: string[] = [];
  for (const name of names.sort()) {
    const path = join(directory, name);
    if (await isCapture(path)) found.push(path);
  }
  if (found.length > 0) return found;
  throw new TcpxError(
    "NO_CAPTURES",
    `${directory}: none of its ${names.length} entries is a capture`,
    { file: directory },
  );
}

/** Whether a directory's entry is a capture; what can't be looked into is taken for one. */
async function isCapture(path: string): Promise<boolean> {
  try {
    if ((await examine(path)).kind !== PATH_KIND.file) return false;
    const first = await firstOctets(path);
    const compression = compressionOf(first);
    if (compression === null) return captureFormat(first) !== null;
    const source = await openDecompressed(captureFile(path, null), compression);
    if (source === null) return true;
    const chunks = new PeekableChunks(source);
    try {
      return captureFormat(await chunks.peek(MAGIC_BYTES)) !== null;
    } finally {
      await chunks.close();
    }
  } catch (error) {
    // a broken link or a socket is no capture; what may be one is reported when it is opened
    return error instanceof TcpxError && error.code === "READ_FAILED";
  }
}

/** A first packet is sought with small blocks: mostly it is in the first one. */
const LOOK_BYTES = 64 * 1024;

/**
 * Orders files by their first packet's time; those without a packet come last, as do those that can't
 * be read. Equal ones stay in their order.
 * @throws TcpxError BAD_OPTION if there is a pipe among several inputs
 */
export async function sortByFirstPacket(
  files: CaptureFile[],
  options: OpenOptions,
): Promise<CaptureFile[]> {
  if (files.length < 2) return files;
  const buffers = new BlockBuffers(null, LOOK_BYTES);
  const timed: { file: CaptureFile; seconds: number; nanos: number }[] = [];
  for (const file of files) {
    if (file.size === null) {
      throw new TcpxError(
        "BAD_OPTION",
        `--sort-files has to look into every file before, which it can't with ${file.path}`,
        { file: file.path },
      );
    }
    const cursor = await firstPacket(file.path, { ...options, buffers });
    timed.push({ file, seconds: cursor?.seconds ?? Infinity, nanos: cursor?.nanos ?? 0 });
  }
  // Infinity - Infinity is NaN, which is no order; hence the comparison first
  timed.sort((a, b) =>
    a.seconds === b.seconds ? a.nanos - b.nanos : a.seconds < b.seconds ? -1 : 1,
  );
  return timed.map(({ file }) => file);
}

async function firstPacket(path: string, options: OpenOptions): Promise<PacketCursor | null> {
  const quiet = { ...options, isStrict: false, onWarning: undefined, interfaces: [] };
  const cursor = new PacketCursor();
  try {
    const { reader } = await openCapture(captureFile(path, null), 0, quiet);
    try {
      do {
        if (reader.next(cursor)) return cursor;
      } while (await reader.fill());
      return null;
    } finally {
      await reader.close();
    }
  } catch (error) {
    if (error instanceof TcpxError) return null;
    throw error;
  }
}
