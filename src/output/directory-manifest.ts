// `.tcpx-run`, the first file of an output directory: names the run and how its files are named, so that
// a later run with `--force` knows what to remove, also after a run that was killed. It may have been
// made by anybody: nothing of it is used but a template, and that only after our own parser took it.

import { FileNaming, PART_SUFFIX } from "./file-name.ts";
import type { FileSystem } from "./file-system.ts";
import {
  CREATE_TO_WRITE,
  errorCode,
  NEW_FILE_MODE,
  READ_WITH_CARE,
  readFully,
  writeFully,
} from "./file-system.ts";

export const MANIFEST_NAME = ".tcpx-run";
const MANIFEST_SCHEMA = "tcpx.run/1";
/** Ours have some 200 octets; whatever is longer isn't ours. */
const MAX_MANIFEST_BYTES = 4096;

/** Files of a run besides those of the streams. */
export const RUN_FILES = ["flows.jsonl", "report.json", "report.txt", "alerts.jsonl"] as const;

/** True for the name of a file that every run may make, temporary names included. */
export function isRunFile(name: string): boolean {
  const whole = name.endsWith(PART_SUFFIX) ? name.slice(0, -PART_SUFFIX.length) : name;
  return RUN_FILES.some((file) => file === whole);
}

/** `run` describes the run in some words, without paths: "extract a.pcap". */
export function writeManifest(
  fileSystem: FileSystem,
  path: string,
  run: string,
  naming: FileNaming,
): void {
  const manifest = {
    schema: MANIFEST_SCHEMA,
    run: run.slice(0, 1000),
    names: { template: naming.template, group: naming.groupSize },
  };
  const bytes = Buffer.from(`${JSON.stringify(manifest)}\n`);
  const descriptor = fileSystem.openSync(path, CREATE_TO_WRITE, NEW_FILE_MODE);
  try {
    writeFully(fileSystem, descriptor, bytes, 0, bytes.length, 0);
  } finally {
    fileSystem.closeSync(descriptor);
  }
}

/**
 * How the run that left this manifest named its files. "absent" where there is none; "foreign" for
 * anything that tcpx would not have written: a link, a FIFO, a long file, an unknown template.
 */
export function readManifest(
  fileSystem: FileSystem,
  path: string,
): FileNaming | "absent" | "foreign" {
  let descriptor: number;
  try {
    descriptor = fileSystem.openSync(path, READ_WITH_CARE);
  } catch (error) {
    return errorCode(error) === "ENOENT" ? "absent" : "foreign";
  }
  try {
    if (!fileSystem.fstatSync(descriptor).isFile()) return "foreign";
    const bytes = Buffer.alloc(MAX_MANIFEST_BYTES + 1);
    const length = readFully(fileSystem, descriptor, bytes, bytes.length, 0);
    if (length > MAX_MANIFEST_BYTES) return "foreign";
    // A run that was killed before its first octet.
    if (length === 0) return new FileNaming();
    return namingOf(JSON.parse(bytes.toString("utf8", 0, length)));
  } catch {
    return "foreign";
  } finally {
    fileSystem.closeSync(descriptor);
  }
}

/** @throws TcpxError BAD_OPTION from the template's parser */
function namingOf(manifest: unknown): FileNaming | "foreign" {
  if (!isRecord(manifest) || manifest["schema"] !== MANIFEST_SCHEMA) return "foreign";
  const names = manifest["names"];
  if (!isRecord(names)) return "foreign";
  const { template, group } = names;
  if (typeof template !== "string" || typeof group !== "number") return "foreign";
  return new FileNaming(template, group);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
