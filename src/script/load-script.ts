// A path on the command line -> a script that can run: imports the module (TypeScript by Node's own
// type stripping, through jiti before 22.18), takes handlers and rules out of its exports, and checks
// their shape, so that a mistake is said before the first packet.

import { existsSync } from "node:fs";
import { basename, extname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { TcpxError } from "../errors.ts";
import { offerOwnPackage, ownIndex } from "./own-package.ts";
import { creationOrder } from "./define-script.ts";
import { RULE_EVENTS } from "./script-api.ts";
import type { Rule, RuleGroup, Script, ScriptHandlers } from "./script-api.ts";
import { placeOf } from "./script-failure.ts";

/** A script that can run; several runs may share it. */
export interface LoadedScript {
  /** Base name; what reports and errors show. */
  readonly name: string;
  /** Absolute path; `name` for one that was given as an object. */
  readonly path: string;
  readonly handlers: ScriptHandlers;
  /** Rules and groups in order of evaluation. */
  readonly rules: readonly (Rule | RuleGroup)[];
}

const HANDLERS = [
  "setup",
  "filter",
  "onNewFlow",
  "onPayload",
  "onGap",
  "onPacket",
  "onAttribute",
  "onTerminateFlow",
  "teardown",
] as const satisfies readonly (keyof ScriptHandlers)[];

const TYPESCRIPT = new Set([".ts", ".mts", ".cts"]);

/** @throws TcpxError BAD_SCRIPT with file, line and reason */
export async function loadScript(path: string): Promise<LoadedScript> {
  const absolute = resolve(path);
  if (!existsSync(absolute)) {
    throw new TcpxError("BAD_SCRIPT", `${path}: there is no such file`, { file: path });
  }
  let exported: Record<string, unknown>;
  try {
    exported = await importModule(absolute);
  } catch (error) {
    const { line, reason } = placeOf(error, absolute);
    const where = line === null ? path : `${path}:${line}`;
    throw new TcpxError("BAD_SCRIPT", `${where}: the script does not load: ${reason}`, {
      file: path,
      cause: error,
    });
  }
  return scriptOf(exported, basename(path), absolute);
}

/** A script that is an object already (library). @throws TcpxError BAD_SCRIPT */
export function scriptFromObject(script: Script, name: string): LoadedScript {
  return scriptOf({ default: script }, name, name);
}

async function importModule(path: string): Promise<Record<string, unknown>> {
  const isTypeScript = TYPESCRIPT.has(extname(path).toLowerCase());
  if (isTypeScript && !stripsTypes()) {
    const { createJiti } = await import("jiti");
    const own = ownIndex();
    const jiti = createJiti(import.meta.url, {
      fsCache: false,
      moduleCache: false,
      ...(own === null ? {} : { alias: { tcpx: fileURLToPath(own) } }),
    });
    return await jiti.import<Record<string, unknown>>(path);
  }
  const { href } = pathToFileURL(path);
  try {
    return await importUrl(href);
  } catch (error) {
    // A script may import this very package without having it installed beside it.
    if (!/'tcpx'/.test(String(error)) || !offerOwnPackage()) throw error;
    return await importUrl(`${href}?tcpx`);
  }
}

async function importUrl(url: string): Promise<Record<string, unknown>> {
  const module: unknown = await import(url);
  return module as Record<string, unknown>;
}

/** True from Node 22.18 on, where type stripping needs no flag. */
function stripsTypes(): boolean {
  const { typescript } = process.features as { typescript?: unknown };
  return typescript !== undefined && typescript !== false;
}

function scriptOf(exported: Record<string, unknown>, name: string, path: string): LoadedScript {
  const bad = (what: string): TcpxError =>
    new TcpxError("BAD_SCRIPT", `${name}: ${what}`, { file: path });
  const { default: main, ...others } = exported;
  const rules: (Rule | RuleGroup)[] = [];
  let handlers: ScriptHandlers = {};
  if (Array.isArray(main)) rules.push(...(main as unknown[]).map((each) => checkRule(each, bad)));
  else if (looksLikeRule(main)) rules.push(checkRule(main, bad));
  else if (isObject(main)) {
    handlers = checkHandlers(main, bad);
    const listed: unknown = main["rules"] ?? [];
    if (!Array.isArray(listed)) throw bad("rules is no array");
    rules.push(...(listed as unknown[]).map((each) => checkRule(each, bad)));
  } else if (main !== undefined) {
    throw bad(`the default export is ${typeof main}, a script is an object: see defineScript`);
  }
  const named = Object.values(others).filter(looksLikeRule);
  const checked = named.map((each) => checkRule(each, bad)).filter((each) => !rules.includes(each));
  rules.push(...checked.sort((one, other) => order(one) - order(other)));
  if (rules.length === 0 && HANDLERS.every((handler) => handlers[handler] === undefined)) {
    throw bad("exports neither a handler (as default export) nor a rule");
  }
  return { name, path, handlers, rules };
}

/** Plain objects keep their places behind those that `rule()` made. */
function order(rule: Rule | RuleGroup): number {
  return Math.min(creationOrder(rule), Number.MAX_SAFE_INTEGER);
}

function checkHandlers(script: Record<string, unknown>, bad: (what: string) => TcpxError) {
  const wrong = Object.entries(script).find(
    ([name, value]) =>
      HANDLERS.some((handler) => handler === name) &&
      value !== undefined &&
      typeof value !== "function",
  );
  if (wrong !== undefined) throw bad(`${wrong[0]} is ${typeof wrong[1]}, a function is expected`);
  const unknown = Object.keys(script).find(
    (name) => /^on[A-Z]/.test(name) && !HANDLERS.some((handler) => handler === name),
  );
  if (unknown !== undefined) {
    throw bad(`there is no handler ${unknown}; there are ${HANDLERS.join(", ")}`);
  }
  return script as ScriptHandlers;
}

function looksLikeRule(value: unknown): value is object {
  return isObject(value) && "on" in value && ("eval" in value || "rules" in value);
}

function checkRule(value: unknown, bad: (what: string) => TcpxError): Rule | RuleGroup {
  if (!looksLikeRule(value)) throw bad("a rule has `on` and `eval`, a group `on` and `rules`");
  const fields = value as Record<string, unknown>;
  const { on } = fields;
  if (!RULE_EVENTS.some((event) => event === on)) {
    throw bad(`a rule on ${JSON.stringify(on)}: events are ${RULE_EVENTS.join(", ")}`);
  }
  if ("rules" in fields) {
    const { rules } = fields;
    if (!Array.isArray(rules) || rules.some((each) => typeof each !== "function")) {
      throw bad(`the rules of a group on ${String(on)} are functions in an array`);
    }
    for (const name of ["init", "continue", "final"]) {
      const part = fields[name];
      if (part !== undefined && typeof part !== "function") {
        throw bad(`${name} of a group on ${String(on)} is ${typeof part}, not a function`);
      }
    }
  } else {
    if (typeof fields["eval"] !== "function") throw bad(`eval of a rule is no function`);
    if (fields["streamed"] === true && on !== "receiveData") {
      throw bad("only a rule on receiveData can be streamed");
    }
  }
  return value as Rule | RuleGroup;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
