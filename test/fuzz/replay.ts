// Runs one written case again.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readCase } from "./fuzz-case.ts";
import { runCase } from "./run-case.ts";

/** @throws Error what the case shows, if it still does */
export async function replay(path: string): Promise<string> {
  const scratch = mkdtempSync(join(tmpdir(), "tcpx-fuzz-"));
  try {
    const { packets, features } = await runCase(readCase(path), scratch);
    return `${packets} packets, nothing wrong; ${features.join(", ")}`;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
