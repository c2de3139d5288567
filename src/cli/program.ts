// What the front door loads when there is something to do; the build makes it a file of its own.

export { runCommandLine } from "./command-line.ts";
export { processSession } from "./session.ts";
