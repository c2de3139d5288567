// What is left to do with a stream's file after its last octet: to squeeze its gaps out (`--layout
// concat`) and to read it for its digest, where that could not be made on the way. One file after the
// other, by the thread pool, while the engine goes on.

import type { Gap } from "../report/flow-summary.ts";
import { SIDE_SUFFIXES } from "./file-name.ts";
import type { FileSystem } from "./file-system.ts";
import { errorCode, NOTHING_WRITTEN, READ_WITH_CARE, REOPEN } from "./file-system.ts";
import type { OutputDirectory } from "./output-directory.ts";
import { readLines } from "./read-lines.ts";
import type { WriteFailure } from "./write-failure.ts";

const BLOCK_BYTES = 256 * 1024;

export interface FinishingJob {
  /** Below the output directory. */
  readonly path: string;
  /** Gaps to squeeze out, in order of position; those of FILE.gaps.jsonl come on top. Null: none. */
  readonly gaps: readonly Gap[] | null;
  readonly needsDigest: boolean;
  /** Called at the end; the digest in hexadecimal, or null where none was asked for or it failed. */
  readonly done: (digest: string | null) => void;
}

type Range = Pick<Gap, "start" | "length">;

export class FileFinisher {
  readonly #directory: OutputDirectory;
  readonly #fileSystem: FileSystem;
  readonly #failure: WriteFailure;
  readonly #jobs: FinishingJob[] = [];
  readonly #block = Buffer.alloc(BLOCK_BYTES);
  #isRunning = false;
  #end: Promise<void> = Promise.resolve();

  constructor(directory: OutputDirectory, failure: WriteFailure) {
    this.#directory = directory;
    this.#fileSystem = directory.fileSystem;
    this.#failure = failure;
  }

  /** Jobs not done. */
  get pending(): number {
    return this.#jobs.length;
  }

  add(job: FinishingJob): void {
    this.#jobs.push(job);
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#end = this.#run();
  }

  /** Resolves when no job is left; never rejects. */
  async idle(): Promise<void> {
    while (this.#isRunning) await this.#end;
  }

  async #run(): Promise<void> {
    while (this.#jobs.length > 0) {
      const job = this.#jobs[0]!;
      const digest = this.#failure.error === null ? await this.#finish(job) : null;
      this.#jobs.shift();
      job.done(digest);
    }
    this.#isRunning = false;
  }

  async #finish(job: FinishingJob): Promise<string | null> {
    try {
      const descriptor = this.#fileSystem.openSync(this.#directory.pathOf(job.path), REOPEN);
      try {
        if (job.gaps !== null) await this.#squeeze(job.path, descriptor, job.gaps);
        return job.needsDigest ? await this.#digest(descriptor) : null;
      } finally {
        this.#fileSystem.closeSync(descriptor);
      }
    } catch (error) {
      this.#failure.record(job.path, 0, error);
      return null;
    }
  }

  /** Moves what is between gaps down, from the first gap on, and cuts off what is left over. */
  async #squeeze(path: string, descriptor: number, listed: readonly Gap[]): Promise<void> {
    let to = 0;
    let from = 0;
    for (const { start, length } of inOrder(listed, this.#spilledGaps(path))) {
      to = await this.#moveDown(descriptor, from, start, to);
      from = start + length;
    }
    to = await this.#moveDown(descriptor, from, Infinity, to);
    this.#fileSystem.ftruncateSync(descriptor, to);
  }

  /** Moves [from, end) of the file to `to`, as far as it goes; returns the place behind it. */
  async #moveDown(descriptor: number, from: number, end: number, to: number): Promise<number> {
    if (from === to && end !== Infinity) return end;
    while (from < end) {
      const length = await this.#read(descriptor, Math.min(BLOCK_BYTES, end - from), from);
      if (length === 0) break;
      if (from !== to) await this.#write(descriptor, length, to);
      from += length;
      to += length;
    }
    return to;
  }

  *#spilledGaps(path: string): Generator<Range> {
    let descriptor: number;
    try {
      const file = this.#directory.pathOf(path + SIDE_SUFFIXES.gaps);
      descriptor = this.#fileSystem.openSync(file, READ_WITH_CARE);
    } catch (error) {
      if (errorCode(error) === "ENOENT") return;
      throw error;
    }
    try {
      for (const line of readLines(this.#fileSystem, descriptor)) yield JSON.parse(line) as Range;
    } finally {
      this.#fileSystem.closeSync(descriptor);
    }
  }

  async #digest(descriptor: number): Promise<string> {
    const hash = process.getBuiltinModule("node:crypto").createHash("sha256");
    for (let offset = 0; ;) {
      const length = await this.#read(descriptor, BLOCK_BYTES, offset);
      if (length === 0) return hash.digest("hex");
      hash.update(this.#block.subarray(0, length));
      offset += length;
    }
  }

  #read(descriptor: number, length: number, offset: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#fileSystem.read(descriptor, this.#block, 0, length, offset, (error, count) => {
        if (error === null) resolve(count);
        else reject(error);
      });
    });
  }

  async #write(descriptor: number, length: number, offset: number): Promise<void> {
    for (let done = 0; done < length;) {
      const count = await new Promise<number>((resolve, reject) => {
        this.#fileSystem.write(
          descriptor,
          this.#block,
          done,
          length - done,
          offset + done,
          (error, written) => {
            if (error === null) resolve(written);
            else reject(error);
          },
        );
      });
      if (count === 0) throw new Error(NOTHING_WRITTEN);
      done += count;
    }
  }
}

/** Two lists, each in order of position, as one. */
function* inOrder(one: Iterable<Range>, other: Iterable<Range>): Generator<Range> {
  const others = other[Symbol.iterator]();
  let next = others.next();
  for (const range of one) {
    while (next.done !== true && next.value.start < range.start) {
      yield next.value;
      next = others.next();
    }
    yield range;
  }
  while (next.done !== true) {
    yield next.value;
    next = others.next();
  }
}
