// A case in one line: what came, and what must now be there.
//
//     "0:abc 6:gh | abc...gh"      segments as position:payload; the stream after it, a dot a hole
//
// Positions count from an ISN that is the case's to choose. `~` behind a payload: octets that the snap
// length cut off, e.g. "0:abc~2". `A9` is an acknowledgment of position 9, `F9` a FIN there, `S4-6` a
// SACK block, `!3:abc` a segment that was refused.

import type { PacketPosition } from "../../src/capture/packet-cursor.ts";
import { walkGaps, streamEnd } from "../../src/reassembly/gap-walk.ts";
import type { OctetReceiver } from "../../src/reassembly/octet-receiver.ts";
import type { OverlapPolicy } from "../../src/reassembly/overlap-policy.ts";
import type { Payload } from "../../src/reassembly/payload.ts";
import { Rare } from "../../src/reassembly/rare-counters.ts";
import { Reassembler } from "../../src/reassembly/reassembler.ts";
import { Mark, StreamCursor, StreamExtras } from "../../src/reassembly/stream-cursor.ts";
import { STREAM_WORDS } from "../../src/memory/stream-record.ts";
import { GAP_CAUSES } from "../../src/report/report.ts";

export interface HarnessOptions {
  isn?: number;
  midstream?: boolean;
  maxJump?: number;
  maxStreamBytes?: number;
  maxTotalBytes?: number;
  maxRanges?: number;
  overlap?: OverlapPolicy;
}

export const PACKET: PacketPosition = { number: 1, fileIndex: 0, seconds: 0, nanos: 0 };

/** `snapped`: octets that were on the wire behind `text` and not captured. */
export function payload(seq: number, text: string | Uint8Array, snapped = 0): Payload {
  const bytes = typeof text === "string" ? Buffer.from(text, "latin1") : text;
  return {
    payloadSeq: seq | 0,
    bytes,
    payloadStart: 0,
    payloadEnd: bytes.length,
    payloadLength: bytes.length + snapped,
  };
}

/** One stream, its octets in memory. */
export class StreamHarness implements OctetReceiver {
  readonly stream: StreamCursor;
  readonly reassembler: Reassembler;
  octetsAt = new Map<number, number>();
  writes: [number, string][] = [];
  conflicts = 0;
  readonly first: number;

  constructor(options: HarnessOptions = {}) {
    this.reassembler = new Reassembler(this, {
      maxJump: options.maxJump ?? 16 * 1024 * 1024,
      maxStreamBytes: options.maxStreamBytes ?? Infinity,
      maxTotalBytes: options.maxTotalBytes ?? Infinity,
      maxRanges: options.maxRanges ?? 65_536,
      overlap: options.overlap ?? "first",
    });
    this.stream = new StreamCursor(new StreamExtras());
    const words = new Int32Array(STREAM_WORDS);
    this.stream.bind(words, new Float64Array(words.buffer), 0);
    this.stream.reset();
    this.stream.countPacket(0, 0);
    this.first = ((options.isn ?? 1000) + 1) | 0;
    if (options.midstream !== true) {
      this.reassembler.origins.set(this.stream, this.first, Mark.ORIGIN_BY_SYN);
    }
  }

  octets(stream: StreamCursor, position: number, bytes: Uint8Array, start: number, end: number) {
    stream.marks |= Mark.OPENED;
    this.writes.push([position, Buffer.from(bytes.subarray(start, end)).toString("latin1")]);
    for (let i = start; i < end; i++) {
      const at = position + i - start;
      if (this.octetsAt.has(at)) throw new Error(`octet ${at} was handed on twice`);
      this.octetsAt.set(at, bytes[i]!);
    }
  }

  again(
    stream: StreamCursor,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    _packet: PacketPosition,
    newWins: boolean,
  ): void {
    for (let i = start; i < end; i++) {
      const at = position + i - start;
      const kept = this.octetsAt.get(at);
      if (kept === undefined) throw new Error(`octet ${at} was never handed on`);
      if (kept !== bytes[i]) {
        stream.count(Rare.CONFLICTING_BYTES);
        if (newWins) this.octetsAt.set(at, bytes[i]!);
      }
    }
  }

  finished(): void {}

  rebased(_stream: StreamCursor, shift: number): void {
    this.octetsAt = new Map([...this.octetsAt].map(([at, octet]) => [at + shift, octet]));
  }

  segment(position: number, text: string | Uint8Array, snapped = 0, isDuplicate = false): void {
    const segment = payload(this.first + position, text, snapped);
    this.reassembler.accept(this.stream, segment, PACKET, isDuplicate);
  }

  acknowledge(position: number): void {
    this.reassembler.acknowledge(this.stream, (this.first + position) | 0);
  }

  /** A SACK block `[start, end)` (RFC 2018). */
  sack(start: number, end: number): void {
    const left = (this.first + start) | 0;
    this.reassembler.acknowledgeBlock(this.stream, left, (this.first + end) | 0);
  }

  refuse(position: number, text: string): void {
    this.reassembler.refuse(this.stream, payload(this.first + position, text));
  }

  fin(position: number): void {
    if (this.reassembler.finish(this.stream, (this.first + position) | 0)) {
      this.stream.marks |= Mark.FIN;
    }
  }

  end(): { length: number; gaps: [number, number, string][] } {
    this.reassembler.held.giveUp(this.stream);
    const { length } = streamEnd(this.stream);
    const gaps: [number, number, string][] = [];
    walkGaps(this.stream, length, {
      gap: (_stream, start, octets, cause) => gaps.push([start, octets, GAP_CAUSES[cause]]),
    });
    return { length, gaps };
  }

  /** The stream as text, a dot for each octet that is missing. */
  text(): string {
    const { length } = this.end();
    return Array.from({ length }, (_, at) => {
      const octet = this.octetsAt.get(at);
      return octet === undefined ? "." : String.fromCharCode(octet);
    }).join("");
  }

  play(line: string): this {
    for (const word of line.trim().split(/\s+/)) {
      if (word.startsWith("A")) this.acknowledge(Number(word.slice(1)));
      else if (word.startsWith("F")) this.fin(Number(word.slice(1)));
      else if (word.startsWith("S")) {
        const [start, end] = word.slice(1).split("-").map(Number);
        this.sack(start!, end!);
      } else if (word.startsWith("!")) {
        const [at, text] = word.slice(1).split(":") as [string, string];
        this.refuse(Number(at), text);
      } else {
        const [at, rest] = word.split(":") as [string, string];
        const [text, snapped] = rest.split("~");
        this.segment(Number(at), text!, Number(snapped ?? 0));
      }
    }
    return this;
  }

  /** Terms of report.md's identities that fail; none, if the books balance. */
  imbalance(): string[] {
    const { stream } = this;
    const { length, gaps } = this.end();
    const missing = gaps.reduce((sum, [, octets]) => sum + octets, 0);
    const faults: string[] = [];
    if (length !== stream.writtenBytes + missing) {
      faults.push(`stream ${length} = written ${stream.writtenBytes} + missing ${missing}`);
    }
    const parts = [
      Rare.RETRANSMITTED_BYTES,
      Rare.OVERLAPPING_BYTES,
      Rare.PROBE_BYTES,
      Rare.REFUSED_BYTES,
      Rare.BEFORE_START_BYTES,
      Rare.IMPLAUSIBLE_BYTES,
      Rare.RESET_PAYLOAD_BYTES,
    ].map((column) => stream.rare(column));
    const sum = parts.reduce((total, part) => total + part, stream.writtenBytes);
    if (stream.capturedBytes !== sum) {
      faults.push(`captured ${stream.capturedBytes} = written ${stream.writtenBytes} + ${parts}`);
    }
    if (stream.writtenBytes !== this.octetsAt.size) faults.push("written, but not handed on");
    return faults;
  }
}
