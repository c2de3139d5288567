// Many files that grow at their ends: what is appended is gathered in memory up to a stated limit over
// all of them, then written, each file opened for the moment. So any number of files needs one
// descriptor, and the first error of the disk ends all writing.

import type { FileSystem } from "./file-system.ts";
import { APPEND, CREATE_TO_WRITE, NEW_FILE_MODE, writeFully } from "./file-system.ts";
import type { OutputDirectory } from "./output-directory.ts";
import { WriteFailure } from "./write-failure.ts";

/** Octets that may wait in memory, over all files. */
const HELD_LIMIT = 32 * 1024 * 1024;
/** What a piece costs besides its octets. */
const PIECE_OVERHEAD = 128;

interface GrowingFile {
  /** Below the output directory. */
  readonly path: string;
  /** Its octets that wait are `pieces`, in order. */
  pieces: Uint8Array[];
  isMade: boolean;
  size: number;
}

export class AppendFiles {
  /** Files made and octets written so far. */
  made = 0;
  bytes = 0;
  readonly failure = new WriteFailure();
  readonly #directory: OutputDirectory;
  readonly #fileSystem: FileSystem;
  readonly #heldLimit: number;
  /** By flow number. */
  readonly #files = new Map<number, GrowingFile>();
  #held = 0;

  constructor(directory: OutputDirectory, heldLimit: number = HELD_LIMIT) {
    this.#directory = directory;
    this.#fileSystem = directory.fileSystem;
    this.#heldLimit = heldLimit;
  }

  /** The flow's file is to be made at the path below the directory, once there is something in it. */
  begin(flow: number, path: string): void {
    this.#files.set(flow, { path, pieces: [], isMade: false, size: 0 });
  }

  /** Appends octets to the flow's file, which was begun; they are kept, not copied. */
  append(flow: number, octets: Uint8Array): void {
    if (this.failure.error !== null || octets.length === 0) return;
    this.#files.get(flow)!.pieces.push(octets);
    this.#held += octets.length + PIECE_OVERHEAD;
    if (this.#held >= this.#heldLimit) this.flush();
  }

  /** Writes all that waits. */
  flush(): void {
    for (const [flow, file] of this.#files) if (file.pieces.length > 0) this.#write(flow, file);
    this.#held = 0;
  }

  /** The flow's file is whole: it is written, and nothing of it is kept. */
  end(flow: number): void {
    const file = this.#files.get(flow);
    if (file === undefined) return;
    this.#files.delete(flow);
    for (const piece of file.pieces) this.#held -= piece.length + PIECE_OVERHEAD;
    if (file.pieces.length > 0) this.#write(flow, file);
  }

  /** All files are whole. */
  endAll(): void {
    for (const flow of this.#files.keys()) this.end(flow);
  }

  #write(flow: number, file: GrowingFile): void {
    const bytes = file.pieces.length === 1 ? file.pieces[0]! : Buffer.concat(file.pieces);
    file.pieces = [];
    if (this.failure.error !== null) return;
    try {
      if (!file.isMade) this.#directory.makeGroup(flow);
      const flags = file.isMade ? APPEND : CREATE_TO_WRITE;
      const path = this.#directory.pathOf(file.path);
      const descriptor = this.#fileSystem.openSync(path, flags, NEW_FILE_MODE);
      if (!file.isMade) this.made++;
      file.isMade = true;
      try {
        writeFully(this.#fileSystem, descriptor, bytes, 0, bytes.length, file.size);
      } finally {
        this.#fileSystem.closeSync(descriptor);
      }
      file.size += bytes.length;
      this.bytes += bytes.length;
    } catch (error) {
      this.failure.record(file.path, file.size, error);
    }
  }
}
