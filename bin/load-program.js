// Loads what the build made of src/cli/program.ts: a script, and no ES module as the library is, for two
// reasons. V8 takes what it compiled of a script from a file, its code cache, which halves the time until
// the first packet; and it makes faster code of the constants and functions of a script than of those of
// a module (docs/performance.md).
//
//     dist/program.cjs             the program; its first characters are its digest, in a comment
//     dist/program-*.cache         what V8 has compiled of it
//
// A cache that is absent, or that V8 refuses (other flags), costs time and nothing else.

// Modules of Node without the facades of `import`: that of node:fs loads all kinds of streams.
const { readFileSync, renameSync, statSync, writeFileSync } = process.getBuiltinModule("node:fs");
const { createRequire } = process.getBuiltinModule("node:module");
const { Script } = process.getBuiltinModule("node:vm");
const { join } = process.getBuiltinModule("node:path");

const PROGRAM = join(import.meta.dirname, "../dist/program.cjs");
const DIGEST = /^\/\*([0-9a-f]+)\*\//u;

const require = createRequire(PROGRAM);
let script = null;
let cachePath = "";

/** The exports of src/cli/program.ts. V8's flags must be those that the cache was made with. */
export function loadProgram() {
  // ASCII, as the build says
  const source = readFileSync(PROGRAM, "latin1");
  cachePath = cachePathOf(source);
  // wrapped as Node wraps what it requires
  script = new Script(`(function (exports, require, module, __filename) {${source}\n})`, {
    filename: PROGRAM,
    cachedData: readCache(),
  });
  const module = { exports: {}, id: PROGRAM, filename: PROGRAM, loaded: true, children: [] };
  // for the files of dist/ that are required later and require this one
  require.cache[PROGRAM] = module;
  script.runInThisContext()(module.exports, requireInDist, module, PROGRAM);
  return module.exports;
}

/** Keeps what V8 has compiled so far: to be called when what most runs need has run. */
export function writeCodeCache() {
  writeFileSync(`${cachePath}.new`, script.createCachedData());
  renameSync(`${cachePath}.new`, cachePath);
}

/**
 * A name that only this program and this very Node give: V8 compares versions and lengths, and a cache of
 * another program or of a Node that was built otherwise would crash it.
 */
function cachePathOf(source) {
  const { size, mtimeMs } = statSync(process.execPath);
  const node = `${process.version}-${size}-${Math.trunc(mtimeMs)}`;
  return PROGRAM.replace(/\.cjs$/u, `-${DIGEST.exec(source)?.[1] ?? ""}-${node}.cache`);
}

/** Modules of Node without the facades that `require` fills for `import` (rolldown.config.js). */
function requireInDist(name) {
  return name.startsWith("./") ? require(name) : process.getBuiltinModule(name);
}

function readCache() {
  try {
    return readFileSync(cachePath);
  } catch {
    return undefined;
  }
}
