// Takes no octets at all, never waits and never fails: what a sink is that wants nothing. The base of
// those that want some of it.

import type { PacketPosition } from "../capture/packet-cursor.ts";
import type { Gap } from "../report/flow-summary.ts";
import type {
  Comparison,
  FlowEnding,
  FlowIdentity,
  SinkTotals,
  StreamHandle,
  StreamSink,
} from "./stream-sink.ts";
import { NO_STREAM } from "./stream-sink.ts";
import type { OpenHeads } from "./write-heads.ts";

/** Nothing is compared. */
export class NullSink implements StreamSink {
  readonly wantsSummaries: boolean = false;
  readonly congested: boolean = false;
  readonly failed: boolean = false;
  readonly openHeads: OpenHeads | null = null;
  readonly #comparison: Comparison = { differing: 0, notCompared: 0 };

  openStream(_identity: FlowIdentity, _direction: "c2s" | "s2c"): StreamHandle {
    return NO_STREAM;
  }

  write(
    _stream: StreamHandle,
    _position: number,
    _bytes: Uint8Array,
    _start: number,
    _end: number,
    _packet: PacketPosition,
  ): void {}

  compare(
    _stream: StreamHandle,
    _position: number,
    _bytes: Uint8Array,
    start: number,
    end: number,
    _packet: PacketPosition,
  ): Comparison {
    this.#comparison.notCompared = end - start;
    return this.#comparison;
  }

  spillGaps(_stream: StreamHandle, _gaps: readonly Gap[]): void {}

  overwrite(
    _stream: StreamHandle,
    _position: number,
    _bytes: Uint8Array,
    _start: number,
    _end: number,
    _packet: PacketPosition,
  ): void {}

  rebase(_stream: StreamHandle, _shift: number): void {}

  finishStream(_stream: StreamHandle, _length: number, _isPlaced: boolean): void {}

  endFlow(_end: FlowEnding): void {}

  drained(): Promise<void> {
    return Promise.resolve();
  }

  finish(): Promise<SinkTotals> {
    return Promise.resolve({ files: 0, bytes: 0, error: null });
  }
}
