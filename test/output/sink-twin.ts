// The slow twin of the sinks: every octet of every stream in a map, by seek position. What a sink makes
// of the same calls must be the same.

import type { FlowIdentity, FlowEnding, StreamHandle } from "../../src/output/stream-sink.ts";
import type { PacketPosition } from "../../src/capture/packet-cursor.ts";
import { cleanStream, sampleFlow } from "../report/sample-flows.ts";
import type { FlowSummary } from "../../src/report/flow-summary.ts";

export function identityOf(flow: number): FlowIdentity {
  return {
    flow,
    client: "10.0.0.1",
    clientPort: 40000 + (flow % 1000),
    server: "10.0.0.2",
    serverPort: 80,
    vlan: [],
    firstSeconds: 1,
    firstNanos: 0,
  };
}

export function packetAt(number: number): PacketPosition {
  return { number, fileIndex: 0, seconds: 1_258_544_216, nanos: number };
}

/** Only what the sinks read and set of a summary. */
export function summaryOf(flow: number, gaps: readonly Range[] = []): FlowSummary {
  const stream = { ...cleanStream(), file: null };
  const listed = gaps.map(({ start, length }) => ({ start, length, cause: "neverAcked" as const }));
  return { ...sampleFlow(), flow, c2s: { ...stream, gaps: listed }, s2c: { ...stream, gaps: [] } };
}

export function endingOf(
  c2s: StreamHandle,
  length: number,
  missing: number,
  summary: FlowSummary | null,
): FlowEnding {
  return {
    c2s,
    s2c: 0,
    c2sLength: length,
    s2cLength: 0,
    c2sMissing: missing,
    s2cMissing: 0,
    summary,
  };
}

export interface Range {
  readonly start: number;
  readonly length: number;
}

export class TwinStream {
  octets = new Map<number, number>();

  get written(): number {
    return this.octets.size;
  }

  /** Behind the highest octet. */
  get end(): number {
    return this.octets.size === 0 ? 0 : Math.max(...this.octets.keys()) + 1;
  }

  /** The parts of [start, end) that were not written yet. */
  newRanges(start: number, end: number): Range[] {
    return this.#ranges(start, end, false);
  }

  writtenRanges(start: number, end: number): Range[] {
    return this.#ranges(start, end, true);
  }

  write(position: number, bytes: Uint8Array): void {
    bytes.forEach((octet, i) => this.octets.set(position + i, octet));
  }

  differing(position: number, bytes: Uint8Array): number {
    return bytes.filter((octet, i) => this.octets.get(position + i) !== octet).length;
  }

  rebase(shift: number): void {
    this.octets = new Map([...this.octets].map(([position, octet]) => [position + shift, octet]));
  }

  /** The file as it must lie. */
  content(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (const [position, octet] of this.octets) bytes[position] = octet;
    return bytes;
  }

  /** The octets without the gaps. */
  squeezed(): Buffer {
    return Buffer.from(
      [...this.octets].toSorted(([one], [other]) => one - other).map(([, octet]) => octet),
    );
  }

  #ranges(start: number, end: number, isWritten: boolean): Range[] {
    const ranges: { start: number; length: number }[] = [];
    for (let position = start; position < end; position++) {
      if (this.octets.has(position) !== isWritten) continue;
      const last = ranges.at(-1);
      if (last !== undefined && last.start + last.length === position) last.length++;
      else ranges.push({ start: position, length: 1 });
    }
    return ranges;
  }
}
