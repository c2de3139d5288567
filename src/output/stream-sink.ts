// The one seam behind which the streams go: positioned files, nothing at all (stats), scripts, slices.
// The engine calls it synchronously, once a packet or less; what has to wait says so by `congested`,
// and the engine awaits `drained()` before the next packet. Nothing here may throw for a single
// flow's sake: an output error is kept and given by `finish`.

import type { PacketPosition } from "../capture/packet-cursor.ts";
import type { FlowSummary, Gap } from "../report/flow-summary.ts";
import type { OpenHeads } from "./write-heads.ts";

/** What a sink may know of a flow when it opens; valid for the flow's whole life. */
export interface FlowIdentity {
  /** Counts from 1 in order of first packet. */
  readonly flow: number;
  readonly client: string;
  readonly clientPort: number;
  readonly server: string;
  readonly serverPort: number;
  /** VLAN ids, outermost first. */
  readonly vlan: readonly number[];
  /** Capture time of the flow's first packet. */
  readonly firstSeconds: number;
  readonly firstNanos: number;
}

/** The octets of one direction, to be found again by the sink: its own, opaque to the engine. */
export type StreamHandle = number;

/** Returned by `openStream` where the sink does not want the stream's octets. */
export const NO_STREAM: StreamHandle = 0;

/** What `compare` found; one reused object, valid until the next call. */
export interface Comparison {
  /** Octets that differ from the copy kept. */
  differing: number;
  /** Octets of which no earlier copy is at hand any more. */
  notCompared: number;
}

/** What a sink has written, for the report. */
export interface SinkTotals {
  files: number;
  bytes: number;
  /** The first error of the output, or null. */
  error: Error | null;
}

export interface StreamSink {
  /**
   * The first octets of a stream are about to come. Called once a stream at most, and only for
   * streams with payload. `identity` may be kept.
   */
  openStream(identity: FlowIdentity, direction: "c2s" | "s2c"): StreamHandle;

  /**
   * New octets `bytes[start, end)` at the seek position; each position at most once, in any order.
   * The view is valid during the call only. Once a packet: allocates nothing.
   */
  write(
    stream: StreamHandle,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: PacketPosition,
  ): void;

  /**
   * Where octets in order may be put without a call of `write`, if all the sink does with them is to gather them;
   * null or absent: it wants to be told.
   */
  readonly openHeads?: OpenHeads | null;

  /** Compares a further copy of octets that were written before, without keeping it. */
  compare(
    stream: StreamHandle,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: PacketPosition,
  ): Comparison;

  /**
   * Gaps that are settled before the flow ends or that exceed what a summary lists; in order of
   * position, each once. `gaps` may not be kept (tcp.md §4.3: FILE.gaps.jsonl).
   */
  spillGaps(stream: StreamHandle, gaps: readonly Gap[]): void;

  /** A further copy that wins by the overlap policy: replaces what was written at the position. */
  overwrite(
    stream: StreamHandle,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: PacketPosition,
  ): void;

  /** The origin moves back: every octet written so far moves up by `shift` (tcp.md §3.2). */
  rebase(stream: StreamHandle, shift: number): void;

  /**
   * Both directions were closed or reset: nothing more is expected of the stream, though stragglers may
   * still come until its flow ends. `length` is what is known of it so far. What is buffered may go to
   * its place now, so that flows that linger hold no buffers. `isPlaced`: its origin is known and moves
   * no more.
   */
  finishStream(stream: StreamHandle, length: number, isPlaced: boolean): void;

  /**
   * The flow has ended; its streams will not be named again. `c2s`, `s2c` are the handles given by
   * `openStream`, or NO_STREAM. `summary` is made only if the sink wants it (`wantsSummaries`); the
   * sink sets `file` (and `sha256`) of its streams in it before it keeps or writes it.
   */
  endFlow(end: FlowEnding): void;

  /** True if `endFlow` needs the summary; making one costs some microseconds a flow. */
  readonly wantsSummaries: boolean;

  /** True while the engine must not hand on more before `drained()` resolved. A field: read often. */
  readonly congested: boolean;
  drained(): Promise<void>;

  /** True once the output failed for good (disk full): the run ends early and reports what it has. */
  readonly failed: boolean;

  /** All flows have ended: brings everything to its place. Never rejects: errors are in the totals. */
  finish(): Promise<SinkTotals>;
}

/** Handed to `endFlow`; one reused object. */
export interface FlowEnding {
  readonly c2s: StreamHandle;
  readonly s2c: StreamHandle;
  /** Known lengths of the streams in octets, gaps at the tail included. */
  readonly c2sLength: number;
  readonly s2cLength: number;
  /** Octets missing of each stream. */
  readonly c2sMissing: number;
  readonly s2cMissing: number;
  readonly summary: FlowSummary | null;
}
