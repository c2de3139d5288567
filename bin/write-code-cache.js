// Part of the build: runs the program on a few samples and keeps what V8 compiled (load-program.js).

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { main } from "../dist/main.js";
import { loadProgram, writeCodeCache } from "./load-program.js";

const SAMPLES = ["loss/loss.pcap", "http-ipv4/http-ipv4.pcap"];
const captures = SAMPLES.map((path) =>
  fileURLToPath(new URL(`../samples/${path}`, import.meta.url)),
);

const directory = mkdtempSync(join(tmpdir(), "tcpx-build-"));
let program = null;
// Once: what is kept is what one script has compiled.
const loader = { loadProgram: () => (program ??= loadProgram()) };
try {
  for (const words of [["stats"], ["extract", "-o", join(directory, "out")]]) {
    const exitCode = await main([...words, ...captures], () => loader);
    if (exitCode !== 0) throw new Error(`tcpx ${words.join(" ")}: exit code ${exitCode}`);
  }
  writeCodeCache();
} finally {
  rmSync(directory, { recursive: true, force: true });
}
