// What `--chunks` and `--keep-conflicts` write down: where every run of octets came from, and both copies
// of what differed. Runs once a packet, but only with one of these options, and then it may allocate.
//
//     FILE.index.jsonl       {"start":0,"length":1448,"packet":4,"fileIndex":0,"ts":"1.000000000"}
//     FILE.conflicts.jsonl   {"start":7,"length":2,"earlier":{"packet":4,...,"hex":"6162"},"later":{...}}

import type { PacketPosition } from "../capture/packet-cursor.ts";
import { timeText } from "../report/time-format.ts";
import { ChunkMemory } from "./chunk-memory.ts";
import type { SideFiles } from "./side-files.ts";

export class StreamNotes {
  readonly #side: SideFiles;
  readonly #writesIndex: boolean;
  readonly #memory: ChunkMemory | null;

  constructor(side: SideFiles, options: { chunks: boolean; keepConflicts: boolean }) {
    this.#side = side;
    this.#writesIndex = options.chunks;
    this.#memory = options.keepConflicts ? new ChunkMemory() : null;
  }

  get keepsConflicts(): boolean {
    return this.#memory !== null;
  }

  /** A packet's octets were written: one line a call, so that each octet's packet is exact. */
  written(
    stream: number,
    start: number,
    length: number,
    packet: PacketPosition,
    overwrites: boolean,
  ): void {
    this.#memory?.add(stream, start, length, packet);
    if (!this.#writesIndex) return;
    const line = { start, length, ...origin(packet) };
    this.#side.append(
      stream,
      "index",
      JSON.stringify(overwrites ? { ...line, overwrites: true } : line),
    );
  }

  /** Two copies, of the same length: a line from the first octet that differs to the last. */
  conflict(
    stream: number,
    position: number,
    earlier: Buffer,
    later: Buffer,
    packet: PacketPosition,
  ): void {
    const first = earlier.findIndex((octet, i) => octet !== later[i]);
    if (first < 0) return;
    const end = earlier.findLastIndex((octet, i) => octet !== later[i]) + 1;
    const start = position + first;
    const before = this.#memory?.find(stream, start) ?? null;
    const line = {
      start,
      length: end - first,
      earlier: {
        ...(before === null ? NOT_KNOWN : origin(before)),
        hex: earlier.toString("hex", first, end),
      },
      later: { ...origin(packet), hex: later.toString("hex", first, end) },
    };
    this.#side.append(stream, "conflicts", JSON.stringify(line));
  }

  rebase(stream: number, shift: number): void {
    this.#memory?.rebase(stream, shift);
  }

  end(stream: number): void {
    this.#memory?.end(stream);
  }
}

/** Where no packet is remembered any more. */
const NOT_KNOWN = { packet: null, fileIndex: null, ts: null } as const;

function origin(packet: PacketPosition): { packet: number; fileIndex: number; ts: string } {
  return {
    packet: packet.number,
    fileIndex: packet.fileIndex,
    ts: timeText(packet.seconds, packet.nanos),
  };
}
