// The first error of the output, kept for the end of the run: later ones are mostly its echo. After it
// nothing is written any more, so that what is there is whole up to the octets counted.

import { TcpxError } from "../errors.ts";
import { PartialWriteError } from "./file-system.ts";

export class WriteFailure {
  error: TcpxError | null = null;
  readonly #onFirst: () => void;

  /** `onFirst` is called once, when the first error is recorded. */
  constructor(onFirst: () => void = () => {}) {
    this.#onFirst = onFirst;
  }

  /**
   * `file` is the path below the output directory, `offset` where the failed write began; the octets
   * that it wrote all the same are added.
   */
  record(file: string, offset: number, cause: unknown): void {
    if (this.error !== null) return;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const at = offset + (cause instanceof PartialWriteError ? cause.written : 0);
    this.error = new TcpxError(
      "WRITE_FAILED",
      `${file}: writing failed at offset ${at}: ${reason}; what was written before is whole`,
      { file, offset: at, cause },
    );
    this.#onFirst();
  }
}
