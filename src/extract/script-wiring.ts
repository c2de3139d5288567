// Scripts in a run: loads them, puts their sink before the run's own, and lets the host see flows and
// packets. Without scripts there is no host, and nothing of it costs anything.

import { realpathSync } from "node:fs";
import { FlowCursor } from "../flow/flow-cursor.ts";
import { MANIFEST_NAME, isRunFile } from "../output/directory-manifest.ts";
import { FileNaming } from "../output/file-name.ts";
import type { StreamSink } from "../output/stream-sink.ts";
import type { Timer } from "../script/event-queue.ts";
import type { LoadedScript } from "../script/load-script.ts";
import { loadScript, scriptFromObject } from "../script/load-script.ts";
import type { MemorySource } from "../script/memory-source.ts";
import type { LogLevel, Script } from "../script/script-api.ts";
import { ScriptHost } from "../script/script-host.ts";
import { ScriptSink } from "../script/script-sink.ts";
import type { TcpxError } from "../errors.ts";
import { VERSION } from "../version.ts";
import type { Engine } from "./engine.ts";
import type { OutputOptions } from "./run-options.ts";

export interface ScriptOptions {
  /** Paths of modules, or scripts themselves; called in this order. */
  readonly scripts?: readonly (string | Script)[];
  /** `engine.args`. */
  readonly set?: Readonly<Record<string, string>>;
  /** Recognise protocols also if no script listens. */
  readonly attributes?: boolean;
  /** Milliseconds that a handler's promise may take; 30,000 where absent, 0 for ever. */
  readonly scriptLimitMillis?: number;
  readonly timer?: Timer;
  /** What tells how much memory is in use; the process's own where absent. */
  readonly scriptMemory?: MemorySource;
  readonly onScriptLog?: (script: string, level: LogLevel, text: string) => void;
  /** Called once for each place of a script that fails. */
  readonly onScriptError?: (error: TcpxError) => void;
}

interface RunScriptOptions extends ScriptOptions {
  readonly output?: OutputOptions | null;
}

/** The scripts of a run. @throws TcpxError BAD_SCRIPT */
export async function loadScripts(options: ScriptOptions): Promise<readonly LoadedScript[]> {
  const loaded: LoadedScript[] = [];
  for (const script of options.scripts ?? []) {
    const isPath = typeof script === "string";
    loaded.push(
      isPath ? await loadScript(script) : scriptFromObject(script, `script ${loaded.length + 1}`),
    );
  }
  return loaded;
}

export class ScriptStage {
  readonly host: ScriptHost;
  readonly sink: StreamSink;

  constructor(host: ScriptHost, inner: StreamSink) {
    this.host = host;
    this.sink = new ScriptSink(inner, host);
  }

  /** Connects the host with the engine and calls `setup` of the scripts. */
  async start(engine: Engine): Promise<void> {
    const { tracker, extras } = engine;
    this.host.attach({
      inHand: tracker.flow,
      scratch: new FlowCursor(extras),
      bind: (slot, cursor) => tracker.table.store.bind(slot, cursor),
      endFlow: (slot) => tracker.endFlow(slot),
    });
    engine.witness = this.host;
    tracker.observer = this.host;
    await this.host.setup();
  }
}

export function openScripts(
  scripts: readonly LoadedScript[],
  options: RunScriptOptions,
  inner: StreamSink,
): ScriptStage {
  const { output = null } = options;
  const host = new ScriptHost({
    scripts,
    version: VERSION,
    outputDirectory: output === null ? null : realpathSync(output.directory),
    isReservedName: reservedNames(output),
    args: options.set ?? {},
    attributes: options.attributes ?? false,
    ...(options.timer === undefined ? {} : { timer: options.timer }),
    ...(options.scriptMemory === undefined ? {} : { memory: options.scriptMemory }),
    ...(options.scriptLimitMillis === undefined
      ? {}
      : { handlerLimitMillis: options.scriptLimitMillis }),
    ...(options.onScriptLog === undefined ? {} : { onLog: options.onScriptLog }),
    ...(options.onScriptError === undefined ? {} : { onFailure: options.onScriptError }),
  });
  return new ScriptStage(host, inner);
}

/** Names that the run itself may use: no script writes into a stream's file. */
function reservedNames(output: OutputOptions | null): (name: string) => boolean {
  if (output === null) return () => false;
  const naming = new FileNaming(output.name, output.group);
  return (name) => {
    const [first = "", second] = name.split("/", 2);
    if (second === undefined) {
      return isRunFile(first) || first === MANIFEST_NAME || naming.isStreamNameInAnyCase(first);
    }
    return naming.isGroupName(first);
  };
}
