// Reports hold no paths, so that the same capture gives the same report wherever it lies.

/** The last part of a path, with either kind of separator: `out` of `/var/tmp/out/`. */
export function baseName(path: string): string {
  const parts = path.split(/[/\\]/u).filter((part) => part !== "");
  return parts.at(-1) ?? path;
}

/** Replaces, in any text, these paths by their base names. */
export function baseNames(paths: readonly string[]): (text: string) => string {
  // longest first: a path may be the beginning of another
  const named = [...new Set(paths)]
    .map((path) => ({ path: path.replace(/[/\\]+$/u, ""), name: baseName(path) }))
    .filter(({ path, name }) => path !== name && path.length > 1)
    .sort((one, other) => other.path.length - one.path.length);
  return (text) => named.reduce((line, { path, name }) => line.replaceAll(path, () => name), text);
}
