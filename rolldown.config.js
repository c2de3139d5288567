// Joins the modules of src/ into a few files, so that a run loads 4 files instead of 150: the first
// packet is read about 80 ms earlier (docs/decisions.md). Types come from tsc.
//
//     src/index.ts          -> dist/index.js       the library
//     src/cli/main.ts       -> dist/main.js        the front door
//     src/cli/program.ts    -> dist/program.cjs    the program, with V8's code cache (bin/load-program.js)

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
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

/** The version as text: src/version.ts would read package.json at each start. */
const builtVersion = {
  name: "built-version",
  load(id) {
    if (!id.endsWith("/src/version.ts")) return null;
    const manifest = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));
    return `export const VERSION = ${JSON.stringify(manifest.version)};`;
  },
};

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
    // which is read as such, in no time
    if (Buffer.byteLength(chunk.code) > chunk.code.length)
      throw new Error("a character beyond ASCII");
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
  plugins: [lightBuiltins, builtVersion],
  // Loaded only by scripts that need them, from node_modules.
  external: ["undici", "jiti", /^undici\//, /^jiti\//],
};
const minify = { compress: false, mangle: false };

const asModules = { dir: "dist", format: "esm", chunkFileNames: "[name].js", minify };
const frontDoor = { ...common, input: { main: "src/cli/main.ts" }, output: asModules };
const library = { ...common, input: { index: "src/index.ts" }, output: asModules };

const program = {
  ...common,
  plugins: [...common.plugins, codeCache],
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

export default [frontDoor, library, program];
