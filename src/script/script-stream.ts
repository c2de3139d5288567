// One direction of a flow as scripts see it: live numbers while the flow lives, a snapshot afterwards.

import type { StreamCursor } from "../reassembly/stream-cursor.ts";
import { Mark } from "../reassembly/stream-cursor.ts";
import type { ScriptStream } from "./script-api.ts";

/** Binds a cursor to the flow's record; null once the flow has ended. */
export type StreamSource = () => StreamCursor | null;

export class StreamFace implements ScriptStream {
  readonly #source: StreamSource;
  #last: ScriptStream = EMPTY;

  constructor(source: StreamSource) {
    this.#source = source;
  }

  /** Keeps the numbers: the flow is about to end. */
  freeze(): void {
    this.#last = this.#now();
  }

  get packets(): number {
    return this.#now().packets;
  }
  get capturedBytes(): number {
    return this.#now().capturedBytes;
  }
  get writtenBytes(): number {
    return this.#now().writtenBytes;
  }
  get streamBytes(): number {
    return this.#now().streamBytes;
  }
  get originBasis(): ScriptStream["originBasis"] {
    return this.#now().originBasis;
  }
  get window(): number {
    return this.#now().window;
  }
  get windowScale(): number | null {
    return this.#now().windowScale;
  }
  get mss(): number | null {
    return this.#now().mss;
  }

  #now(): ScriptStream {
    const stream = this.#source();
    return stream === null ? this.#last : snapshot(stream);
  }
}

const EMPTY: ScriptStream = {
  packets: 0,
  capturedBytes: 0,
  writtenBytes: 0,
  streamBytes: 0,
  originBasis: null,
  window: 0,
  windowScale: null,
  mss: null,
};

function snapshot(stream: StreamCursor): ScriptStream {
  return {
    packets: stream.packets,
    capturedBytes: stream.capturedBytes,
    writtenBytes: stream.writtenBytes,
    streamBytes: stream.highest,
    originBasis: originBasisOf(stream),
    window: stream.window,
    windowScale: stream.has(Mark.WINDOW_SCALE) ? stream.windowScale : null,
    mss: stream.has(Mark.MSS) ? stream.mss : null,
  };
}

function originBasisOf(stream: StreamCursor): ScriptStream["originBasis"] {
  if (!stream.has(Mark.ORIGIN)) return null;
  if (stream.has(Mark.ORIGIN_BY_SYN)) return "syn";
  return stream.has(Mark.ORIGIN_BY_PEER) ? "syn-ack" : "first-payload";
}
