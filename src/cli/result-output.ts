// Standard output: the result of a command and nothing else.

import { TcpxError } from "../errors.ts";
import type { OutputStream } from "./session.ts";

/** What a write fails with when nobody reads any more. */
const CLOSED_CODES: readonly unknown[] = ["EPIPE", "EOF", "ERR_STREAM_DESTROYED", "ECONNRESET"];

/**
 * Resolves once the text is handed over, also if the reader has gone (`| head`): that is its choice. Gives
 * the error (WRITE_FAILED) where standard output leads to a full disk, otherwise null; never rejects.
 */
export function writeResult(stdout: OutputStream, text: string): Promise<TcpxError | null> {
  return new Promise((resolve) => {
    stdout.write(text, (cause) => {
      if (cause === undefined || cause === null) resolve(null);
      else if (CLOSED_CODES.includes(Reflect.get(cause, "code"))) resolve(null);
      else {
        const message = `standard output: ${cause.message}; the result is not complete there`;
        resolve(new TcpxError("WRITE_FAILED", message, { cause }));
      }
    });
  });
}
