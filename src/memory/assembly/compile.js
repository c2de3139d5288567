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

// Memory that threads share has to be declared as such: the same code, another import.
const SHARED = ["--enable", "threads", "--sharedMemory", "--maximumMemory", "65536"];

await mkdir(dirname(target), { recursive: true });
await writeFile(
  target,
  `// Made by src/memory/assembly/compile.js; not to be edited.

/** WebAssembly of the fast path, in Base64. */
export const FAST_PATH_BINARY: string =
  "${await compile([])}";
/** The same for memory that threads share. */
export const SHARED_FAST_PATH_BINARY: string =
  "${await compile(SHARED)}";
`,
);

async function compile(options) {
  let binary = null;
  const { error } = await main([source, "--outFile", "binary", ...OPTIONS, ...options], {
    stderr: process.stderr,
    writeFile: (_name, contents) => {
      binary = contents;
    },
  });
  if (error !== null) throw error;
  return Buffer.from(binary).toString("base64");
}
