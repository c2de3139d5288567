// Finds the messages of an application protocol in streams, across losses and from midstream: makes
// the handlers of a script out of a function that recognises a message.
//
//     | message | message | incom|///gap///|plete..unrecognised..| message |
//                         ^ loss begins here, and ends here ------^ : two numbers, missing and unrecognised
//
// A stream is either in step (a message is expected where the last one ended) or lost (searching). What
// is kept of a stream is bounded by `window` and `maxMessageBytes`.

import type { CaptureTime } from "./capture-time.ts";
import { isPromise } from "./event-queue.ts";
import { OctetBuffer } from "./octet-buffer.ts";
import type { Direction, ScriptEngine, ScriptFlow, ScriptHandlers } from "./script-api.ts";

/** Octets of a stream that are searched for the next message. */
export const DEFAULT_WINDOW: number = 128 * 1024;

/** What a loss cost: `[start, end)` of seek positions, made up of octets of two kinds. */
export interface MessageLoss {
  readonly start: number;
  readonly end: number;
  /** In gaps of the stream: never captured. */
  readonly missing: number;
  /** Captured, but no message was recognised in them. */
  readonly unrecognised: number;
}

export interface MessageOptions {
  /**
   * Gets the contiguous octets from the present position: a positive number takes that many as one
   * message, 0 asks for more, a negative one -n asks for at least n in all. `isEnd` where no more
   * octets follow: the stream has ended, or a gap comes.
   */
  detect(bytes: Uint8Array, isEnd: boolean): number;
  /** Index of the next octet at which a message may begin, or -1: faster than trying each one. */
  find?(bytes: Uint8Array): number;
  onMessage(
    engine: ScriptEngine,
    timestamp: CaptureTime,
    flow: ScriptFlow,
    direction: Direction,
    seekPosition: number,
    bytes: Buffer,
  ): unknown;
  /** Before the message that follows, or at the end of the stream. */
  onLoss?(
    engine: ScriptEngine,
    timestamp: CaptureTime,
    flow: ScriptFlow,
    direction: Direction,
    loss: MessageLoss,
  ): unknown;
  /** A longer one is not recognised; `window` where absent. */
  readonly maxMessageBytes?: number;
  /** Octets after which a search begins, and within which it goes on. */
  readonly window?: number;
}

/** What a stream brought: told in order. */
export type MessageEvent =
  | { readonly kind: "message"; readonly position: number; readonly bytes: Buffer }
  | { readonly kind: "loss"; readonly loss: MessageLoss };

/** Handlers of a script; others may be added by spreading: `{ ...messages({...}), onNewFlow }`. */
export function messages(
  options: MessageOptions,
): Required<Pick<ScriptHandlers, "onPayload" | "onGap" | "onTerminateFlow">> {
  // By the flow's object: what a script was detached from goes with it.
  const flows = new WeakMap<ScriptFlow, Map<Direction, MessageStream>>();
  const streamOf = (flow: ScriptFlow, direction: Direction): MessageStream => {
    let streams = flows.get(flow);
    if (streams === undefined) {
      streams = new Map();
      flows.set(flow, streams);
    }
    let stream = streams.get(direction);
    if (stream === undefined) {
      stream = new MessageStream(options, flow[direction].originBasis === "first-payload");
      streams.set(direction, stream);
    }
    return stream;
  };
  const tell = (
    events: readonly MessageEvent[],
    engine: ScriptEngine,
    time: CaptureTime,
    flow: ScriptFlow,
    direction: Direction,
  ): unknown =>
    inTurn(events, (event) =>
      event.kind === "message"
        ? options.onMessage(engine, time, flow, direction, event.position, event.bytes)
        : options.onLoss?.(engine, time, flow, direction, event.loss),
    );
  return {
    onPayload(engine, time, flow, direction, position, buffer) {
      const events = streamOf(flow, direction).octets(position, buffer.bytes);
      return tell(events, engine, time, flow, direction);
    },
    onGap(engine, time, flow, direction, position, length) {
      return tell(streamOf(flow, direction).gap(position, length), engine, time, flow, direction);
    },
    onTerminateFlow(engine, time, flow) {
      return inTurn(["c2s", "s2c"] as const, (direction) => {
        const stream = flows.get(flow)?.get(direction);
        return stream === undefined ? undefined : tell(stream.end(), engine, time, flow, direction);
      });
    },
  };
}

/** One call after the other; a promise only where one of them gave one. */
function inTurn<Item>(items: readonly Item[], call: (item: Item) => unknown): unknown {
  for (let i = 0; i < items.length; i++) {
    const result = call(items[i]!);
    if (isPromise(result)) {
      return Promise.resolve(result).then(() => inTurn(items.slice(i + 1), call));
    }
  }
  return undefined;
}

/** The messages of one stream; octets and gaps come in order. */
export class MessageStream {
  readonly #options: MessageOptions;
  readonly #window: number;
  readonly #longest: number;
  readonly #buffer = new OctetBuffer();
  /** Seek position of the buffer's first octet. */
  #position = 0;
  #isLost: boolean;
  /** Octets needed before the next look. */
  #needed = 1;
  /** Octets of the buffer that were searched without finding a place to begin. */
  #searched = 0;
  /** What `detect` said last: octets that it needs in all, or that it needs too many. */
  #asked = 0;
  #isTooLong = false;
  #lossStart = -1;
  #missing = 0;
  #unrecognised = 0;
  #events: MessageEvent[] = [];

  /** `isLost`: begins by searching (midstream). */
  constructor(options: MessageOptions, isLost: boolean) {
    this.#options = options;
    this.#window = options.window ?? DEFAULT_WINDOW;
    this.#longest = options.maxMessageBytes ?? this.#window;
    if (!(this.#window > 0 && this.#longest > 0)) {
      throw new RangeError("window and maxMessageBytes are numbers of octets above 0");
    }
    this.#isLost = isLost;
  }

  octets(position: number, bytes: Uint8Array): MessageEvent[] {
    // The origin of a midstream flow may have moved: positions are those that are told.
    if (this.#buffer.length === 0) this.#position = position;
    this.#buffer.append(bytes, 0, bytes.length);
    this.#look(false);
    return this.#take();
  }

  gap(position: number, length: number): MessageEvent[] {
    if (this.#buffer.length === 0) this.#position = position;
    this.#look(true);
    this.#giveUp(this.#buffer.length);
    this.#lose(position);
    this.#missing += length;
    this.#position = position + length;
    this.#isLost = true;
    this.#needed = 1;
    return this.#take();
  }

  end(): MessageEvent[] {
    this.#look(true);
    this.#giveUp(this.#buffer.length);
    this.#tellLoss(this.#position);
    return this.#take();
  }

  #take(): MessageEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** Takes all messages that are there. */
  #look(isEnd: boolean): void {
    for (;;) {
      const { length } = this.#buffer;
      if (length === 0 || (length < this.#needed && !isEnd && length < this.#bound())) return;
      const found = this.#isLost ? this.#search(isEnd) : this.#recognise(0, isEnd);
      if (found > 0) continue;
      const isHopeless = this.#isTooLong && !this.#isLost;
      if (this.#buffer.length === 0) return;
      if (this.#buffer.length < this.#bound() && !isHopeless) return;
      // Full, and nothing in it: what was expected here does not come any more.
      if (!this.#isLost) {
        this.#isLost = true;
        this.#searched = 1;
        this.#lose(this.#position);
        if (this.#buffer.length > this.#window) this.#searched = 0;
      } else this.#giveUp(Math.max(1, this.#buffer.length >> 1));
      this.#needed = 1;
    }
  }

  #bound(): number {
    return this.#isLost ? this.#window : Math.max(this.#window, this.#longest);
  }

  /** Takes a message that begins `at` octets into the buffer; 0 where there is none (yet). */
  #recognise(at: number, isEnd: boolean): number {
    const bytes = this.#buffer.view(at);
    const length = this.#options.detect(bytes, isEnd);
    if (!Number.isInteger(length) || length > bytes.length) {
      throw new RangeError(`detect took ${length} of ${bytes.length} octets`);
    }
    this.#asked = 0;
    this.#isTooLong = false;
    if (length <= 0) {
      this.#isTooLong = -length > this.#longest;
      if (!this.#isTooLong && -length > bytes.length) this.#asked = -length;
      this.#needed = at + Math.max(bytes.length + 1, this.#asked);
      return 0;
    }
    if (length > this.#longest) return 0;
    if (at > 0) this.#giveUp(at);
    this.#tellLoss(this.#position);
    this.#events.push({
      kind: "message",
      position: this.#position,
      bytes: this.#buffer.copy(length),
    });
    this.#buffer.drop(length);
    this.#position += length;
    this.#isLost = false;
    this.#searched = 0;
    this.#needed = 1;
    return length;
  }

  /** Looks for the next place at which a message is recognised. */
  #search(isEnd: boolean): number {
    const { length } = this.#buffer;
    if (this.#options.find === undefined) {
      for (let at = this.#searched; at < length; at++) {
        const taken = this.#recognise(at, isEnd);
        if (taken > 0) return taken;
        if (this.#asked > 0 && !isEnd) return this.#waitAt(at);
      }
      // A place that asked for more may be one after all: tried again when there is twice as much.
      this.#needed = Math.min(this.#window, length * 2);
      return 0;
    }
    let at = this.#searched;
    while (at < length) {
      const next = this.#options.find(this.#buffer.view(at));
      if (next < 0) break;
      at += next;
      const taken = this.#recognise(at, isEnd);
      if (taken > 0) return taken;
      if (this.#asked > 0 && !isEnd) return this.#waitAt(at);
      // It may be one: waits here, unless nothing more comes.
      if (!isEnd && length - at < this.#window) {
        this.#giveUp(at);
        this.#needed = Math.max(1, this.#needed - at);
        return 0;
      }
      at++;
    }
    return 0;
  }

  /** A message begins there, and says how long it is: in step, until that turns out wrong. */
  #waitAt(at: number): number {
    const needed = this.#needed - at;
    this.#giveUp(at);
    this.#isLost = false;
    this.#needed = needed;
    return 0;
  }

  /** Octets in front belong to no message. */
  #giveUp(length: number): void {
    if (length === 0) return;
    this.#lose(this.#position);
    this.#unrecognised += length;
    this.#position += length;
    this.#buffer.drop(length);
    this.#searched = 0;
  }

  #lose(position: number): void {
    if (this.#lossStart < 0) this.#lossStart = position;
  }

  #tellLoss(end: number): void {
    if (this.#lossStart < 0) return;
    this.#events.push({
      kind: "loss",
      loss: {
        start: this.#lossStart,
        end,
        missing: this.#missing,
        unrecognised: this.#unrecognised,
      },
    });
    this.#lossStart = -1;
    this.#missing = 0;
    this.#unrecognised = 0;
  }
}
