// Generated captures, kept between runs: a capture and its manifest side by side, named by kind, size and
// generator version. A file that stands under its name is whole: it was written under another and renamed.

import { spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { GENERATOR_VERSION, writeCapture } from "./generate.js";

/** For example `bulk-bytes850000000-v1`. */
export function captureName(kind, sizes) {
  const numbers = Object.entries(sizes).map(([name, value]) => `-${name}${value}`);
  return `${kind}${numbers.join("")}-v${GENERATOR_VERSION}`;
}

/**
 * Finds or makes a capture. Returns `{ path, manifest }`; calls `onMake(name)` before it makes one.
 * @param {(name: string) => void} [onMake]
 */
export function provideCapture(directory, kind, sizes, onMake = () => {}) {
  const name = captureName(kind, sizes);
  const path = join(directory, `${name}.pcap`);
  const manifestPath = join(directory, `${name}.json`);
  if (!existsSync(path) || !existsSync(manifestPath)) {
    onMake(name);
    mkdirSync(directory, { recursive: true });
    makeWhole(path, (unfinished) => {
      const manifest = writeCapture(unfinished, kind, sizes);
      writeFileSync(manifestPath, JSON.stringify(manifest));
    });
  }
  return { path, manifest: JSON.parse(readFileSync(manifestPath, "utf8")) };
}

/**
 * The same capture compressed by gzip, kept beside it; calls `onMake` as `provideCapture` does.
 * @param {(name: string) => void} [onMake]
 */
export function provideCompressed({ path: plain, manifest }, onMake = () => {}) {
  const path = `${plain}.gz`;
  if (!existsSync(path)) {
    onMake(basename(path));
    makeWhole(path, (unfinished) => {
      const target = openSync(unfinished, "w");
      const { status, error } = spawnSync("gzip", ["-1", "-c", plain], {
        stdio: ["ignore", target, "inherit"],
      });
      closeSync(target);
      if (status !== 0) throw error ?? new Error(`gzip ended with ${status}`);
    });
  }
  return { path, manifest };
}

/** `make` writes a file under the name it is given; it gets its own when it is whole. */
function makeWhole(path, make) {
  const unfinished = `${path}.${process.pid}.partial`;
  try {
    make(unfinished);
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}
