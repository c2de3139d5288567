// Lets scripts import "tcpx" where the package is not installed beside them (a global installation, npx):
// the name then means the tcpx that runs them. What is installed there goes first.

import { existsSync } from "node:fs";
import { register } from "node:module";
import { fileURLToPath } from "node:url";

/** Of the hook's thread: asks everybody else before it answers itself. */
const HOOK = `
let own = null;
export function initialize(data) { own = data.own; }
export async function resolve(specifier, context, next) {
  if (specifier !== "tcpx") return next(specifier, context);
  try {
    return await next(specifier, context);
  } catch (error) {
    if (error?.code !== "ERR_MODULE_NOT_FOUND") throw error;
    return { url: own, format: "module", shortCircuit: true };
  }
}
`;

let isOffered = false;

/** The built package's public module, as a URL; null where it is not built. */
export function ownIndex(): string | null {
  for (const place of ["./index.js", "../index.js", "../../dist/index.js"]) {
    const { href } = new URL(place, import.meta.url);
    if (existsSync(fileURLToPath(href))) return href;
  }
  return null;
}

/** Once a process; false where there is nothing to offer. */
export function offerOwnPackage(): boolean {
  const own = ownIndex();
  if (own === null) return false;
  if (!isOffered) {
    register(`data:text/javascript,${encodeURIComponent(HOOK)}`, { data: { own } });
    isOffered = true;
  }
  return true;
}
