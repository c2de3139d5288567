// Joins the modules of src/ into a few files, so that a run loads 5 files instead of 150: the first
// packet is read about 80 ms earlier (docs/decisions.md). Types come from tsc.

/**
 * What commander gets where it requires a module of Node. A plain `require` fills the module's facade
 * for `import` as well, that is, looks at each property: for node:process that opens standard input
 * (5 ms). node:child_process (2 ms) is for commands that are programs of their own, and tcpx has none.
 */
const FOR_COMMANDER = {
  "node:process": "process",
  "node:child_process": "{}",
  "node:events": 'process.getBuiltinModule("node:events")',
  "node:fs": 'process.getBuiltinModule("node:fs")',
  "node:path": 'process.getBuiltinModule("node:path")',
};

const IS_COMMANDER = /[\\/]node_modules[\\/]commander[\\/]/u;
const LIGHT = "\0light:";

const lightModules = {
  name: "light-modules-for-commander",
  resolveId(source, importer) {
    if (!(source in FOR_COMMANDER) || !IS_COMMANDER.test(importer ?? "")) return null;
    return `${LIGHT}${source}`;
  },
  load(id) {
    if (!id.startsWith(LIGHT)) return null;
    return `module.exports = ${FOR_COMMANDER[id.slice(LIGHT.length)]};`;
  },
};

export default {
  input: { main: "src/cli/main.ts", index: "src/index.ts" },
  platform: "node",
  plugins: [lightModules],
  // Loaded only by scripts that need them, from node_modules.
  external: ["undici", "jiti", /^undici\//, /^jiti\//],
  output: {
    dir: "dist",
    format: "esm",
    chunkFileNames: "[name].js",
    minify: { compress: false, mangle: false },
    codeSplitting: {
      groups: [
        { name: "version", test: /src\/version\.ts$/, priority: 4 },
        {
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
