// To which flow and direction each packet of a run belongs: what a second pass over the same captures
// needs to know, in four octets a packet. Where nothing is wanted for long it takes nothing.
//
//     code   0: not wanted | 1: wanted, of no flow | 2 + 2 * flow + (0 c2s, 1 s2c)

import type { PacketRecord } from "../output/capture-encoder.ts";

export const NOT_WANTED = 0;
export const OF_NO_FLOW = 1;
const FIRST_FLOW = 2;

export type PacketCode = number;

export function packetCode(flow: number, direction: "c2s" | "s2c"): PacketCode {
  return FIRST_FLOW + 2 * flow + (direction === "c2s" ? 0 : 1);
}

/** 0 for a code of no flow. */
export function flowOfCode(code: PacketCode): number {
  return code < FIRST_FLOW ? 0 : Math.floor((code - FIRST_FLOW) / 2);
}

/** A packet that no capture holds, to be written behind the one with the number. */
export interface ForgedPacket {
  readonly record: PacketRecord;
  readonly code: PacketCode;
}

const CHUNK_PACKETS = 64 * 1024;

export class PacketLog {
  /** Highest packet number that was set. */
  last = 0;
  /** By packet number, CHUNK_PACKETS each; absent where nothing is wanted. */
  readonly #chunks = new Map<number, Uint32Array>();
  /** Codes of packets of several flows beyond the first (A-MSDU). */
  readonly #further = new Map<number, PacketCode[]>();
  /** The chunk used last. */
  #index = -1;
  #chunk: Uint32Array = new Uint32Array(0);
  readonly #forged = new Map<number, ForgedPacket[]>();

  set(packet: number, code: PacketCode): void {
    this.#chunkOf(packet)[packet % CHUNK_PACKETS] = code;
    if (packet > this.last) this.last = packet;
  }

  /** The packet, which may belong to another flow already, belongs to this one too. */
  add(packet: number, code: PacketCode): void {
    const known = this.get(packet);
    if (known < FIRST_FLOW) this.set(packet, code);
    else if (known !== code) this.setFurther(packet, [...this.furtherOf(packet), code]);
  }

  get(packet: number): PacketCode {
    const index = Math.floor(packet / CHUNK_PACKETS);
    if (index !== this.#index) {
      const chunk = this.#chunks.get(index);
      if (chunk === undefined) return NOT_WANTED;
      this.#index = index;
      this.#chunk = chunk;
    }
    return this.#chunk[packet % CHUNK_PACKETS]!;
  }

  #chunkOf(packet: number): Uint32Array {
    const index = Math.floor(packet / CHUNK_PACKETS);
    if (index === this.#index) return this.#chunk;
    const chunk = this.#chunks.get(index) ?? new Uint32Array(CHUNK_PACKETS);
    this.#chunks.set(index, chunk);
    this.#index = index;
    this.#chunk = chunk;
    return chunk;
  }

  setFurther(packet: number, codes: readonly PacketCode[]): void {
    this.#further.set(packet, [...codes]);
  }

  furtherOf(packet: number): readonly PacketCode[] {
    return this.#further.get(packet) ?? NO_CODES;
  }

  forge(packet: number, forged: ForgedPacket): void {
    if (packet > this.last) this.last = packet;
    const known = this.#forged.get(packet);
    if (known === undefined) this.#forged.set(packet, [forged]);
    else known.push(forged);
  }

  forgedBehind(packet: number): readonly ForgedPacket[] {
    return this.#forged.size === 0 ? NO_FORGED : (this.#forged.get(packet) ?? NO_FORGED);
  }
}

const NO_CODES: readonly PacketCode[] = [];
const NO_FORGED: readonly ForgedPacket[] = [];
