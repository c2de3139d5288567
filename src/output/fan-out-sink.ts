// Several sinks behind the one seam: files and scripts, say. Each gets every call; a sink that refuses a
// stream (NO_STREAM) gets nothing more about it. Runs once a packet and allocates nothing then.

import type { PacketPosition } from "../capture/packet-cursor.ts";
import type { FlowSummary, Gap } from "../report/flow-summary.ts";
import type {
  Comparison,
  FlowEnding,
  FlowIdentity,
  SinkTotals,
  StreamHandle,
  StreamSink,
} from "./stream-sink.ts";
import { NO_STREAM } from "./stream-sink.ts";

class Ending implements FlowEnding {
  c2s: StreamHandle = NO_STREAM;
  s2c: StreamHandle = NO_STREAM;
  c2sLength = 0;
  s2cLength = 0;
  c2sMissing = 0;
  s2cMissing = 0;
  summary: FlowSummary | null = null;
}

export class FanOutSink implements StreamSink {
  readonly wantsSummaries: boolean;
  readonly #sinks: readonly StreamSink[];
  /** By own handle times the number of sinks, plus the sink's place: its handle. */
  #handles: Int32Array = new Int32Array(1024);
  #count = 1;
  readonly #free: StreamHandle[] = [];
  readonly #ending = new Ending();
  readonly #comparison: Comparison = { differing: 0, notCompared: 0 };

  /** The summary of a flow goes to the sinks in this order: what one sets in it, the next ones see. */
  constructor(sinks: readonly StreamSink[]) {
    this.#sinks = sinks;
    this.wantsSummaries = sinks.some((sink) => sink.wantsSummaries);
  }

  get congested(): boolean {
    for (const sink of this.#sinks) if (sink.congested) return true;
    return false;
  }

  /** As soon as one has. */
  get failed(): boolean {
    for (const sink of this.#sinks) if (sink.failed) return true;
    return false;
  }

  openStream(identity: FlowIdentity, direction: "c2s" | "s2c"): StreamHandle {
    const sinks = this.#sinks;
    const stream = this.#free.pop() ?? this.#count++;
    if ((stream + 1) * sinks.length > this.#handles.length) this.#enlarge();
    let isWanted = false;
    for (let i = 0; i < sinks.length; i++) {
      const handle = sinks[i]!.openStream(identity, direction);
      this.#handles[stream * sinks.length + i] = handle;
      if (handle !== NO_STREAM) isWanted = true;
    }
    if (isWanted) return stream;
    this.#free.push(stream);
    return NO_STREAM;
  }

  write(
    stream: StreamHandle,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: PacketPosition,
  ): void {
    const sinks = this.#sinks;
    for (let i = 0; i < sinks.length; i++) {
      const handle = this.#handles[stream * sinks.length + i]!;
      if (handle !== NO_STREAM) sinks[i]!.write(handle, position, bytes, start, end, packet);
    }
  }

  /** What the sink found that could compare most. */
  compare(
    stream: StreamHandle,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: PacketPosition,
  ): Comparison {
    const best = this.#comparison;
    best.differing = 0;
    best.notCompared = end - start;
    const sinks = this.#sinks;
    for (let i = 0; i < sinks.length; i++) {
      const handle = this.#handles[stream * sinks.length + i]!;
      if (handle === NO_STREAM) continue;
      const found = sinks[i]!.compare(handle, position, bytes, start, end, packet);
      if (found.notCompared >= best.notCompared) continue;
      best.differing = found.differing;
      best.notCompared = found.notCompared;
    }
    return best;
  }

  spillGaps(stream: StreamHandle, gaps: readonly Gap[]): void {
    for (const [i, sink] of this.#sinks.entries()) {
      const handle = this.#handleOf(stream, i);
      if (handle !== NO_STREAM) sink.spillGaps(handle, gaps);
    }
  }

  overwrite(
    stream: StreamHandle,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: PacketPosition,
  ): void {
    const sinks = this.#sinks;
    for (let i = 0; i < sinks.length; i++) {
      const handle = this.#handles[stream * sinks.length + i]!;
      if (handle !== NO_STREAM) sinks[i]!.overwrite(handle, position, bytes, start, end, packet);
    }
  }

  rebase(stream: StreamHandle, shift: number): void {
    for (const [i, sink] of this.#sinks.entries()) {
      const handle = this.#handleOf(stream, i);
      if (handle !== NO_STREAM) sink.rebase(handle, shift);
    }
  }

  finishStream(stream: StreamHandle, length: number): void {
    for (const [i, sink] of this.#sinks.entries()) {
      const handle = this.#handleOf(stream, i);
      if (handle !== NO_STREAM) sink.finishStream(handle, length);
    }
  }

  endFlow(end: FlowEnding): void {
    const own = this.#ending;
    own.c2sLength = end.c2sLength;
    own.s2cLength = end.s2cLength;
    own.c2sMissing = end.c2sMissing;
    own.s2cMissing = end.s2cMissing;
    for (const [i, sink] of this.#sinks.entries()) {
      own.c2s = this.#handleOf(end.c2s, i);
      own.s2c = this.#handleOf(end.s2c, i);
      own.summary = sink.wantsSummaries ? end.summary : null;
      sink.endFlow(own);
    }
    own.summary = null;
    if (end.c2s !== NO_STREAM) this.#free.push(end.c2s);
    if (end.s2c !== NO_STREAM) this.#free.push(end.s2c);
  }

  async drained(): Promise<void> {
    await Promise.all(this.#sinks.map((sink) => sink.drained()));
  }

  /** Files and octets of all; the first error of any. */
  async finish(): Promise<SinkTotals> {
    const all = await Promise.all(this.#sinks.map((sink) => sink.finish()));
    return {
      files: all.reduce((sum, { files }) => sum + files, 0),
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
      error: all.find(({ error }) => error !== null)?.error ?? null,
    };
  }

  #handleOf(stream: StreamHandle, place: number): StreamHandle {
    return stream === NO_STREAM ? NO_STREAM : this.#handles[stream * this.#sinks.length + place]!;
  }

  #enlarge(): void {
    const handles = new Int32Array(this.#handles.length * 2 + this.#sinks.length);
    handles.set(this.#handles);
    this.#handles = handles;
  }
}
