import { rolldown } from "rolldown";
import { defineConfig } from "vitest/config";
import type { Plugin } from "vitest/config";

/**
 * Joins a benchmark with the sources that it imports, as the build does. Module by module, each use of an import
 * would be a call of a getter, which costs more than much of what is measured.
 */
function joinBenchmarks(): Plugin {
  return {
    name: "join-benchmarks",
    enforce: "pre",
    async load(path) {
      if (!path.endsWith(".bench.ts")) return null;
      const bundle = await rolldown({ input: path, platform: "node", external: ["vitest"] });
      const { output } = await bundle.generate({ format: "esm", codeSplitting: false });
      return output[0].code;
    },
  };
}

export default defineConfig({
  plugins: [joinBenchmarks()],
  test: {
    include: ["test/**/*.test.ts"],
    benchmark: { include: ["bench/**/*.bench.ts"] },
    // All cores: by default one is left to watch files, which takes half the time away where there are two.
    maxWorkers: "100%",
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
