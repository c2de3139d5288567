// The options of scripts, the same on every command that reads captures.

import { basename, resolve } from "node:path";
import type { Command } from "commander";
import { TcpxError } from "../errors.ts";
import type { ScriptOptions } from "../extract/script-wiring.ts";
import { badValue, parseSeconds, parseText } from "./option-values.ts";

/** What commander makes of them; undefined where not given. */
export interface ScriptFlags {
  readonly script?: readonly string[];
  readonly set?: Readonly<Record<string, string>>;
  readonly attributes?: boolean;
  readonly scriptTimeout?: number;
}

export function addScriptOptions(command: Command): void {
  command
    .optionsGroup("Scripts (docs/scripting.md):")
    .option(
      "--script <FILE>",
      "a script (.js, .mjs, .ts) that handles flows; repeatable, called in this order",
      (text, before: readonly string[] | undefined) => [
        ...(before ?? []),
        parseText("--script", text, "file"),
      ],
    )
    .option(
      "--set <KEY=VALUE>",
      "an argument of the scripts (engine.args); repeatable",
      (text, before: Readonly<Record<string, string>> | undefined) => ({
        ...before,
        ...parseSetting(text),
      }),
    )
    .option("--attributes", "recognise HTTP/1, TLS and SSH; what is found stands in flows.jsonl")
    .option(
      "--script-timeout <SECONDS>",
      "how long a promise of a script may take; 0 for ever (default: 30)",
      (text) => parseSeconds("--script-timeout", text, true),
    );
}

/** Only what was given. */
export function scriptOptionsOf(flags: ScriptFlags): ScriptOptions {
  return {
    ...(flags.script === undefined ? {} : { scripts: flags.script }),
    ...(flags.set === undefined ? {} : { set: flags.set }),
    ...(flags.attributes === undefined ? {} : { attributes: flags.attributes }),
    ...(flags.scriptTimeout === undefined ? {} : { scriptLimitMillis: flags.scriptTimeout * 1000 }),
  };
}

/**
 * An error that nobody caught, if a script threw it (a promise that it does not await, a timer of its
 * own): no defect of tcpx, and the run goes on. Null for all else.
 */
export function strayScriptError(thrown: unknown, words: readonly string[]): TcpxError | null {
  const stack = thrown instanceof Error ? (thrown.stack ?? "") : "";
  for (const [index, word] of words.entries()) {
    const given = word === "--script" ? words[index + 1] : /^--script=(.*)$/su.exec(word)?.[1];
    if (given === undefined || given === "") continue;
    const path = resolve(given);
    const at = stack.indexOf(path);
    if (at < 0) continue;
    const line = /^(?:\?[^:]*)?:(\d+)/u.exec(stack.slice(at + path.length))?.[1];
    const where = line === undefined ? basename(path) : `${basename(path)}:${line}`;
    const [reason = ""] = stack.split("\n", 1);
    const what = "thrown where nobody catches it; the run goes on";
    return new TcpxError("SCRIPT_FAILED", `${where}: ${reason}: ${what}`, {
      file: path,
      cause: thrown,
    });
  }
  return null;
}

/** @throws TcpxError BAD_OPTION */
function parseSetting(text: string): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw badValue("--set", text, "is not KEY=VALUE, as in --set threshold=5");
  return { [text.slice(0, at)]: text.slice(at + 1) };
}
