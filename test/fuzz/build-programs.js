// TypeScript of the checkout as it is -> JavaScript that this Node runs, in a directory of its own.

import { copyFileSync, mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";

const root = join(import.meta.dirname, "../..");

/** Where a bare import is found from: inside the checkout, never committed. The caller removes it. */
export function buildDirectory() {
  const parent = join(root, "node_modules/.cache");
  mkdirSync(parent, { recursive: true });
  return mkdtempSync(join(parent, "tcpx-fuzz-"));
}

/** `names`: modules of this folder; each becomes `built/NAME.mjs` in the directory. */
export async function buildPrograms(directory, names) {
  const bundle = await rolldown({
    input: Object.fromEntries(names.map((name) => [name, join(import.meta.dirname, `${name}.ts`)])),
    platform: "node",
    external: [/^node:/, /^[^./]/],
  });
  // The version is read from the package.json above the program.
  copyFileSync(join(root, "package.json"), join(directory, "package.json"));
  const dir = join(directory, "built");
  await bundle.write({ dir, format: "esm", entryFileNames: "[name].mjs" });
}
