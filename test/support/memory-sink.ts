// A StreamSink that keeps everything in memory, in the plainest way: a map of octets a stream.

import type { PacketPosition } from "../../src/capture/packet-cursor.ts";
import type {
  Comparison,
  FlowEnding,
  FlowIdentity,
  SinkTotals,
  StreamHandle,
  StreamSink,
} from "../../src/output/stream-sink.ts";
import { NO_STREAM } from "../../src/output/stream-sink.ts";
import type { FlowSummary, Gap } from "../../src/report/flow-summary.ts";

export interface MemoryStream {
  readonly identity: FlowIdentity;
  readonly direction: "c2s" | "s2c";
  octets: Map<number, number>;
  /** Packet number that brought each octet. */
  packets: Map<number, number>;
  length: number;
  spilled: Gap[];
}

export class MemorySink implements StreamSink {
  readonly wantsSummaries = true;
  readonly congested = false;
  readonly failed = false;
  readonly streams: MemoryStream[] = [];
  readonly summaries: FlowSummary[] = [];
  bytes = 0;

  drained(): Promise<void> {
    return Promise.resolve();
  }

  openStream(identity: FlowIdentity, direction: "c2s" | "s2c"): StreamHandle {
    this.streams.push({
      identity,
      direction,
      octets: new Map(),
      packets: new Map(),
      length: 0,
      spilled: [],
    });
    return this.streams.length;
  }

  write(
    stream: StreamHandle,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: PacketPosition,
  ): void {
    const { octets, packets } = this.#stream(stream);
    this.bytes += end - start;
    for (let i = start; i < end; i++) {
      const at = position + i - start;
      if (octets.has(at)) throw new Error(`octet ${at} was written twice`);
      octets.set(at, bytes[i]!);
      packets.set(at, packet.number);
    }
  }

  compare(
    stream: StreamHandle,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): Comparison {
    const { octets } = this.#stream(stream);
    let differing = 0;
    for (let i = start; i < end; i++) {
      if (octets.get(position + i - start) !== bytes[i]) differing++;
    }
    return { differing, notCompared: 0 };
  }

  overwrite(
    stream: StreamHandle,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const { octets } = this.#stream(stream);
    for (let i = start; i < end; i++) octets.set(position + i - start, bytes[i]!);
  }

  rebase(stream: StreamHandle, shift: number): void {
    const memory = this.#stream(stream);
    memory.octets = new Map([...memory.octets].map(([at, octet]) => [at + shift, octet]));
    memory.packets = new Map([...memory.packets].map(([at, number]) => [at + shift, number]));
  }

  spillGaps(stream: StreamHandle, gaps: readonly Gap[]): void {
    this.#stream(stream).spilled.push(...gaps);
  }

  finishStream(): void {}

  endFlow(end: FlowEnding): void {
    if (end.c2s !== NO_STREAM) this.#stream(end.c2s).length = end.c2sLength;
    if (end.s2c !== NO_STREAM) this.#stream(end.s2c).length = end.s2cLength;
    if (end.summary !== null) this.summaries.push(end.summary);
  }

  finish(): Promise<SinkTotals> {
    return Promise.resolve({ files: this.streams.length, bytes: this.bytes, error: null });
  }

  /** A stream's octets, zeros where they are missing. */
  bytesOf(flow: number, direction: "c2s" | "s2c"): Uint8Array {
    const stream = this.#find(flow, direction);
    if (stream === undefined) return new Uint8Array(0);
    const bytes = new Uint8Array(stream.length);
    for (const [at, octet] of stream.octets) bytes[at] = octet;
    return bytes;
  }

  /** A stream's octets by position; empty where nothing was written. */
  octetsOf(flow: number, direction: "c2s" | "s2c"): ReadonlyMap<number, number> {
    return this.#find(flow, direction)?.octets ?? new Map<number, number>();
  }

  #find(flow: number, direction: "c2s" | "s2c"): MemoryStream | undefined {
    return this.streams.find((each) => each.identity.flow === flow && each.direction === direction);
  }

  #stream(handle: StreamHandle): MemoryStream {
    return this.streams[handle - 1]!;
  }
}
