// `tcpx explain CAPTURE --flow N`: runs the engine over the captures, takes notes of one flow, and says in
// words what became of it and why.

import { CaptureInput } from "../capture/capture-input.ts";
import { TcpxError } from "../errors.ts";
import type { WarningListener } from "../errors.ts";
import type { FlowSummary } from "../report/flow-summary.ts";
import { Engine } from "./engine.ts";
import type { EngineOptions } from "./engine-options.ts";
import { DEFAULT_ENGINE_OPTIONS } from "./engine-options.ts";
import { explanation } from "./explain-words.ts";
import { FlowNotes } from "./flow-notes.ts";
import { openSink, poolBytes } from "./open-sink.ts";
import type { InputOptions } from "./run-options.ts";

export interface ExplainOptions extends Partial<EngineOptions>, InputOptions {
  /** Number of the flow, as flows.jsonl and the names of the files have it. */
  readonly flow: number;
  readonly signal?: AbortSignal;
  readonly onWarning?: WarningListener;
}

export interface FlowExplanation {
  readonly lines: readonly string[];
  /** What could not be read; the flow is explained by the rest. */
  readonly inputErrors: readonly TcpxError[];
}

/**
 * Lines that explain one flow: why it began, split and ended as it did, its roles and origins, and each
 * gap with its neighbours and the evidence for its cause.
 * @throws TcpxError BAD_OPTION where there is no such flow; NO_SUCH_FILE, NO_CAPTURES, NOT_A_CAPTURE,
 *   READ_FAILED where a capture could not be read
 */
export async function explainFlow(options: ExplainOptions): Promise<FlowExplanation> {
  const input = await CaptureInput.open(options.captures, options);
  const engineOptions: EngineOptions = { ...DEFAULT_ENGINE_OPTIONS, ...engineOptionsIn(options) };
  const { sink } = await openSink(null, new Uint8Array(poolBytes(null)), null);
  const found: { summary: FlowSummary | null } = { summary: null };
  const engine = new Engine(engineOptions, sink, (summary) => {
    if (summary.flow === options.flow) found.summary = summary;
  });
  const notes = new FlowNotes(options.flow);
  engine.tracker.observer = notes;
  engine.tracker.journal = notes;
  const inputErrors: TcpxError[] = [];
  try {
    await engine.run(input, options.signal ?? null);
  } catch (error) {
    // What was read before it is explained all the same.
    if (!(error instanceof TcpxError) || error.code === "INTERNAL") throw error;
    if (!input.errors.includes(error)) inputErrors.push(error);
  } finally {
    await input.close();
    await sink.finish();
  }
  inputErrors.unshift(...input.errors);
  const [failed] = inputErrors;
  if (failed !== undefined && found.summary === null) throw failed;
  if (found.summary === null) {
    const { opened } = engine.tracker;
    const what = options.flow <= opened ? "is left out by the options" : "is not there";
    throw new TcpxError(
      "BAD_OPTION",
      `--flow: flow ${options.flow} ${what}; the captures hold ${opened} flows, numbered from 1`,
    );
  }
  return { lines: explanation(found.summary, notes, engineOptions), inputErrors };
}

function engineOptionsIn(options: ExplainOptions): Partial<EngineOptions> {
  return Object.fromEntries(
    Object.entries(options).filter(
      ([name, value]) => name in DEFAULT_ENGINE_OPTIONS && value !== undefined,
    ),
  );
}
