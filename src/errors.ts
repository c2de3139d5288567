// The one error class of tcpx and its stable codes. Wrong use, unusable input and failed output throw
// TcpxError; irregular packets are counted and damaged captures are warnings, neither throws.

/** What each code means stands in docs/errors.md; `exitCode` is the process's exit code (README). */
export const ERROR_CODES = {
  // 2: wrong usage
  BAD_OPTION: 2,
  BAD_FILTER: 2,
  OUTPUT_NOT_EMPTY: 2,
  OUTPUT_NOT_A_DIRECTORY: 2,
  OUTPUT_EXISTS: 2,
  BAD_SCRIPT: 2,
  /** Node is older than tcpx needs. */
  UNSUPPORTED_NODE: 2,
  // 3: input
  NO_SUCH_FILE: 3,
  NO_CAPTURES: 3,
  NOT_A_CAPTURE: 3,
  UNSUPPORTED_COMPRESSION: 3,
  READ_FAILED: 3,
  DAMAGED_CAPTURE: 3,
  // 4: output
  WRITE_FAILED: 4,
  OUTPUT_NOT_WRITABLE: 4,
  // 5: scripts
  SCRIPT_FAILED: 5,
  // 70: a defect of tcpx
  INTERNAL: 70,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Where and what: everything optional, all of it also in the message. */
export interface ErrorDetails {
  readonly file?: string;
  /** Counts from 1 within its file. */
  readonly packet?: number;
  /** Octet offset in the file. */
  readonly offset?: number;
  readonly cause?: unknown;
}

/**
 * One line says what was found, what was expected, where, and what to do.
 * @throws never by itself; thrown with a stable `code`.
 */
export class TcpxError extends Error {
  override readonly name = "TcpxError";
  readonly code: ErrorCode;
  readonly file: string | undefined;
  readonly packet: number | undefined;
  readonly offset: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.file = details.file;
    this.packet = details.packet;
    this.offset = details.offset;
  }

  get exitCode(): number {
    return ERROR_CODES[this.code];
  }
}

/** Stable codes of damage that does not end the run (errors under `--strict`). */
export type WarningCode =
  | "CAPTURE_CUT_SHORT"
  | "BAD_RECORD"
  | "BAD_BLOCK"
  | "DECOMPRESSION_FAILED"
  | "UNSUPPORTED_LINK_TYPE"
  | "FILE_SHRANK"
  | "FILES_OUT_OF_ORDER"
  | "MEMORY_LIMIT";

/** A damaged capture: what was found where; octets and packet numbers are those of the file. */
export interface Warning {
  readonly code: WarningCode;
  /** One line, complete: names file, packet number and octet offset where they are known. */
  readonly message: string;
  readonly file: string;
  readonly packet?: number;
  readonly offset?: number;
  /** Octets that are missing or were skipped because of it; 0 where that can't be known. */
  readonly octets?: number;
}

/** The one channel for damage; the caller decides what to print. */
export type WarningListener = (warning: Warning) => void;
