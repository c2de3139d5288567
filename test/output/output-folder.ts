// Folders for tests, and disks that misbehave.

import * as nodeFileSystem from "node:fs";
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { FileSystem } from "../../src/output/file-system.ts";

const made: string[] = [];

afterAll(() => {
  for (const path of made) rmSync(path, { recursive: true, force: true });
  made.length = 0;
});

/** A new empty folder, removed after the test file. */
export function newFolder(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "tcpx-output-")));
  made.push(path);
  return path;
}

/** Every file below a folder, by its path with `/`: its content. */
export function treeOf(folder: string): Map<string, Buffer> {
  const tree = new Map<string, Buffer>();
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  for (const name of names.toSorted()) {
    const path = join(folder, name);
    if (statSync(path).isFile()) tree.set(name.replaceAll("\\", "/"), readFileSync(path));
  }
  return tree;
}

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: as the test wants it`), { code });
}

/**
 * A disk whose asynchronous writes come back late, in another order, and often with only a part
 * written. `seed` makes it repeat.
 */
export function lazyFileSystem(seed: number): FileSystem {
  let state = seed;
  const random = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >> 8) % limit;
  };
  const later = (action: () => void): void => {
    const turns = random(12);
    const wait = (left: number): void => {
      if (left === 0) action();
      else setImmediate(() => wait(left - 1));
    };
    setImmediate(() => wait(turns));
  };
  const part = (length: number): number => (random(3) === 0 ? 1 + random(length) : length);
  const write = (
    descriptor: number,
    bytes: Buffer,
    start: number,
    length: number,
    position: number,
    done: (error: Error | null, written: number, bytes: Buffer) => void,
  ): void => {
    const count = part(length);
    // what is on its way may be read at any time until it is done: some now, some then
    const now = random(count + 1);
    nodeFileSystem.writeSync(descriptor, bytes, start, now, position);
    later(() => {
      nodeFileSystem.writeSync(descriptor, bytes, start + now, count - now, position + now);
      done(null, count, bytes);
    });
  };
  const writev = (
    descriptor: number,
    views: Buffer[],
    position: number,
    done: (error: Error | null, written: number, views: Buffer[]) => void,
  ): void => {
    const length = views.reduce((sum, view) => sum + view.length, 0);
    const count = part(length);
    later(() => {
      nodeFileSystem.writeSync(descriptor, Buffer.concat(views), 0, count, position);
      done(null, count, views);
    });
  };
  return { ...nodeFileSystem, write, writev } as unknown as FileSystem;
}
