// Streams -> memory, for captures known to be small: each stream as one piece, gaps as zeros. Bounded by
// the sum of the streams' lengths, what is missing included; beyond it the run fails.

import type { PacketPosition } from "../capture/packet-cursor.ts";
import { TcpxError } from "../errors.ts";
import type { FlowSummary, Gap } from "../report/flow-summary.ts";
import { NullSink } from "./null-sink.ts";
import type {
  Comparison,
  FlowEnding,
  FlowIdentity,
  SinkTotals,
  StreamHandle,
} from "./stream-sink.ts";
import { NO_STREAM } from "./stream-sink.ts";

/** A flow that has ended, with all its octets. */
export interface CollectedFlow {
  readonly flow: number;
  readonly client: string;
  readonly clientPort: number;
  readonly server: string;
  readonly serverPort: number;
  /** What each side sent, octet N of the stream at index N; gaps are zeros. */
  readonly c2s: Uint8Array;
  readonly s2c: Uint8Array;
  /** What is missing of each, by position. */
  readonly gaps: { readonly c2s: readonly Gap[]; readonly s2c: readonly Gap[] };
  readonly summary: FlowSummary;
}

interface Collected {
  bytes: Uint8Array;
  /** End of the highest octet. */
  end: number;
  readonly spilled: Gap[];
}

const FIRST_BYTES = 1024;

export class CollectingSink extends NullSink {
  override readonly wantsSummaries = true;
  /** Beyond the limit. */
  override failed = false;
  /** In order of ending. */
  readonly flows: CollectedFlow[] = [];
  readonly #limit: number;
  #held = 0;
  #error: TcpxError | null = null;
  readonly #streams = new Map<StreamHandle, Collected>();
  #lastHandle: StreamHandle = NO_STREAM;
  readonly #comparison: Comparison = { differing: 0, notCompared: 0 };

  /** `limitBytes`: of all streams together. */
  constructor(limitBytes: number) {
    super();
    this.#limit = limitBytes;
  }

  override openStream(_identity: FlowIdentity, _direction: "c2s" | "s2c"): StreamHandle {
    const handle = ++this.#lastHandle;
    this.#streams.set(handle, { bytes: new Uint8Array(0), end: 0, spilled: [] });
    return handle;
  }

  override write(
    stream: StreamHandle,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    _packet: PacketPosition,
  ): void {
    const collected = this.#streams.get(stream)!;
    if (!this.#extend(collected, position + end - start)) return;
    collected.bytes.set(bytes.subarray(start, end), position);
  }

  override compare(
    stream: StreamHandle,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    _packet: PacketPosition,
  ): Comparison {
    const found = this.#comparison;
    const kept = this.#streams.get(stream)!.bytes;
    found.differing = 0;
    found.notCompared = 0;
    for (let i = start; i < end; i++) {
      if (kept[position + i - start] !== bytes[i]) found.differing++;
    }
    return found;
  }

  override overwrite(
    stream: StreamHandle,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: PacketPosition,
  ): void {
    this.write(stream, position, bytes, start, end, packet);
  }

  override rebase(stream: StreamHandle, shift: number): void {
    const collected = this.#streams.get(stream)!;
    const { end } = collected;
    if (!this.#extend(collected, end + shift)) return;
    collected.bytes.copyWithin(shift, 0, end);
    collected.bytes.fill(0, 0, shift);
  }

  override spillGaps(stream: StreamHandle, gaps: readonly Gap[]): void {
    this.#streams.get(stream)!.spilled.push(...gaps);
  }

  override endFlow(ending: FlowEnding): void {
    const { summary } = ending;
    const c2s = this.#end(ending.c2s, ending.c2sLength);
    const s2c = this.#end(ending.s2c, ending.s2cLength);
    if (c2s === null || s2c === null || summary === null) return;
    const { flow, client, clientPort, server, serverPort } = summary;
    const gaps = {
      c2s: gapsOf(c2s, summary.c2s.gaps),
      s2c: gapsOf(s2c, summary.s2c.gaps),
    };
    const streams = { c2s: c2s.bytes, s2c: s2c.bytes };
    this.flows.push({ flow, client, clientPort, server, serverPort, ...streams, gaps, summary });
  }

  override finish(): Promise<SinkTotals> {
    return Promise.resolve({ files: 0, bytes: 0, error: this.#error });
  }

  /** The stream at its whole length; null where that is beyond the limit. */
  #end(stream: StreamHandle, length: number): Collected | null {
    const collected = this.#streams.get(stream) ?? { bytes: NOTHING, end: 0, spilled: [] };
    this.#streams.delete(stream);
    if (!this.#extend(collected, length)) return null;
    collected.bytes = collected.bytes.slice(0, length);
    return collected;
  }

  /** Makes room up to the position; false beyond the limit, which ends the run. */
  #extend(collected: Collected, end: number): boolean {
    if (this.failed) return false;
    if (end <= collected.end) return true;
    this.#held += end - collected.end;
    if (this.#held > this.#limit) {
      this.failed = true;
      this.#error = new TcpxError(
        "BAD_OPTION",
        `the streams have more than ${this.#limit} octets, what is missing included; allow for more by ` +
          `limitBytes, or take them one by one with open()`,
      );
      return false;
    }
    collected.end = end;
    if (end <= collected.bytes.length) return true;
    const size = Math.min(Math.max(end, 2 * collected.bytes.length, FIRST_BYTES), this.#limit);
    const larger = new Uint8Array(size);
    larger.set(collected.bytes);
    collected.bytes = larger;
    return true;
  }
}

const NOTHING = new Uint8Array(0);

function gapsOf({ spilled }: Collected, listed: readonly Gap[]): readonly Gap[] {
  return [...spilled, ...listed].toSorted((one, other) => one.start - other.start);
}
