// What a script threw -> one line with file and line number. Hostile input: scripts throw anything.

import { TcpxError } from "../errors.ts";

/** Failures that a run lists; the rest is only counted. */
const MOST_LISTED = 100;
const LONGEST_REASON = 500;

export interface FailurePlace {
  /** In the script's file; null where the error does not tell. */
  readonly line: number | null;
  readonly reason: string;
}

/** Collects the failures of a run: each place of a script is reported once, and counted each time. */
export class FailureLog {
  readonly errors: TcpxError[] = [];
  readonly #reported = new Set<string>();
  readonly #onFailure: ((error: TcpxError) => void) | null;
  exceptions = 0;

  constructor(onFailure: ((error: TcpxError) => void) | null) {
    this.#onFailure = onFailure;
  }

  /** A failure of the host's own on behalf of scripts (alerts.jsonl can't be written). */
  addOwn(error: unknown): void {
    this.exceptions++;
    const { reason } = placeOf(error, "");
    const failure = new TcpxError("SCRIPT_FAILED", `alerts.jsonl: ${reason}`, { cause: error });
    this.errors.push(failure);
    this.#onFailure?.(failure);
  }

  /** `doing`: "onPayload of flow 3"; `outcome`: what the host did about it. */
  add(
    script: { name: string; path: string },
    handler: string,
    doing: string,
    error: unknown,
    outcome: string,
  ): void {
    this.exceptions++;
    const { line, reason } = placeOf(error, script.path);
    const place = `${script.path}:${line ?? reason}:${handler}`;
    if (this.#reported.has(place) || this.errors.length >= MOST_LISTED) return;
    this.#reported.add(place);
    const where = line === null ? script.name : `${script.name}:${line}`;
    const failure = new TcpxError("SCRIPT_FAILED", `${where}: ${doing}: ${reason}; ${outcome}`, {
      file: script.path,
      cause: error,
    });
    this.errors.push(failure);
    this.#onFailure?.(failure);
  }
}

/** The line of `path` where an error came from, and its text on one line. Never throws. */
export function placeOf(error: unknown, path: string): FailurePlace {
  try {
    if (!(error instanceof Error)) return { line: null, reason: `${String(error)} was thrown` };
    const name = error.name === "Error" ? "" : `${error.name}: `;
    const [message = ""] = `${name}${error.message}`.split("\n");
    return { line: lineOf(error, path), reason: message.slice(0, LONGEST_REASON) };
  } catch {
    return { line: null, reason: "something that can't be read was thrown" };
  }
}

function lineOf(error: Error, path: string): number | null {
  const own: unknown = Reflect.get(error, "line");
  if (typeof own === "number") return own;
  for (const line of `${error.stack ?? ""}\n${error.message}`.split("\n")) {
    const at = line.indexOf(path);
    if (at < 0) continue;
    const found = /^(?:\?[^:]*)?:(\d+)/.exec(line.slice(at + path.length));
    if (found !== null) return Number(found[1]);
  }
  return null;
}
