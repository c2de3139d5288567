// What the readers of all formats share: the way on when `next` finds no whole record. Not enough
// octets: more are brought in. An impossible record: the next plausible one is looked for. The end of
// the input inside a record: it was cut short, unless records go on behind (then its length is wrong).
//
//     octets   | good | bad record: length 4,000,000,000 ....... | good | good |
//                     ^ report BAD_RECORD here, skip the octets  ^ two consistent records in a row
//
// Every offset is judged once and in constant time: a scan costs no more than reading.

import type { WarningCode } from "../errors.ts";
import type { CaptureFile, CaptureInterface, CaptureReader } from "./capture-reader.ts";
import type { DamageLog } from "./damage-log.ts";
import { LONGEST_RECORD_BYTES } from "./octet-window.ts";
import type { OctetWindow } from "./octet-window.ts";
import type { PacketCursor } from "./packet-cursor.ts";

/** A captured length above this and above the file's own snap length is impossible. */
const USUAL_RECORD_BYTES = 256 * 1024;
/** An original length above this is impossible: no link carries it, no tool claims it. */
export const LONGEST_ORIGINAL_BYTES = 128 * 1024 * 1024;
/** In a scan, where less is certain, an original length above this (and the snap length) is no length. */
export const LONGEST_SCANNED_ORIGINAL_BYTES = 1024 * 1024;
/** A record found in a scan is taken at once if its time is this near to the last good one. */
const NEAR_SECONDS = 24 * 3600;
/** How far a scan goes on beyond a record that is plausible but far in time, to find a nearer one. */
const SCAN_AHEAD_BYTES = USUAL_RECORD_BYTES + 1024;

/** Longest captured length that is believed. */
export function longestRecord(snapLength: number): number {
  return Math.min(Math.max(USUAL_RECORD_BYTES, snapLength), LONGEST_RECORD_BYTES);
}

/** One opened file on its way to a reader. */
export interface RecordSource {
  readonly window: OctetWindow;
  readonly file: CaptureFile;
  readonly fileIndex: number;
  /** The run's list, which the reader appends to; packets name their interface by its index. */
  readonly interfaces: CaptureInterface[];
  readonly damage: DamageLog;
}

/** Whether a record begins at an offset, as far as a scan can tell. */
export const VERDICT = {
  /** More octets are needed to tell; never at the end of the input. */
  undecided: 0,
  no: 1,
  /** Consistent, but its time is far from that of the last good record. */
  far: 2,
  yes: 3,
} as const;
export type Verdict = (typeof VERDICT)[keyof typeof VERDICT];

/** Why the record at `window.at` can't be read. */
export interface Obstacle {
  readonly reason: string;
  /** Its octets, where they are known in spite of all and what follows can be trusted; else 0. */
  readonly length: number;
}

/** How much of a record is missing at the end of the input. */
export interface CutRecord {
  readonly part: string;
  readonly missing: number;
}

/** @see CaptureReader */
export abstract class RecordReader implements CaptureReader {
  protected readonly window: OctetWindow;
  protected readonly source: RecordSource;
  /** Packets handed out so far. */
  protected packets = 0;
  /** Capture time of the last packet, seconds; -1 before the first. */
  protected lastSeconds = -1;
  readonly #file: CaptureFile;
  readonly #damageCode: WarningCode;

  protected constructor(source: RecordSource, damageCode: WarningCode) {
    this.source = source;
    this.window = source.window;
    this.#file = source.file;
    this.#damageCode = damageCode;
  }

  abstract next(cursor: PacketCursor): boolean;

  /** What is wrong with the record at `window.at`; null if it is only not whole. */
  protected abstract obstacle(): Obstacle | null;
  /** Whether a record begins at `at`. Constant time. */
  protected abstract judge(at: number): Verdict;
  /** How much of the record at `window.at` is missing; called at the end of the input. */
  protected abstract cut(): CutRecord;

  async fill(): Promise<boolean> {
    const more = await this.#goOn();
    this.#file.packets = this.packets;
    return more;
  }

  close(): Promise<void> {
    this.#file.packets = this.packets;
    return this.window.close();
  }

  /** Whether `seconds` fits to the last good record; anything does before the first one. */
  protected isNear(seconds: number): boolean {
    return this.lastSeconds < 0 || Math.abs(seconds - this.lastSeconds) <= NEAR_SECONDS;
  }

  async #goOn(): Promise<boolean> {
    const { window } = this;
    const obstacle = this.obstacle();
    if (obstacle === null) {
      if (await window.fill()) return true;
      if (window.length === 0 || window.isClosed) return false;
      return this.#endInsideRecord();
    }
    if (obstacle.length > 0) {
      this.#skipTo(window.at + obstacle.length, obstacle.reason);
      return true;
    }
    return this.#resynchronise(obstacle.reason);
  }

  /** Skips to the next plausible record; false if there is none. */
  async #resynchronise(reason: string): Promise<boolean> {
    const { window } = this;
    const offset = window.offset;
    if (this.source.damage.isStrict) this.#skipped(reason, offset, 0);
    let distance = 1;
    /** Octets passed over already, before `window.at`. */
    let passed = 0;
    let farAt = -1;
    for (;;) {
      const at = window.at + distance;
      const verdict = at < window.end ? this.judge(at) : VERDICT.undecided;
      if (verdict === VERDICT.yes) {
        this.#skipped(reason, offset, passed + distance);
        window.at = at;
        return true;
      }
      if (verdict === VERDICT.far && farAt < 0) farAt = distance;
      if (farAt >= 0 && distance - farAt > SCAN_AHEAD_BYTES) break;
      if (verdict !== VERDICT.undecided) {
        distance++;
        continue;
      }
      // what lies before the candidate (or before the far one) is not needed any more
      const done = farAt < 0 ? Math.min(distance, window.length) : farAt;
      window.at += done;
      passed += done;
      distance -= done;
      if (farAt >= 0) farAt = 0;
      if (!(await window.fill()) && window.at + distance >= window.end) break;
    }
    if (farAt >= 0) {
      this.#skipped(reason, offset, passed + farAt);
      window.at += farAt;
      return true;
    }
    this.#skipped(reason, offset, passed + window.length);
    window.at = window.end;
    return false;
  }

  /** The input ended inside the record at `window.at`. */
  #endInsideRecord(): boolean {
    const { window } = this;
    for (let at = window.at + 1; at < window.end; at++) {
      if (this.judge(at) !== VERDICT.yes) continue;
      this.#skipTo(at, "its length goes past the end of the file, but records follow");
      return true;
    }
    const { part, missing } = this.cut();
    const offset = window.offset;
    const packet = this.packets + 1;
    window.at = window.end;
    this.source.damage.report({
      code: "CAPTURE_CUT_SHORT",
      text: `the capture ends inside ${part}, ${missing} octets are missing`,
      packet,
      offset,
      octets: missing,
    });
    return false;
  }

  #skipTo(at: number, reason: string): void {
    const { window } = this;
    const offset = window.offset;
    const octets = at - window.at;
    window.at = at;
    this.#skipped(reason, offset, octets);
  }

  #skipped(reason: string, offset: number, octets: number): void {
    this.#file.skippedBytes += octets;
    this.source.damage.report({
      code: this.#damageCode,
      text: `${reason}; ${octets} octets skipped`,
      packet: this.packets + 1,
      offset,
      octets,
    });
  }
}
