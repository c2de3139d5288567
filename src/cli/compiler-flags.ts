// Lets V8 inline further than it does by default, for runs that handle each packet in JavaScript: those with scripts
// or slices. What runs once a packet is many small functions with names; at V8's default bound (920) the compiler
// stops inlining them half-way: a tenth more time for a run with a script. Where the fast path takes most packets
// it would only cost the compiler's time (docs/performance.md). Results do not depend on it.

const MOST_INLINED_BYTECODE = "--max-inlined-bytecode-size-cumulative=2000";
/** V8 says so on standard error where it does not know a flag: none for versions that nobody has tried. */
const NEWEST_KNOWN_V8 = 14;

/**
 * To be called before the engine runs, and after the program was loaded: V8's code cache is valid for the flags that
 * it was made with. Affects the whole process, so the library leaves it alone.
 */
export function setCompilerFlags(): void {
  if (Number.parseInt(process.versions.v8, 10) <= NEWEST_KNOWN_V8) {
    process.getBuiltinModule("node:v8").setFlagsFromString(MOST_INLINED_BYTECODE);
  }
}
