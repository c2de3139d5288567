// Compiles the fast path to a module of TypeScript that holds the WebAssembly as text, so that loading it is
// loading a module. Part of `npm run build`.

import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { main } from "assemblyscript/asc";

const source = fileURLToPath(new URL("index.ts", import.meta.url));
const target = fileURLToPath(new URL("../generated/fast-path-binary.ts", import.meta.url));
const OPTIONS = [
  "-O3",
  "--converge",
  // No objects and no strings are made in there: no memory management, no `abort`.
  "--runtime",
  "stub",
  "--use",
  "abort=",
  "--enable",
  "simd",
  "--importMemory",
  "--noExportMemory",
];

let binary = null;
const { error } = await main([source, "--outFile", "binary", ...OPTIONS], {
  stderr: process.stderr,
  writeFile: (_name, contents) => {
    binary = contents;
  },
});
if (error !== null) throw error;
await mkdir(dirname(target), { recursive: true });
await writeFile(
  target,
  `// Made by src/memory/assembly/compile.js; not to be edited.

/** WebAssembly of the fast path, in Base64. */
export const FAST_PATH_BINARY: string =
  "${Buffer.from(binary).toString("base64")}";
`,
);
