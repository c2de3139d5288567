// Two known streams -> the packets of one connection as a capture may have them: any segmentation, order,
// duplication, overlap, loss, cut, damage and wrap position. Positions count from the octet after the SYN.

import type { BuiltPacket } from "./capture-builder.ts";
import { tcpPacket } from "./packet-builder.ts";
import type { VlanTag } from "./packet-builder.ts";
import type { RandomSource } from "./random-source.ts";

export type Direction = "c2s" | "s2c";

/** One packet of a connection, before it has octets. */
export interface SentPacket {
  readonly direction: Direction;
  /** Letters of F S A P. */
  readonly flags: string;
  /** Position of the first payload octet, or of what would be it; -1 for a SYN. */
  readonly position: number;
  readonly payload: Uint8Array;
  /** Position of the other direction that is acknowledged; null without ACK. */
  readonly ack: number | null;
  /** SACK blocks, positions of the other direction. */
  readonly sack: readonly (readonly [number, number])[];
  readonly id: number;
  /** Payload octets cut off by the snap length. */
  readonly cut: number;
  /** Its checksum is wrong. */
  readonly isBad: boolean;
}

export interface ConnectionSettings {
  readonly clientPort: number;
  readonly vlans: readonly VlanTag[];
  readonly isn: Readonly<Record<Direction, number>>;
  readonly streams: Readonly<Record<Direction, Uint8Array>>;
  /** Octets; 40 if absent. */
  readonly longestSegment?: number;
}

/** How rough the way to the capture is; probabilities. */
export interface Roughness {
  readonly loss: number;
  readonly depth: number;
  readonly duplication: number;
  /** Segments that cut the stream anew, overlapping what was sent. */
  readonly overlap: number;
  readonly conflict: number;
  readonly cut: number;
  readonly damage: number;
  readonly probe: number;
  readonly handshakeLoss: number;
  /** Acknowledgments say anything at all, not what a receiver would. */
  readonly wildAcks: number;
}

export const SMOOTH: Roughness = {
  loss: 0,
  depth: 0,
  duplication: 0,
  overlap: 0,
  conflict: 0,
  cut: 0,
  damage: 0,
  probe: 0,
  handshakeLoss: 0,
  wildAcks: 0,
};

const LONGEST_SEGMENT = 40;

export class RandomConnection {
  readonly settings: ConnectionSettings;
  readonly #random: RandomSource;
  readonly #roughness: Roughness;
  #id = 0;
  /** All that was sent so far of each direction, in order: what the other side has. */
  readonly #sent: Record<Direction, number> = { c2s: 0, s2c: 0 };

  constructor(random: RandomSource, settings: ConnectionSettings, roughness: Roughness) {
    this.#random = random;
    this.settings = settings;
    this.#roughness = roughness;
  }

  /** The packets in the order of the capture. */
  packets(): SentPacket[] {
    const random = this.#random;
    const { loss, depth, handshakeLoss, duplication } = this.#roughness;
    const handshake = [
      this.#packet("c2s", "S", -1, { ack: null }),
      this.#packet("s2c", "SA", -1, { ack: 0 }),
      this.#packet("c2s", "A", 0, {}),
    ].filter(() => !random.chance(handshakeLoss));
    const ends: Direction[] = random.chance(0.5) ? ["c2s", "s2c"] : ["s2c", "c2s"];
    const data = this.#data();
    if (random.chance(0.8)) {
      for (const direction of ends) data.push(this.#fin(direction));
      data.push(this.#packet(ends[0]!, "A", this.#length(ends[0]!) + 1, { fin: true }));
    }
    const captured = data.filter(() => !random.chance(loss));
    const ordered = random.reordered(captured, depth);
    return [...handshake, ...ordered].flatMap((packet) =>
      random.chance(duplication) ? [packet, packet] : [packet],
    );
  }

  /** The packet's octets; what the snap length cuts off is not there. */
  build(packet: SentPacket, seconds: number, nanos: number): BuiltPacket {
    const { settings } = this;
    const fromClient = packet.direction === "c2s";
    const other = fromClient ? "s2c" : "c2s";
    const client = { address: "10.0.0.1", port: settings.clientPort };
    const server = { address: "10.0.0.2", port: 80 };
    const [source, destination] = fromClient ? [client, server] : [server, client];
    const seqOf = (direction: Direction, position: number) =>
      (settings.isn[direction] + 1 + position) >>> 0;
    const bytes = tcpPacket({
      source: source.address,
      destination: destination.address,
      sourcePort: source.port,
      destinationPort: destination.port,
      seq: seqOf(packet.direction, packet.position),
      ack: packet.ack === null ? 0 : seqOf(other, packet.ack),
      flags: packet.flags,
      payload: packet.payload,
      id: packet.id,
      vlans: settings.vlans,
      options: sackOption(packet.sack.flat().map((edge) => seqOf(other, edge))),
      checksum: packet.isBad ? "bad" : "good",
    });
    return {
      seconds,
      nanos,
      bytes: bytes.subarray(0, bytes.length - packet.cut),
      originalLength: bytes.length,
    };
  }

  #data(): SentPacket[] {
    const random = this.#random;
    const { overlap, probe } = this.#roughness;
    const longest = this.settings.longestSegment ?? LONGEST_SEGMENT;
    const packets: SentPacket[] = [];
    const at = { c2s: 0, s2c: 0 };
    for (;;) {
      const open = (["c2s", "s2c"] as const).filter((each) => at[each] < this.#length(each));
      if (open.length === 0) return packets;
      const direction = random.pick(open);
      const other = direction === "c2s" ? "s2c" : "c2s";
      const start = at[direction];
      const end = Math.min(this.#length(direction), start + random.between(1, longest));
      packets.push(this.#segment(direction, start, end));
      at[direction] = end;
      this.#sent[direction] = end;
      if (random.chance(0.5)) packets.push(this.#acknowledgment(other));
      if (random.chance(overlap)) {
        const from = random.below(end);
        packets.push(this.#segment(direction, from, from + random.between(1, end - from)));
      }
      if (random.chance(probe)) {
        packets.push(
          this.#packet(direction, "A", end - 1, { payload: new Uint8Array(random.below(2)) }),
        );
      }
    }
  }

  #segment(direction: Direction, start: number, end: number): SentPacket {
    const random = this.#random;
    const { conflict, cut, damage } = this.#roughness;
    const payload = this.settings.streams[direction].slice(start, end);
    if (random.chance(conflict)) payload[random.below(payload.length)]! ^= 0x55;
    const isCut = random.chance(cut);
    return this.#packet(direction, "PA", start, {
      payload,
      cut: isCut ? random.between(1, payload.length) : 0,
      isBad: !isCut && random.chance(damage),
    });
  }

  /** What a receiver without loss would say, now and then with a block; or anything. */
  #acknowledgment(direction: Direction): SentPacket {
    const random = this.#random;
    const other = direction === "c2s" ? "s2c" : "c2s";
    const length = this.#length(other);
    if (!random.chance(this.#roughness.wildAcks)) return this.#packet(direction, "A", null, {});
    const ack = random.below(length + 2);
    const left = ack + random.between(1, 20);
    const sack = random.chance(0.5) && left < length ? [[left, length] as const] : [];
    return this.#packet(direction, "A", null, { ack, sack });
  }

  #fin(direction: Direction): SentPacket {
    return this.#packet(direction, "FA", this.#length(direction), {});
  }

  #length(direction: Direction): number {
    return this.settings.streams[direction].length;
  }

  #packet(
    direction: Direction,
    flags: string,
    position: number | null,
    fields: Partial<SentPacket> & { fin?: boolean },
  ): SentPacket {
    const other = direction === "c2s" ? "s2c" : "c2s";
    this.#id = (this.#id % 0xffff) + 1;
    return {
      direction,
      flags,
      position: position ?? this.#sent[direction],
      payload: fields.payload ?? new Uint8Array(0),
      ack:
        fields.ack === undefined ? this.#sent[other] + (fields.fin === true ? 1 : 0) : fields.ack,
      sack: fields.sack ?? [],
      id: this.#id,
      cut: fields.cut ?? 0,
      isBad: fields.isBad ?? false,
    };
  }
}

/** NOP, NOP, SACK (RFC 2018 §3) behind an empty timestamp option, as real ones have it. */
function sackOption(edges: readonly number[]): number[] {
  if (edges.length === 0) return [];
  const words = edges.flatMap((edge) => [edge >>> 24, edge >>> 16, edge >>> 8, edge]);
  const timestamp = [1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0];
  return [...timestamp, 1, 1, 5, 2 + edges.length * 4, ...words.map((octet) => octet & 0xff)];
}
