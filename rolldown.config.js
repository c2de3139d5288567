// Joins the modules of src/ into a few files, so that a run loads 5 files instead of 150: the first
// packet is read about 80 ms earlier (docs/decisions.md). Types come from tsc.

export default {
  input: { main: "src/cli/main.ts", index: "src/index.ts" },
  platform: "node",
  // Loaded only by scripts that need them, from node_modules.
  external: ["undici", "jiti", /^undici\//, /^jiti\//],
  output: {
    dir: "dist",
    format: "esm",
    chunkFileNames: "[name].js",
    minify: { compress: false, mangle: false },
  },
};
