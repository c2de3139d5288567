// Stands for the run's own thread: does each command late, at some later look at it, often after a few others, and
// has room for only a few. `seed` makes it repeat.

import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { CREATE_TO_WRITE, NEW_FILE_MODE } from "../../src/output/file-system.ts";
import type {
  CommandDone,
  FileCommands,
  OctetsToWrite,
} from "../../src/output/thread/file-thread.ts";

interface Command {
  readonly run: () => void;
  readonly done: CommandDone;
  isDone: boolean;
  count: number;
  error: Error | null;
  isMade: boolean;
}

export class LazyThread implements FileCommands {
  readonly #memory: Uint8Array;
  readonly #room: number;
  readonly #commands: Command[] = [];
  #state: number;
  #told = 0;

  /** `memory`: what indexes count in. */
  constructor(memory: Uint8Array, room: number, seed: number) {
    this.#memory = memory;
    this.#room = room;
    this.#state = seed;
  }

  get isFull(): boolean {
    return this.#commands.length - this.#told >= this.#room;
  }

  write(descriptor: number, octets: OctetsToWrite, done: CommandDone): number {
    return this.#add(done, (command) => {
      command.isMade = false;
      command.count = this.#write(descriptor, octets);
    });
  }

  writeFile(path: string, octets: OctetsToWrite, size: number, done: CommandDone): number | null {
    if (this.#random(9) === 0) return null;
    const fails = this.#random(9) === 0;
    return this.#add(done, (command) => {
      if (fails) throw new Error("not now");
      this.#make(command, path, octets, size);
    });
  }

  /** Makes a file and fails then; makes none without a path. */
  fail(path: string, octets: OctetsToWrite, done: CommandDone): number {
    return this.#add(done, (command) => {
      if (path === "") throw new Error("not now");
      this.#make(command, path, octets, 0);
      throw new Error("not all of it");
    });
  }

  poll(): void {
    const commands = this.#commands;
    while (this.#told < commands.length) {
      const command = commands[this.#told]!;
      if (!command.isDone && this.#random(3) > 0) return;
      this.waitFor(this.#told);
      this.#told++;
      command.done(command.count, command.error, command.isMade);
    }
  }

  waitFor(number: number): void {
    for (const command of this.#commands.slice(0, number + 1)) {
      if (command.isDone) continue;
      command.isDone = true;
      try {
        command.run();
      } catch (error) {
        command.error = error as Error;
      }
    }
  }

  hasMadeFile(number: number): boolean {
    return this.#commands[number]!.isMade;
  }

  async progress(): Promise<void> {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    this.poll();
  }

  #add(done: CommandDone, run: (command: Command) => void): number {
    if (this.isFull) throw new Error("a command too many");
    const command: Command = {
      run: () => run(command),
      done,
      isDone: false,
      count: 0,
      error: null,
      isMade: false,
    };
    return this.#commands.push(command) - 1;
  }

  #make(command: Command, path: string, octets: OctetsToWrite, size: number): void {
    const descriptor = openSync(path, CREATE_TO_WRITE, NEW_FILE_MODE);
    command.isMade = true;
    command.count = this.#write(descriptor, octets);
    if (size > octets.position + octets.length) ftruncateSync(descriptor, size);
    closeSync(descriptor);
  }

  #write(descriptor: number, { at, length, position }: OctetsToWrite): number {
    return writeSync(descriptor, this.#memory, at, length, position);
  }

  #random(limit: number): number {
    this.#state = (Math.imul(this.#state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (this.#state >> 8) % limit;
  }
}
