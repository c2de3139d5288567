// The one way from damage to the warning listener: makes the line, marks the file, keeps a flood of
// warnings bounded, and turns them into errors under `--strict`.

import { TcpxError } from "../errors.ts";
import type { Warning, WarningCode, WarningListener } from "../errors.ts";
import type { CaptureFile } from "./capture-reader.ts";

/** So many warnings about one file are told one by one; the rest is summed up at its end. */
export const MOST_WARNINGS_PER_FILE = 100;

export interface Damage {
  readonly code: WarningCode;
  /** What was found and what was expected, without file, packet and offset. */
  readonly text: string;
  /** Counts from 1 within the file: the packet that it is about. */
  readonly packet?: number;
  readonly offset?: number;
  readonly octets?: number;
}

export class DamageLog {
  readonly #file: CaptureFile;
  readonly #listener: WarningListener | undefined;
  /** Every report throws. */
  readonly isStrict: boolean;
  #warnings = 0;
  #untoldOctets = 0;

  constructor(file: CaptureFile, listener: WarningListener | undefined, isStrict: boolean) {
    this.#file = file;
    this.#listener = listener;
    this.isStrict = isStrict;
  }

  /** @throws TcpxError DAMAGED_CAPTURE under `strict` */
  report(damage: Damage): void {
    this.#file.truncated = true;
    const { code, text, packet, offset, octets } = damage;
    const place = [
      packet === undefined ? [] : [`packet ${packet}`],
      offset === undefined ? [] : [`offset ${offset}`],
    ].flat();
    const where = place.length === 0 ? "" : `${place.join(", ")}: `;
    const message = `${this.#file.path}: ${where}${text}`;
    const details = {
      ...(packet === undefined ? {} : { packet }),
      ...(offset === undefined ? {} : { offset }),
    };
    if (this.isStrict) {
      const strict = `${message} (${code}, an error under --strict)`;
      throw new TcpxError("DAMAGED_CAPTURE", strict, { file: this.#file.path, ...details });
    }
    this.#warnings++;
    if (this.#warnings > MOST_WARNINGS_PER_FILE) this.#untoldOctets += octets ?? 0;
    else this.#tell({ code, message, file: this.#file.path, ...details, octets: octets ?? 0 });
  }

  /** The file ended before the size it had when it was opened. */
  shrank(bytesRead: number): void {
    const octets = (this.#file.size ?? 0) - bytesRead;
    const text = `the file shrank while it was read, ${octets} octets are missing`;
    if (octets > 0) this.report({ code: "FILE_SHRANK", text, offset: bytesRead, octets });
  }

  /** Sums up what was not told one by one. Once, at the end of the file. */
  close(): void {
    const untold = this.#warnings - MOST_WARNINGS_PER_FILE;
    if (untold <= 0) return;
    this.#tell({
      code: "BAD_RECORD",
      message: `${this.#file.path}: ${untold} more warnings, ${this.#untoldOctets} octets`,
      file: this.#file.path,
      octets: this.#untoldOctets,
    });
    this.#warnings = 0;
  }

  #tell(warning: Warning): void {
    this.#listener?.(warning);
  }
}
