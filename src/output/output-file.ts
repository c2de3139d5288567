// A single output file that the user named: made exclusively, no link followed, nothing overwritten but
// with `force` a regular file that is none of the inputs.

import { TcpxError } from "../errors.ts";
import type { FileSystem } from "./file-system.ts";
import { CREATE_TO_WRITE, errorCode, NEW_FILE_MODE } from "./file-system.ts";

/**
 * A descriptor of the new file. `inputs` are the paths that the run reads.
 * @throws TcpxError OUTPUT_EXISTS where something has the name (with `force`: something that is no
 * regular file); BAD_OPTION where it is an input; OUTPUT_NOT_WRITABLE
 */
export function createOutputFile(
  fileSystem: FileSystem,
  path: string,
  force: boolean,
  inputs: readonly string[],
): number {
  try {
    return fileSystem.openSync(path, CREATE_TO_WRITE, NEW_FILE_MODE);
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw notWritable(path, error);
  }
  try {
    const there = fileSystem.lstatSync(path);
    if (!there.isFile()) {
      throw exists(path, "a link, a directory or a device has this name; give another one");
    }
    if (inputs.some((input) => isSameFile(fileSystem, input, there))) {
      throw new TcpxError(
        "BAD_OPTION",
        `${path}: is read by this run and can't be its output too`,
        {
          file: path,
        },
      );
    }
    if (!force) throw exists(path, "the file is there already; give another name, or --force");
    fileSystem.unlinkSync(path);
    return fileSystem.openSync(path, CREATE_TO_WRITE, NEW_FILE_MODE);
  } catch (error) {
    if (error instanceof TcpxError) throw error;
    throw notWritable(path, error);
  }
}

function isSameFile(
  fileSystem: FileSystem,
  input: string,
  { dev, ino }: { readonly dev: number; readonly ino: number },
): boolean {
  if (input === "-") return false;
  try {
    const other = fileSystem.statSync(input);
    return other.dev === dev && other.ino === ino;
  } catch {
    return false;
  }
}

function exists(path: string, what: string): TcpxError {
  return new TcpxError("OUTPUT_EXISTS", `${path}: ${what}`, { file: path });
}

function notWritable(path: string, cause: unknown): TcpxError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TcpxError("OUTPUT_NOT_WRITABLE", `${path}: can't be written: ${reason}`, {
    file: path,
    cause,
  });
}
