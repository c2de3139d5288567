// Joins the modules of src/ into a few files, so that a run loads 4 files instead of 150: the first
// packet is read about 80 ms earlier (docs/decisions.md). Types come from tsc.
//
//     src/index.ts          -> dist/index.js       the library
//     src/cli/main.ts       -> dist/main.js        the front door
//     src/cli/program.ts    -> dist/program.cjs    the program, with V8's code cache (bin/load-program.js)

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { isBuiltin } from "node:module";
import { fileURLToPath } from "node:url";

/**
 * What stands for `require` of a module of Node in a package (commander, pcap-parser). A real one fills
 * the module's facade for `import` as well, which looks at each property: that of node:process opens
 * standard input, in 5 ms. node:child_process takes 2 ms and is for commands of commander that are
 * programs of their own, of which tcpx has none.
 */
const lightBuiltins = {
  name: "light-builtins",
  resolveId(source, importer, { kind }) {
    return kind === "require-call" && isBuiltin(source) ? `${LIGHT}${source}` : null;
  },
  load(id) {
    if (!id.startsWith(LIGHT)) return null;
    const source = id.slice(LIGHT.length);
    const standIn =
      source === "node:child_process" ? "{}" : `process.getBuiltinModule("${source}")`;
    return `module.exports = ${standIn};`;
  },
};
const LIGHT = "\0builtin:";

const DIST = new URL("dist/", import.meta.url);

/** Puts its digest in front of the program, by which bin/load-program.js knows what cache belongs to it. */
const codeCache = {
  name: "code-cache",
  renderStart() {
    const names = existsSync(DIST) ? readdirSync(DIST) : [];
    for (const name of names) if (name.endsWith(".cache")) rmSync(new URL(name, DIST));
  },
  generateBundle(_options, bundle) {
    const chunk = bundle["program.cjs"];
    const digest = createHash("sha256").update(chunk.code).digest("hex").slice(0, 16);
    chunk.code = `/*${digest}*/${chunk.code}`;
  },
  writeBundle() {
    const script = fileURLToPath(new URL("bin/write-code-cache.js", import.meta.url));
    execFileSync(process.execPath, [script], { stdio: ["ignore", "ignore", "inherit"] });
  },
};

const common = {
  platform: "node",
  plugins: [lightBuiltins],
  // Loaded only by scripts that need them, from node_modules.
  external: ["undici", "jiti", /^undici\//, /^jiti\//],
};
const minify = { compress: false, mangle: false };

const modules = {
  ...common,
  input: { main: "src/cli/main.ts", index: "src/index.ts" },
  output: { dir: "dist", format: "esm", chunkFileNames: "[name].js", minify },
};

const program = {
  ...common,
  plugins: [lightBuiltins, codeCache],
  input: { program: "src/cli/program.ts" },
  preserveEntrySignatures: "allow-extension",
  output: {
    dir: "dist",
    format: "cjs",
    entryFileNames: "[name].cjs",
    chunkFileNames: "[name].cjs",
    minify,
    codeSplitting: {
      groups: [
        // What most runs need, with all that it imports: one file, one cache.
        {
          name: "program",
          test: /src\/(cli\/(program|run-captures)|extract\/extract)\.ts$/,
        },
      ],
    },
  },
};

export default [modules, program];
