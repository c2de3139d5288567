// Lines about a stream, in files beside its own: `FILE.gaps.jsonl`, `FILE.index.jsonl`,
// `FILE.conflicts.jsonl`. Each line is a JSON object that begins with `{"start":POSITION,`. Lines are
// gathered in memory up to a stated limit over all streams, then appended and the files closed again.

import { PART_SUFFIX, SIDE_SUFFIXES } from "./file-name.ts";
import type { SideKind } from "./file-name.ts";
import type { FileSystem } from "./file-system.ts";
import {
  APPEND,
  CREATE_TO_WRITE,
  NEW_FILE_MODE,
  READ_WITH_CARE,
  writeFully,
} from "./file-system.ts";
import { readLines } from "./read-lines.ts";
import type { OutputDirectory } from "./output-directory.ts";
import type { WriteFailure } from "./write-failure.ts";

const KINDS = Object.keys(SIDE_SUFFIXES) as readonly SideKind[];
/** Characters that may wait in memory, over all streams. */
const HELD_LIMIT = 4 * 1024 * 1024;
/** Characters rewritten at a time. */
const REWRITE_CHARACTERS = 1 << 20;

/** Positions in the lines before `line` are `shift` too low. */
interface Shift {
  readonly line: number;
  readonly shift: number;
}

interface SideFile {
  /** Below the output directory. */
  readonly path: string;
  text: string;
  /** Lines so far, those in `text` included. */
  lines: number;
  isMade: boolean;
  size: number;
  shifts: Shift[];
}

export class SideFiles {
  readonly #directory: OutputDirectory;
  readonly #fileSystem: FileSystem;
  readonly #failure: WriteFailure;
  readonly #pathOf: (stream: number) => string;
  /** By stream, then by kind. */
  readonly #files = new Map<number, Map<SideKind, SideFile>>();
  #held = 0;

  /** `pathOf` gives the path of a live stream's own file. */
  constructor(
    directory: OutputDirectory,
    failure: WriteFailure,
    pathOf: (stream: number) => string,
  ) {
    this.#directory = directory;
    this.#fileSystem = directory.fileSystem;
    this.#failure = failure;
    this.#pathOf = pathOf;
  }

  /** `line` is a JSON object that begins with its `start`, without a line end. */
  append(stream: number, kind: SideKind, line: string): void {
    let files = this.#files.get(stream);
    if (files === undefined) {
      files = new Map();
      this.#files.set(stream, files);
    }
    let file = files.get(kind);
    if (file === undefined) {
      const path = this.#pathOf(stream) + SIDE_SUFFIXES[kind];
      file = { path, text: "", lines: 0, isMade: false, size: 0, shifts: [] };
      files.set(kind, file);
    }
    file.text += `${line}\n`;
    file.lines++;
    this.#held += line.length + 1;
    if (this.#held > HELD_LIMIT) this.flush();
  }

  /** The stream's origin moved back: what its lines said so far is `shift` too low. */
  rebase(stream: number, shift: number): void {
    for (const file of this.#files.get(stream)?.values() ?? []) {
      const last = file.shifts.at(-1);
      if (last?.line === file.lines) {
        file.shifts[file.shifts.length - 1] = { line: file.lines, shift: last.shift + shift };
      } else file.shifts.push({ line: file.lines, shift });
    }
  }

  flush(): void {
    for (const files of this.#files.values()) {
      for (const file of files.values()) this.#write(file);
    }
    this.#held = 0;
  }

  /** The stream has ended: its lines are written, and nothing of it is kept. */
  end(stream: number): void {
    const files = this.#files.get(stream);
    if (files === undefined) return;
    for (const kind of KINDS) {
      const file = files.get(kind);
      if (file === undefined) continue;
      this.#held -= file.text.length;
      this.#write(file);
      if (file.shifts.length > 0) this.#rewrite(file);
    }
    this.#files.delete(stream);
  }

  #write(file: SideFile): void {
    if (file.text === "" || this.#failure.error !== null) return;
    const bytes = Buffer.from(file.text);
    file.text = "";
    this.#guard(file, () => {
      const flags = file.isMade ? APPEND : CREATE_TO_WRITE;
      const path = this.#directory.pathOf(file.path);
      const descriptor = this.#fileSystem.openSync(path, flags, NEW_FILE_MODE);
      file.isMade = true;
      try {
        writeFully(this.#fileSystem, descriptor, bytes, 0, bytes.length, file.size);
      } finally {
        this.#fileSystem.closeSync(descriptor);
      }
      file.size += bytes.length;
    });
  }

  /** Puts the positions right that were written before the origin moved, in a new file of the name. */
  #rewrite(file: SideFile): void {
    this.#guard(file, () => {
      const path = this.#directory.pathOf(file.path);
      const part = path + PART_SUFFIX;
      const source = this.#fileSystem.openSync(path, READ_WITH_CARE);
      const target = this.#fileSystem.openSync(part, CREATE_TO_WRITE, NEW_FILE_MODE);
      try {
        this.#copyShifted(file, source, target);
      } finally {
        this.#fileSystem.closeSync(source);
        this.#fileSystem.closeSync(target);
      }
      this.#fileSystem.renameSync(part, path);
    });
  }

  #copyShifted(file: SideFile, source: number, target: number): void {
    // Each line moves by all shifts that came after it.
    let shift = file.shifts.reduce((sum, step) => sum + step.shift, 0);
    let nextShift = 0;
    let number = 0;
    let text = "";
    let size = 0;
    const put = (): void => {
      const bytes = Buffer.from(text);
      writeFully(this.#fileSystem, target, bytes, 0, bytes.length, size);
      size += bytes.length;
      text = "";
    };
    for (const line of readLines(this.#fileSystem, source)) {
      while (nextShift < file.shifts.length && file.shifts[nextShift]!.line <= number) {
        shift -= file.shifts[nextShift]!.shift;
        nextShift++;
      }
      number++;
      text += `${shifted(line, shift)}\n`;
      if (text.length >= REWRITE_CHARACTERS) put();
    }
    put();
  }

  #guard(file: SideFile, action: () => void): void {
    if (this.#failure.error !== null) return;
    try {
      action();
    } catch (error) {
      this.#failure.record(file.path, file.size, error);
    }
  }
}

function shifted(line: string, shift: number): string {
  return line.replace(/^\{"start":(\d+)/u, (_, start) => `{"start":${Number(start) + shift}`);
}
