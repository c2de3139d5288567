// The directory that takes a run's files: made, or taken empty, or with `--force` freed of what an
// earlier run of tcpx left in it. Files that are not tcpx's, directories and links are never touched,
// and no link is followed out of it.
//
//     DIR/.tcpx-run            first: says how the others are named
//     DIR/000001-....c2s       streams, or DIR/000001/000001-....c2s with groups
//     DIR/flows.jsonl          a line a flow
//     DIR/report.json, .txt    last, by rename

import { TcpxError } from "../errors.ts";
import { loopTurn } from "../event-loop.ts";
import { baseName } from "../report/base-names.ts";
import { isRunFile, MANIFEST_NAME, readManifest, writeManifest } from "./directory-manifest.ts";
import { FileNaming } from "./file-name.ts";
import type { FileSystem } from "./file-system.ts";
import { errorCode, NODE_FILE_SYSTEM } from "./file-system.ts";

export interface OutputDirectoryOptions {
  /** Removes what an earlier run of tcpx left there. */
  readonly force?: boolean;
  /** How streams' files are named: `FileNaming`. */
  readonly template?: string;
  /** Flows a subdirectory; 0 for none. */
  readonly groupSize?: number;
  /** The run in some words, for the manifest: "extract a.pcap"; without paths and times. */
  readonly run?: string;
  readonly fileSystem?: FileSystem;
}

/** Entries handled before other events get their turn. */
const ENTRIES_A_TURN = 512;

export class OutputDirectory {
  /** The real path, links resolved when the run began. */
  readonly path: string;
  /** Base name as the user gave it: what a report may show. */
  readonly name: string;
  readonly naming: FileNaming;
  readonly fileSystem: FileSystem;
  readonly #device: number;
  readonly #inode: number;
  /** First flow numbers of the groups made. */
  readonly #groups = new Set<number>();

  private constructor(path: string, name: string, naming: FileNaming, fileSystem: FileSystem) {
    this.path = path;
    this.name = name;
    this.naming = naming;
    this.fileSystem = fileSystem;
    const { dev, ino } = fileSystem.statSync(path);
    this.#device = dev;
    this.#inode = ino;
  }

  /**
   * Makes the directory (its parents too) or frees it, and writes the manifest.
   * @throws TcpxError BAD_OPTION (template), OUTPUT_NOT_A_DIRECTORY, OUTPUT_NOT_EMPTY (something is in
   * it, or with `force`: something in the way of the run's files is not tcpx's), OUTPUT_NOT_WRITABLE
   */
  static async prepare(
    path: string,
    options: OutputDirectoryOptions = {},
  ): Promise<OutputDirectory> {
    const naming = new FileNaming(options.template, options.groupSize);
    const fileSystem = options.fileSystem ?? NODE_FILE_SYSTEM;
    const real = makeDirectory(fileSystem, path);
    try {
      const directory = new OutputDirectory(real, baseName(path), naming, fileSystem);
      if (options.force === true) await directory.#clear(path);
      else directory.#refuseUnlessEmpty(path);
      writeManifest(fileSystem, directory.pathOf(MANIFEST_NAME), options.run ?? "", naming);
      return directory;
    } catch (error) {
      if (error instanceof TcpxError) throw error;
      throw notWritable(path, error);
    }
  }

  /** The path of a file by its path below the directory. */
  pathOf(relative: string): string {
    return `${this.path}/${relative}`;
  }

  /**
   * Makes the subdirectory of a flow's files, if they have one and it isn't there.
   * @throws Error of the file system, or ENOTDIR where something else has the name or a link has
   * taken the directory's place
   */
  makeGroup(flow: number): void {
    const { groupSize } = this.naming;
    if (groupSize === 0) return;
    const first = flow - ((flow - 1) % groupSize);
    if (this.#groups.has(first)) return;
    const path = this.pathOf(this.naming.group(flow));
    this.checkIdentity();
    try {
      this.fileSystem.mkdirSync(path);
    } catch (error) {
      if (errorCode(error) !== "EEXIST") throw error;
    }
    if (!this.#isOwnDirectory(path)) {
      throw Object.assign(new Error(`ENOTDIR: ${path} is a link or no directory`), {
        code: "ENOTDIR",
      });
    }
    this.#groups.add(first);
  }

  /** @throws Error if another directory or a link has taken this one's place */
  checkIdentity(): void {
    const { dev, ino } = this.fileSystem.lstatSync(this.path);
    if (dev !== this.#device || ino !== this.#inode) {
      throw new Error(`${this.path} was exchanged for something else during the run`);
    }
  }

  #isOwnDirectory(path: string): boolean {
    return (
      this.fileSystem.lstatSync(path).isDirectory() && this.fileSystem.realpathSync(path) === path
    );
  }

  #refuseUnlessEmpty(given: string): void {
    const opened = this.fileSystem.opendirSync(this.path);
    const entry = opened.readSync();
    opened.closeSync();
    if (entry === null) return;
    throw new TcpxError(
      "OUTPUT_NOT_EMPTY",
      `${given}: the directory is not empty (it has ${JSON.stringify(entry.name)}); give another one, or ` +
        `--force to remove what an earlier run of tcpx left there`,
      { file: given },
    );
  }

  // --- with force --------------------------------------------------------------------------------

  async #clear(given: string): Promise<void> {
    const manifest = this.pathOf(MANIFEST_NAME);
    const earlier = readManifest(this.fileSystem, manifest);
    if (earlier === "foreign") throw inTheWay(given, MANIFEST_NAME);
    if (earlier !== "absent") {
      await this.#removeStreams(this.path, earlier, earlier.groupSize === 0);
      // Last: a run that is killed here leaves a manifest for what it did not get to.
      this.fileSystem.unlinkSync(manifest);
    }
    await this.#refuseCollisions(given);
  }

  /** Removes the earlier run's files in one directory; at the top also looks into its groups. */
  async #removeStreams(path: string, naming: FileNaming, hasStreams: boolean): Promise<void> {
    const isTop = path === this.path;
    const isLeftOver = (name: string): boolean =>
      (hasStreams && naming.isStreamName(name)) || (isTop && isRunFile(name));
    let removed: number;
    // Not every file system lists all entries while some are removed: once more, until none is left.
    do {
      removed = 0;
      for await (const name of this.#entries(path)) {
        const file = `${path}/${name}`;
        if (isLeftOver(name) && this.fileSystem.lstatSync(file).isFile()) {
          this.fileSystem.unlinkSync(file);
          removed++;
        }
      }
    } while (removed > 0);
    if (!isTop || naming.groupSize === 0) return;
    for await (const name of this.#entries(path)) {
      const group = `${path}/${name}`;
      if (naming.isGroupName(name) && this.#isOwnDirectory(group)) {
        await this.#removeStreams(group, naming, true);
      }
    }
  }

  /** What is left is not ours and stays; the run must not meet it by name. */
  async #refuseCollisions(given: string): Promise<void> {
    const { naming } = this;
    for await (const name of this.#entries(this.path)) {
      const lower = name.toLowerCase();
      if (isRunFile(lower) || lower === MANIFEST_NAME) throw inTheWay(given, name);
      if (naming.groupSize === 0) {
        if (naming.isStreamNameInAnyCase(name)) throw inTheWay(given, name);
      } else if (naming.isGroupName(name)) await this.#refuseCollisionsInGroup(given, name);
    }
  }

  async #refuseCollisionsInGroup(given: string, group: string): Promise<void> {
    const path = this.pathOf(group);
    if (!this.#isOwnDirectory(path)) throw inTheWay(given, group);
    for await (const name of this.#entries(path)) {
      if (this.naming.isStreamNameInAnyCase(name)) throw inTheWay(given, `${group}/${name}`);
    }
  }

  async *#entries(path: string): AsyncGenerator<string> {
    const opened = this.fileSystem.opendirSync(path);
    try {
      let count = 0;
      for (let entry = opened.readSync(); entry !== null; entry = opened.readSync()) {
        if (++count % ENTRIES_A_TURN === 0) await loopTurn();
        yield entry.name;
      }
    } finally {
      opened.closeSync();
    }
  }
}

/** The real path of the directory, made if it wasn't there. */
function makeDirectory(fileSystem: FileSystem, path: string): string {
  try {
    fileSystem.mkdirSync(path, { recursive: true });
    return fileSystem.realpathSync(path);
  } catch (error) {
    const code = errorCode(error);
    if (code === "EEXIST" || code === "ENOTDIR") {
      throw new TcpxError(
        "OUTPUT_NOT_A_DIRECTORY",
        `${path}: a directory is needed for the output, and this or a part of it is something else; give ` +
          `another one`,
        { file: path, cause: error },
      );
    }
    throw notWritable(path, error);
  }
}

function inTheWay(given: string, name: string): TcpxError {
  return new TcpxError(
    "OUTPUT_NOT_EMPTY",
    `${given}: ${JSON.stringify(name)} is in the way and was not left by a run of tcpx, so --force does not ` +
      `remove it; move it away or give another directory`,
    { file: given },
  );
}

function notWritable(path: string, cause: unknown): TcpxError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TcpxError("OUTPUT_NOT_WRITABLE", `${path}: can't be written: ${reason}`, {
    file: path,
    cause,
  });
}
