// Packets that may be wanted later, for input that can be read only once: copies, in bounded memory. When
// it is full the oldest go, and each flow knows how many of its own went.

import { copyOctets } from "../bytes.ts";
import type { PacketRecord } from "../output/capture-encoder.ts";

/** Octets remembered, with the allowance for each packet. */
export const DEFAULT_MEMORY_BYTES: number = 64 * 1024 * 1024;
const PACKET_OVERHEAD = 256;

interface Remembered {
  readonly record: PacketRecord;
  /** 0: a fragment of a datagram that is not complete. */
  flow: number;
}

interface FlowMemory {
  /** Numbers of its packets; some that went may still be among them. */
  packets: number[];
  gone: number;
  /** Of `packets`, those that went. */
  stale: number;
}

const MOST_STALE = 64;

/** A copy of the record that may be kept. */
export function copyRecord(record: PacketRecord): PacketRecord {
  return {
    bytes: copyOctets(record.bytes, record.start, record.end),
    start: 0,
    end: record.end - record.start,
    originalLength: record.originalLength,
    seconds: record.seconds,
    nanos: record.nanos,
    linkType: record.linkType,
    fcsLength: record.fcsLength,
    interfaceIndex: record.interfaceIndex,
  };
}

export class PacketMemory {
  readonly #limit: number;
  #held = 0;
  /** By packet number; the order of insertion is the order of age. */
  readonly #packets = new Map<number, Remembered>();
  readonly #flows = new Map<number, FlowMemory>();

  constructor(limit: number = DEFAULT_MEMORY_BYTES) {
    this.#limit = limit;
  }

  /** Takes a copy of the packet; `flow` 0 for a fragment that waits. */
  remember(packet: number, record: PacketRecord, flow: number): void {
    this.#packets.set(packet, { record: copyRecord(record), flow });
    if (flow !== 0) this.#flowOf(flow).packets.push(packet);
    this.#held += record.end - record.start + PACKET_OVERHEAD;
    for (const oldest of this.#packets.keys()) {
      if (this.#held <= this.#limit) break;
      const gone = this.#take(oldest)!;
      if (gone.flow !== 0) this.#lost(this.#flowOf(gone.flow));
    }
  }

  #lost(known: FlowMemory): void {
    known.gone++;
    known.stale++;
    if (known.stale < MOST_STALE || known.stale * 2 < known.packets.length) return;
    known.packets = known.packets.filter((packet) => this.#packets.has(packet));
    known.stale = 0;
  }

  /** The fragment belongs to the flow, as is known now. */
  assign(packet: number, flow: number): void {
    const remembered = this.#packets.get(packet);
    if (remembered === undefined) this.#flowOf(flow).gone++;
    else if (remembered.flow === 0) {
      remembered.flow = flow;
      this.#flowOf(flow).packets.push(packet);
    }
  }

  /** A remembered packet, which is forgotten; null if it went before. */
  take(packet: number): PacketRecord | null {
    return this.#take(packet)?.record ?? null;
  }

  /** True where something of the flow is remembered, or went. */
  has(flow: number): boolean {
    return this.#flows.has(flow);
  }

  /** Hands out all of the flow, by packet number, and forgets it. Returns how many went before. */
  release(flow: number, use: (record: PacketRecord) => void): number {
    const known = this.#flows.get(flow);
    if (known === undefined) return 0;
    this.#flows.delete(flow);
    for (const packet of known.packets.sort((a, b) => a - b)) {
      const record = this.#take(packet)?.record;
      if (record !== undefined) use(record);
    }
    return known.gone;
  }

  /** Nobody will want the flow any more. */
  forget(flow: number): void {
    this.release(flow, () => {});
  }

  #flowOf(flow: number): FlowMemory {
    let known = this.#flows.get(flow);
    if (known === undefined) {
      known = { packets: [], gone: 0, stale: 0 };
      this.#flows.set(flow, known);
    }
    return known;
  }

  #take(packet: number): Remembered | undefined {
    const remembered = this.#packets.get(packet);
    if (remembered === undefined) return undefined;
    this.#packets.delete(packet);
    this.#held -= remembered.record.end + PACKET_OVERHEAD;
    return remembered;
  }
}
