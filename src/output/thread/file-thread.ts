// A thread of the run's own that writes files, for runs that have much of that to do. It works on the run's memory,
// which both share: nothing is copied, and to ask for something is to put a command into a ring. Node's thread pool
// can do most of it as well, but each request wakes a thread, which on some machines costs more than to write a
// mebibyte; and it has no way to open, write and close a file in one go.
//
// Commands are done in order. What came of them is told when the run asks (`poll`), never in between.

import type { Worker } from "node:worker_threads";
import type { OctetMemory } from "../../memory/octet-memory.ts";
import * as Ring from "./command-ring.ts";
import { CommandRing, Kind, Outcome } from "./command-ring.ts";
import { executeCommand } from "./execute-command.ts";
import { WORKER_SOURCE } from "./generated/worker-source.ts";

/** What the thread is given at its start. */
export interface ThreadData {
  readonly memory: SharedArrayBuffer;
  /** Where the ring begins. */
  readonly at: number;
}

/** A sleeping thread is woken once so many commands, or so many octets, wait: waking costs the run tens of microseconds. */
const WAKE_COMMANDS = 16;
const WAKE_BYTES = 512 * 1024;
/** Longest sleep of the run before it looks again whether the thread is still there. Milliseconds. */
const LONGEST_SLEEP = 100;
/** The thread's own heap, mebibytes: it holds next to nothing, and collects that often. */
const HEAP = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 64 };

/**
 * `error` of what failed, `count` octets were written all the same; `isMade` false if no file was made, so that
 * it may be tried again.
 */
export type CommandDone = (count: number, error: Error | null, isMade: boolean) => void;

/** Octets `[at, at + length)` of the memory, and where in the file they go. */
export interface OctetsToWrite {
  readonly at: number;
  readonly length: number;
  readonly position: number;
}

/** What the output asks of a thread. */
export interface FileCommands {
  readonly isFull: boolean;
  readonly write: (descriptor: number, octets: OctetsToWrite, done: CommandDone) => number;
  readonly writeFile: (
    path: string,
    octets: OctetsToWrite,
    size: number,
    done: CommandDone,
  ) => number | null;
  readonly poll: () => void;
  readonly waitFor: (number: number) => void;
  readonly hasMadeFile: (number: number) => boolean;
  readonly progress: () => Promise<void>;
}

export class FileThread implements FileCommands {
  readonly #worker: Worker;
  readonly #ring: CommandRing;
  readonly #header: Int32Array;
  readonly #callbacks: (CommandDone | null)[] = Array.from({ length: Ring.COMMANDS }, () => null);
  /** Numbers of the next command and of the next one to be told of. */
  #submitted = 0;
  #told = 0;
  /** Put in since the thread was last seen awake. */
  #sleptCommands = 0;
  #sleptBytes = 0;
  #isLost = false;

  private constructor(worker: Worker, ring: CommandRing) {
    this.#worker = worker;
    this.#ring = ring;
    this.#header = ring.header;
    worker.on("error", () => this.#lose());
    worker.on("exit", () => this.#lose());
    // The process need not wait for it but where it waits for what is written.
    worker.unref();
  }

  /**
   * Null where the memory is not shared, has no room for the ring, or no thread can be had. `source`: its script, other
   * than WORKER_SOURCE in tests.
   */
  static start(memory: OctetMemory, source: string = WORKER_SOURCE): FileThread | null {
    const { buffer } = memory;
    if (!(buffer instanceof SharedArrayBuffer)) return null;
    const room = memory.uint8(Ring.RING_BYTES);
    if (room === null) return null;
    const at = room.byteOffset;
    try {
      const workerData: ThreadData = { memory: buffer, at };
      const options = { eval: true, workerData, execArgv: [], resourceLimits: HEAP };
      // Loading that module takes milliseconds, and most runs do without.
      const { Worker } = process.getBuiltinModule("node:worker_threads");
      const worker = new Worker(source, { ...options, trackUnmanagedFds: false });
      return new FileThread(worker, new CommandRing(buffer, at));
    } catch {
      return null;
    }
  }

  /** Commands not told of yet. */
  get pending(): number {
    return (this.#submitted - this.#told) | 0;
  }

  /** No command may be put in before some are told of; there is always room for the last one. */
  get isFull(): boolean {
    return this.pending >= Ring.COMMANDS - 1;
  }

  /** Octets to a file that is open. Returns the command's number. */
  write(descriptor: number, octets: OctetsToWrite, done: CommandDone): number {
    this.#fill(Kind.WRITE, octets);
    this.#ring.setWord(this.#slot, Ring.DESCRIPTOR, descriptor);
    return this.#submit(octets.length, done);
  }

  /** Makes a file of octets, `size` octets at least; null if its path is too long for the ring. */
  writeFile(path: string, octets: OctetsToWrite, size: number, done: CommandDone): number | null {
    if (!this.#ring.setText(this.#slot, path)) return null;
    this.#fill(Kind.WRITE_FILE, octets);
    this.#ring.setFloat(this.#slot, Ring.SIZE, size);
    return this.#submit(octets.length, done);
  }

  /** Calls back for what is done. */
  poll(): void {
    if (this.#isLost) this.#doAll();
    // Who is called back may ask as well: the count is looked at each time.
    while (this.#told !== Atomics.load(this.#header, Ring.DONE)) this.#tell();
  }

  /** Blocks until the command is done. Nobody is called back: that is for `poll`. */
  waitFor(number: number): void {
    this.#wake();
    while (!this.#isDone(number) && !this.#isLost) {
      const done = this.#beginWaiting();
      if (!this.#isDone(number)) Atomics.wait(this.#header, Ring.DONE, done, LONGEST_SLEEP);
      Atomics.store(this.#header, Ring.WAITS, 0);
    }
    if (this.#isLost) this.#doAll();
  }

  /** True if the command, done but not told of, made a file. */
  hasMadeFile(number: number): boolean {
    return this.#ring.word(this.#ring.slotOf(number), Ring.OUTCOME) !== Outcome.FAILED;
  }

  /** Resolves when something more is done, soon at any rate, and calls back for it. */
  async progress(): Promise<void> {
    this.#wake();
    const done = this.#beginWaiting();
    if (done === this.#told && !this.#isLost) {
      const { value } = Atomics.waitAsync(this.#header, Ring.DONE, done, LONGEST_SLEEP);
      this.#worker.ref();
      await value;
      this.#worker.unref();
    }
    Atomics.store(this.#header, Ring.WAITS, 0);
    this.poll();
  }

  /** Lets the thread end when it has done what is pending, of which nobody is told. */
  close(): void {
    if (this.#isLost) return;
    this.#worker.removeAllListeners();
    this.#ring.setWord(this.#slot, Ring.KIND, Kind.END);
    this.#submit(0, () => {});
    this.#wake();
  }

  /** Of the next command. */
  get #slot(): number {
    return this.#ring.slotOf(this.#submitted);
  }

  #fill(kind: number, { at, length, position }: OctetsToWrite): void {
    const ring = this.#ring;
    const slot = this.#slot;
    ring.setWord(slot, Ring.KIND, kind);
    ring.setWord(slot, Ring.AT, at);
    ring.setWord(slot, Ring.LENGTH, length);
    ring.setFloat(slot, Ring.POSITION, position);
  }

  #submit(length: number, done: CommandDone): number {
    const number = this.#submitted;
    this.#callbacks[this.#slot] = done;
    this.#submitted = (number + 1) | 0;
    Atomics.store(this.#header, Ring.SUBMITTED, this.#submitted);
    if (Atomics.load(this.#header, Ring.SLEEPS) === 0) {
      this.#sleptCommands = 0;
      this.#sleptBytes = 0;
    } else {
      this.#sleptCommands++;
      this.#sleptBytes += length;
      if (this.#sleptCommands >= WAKE_COMMANDS || this.#sleptBytes >= WAKE_BYTES) this.#wake();
    }
    return number;
  }

  #wake(): void {
    this.#sleptCommands = 0;
    this.#sleptBytes = 0;
    if (Atomics.load(this.#header, Ring.SLEEPS) !== 0) Atomics.notify(this.#header, Ring.SUBMITTED);
  }

  #isDone(number: number): boolean {
    const done = Atomics.load(this.#header, Ring.DONE);
    return ((done - number) | 0) > 0;
  }

  /** The count of what is done, a change of which wakes the run from now on. */
  #beginWaiting(): number {
    Atomics.store(this.#header, Ring.WAITS, 1);
    return Atomics.load(this.#header, Ring.DONE);
  }

  #tell(): void {
    const ring = this.#ring;
    const slot = ring.slotOf(this.#told);
    const callback = this.#callbacks[slot]!;
    const outcome = ring.word(slot, Ring.OUTCOME);
    const error = outcome === Outcome.DONE ? null : new Error(ring.text(slot));
    const count = ring.word(slot, Ring.RESULT);
    this.#callbacks[slot] = null;
    this.#told = (this.#told + 1) | 0;
    callback(count, error, outcome !== Outcome.FAILED);
  }

  /** The thread is no more, which nobody foresaw: the run does what is left itself. */
  #lose(): void {
    this.#isLost = true;
  }

  #doAll(): void {
    const header = this.#header;
    for (;;) {
      const done = Atomics.load(header, Ring.DONE);
      if (done === this.#submitted) return;
      executeCommand(this.#ring, this.#ring.slotOf(done));
      Atomics.store(header, Ring.DONE, (done + 1) | 0);
    }
  }
}
