// The sink of a run with scripts: hands everything to the sink that writes (or only counts), and the
// octets also to the streams in order.

import type { PacketPosition } from "../capture/packet-cursor.ts";
import type {
  Comparison,
  FlowEnding,
  FlowIdentity,
  SinkTotals,
  StreamHandle,
  StreamSink,
} from "../output/stream-sink.ts";
import { NO_STREAM } from "../output/stream-sink.ts";
import type { Gap } from "../report/flow-summary.ts";
import type { FlowRecord } from "./flow-record.ts";
import type { OrderedStream } from "./ordered-stream.ts";
import type { ScriptHost } from "./script-host.ts";

interface Entry {
  readonly inner: StreamHandle;
  readonly ordered: OrderedStream | null;
  readonly record: FlowRecord | null;
}

export class ScriptSink implements StreamSink {
  readonly #inner: StreamSink;
  readonly #host: ScriptHost;
  readonly #entries: (Entry | null)[] = [null];
  readonly #free: number[] = [];
  readonly #nothing: Comparison = { differing: 0, notCompared: 0 };

  constructor(inner: StreamSink, host: ScriptHost) {
    this.#inner = inner;
    this.#host = host;
  }

  get wantsSummaries(): boolean {
    return this.#inner.wantsSummaries;
  }

  get congested(): boolean {
    return this.#inner.congested || this.#host.isBusy;
  }

  async drained(): Promise<void> {
    if (this.#host.isBusy) await this.#host.drained();
    if (this.#inner.congested) await this.#inner.drained();
  }

  get failed(): boolean {
    return this.#inner.failed;
  }

  openStream(identity: FlowIdentity, direction: "c2s" | "s2c"): StreamHandle {
    const inner = this.#inner.openStream(identity, direction);
    const record = this.#host.recordInHand();
    const ordered = record === null ? null : this.#host.openStream(record, direction);
    const handle = this.#free.pop() ?? this.#entries.length;
    this.#entries[handle] = { inner, ordered, record };
    return handle;
  }

  write(
    stream: StreamHandle,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: PacketPosition,
  ): void {
    const { inner, ordered, record } = this.#entries[stream]!;
    if (inner !== NO_STREAM) this.#inner.write(inner, position, bytes, start, end, packet);
    if (ordered !== null && !record!.isForgotten) ordered.write(position, bytes, start, end);
  }

  compare(
    stream: StreamHandle,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: PacketPosition,
  ): Comparison {
    const { inner } = this.#entries[stream]!;
    if (inner !== NO_STREAM) {
      return this.#inner.compare(inner, position, bytes, start, end, packet);
    }
    this.#nothing.notCompared = end - start;
    return this.#nothing;
  }

  overwrite(
    stream: StreamHandle,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: PacketPosition,
  ): void {
    const { inner, ordered } = this.#entries[stream]!;
    if (inner !== NO_STREAM) this.#inner.overwrite(inner, position, bytes, start, end, packet);
    ordered?.overwrite(position, bytes, start, end);
  }

  rebase(stream: StreamHandle, shift: number): void {
    const { inner, ordered } = this.#entries[stream]!;
    if (inner !== NO_STREAM) this.#inner.rebase(inner, shift);
    ordered?.rebase(shift);
  }

  finishStream(stream: StreamHandle, length: number, isPlaced: boolean): void {
    const { inner } = this.#entries[stream]!;
    if (inner !== NO_STREAM) this.#inner.finishStream(inner, length, isPlaced);
  }

  spillGaps(stream: StreamHandle, gaps: readonly Gap[]): void {
    const { inner } = this.#entries[stream]!;
    if (inner !== NO_STREAM) this.#inner.spillGaps(inner, gaps);
  }

  endFlow(end: FlowEnding): void {
    const c2s = this.#release(end.c2s);
    const s2c = this.#release(end.s2c);
    const ending: FlowEnding = {
      ...end,
      c2s: c2s?.inner ?? NO_STREAM,
      s2c: s2c?.inner ?? NO_STREAM,
    };
    // The line of the flow has what its last events brought.
    this.#host.whenTold(ending.summary, () => this.#inner.endFlow(ending));
  }

  async finish(): Promise<SinkTotals> {
    await this.#host.finish();
    const totals = await this.#inner.finish();
    const { files, bytes } = this.#host.written;
    return { ...totals, files: totals.files + files, bytes: totals.bytes + bytes };
  }

  #release(handle: StreamHandle): Entry | null {
    if (handle === NO_STREAM) return null;
    const entry = this.#entries[handle]!;
    this.#entries[handle] = null;
    this.#free.push(handle);
    return entry;
  }
}
