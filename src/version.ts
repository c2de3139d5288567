// The version of tcpx, from its package.json: one place for `--version`, the report and the library.

import { readFileSync } from "node:fs";

interface Manifest {
  readonly version: string;
}

function readVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as Manifest).version;
}

export const VERSION: string = readVersion();
