// Joins the modules of src/ into a few files, so that a run loads 7 files instead of 150: the first
// packet is read about 80 ms earlier (docs/decisions.md). Types come from tsc.

import { isBuiltin } from "node:module";

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

export default {
  input: { main: "src/cli/main.ts", index: "src/index.ts" },
  platform: "node",
  plugins: [lightBuiltins],
  // Loaded only by scripts that need them, from node_modules.
  external: ["undici", "jiti", /^undici\//, /^jiti\//],
  output: {
    dir: "dist",
    format: "esm",
    chunkFileNames: "[name].js",
    minify: { compress: false, mangle: false },
    // Each with all that it imports, in this order: a file costs 1 ms beyond its octets.
    codeSplitting: {
      groups: [
        { name: "version", test: /src\/version\.ts$/, priority: 4 },
        {
          // What the command line and the engine, which the library has without it, share.
          name: "options",
          test: /src\/(extract\/engine-options|report\/(status-word|report-painter)|filter\/[a-z-]+)\.ts$/,
          priority: 3,
        },
        { name: "command-line", test: /src\/cli\/(command-line|session)\.ts$/, priority: 2 },
        { name: "engine", test: /src\/extract\/extract\.ts$/, priority: 1 },
      ],
    },
  },
};
