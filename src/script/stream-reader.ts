// One stream for one streamed rule: octets and gaps in order come in, `await reader.read(n)` takes them
// out. Ends exactly once, with a reason. What is not read is held, in bounds: the run waits for a
// reader that holds too much.
//
//     runs   [ gap? | octets..... ] [ gap | octets.. ]      a new run begins with each gap
//              ^ read first                      ^ appended

import type { GapCause } from "../report/report.ts";
import { OctetBuffer } from "./octet-buffer.ts";
import type { ReadGap, ReadResult, SkipResult, UntilResult } from "./read-result.ts";
import type { Direction, Reader, ReaderEnd } from "./script-api.ts";

/** Octets that a reader may hold back, and the most that one call may give. */
export const READER_LIMIT: number = 1024 * 1024;
/** Gaps that a reader may hold back. */
const MOST_RUNS = 4096;

interface Run {
  position: number;
  /** The gap before the octets, until it was told. */
  gap: ReadGap | null;
  readonly octets: OctetBuffer;
}

interface Request {
  /** True once it could be answered. */
  readonly attempt: () => boolean;
}

const NOT_YET = Symbol("not yet");

export class StreamReader implements Reader {
  readonly direction: Direction;
  readonly #limit: number;
  readonly #runs: Run[] = [];
  #held = 0;
  #position = 0;
  #end: ReaderEnd | null = null;
  #request: Request | null = null;
  #onRelief: (() => void) | null = null;

  constructor(direction: Direction, position: number, limit: number = READER_LIMIT) {
    this.direction = direction;
    this.#position = position;
    this.#limit = limit;
  }

  // --- the host's side ---------------------------------------------------------------------------

  get isEnded(): boolean {
    return this.#end !== null;
  }

  /** True while more is held than a reader may hold: the run waits. */
  get isOverfull(): boolean {
    return this.#held > this.#limit || this.#runs.length > MOST_RUNS;
  }

  /** Takes a copy; true if a waiting call was answered by it. */
  push(position: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#end !== null) return false;
    const run = this.#runs.at(-1) ?? this.#addRun(position, null);
    run.octets.append(bytes, start, end);
    this.#held += end - start;
    return this.#attempt();
  }

  pushGap(position: number, length: number, cause: GapCause): boolean {
    if (this.#end !== null) return false;
    this.#addRun(position + length, { position, length, cause });
    return this.#attempt();
  }

  /** The first reason stays; true if a waiting call was answered by it. */
  end(reason: ReaderEnd): boolean {
    if (this.#end !== null) return false;
    this.#end = reason;
    const answered = this.#attempt();
    this.#relieve();
    return answered;
  }

  /** Nothing is read any more: the script returned, or was detached. */
  close(reason: ReaderEnd): void {
    this.end(reason);
    this.#runs.length = 0;
    this.#held = 0;
    this.#relieve();
  }

  /** Resolves once no more is held than may be, or the reader has ended. */
  relieved(): Promise<void> {
    if (!this.isOverfull || this.#end !== null) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onRelief = resolve;
    });
  }

  // --- the script's side -------------------------------------------------------------------------

  get position(): number {
    return this.#position;
  }

  get reason(): ReaderEnd | null {
    return this.#runs.length === 0 ? this.#end : null;
  }

  read(n: number): Promise<ReadResult | null> {
    if (!Number.isInteger(n) || n <= 0 || n > this.#limit) {
      throw new RangeError(`read() gives 1 to ${this.#limit} octets at a time, not ${n}`);
    }
    return this.#ask(() => {
      const run = this.#front();
      if (run === null) return this.#end === null ? NOT_YET : null;
      if (run.octets.length < n && this.#runs.length === 1 && this.#end === null) return NOT_YET;
      return this.#take(run, Math.min(n, run.octets.length));
    });
  }

  available(): Promise<ReadResult | null> {
    return this.#ask(() => {
      const run = this.#front();
      if (run === null) return this.#end === null ? NOT_YET : null;
      return this.#take(run, run.octets.length);
    });
  }

  all(): Promise<ReadResult> {
    return this.#ask(() => {
      const isFull = this.#held >= this.#limit || this.#runs.length >= MOST_RUNS;
      if (this.#end === null && !isFull) return NOT_YET;
      const position = this.#runs[0]?.gap?.position ?? this.#position;
      const gaps: ReadGap[] = [];
      const parts: Buffer[] = [];
      for (let run = this.#front(); run !== null; run = this.#front()) {
        const result = this.#take(run, run.octets.length);
        gaps.push(...result.gaps);
        parts.push(result.bytes);
      }
      return { bytes: Buffer.concat(parts), position, gaps, isCut: this.#end === null };
    });
  }

  skip(n: number): Promise<SkipResult> {
    if (!Number.isSafeInteger(n) || n < 0) throw new RangeError(`${n} positions can't be skipped`);
    let length = 0;
    let missing = 0;
    return this.#ask(() => {
      for (let run = this.#front(); run !== null && length < n; run = this.#front()) {
        if (run.gap !== null) {
          const over = Math.min(n - length, run.gap.length);
          length += over;
          missing += over;
          this.#position = run.gap.position + over;
          run.gap =
            over === run.gap.length
              ? null
              : { ...run.gap, position: this.#position, length: run.gap.length - over };
          continue;
        }
        const over = Math.min(n - length, run.octets.length);
        length += over;
        this.#drop(run, over);
      }
      return length < n && this.#end === null ? NOT_YET : { length, missing };
    });
  }

  until(pattern: string | Uint8Array): Promise<UntilResult | null> {
    const wanted = typeof pattern === "string" ? Buffer.from(pattern, "latin1") : pattern;
    if (wanted.length === 0) throw new RangeError("an empty pattern is everywhere");
    let searched = 0;
    return this.#ask(() => {
      const run = this.#front();
      if (run === null) return this.#end === null ? NOT_YET : null;
      const at = run.octets.indexOf(wanted, searched);
      if (at >= 0) return { ...this.#take(run, at + wanted.length), found: true };
      searched = Math.max(0, run.octets.length - wanted.length + 1);
      const isFull = run.octets.length >= this.#limit;
      if (this.#runs.length === 1 && this.#end === null && !isFull) return NOT_YET;
      const result = this.#take(run, run.octets.length);
      return { ...result, found: false, isCut: isFull };
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ReadResult, undefined> {
    for (let result = await this.available(); result !== null; result = await this.available()) {
      yield result;
    }
  }

  // --- between the two ---------------------------------------------------------------------------

  #addRun(position: number, gap: ReadGap | null): Run {
    const run = { position, gap, octets: new OctetBuffer() };
    this.#runs.push(run);
    return run;
  }

  /** The run that is read first; runs of which nothing is left are passed over. */
  #front(): Run | null {
    for (;;) {
      const [run] = this.#runs;
      if (run === undefined) return null;
      if (run.gap !== null || run.octets.length > 0) return run;
      this.#runs.shift();
    }
  }

  #take(run: Run, length: number): ReadResult {
    const { gap } = run;
    run.gap = null;
    const bytes = run.octets.copy(length);
    const position = gap === null ? this.#position : gap.position;
    if (gap !== null) this.#position = gap.position + gap.length;
    this.#drop(run, length);
    return { bytes, position, gaps: gap === null ? [] : [gap], isCut: false };
  }

  #drop(run: Run, length: number): void {
    run.octets.drop(length);
    this.#held -= length;
    this.#position += length;
    this.#front();
    if (!this.isOverfull) this.#relieve();
  }

  #relieve(): void {
    const tell = this.#onRelief;
    this.#onRelief = null;
    tell?.();
  }

  #ask<Answer>(attempt: () => Answer | typeof NOT_YET): Promise<Answer> {
    if (this.#request !== null) {
      throw new TypeError("a reader takes one call at a time: await the one before");
    }
    const answer = attempt();
    if (answer !== NOT_YET) return Promise.resolve(answer);
    return new Promise((resolve) => {
      this.#request = {
        attempt: () => {
          const later = attempt();
          if (later === NOT_YET) return false;
          resolve(later);
          return true;
        },
      };
    });
  }

  #attempt(): boolean {
    if (this.#request === null || !this.#request.attempt()) return false;
    this.#request = null;
    return true;
  }
}
