// A file of the run before anything was read of it, and what is said where reading it fails.

import { basename } from "node:path";
import { TcpxError } from "../errors.ts";
import type { CaptureFile } from "./capture-reader.ts";

/** `size`: octets stored; null where nobody knows. */
export function captureFile(path: string, size: number | null): CaptureFile {
  return {
    path,
    name: basename(path),
    format: "",
    formatText: "",
    bytesRead: 0,
    size,
    truncated: false,
    skippedBytes: 0,
    skippedBlocks: 0,
    packets: 0,
  };
}

/** READ_FAILED, behind what was read of the file. */
export function readFailure(file: CaptureFile, cause: unknown): TcpxError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `${file.path}: reading failed at offset ${file.bytesRead}: ${reason}`;
  return new TcpxError("READ_FAILED", message, { file: file.path, offset: file.bytesRead, cause });
}
