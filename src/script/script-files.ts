// The files that scripts write: inside the output directory and nowhere else. A name is a relative path
// without "..", no component of it may be a link, and the files of the run itself are out of reach.
// Made on first use in the run and emptied once; writes go to their positions (pwrite).

import * as fileSystem from "node:fs";

/** Files open at once, and files in all. */
const MOST_OPEN = 64;
const MOST_FILES = 100_000;
const LONGEST_NAME = 1024;

const { O_CREAT, O_RDWR } = fileSystem.constants;
// Windows has neither; there no link can be made without special rights.
const O_NOFOLLOW = fileSystem.constants.O_NOFOLLOW ?? 0;
const O_NONBLOCK = fileSystem.constants.O_NONBLOCK ?? 0;
const OPEN = O_RDWR | O_NOFOLLOW | O_NONBLOCK;

interface ScriptFile {
  readonly device: number;
  readonly inode: number;
  /** Where `append` goes on. */
  end: number;
}

/** Refused: the name, and why. A script that asks for it is detached from its flow. */
export class FileRefusedError extends Error {
  constructor(name: string, reason: string) {
    super(`${JSON.stringify(name.slice(0, 200))}: ${reason}`);
    this.name = "FileRefusedError";
  }
}

export class ScriptFiles {
  readonly #directory: string | null;
  readonly #isReserved: (name: string) => boolean;
  readonly #files = new Map<string, ScriptFile>();
  /** Descriptors by name, least recently used first. */
  readonly #open = new Map<string, number>();
  bytes = 0;

  /** `directory`: its real path; null where nothing is written. `isReserved`: names of the run's own files. */
  constructor(directory: string | null, isReserved: (name: string) => boolean) {
    this.#directory = directory;
    this.#isReserved = isReserved;
  }

  /** Files made so far. */
  get count(): number {
    return this.#files.size;
  }

  /** @throws FileRefusedError, or the error of the file system */
  write(name: string, seekPosition: number, bytes: Uint8Array, start: number, end: number): void {
    if (!Number.isSafeInteger(seekPosition) || seekPosition < 0) {
      throw new FileRefusedError(name, `${seekPosition} is no seek position`);
    }
    this.#checkName(name);
    if (this.#isReserved(name.toLowerCase())) {
      throw new FileRefusedError(name, "the name belongs to a file of the run itself");
    }
    this.#writeAt(name, seekPosition, bytes, start, end);
  }

  /** @throws as `write` */
  append(name: string, bytes: Uint8Array, start: number, end: number): void {
    this.write(name, this.#files.get(name)?.end ?? 0, bytes, start, end);
  }

  /** Appends to a file of the run's own (alerts.jsonl). */
  appendOwn(name: string, bytes: Uint8Array): void {
    this.#writeAt(name, this.#files.get(name)?.end ?? 0, bytes, 0, bytes.length);
  }

  close(): void {
    for (const descriptor of this.#open.values()) fileSystem.closeSync(descriptor);
    this.#open.clear();
  }

  #writeAt(name: string, position: number, bytes: Uint8Array, start: number, end: number): void {
    const descriptor = this.#descriptor(name);
    const file = this.#files.get(name)!;
    let at = start;
    while (at < end) {
      const count = fileSystem.writeSync(descriptor, bytes, at, end - at, position + (at - start));
      if (count === 0) throw new Error(`ENOSPC: ${name} took no octets`);
      at += count;
    }
    this.bytes += end - start;
    file.end = Math.max(file.end, position + (end - start));
  }

  #descriptor(name: string): number {
    const known = this.#open.get(name);
    if (known !== undefined) {
      this.#open.delete(name);
      this.#open.set(name, known);
      return known;
    }
    for (const [oldest, descriptor] of this.#open) {
      if (this.#open.size < MOST_OPEN) break;
      fileSystem.closeSync(descriptor);
      this.#open.delete(oldest);
    }
    const descriptor = this.#files.has(name) ? this.#reopen(name) : this.#create(name);
    this.#open.set(name, descriptor);
    return descriptor;
  }

  #create(name: string): number {
    if (this.#files.size >= MOST_FILES) {
      throw new FileRefusedError(
        name,
        `scripts have made ${MOST_FILES} files, the most there may be`,
      );
    }
    const path = this.#pathOf(name);
    this.#makeDirectories(name);
    const descriptor = openWithoutLinks(name, path, OPEN | O_CREAT);
    try {
      const { dev, ino, nlink } = regularFile(name, descriptor);
      if (nlink > 1) throw new FileRefusedError(name, "the file has another name, maybe elsewhere");
      this.#checkPlace(name, path);
      fileSystem.ftruncateSync(descriptor, 0);
      this.#files.set(name, { device: dev, inode: ino, end: 0 });
      return descriptor;
    } catch (error) {
      fileSystem.closeSync(descriptor);
      throw error;
    }
  }

  #reopen(name: string): number {
    const descriptor = openWithoutLinks(name, this.#pathOf(name), OPEN);
    const { dev, ino } = fileSystem.fstatSync(descriptor);
    const file = this.#files.get(name)!;
    if (dev === file.device && ino === file.inode) return descriptor;
    fileSystem.closeSync(descriptor);
    throw new FileRefusedError(name, "it was exchanged for something else during the run");
  }

  #pathOf(name: string): string {
    if (this.#directory === null) {
      throw new FileRefusedError(name, "there is no output directory: give -o DIR to write files");
    }
    return `${this.#directory}/${name}`;
  }

  #checkName(name: unknown): void {
    if (typeof name !== "string" || name === "") {
      throw new FileRefusedError(String(name), "a file name is a text that is not empty");
    }
    if (name.length > LONGEST_NAME) {
      throw new FileRefusedError(name, `longer than ${LONGEST_NAME} characters`);
    }
    // oxlint-disable-next-line no-control-regex
    if (/[\u0000-\u001f\u007f\\:]/.test(name)) {
      throw new FileRefusedError(name, "control characters, \\ and : may not be in a file name");
    }
    if (name.startsWith("/")) throw new FileRefusedError(name, "an absolute path");
    if (name.split("/").some((part) => part === "" || part === "." || part === "..")) {
      throw new FileRefusedError(name, "an empty part, . or .. in a path");
    }
  }

  #makeDirectories(name: string): void {
    const parts = name.split("/").slice(0, -1);
    let path = this.#directory!;
    for (const part of parts) {
      path = `${path}/${part}`;
      if (fileSystem.lstatSync(path, { throwIfNoEntry: false }) === undefined) {
        fileSystem.mkdirSync(path);
      }
      if (!fileSystem.lstatSync(path).isDirectory()) {
        throw new FileRefusedError(name, `${JSON.stringify(part)} is a link or no directory`);
      }
    }
  }

  /** After opening: no link among the directories, whatever happened between the looks. */
  #checkPlace(name: string, path: string): void {
    const parent = path.slice(0, path.lastIndexOf("/"));
    if (fileSystem.realpathSync(parent) !== parent) {
      throw new FileRefusedError(name, "a link leads out of the output directory");
    }
  }
}

function openWithoutLinks(name: string, path: string, flags: number): number {
  try {
    return fileSystem.openSync(path, flags, 0o666);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code === "ELOOP") throw new FileRefusedError(name, "it is a symbolic link");
    if (code === "EISDIR") throw new FileRefusedError(name, "it is a directory");
    throw error;
  }
}

function regularFile(name: string, descriptor: number): fileSystem.Stats {
  const stats = fileSystem.fstatSync(descriptor);
  if (!stats.isFile()) throw new FileRefusedError(name, "it is no regular file");
  return stats;
}
