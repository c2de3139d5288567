// Standard output: the result of a command and nothing else.

import { TcpxError } from "../errors.ts";
import type { OutputStream } from "./session.ts";

/** What a write fails with when nobody reads any more. */
const CLOSED_CODES: readonly unknown[] = ["EPIPE", "EOF", "ERR_STREAM_DESTROYED", "ECONNRESET"];

/**
 * Resolves once the text is handed over, also if the reader has gone (`| head`): that is its choice.
 * @throws TcpxError WRITE_FAILED where standard output leads to a full disk
 */
export function writeResult(stdout: OutputStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stdout.write(text, (error) => {
      if (error === undefined || error === null) resolve();
      else if (CLOSED_CODES.includes(Reflect.get(error, "code"))) resolve();
      else {
        const message = `standard output: ${error.message}; the result is not complete there`;
        reject(new TcpxError("WRITE_FAILED", message, { cause: error }));
      }
    });
  });
}
