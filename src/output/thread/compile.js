// Joins the thread's modules to one script, kept as text in a module, so that the thread can be started from
// wherever the program lies: in a bundle, a package, a test. Part of `npm run build`.

import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const target = fileURLToPath(new URL("generated/worker-source.ts", import.meta.url));

const bundle = await rolldown({
  input: fileURLToPath(new URL("worker.ts", import.meta.url)),
  platform: "node",
});
const { output } = await bundle.generate({ format: "cjs", minify: true });
await mkdir(dirname(target), { recursive: true });
await writeFile(
  target,
  `// Made by src/output/thread/compile.js; not to be edited.

/** The thread's script, CommonJS. */
export const WORKER_SOURCE: string =
  ${JSON.stringify(output[0].code)};
`,
);
