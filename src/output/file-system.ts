// The calls of node:fs that the output stage makes, as an object, so that a test can put a disk that is
// full or broken in their place. Nothing else of the stage touches the disk.

import * as nodeFileSystem from "node:fs";

export type FileSystem = Pick<
  typeof nodeFileSystem,
  | "closeSync"
  | "fstatSync"
  | "ftruncateSync"
  | "lstatSync"
  | "mkdirSync"
  | "openSync"
  | "opendirSync"
  | "read"
  | "readSync"
  | "realpathSync"
  | "renameSync"
  | "statSync"
  | "unlinkSync"
  | "write"
  | "writeSync"
  | "writev"
>;

export const NODE_FILE_SYSTEM: FileSystem = nodeFileSystem;

const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_WRONLY } = nodeFileSystem.constants;
// Windows has neither; there no link can be made without special rights.
const O_NOFOLLOW = nodeFileSystem.constants.O_NOFOLLOW ?? 0;
const O_NONBLOCK = nodeFileSystem.constants.O_NONBLOCK ?? 0;

/** A new file; fails with EEXIST on anything that has the name, a link included. */
export const CREATE_TO_WRITE = O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW;
/** The same, to be read as well (overlaps are compared with what was written). */
export const CREATE_TO_READ_AND_WRITE = O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW;
/** A file that is there; a link fails with ELOOP. */
export const REOPEN = O_RDWR | O_NOFOLLOW | O_NONBLOCK;
/** A file that is there, to add to it. */
export const APPEND = O_WRONLY | O_NOFOLLOW | O_NONBLOCK;
/** A file of doubtful origin: no link is followed, and a FIFO does not block. */
export const READ_WITH_CARE = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;

export const NEW_FILE_MODE = 0o666;

/** The code of a failed call ("ENOSPC"), or "" if it isn't one. */
export function errorCode(error: unknown): string {
  if (error instanceof PartialWriteError) return errorCode(error.cause);
  if (!(error instanceof Error) || !("code" in error)) return "";
  return typeof error.code === "string" ? error.code : "";
}

/**
 * Writes all of `bytes[start, start + length)` at the offset; calls may write less than they are asked.
 * @throws PartialWriteError
 */
export function writeFully(
  fileSystem: FileSystem,
  descriptor: number,
  bytes: Uint8Array,
  start: number,
  length: number,
  offset: number,
): void {
  let done = 0;
  try {
    while (done < length) {
      const count = fileSystem.writeSync(
        descriptor,
        bytes,
        start + done,
        length - done,
        offset + done,
      );
      if (count === 0) throw new Error(NOTHING_WRITTEN);
      done += count;
    }
  } catch (error) {
    throw new PartialWriteError(done, error);
  }
}

/** A write that wrote nothing and named no error: an error, rather than tried for ever. */
export const NOTHING_WRITTEN = "the system wrote nothing and gave no reason";

/** Reads up to `length` octets from the offset; fewer only at the end of the file. */
export function readFully(
  fileSystem: FileSystem,
  descriptor: number,
  bytes: Uint8Array,
  length: number,
  offset: number,
): number {
  let done = 0;
  while (done < length) {
    const count = fileSystem.readSync(descriptor, bytes, done, length - done, offset + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** A write that failed, and how many octets of it were written before. */
export class PartialWriteError extends Error {
  readonly written: number;

  constructor(written: number, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.written = written;
  }
}
