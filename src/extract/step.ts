// A run one event at a time, under the caller's control: `for await (const event of open(...))`. The run
// goes on only while the caller asks for the next event; leaving the loop closes everything. The events
// are those of scripts, in their order: octets in stream order, a gap before what follows it.

import type { FlowEnd, FlowSummary } from "../report/flow-summary.ts";
import type { GapCause, Report } from "../report/report.ts";
import type { CaptureTime } from "../script/capture-time.ts";
import type { Direction, Endpoint, Script, ScriptFlow } from "../script/script-api.ts";
import type { TcpxError } from "../errors.ts";
import { extract } from "./extract.ts";
import type { RunOptions, RunResult } from "./run-options.ts";

/** All of an event may be kept. */
export type StepEvent =
  | FlowOpenedEvent
  | PacketEvent
  | OctetsEvent
  | GapEvent
  | FlowEndedEvent
  | EndEvent;

export interface FlowOpenedEvent {
  readonly type: "flow";
  /** Counts from 1 in order of first packet. */
  readonly flow: number;
  readonly client: Endpoint;
  readonly server: Endpoint;
  readonly roleBasis: FlowSummary["roleBasis"];
  readonly time: CaptureTime;
}

/** Only with `packets`; before the octets that it brings. */
export interface PacketEvent {
  readonly type: "packet";
  readonly flow: number;
  readonly direction: Direction;
  /** Counts from 1 over the run. */
  readonly number: number;
  readonly time: CaptureTime;
  /** Letters of F S R P A U E C. */
  readonly flags: string;
  readonly seq: number;
  readonly ack: number;
  readonly window: number;
  /** Octets of TCP payload on the wire. */
  readonly payloadLength: number;
  readonly originalLength: number;
  /** The whole record, a copy. */
  readonly bytes: Uint8Array;
}

/** The next octets of a stream; each octet once. */
export interface OctetsEvent {
  readonly type: "octets";
  readonly flow: number;
  readonly direction: Direction;
  /** Seek position of the first one. */
  readonly position: number;
  /** A copy. */
  readonly bytes: Uint8Array;
  /** Of the packet that completed them. */
  readonly time: CaptureTime;
}

/** `[position, position + length)` is missing; comes before the octets behind it. */
export interface GapEvent {
  readonly type: "gap";
  readonly flow: number;
  readonly direction: Direction;
  readonly position: number;
  readonly length: number;
  readonly cause: GapCause;
  readonly time: CaptureTime;
}

/** Once a flow, after its last octet or gap. */
export interface FlowEndedEvent {
  readonly type: "flowEnd";
  readonly flow: number;
  readonly reason: FlowEnd;
  readonly summary: FlowSummary;
}

/** The last event. */
export interface EndEvent {
  readonly type: "end";
  readonly report: Report;
  /** What could not be read; the rest was. */
  readonly inputErrors: readonly TcpxError[];
}

export interface OpenRunOptions extends Omit<RunOptions, "captures" | "command"> {
  /** Each packet of a flow is an event as well. */
  readonly packets?: boolean;
}

/**
 * The events of a run, one at a time. Nothing is opened before the first one is asked for.
 *
 *     for await (const event of open("capture.pcap")) {
 *       if (event.type === "octets") use(event.flow, event.direction, event.position, event.bytes);
 *     }
 *
 * @throws TcpxError as `extract`
 */
export async function* open(
  captures: string | readonly string[],
  options: OpenRunOptions = {},
): AsyncGenerator<StepEvent, void, undefined> {
  const { packets = false, ...run } = options;
  const paths = typeof captures === "string" ? [captures] : captures;
  const handOff = new HandOff();
  const leaving = new AbortController();
  const stepper = stepScript(handOff, packets, run.onFlow);
  const { slice } = run;
  const isAlone = (run.scripts?.length ?? 0) === 0;
  // A script without a vote votes for every flow: this one leaves the choice to the others.
  if (!isAlone) stepper.script.filter = () => false;
  const ending = extract({
    ...run,
    // Without scripts of the caller's nobody marks flows.
    ...(isAlone && slice ? { slice: { marked: false, passesOther: false, ...slice } } : {}),
    captures: paths,
    scripts: [...(run.scripts ?? []), stepper.script],
    // The caller may take any time for an event.
    scriptLimitMillis: 0,
    onFlow: stepper.onFlow,
    signal:
      run.signal === undefined ? leaving.signal : AbortSignal.any([run.signal, leaving.signal]),
  });
  const done = ending.then(
    () => handOff.close(),
    () => handOff.close(),
  );
  try {
    for (let event = await handOff.next(); event !== null; event = await handOff.next()) {
      yield event;
    }
    yield endOf(await ending);
  } finally {
    leaving.abort();
    handOff.close();
    await done;
  }
}

/** The report, without the script by which the stepping is done. */
function endOf({ report, inputErrors }: RunResult): EndEvent {
  const script = { ...report.script, scripts: report.script.scripts.slice(0, -1) };
  return { type: "end", report: { ...report, script }, inputErrors };
}

/** Events from the run to the caller, one at a time: each is taken before the next one is given. */
class HandOff {
  readonly #events: StepEvent[] = [];
  #taken: (() => void)[] = [];
  #wake: (() => void) | null = null;
  #isClosed = false;

  /** Resolves when the caller asks for the event after this one, or asks no more. */
  give(event: StepEvent): Promise<void> | undefined {
    if (this.#isClosed) return undefined;
    this.#events.push(event);
    this.#wake?.();
    return new Promise((resolve) => {
      this.#taken.push(resolve);
    });
  }

  /** The next event, or null behind the last one. */
  async next(): Promise<StepEvent | null> {
    while (this.#events.length === 0) {
      this.#release();
      if (this.#isClosed) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
    return this.#events.shift()!;
  }

  /** No more events will be given, or taken. */
  close(): void {
    this.#isClosed = true;
    this.#release();
    this.#wake?.();
  }

  #release(): void {
    const taken = this.#taken;
    this.#taken = [];
    for (const resolve of taken) resolve();
  }
}

function stepScript(
  handOff: HandOff,
  packets: boolean,
  onFlow: RunOptions["onFlow"],
): { readonly script: Script; readonly onFlow: (summary: FlowSummary) => void } {
  /** Of flows that have ended; taken when their last event comes. */
  const summaries = new Map<number, FlowSummary>();
  const script: Script = {
    onNewFlow: (_engine, time, { id, client, server, roleBasis }) =>
      handOff.give({ type: "flow", flow: id, client, server, roleBasis, time }),
    onPayload: (_engine, time, { id }, direction, position, buffer) => {
      const bytes = buffer.copy();
      return handOff.give({ type: "octets", flow: id, direction, position, bytes, time });
    },
    onGap: (_engine, time, { id }, direction, position, length, cause) =>
      handOff.give({ type: "gap", flow: id, direction, position, length, cause, time }),
    // A flow ends in the middle of a call: its summary is there behind it.
    onTerminateFlow: async (_engine, _time, { id }: ScriptFlow, reason) => {
      await Promise.resolve();
      const summary = summaries.get(id);
      summaries.delete(id);
      if (summary !== undefined) {
        await handOff.give({ type: "flowEnd", flow: id, reason, summary });
      }
    },
  };
  if (packets) {
    script.onPacket = (_engine, time, { id }, direction, packet) => {
      const { number, flags, seq, ack, window, payloadLength, originalLength, bytes } = packet;
      const fields = { number, time, flags, seq, ack, window, payloadLength, originalLength };
      return handOff.give({ type: "packet", flow: id, direction, ...fields, bytes });
    };
  }
  return {
    script,
    onFlow: (summary) => {
      summaries.set(summary.flow, summary);
      onFlow?.(summary);
    },
  };
}
