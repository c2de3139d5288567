// Connections as well-behaved stacks have them, packet by packet: what the fast path is for, and what odd packets
// are put between.

import type { BuiltPacket } from "./capture-builder.ts";
import type { Payload, TcpPacketFields } from "./packet-builder.ts";
import { octets, tcpPacket } from "./packet-builder.ts";

const USUAL_PORT = 40_000;

export type Direction = "c2s" | "s2c";

export interface TalkSettings {
  readonly client?: string;
  readonly server?: string;
  readonly clientPort?: number;
  readonly serverPort?: number;
  readonly isn?: Readonly<Record<Direction, number>>;
  /** NOP, NOP, timestamps in each segment. */
  readonly hasTimestamps?: boolean;
  /** False: all of identification 0. */
  readonly hasIds?: boolean;
  /** Octets of the shortest frame. */
  readonly padTo?: number;
}

/** Octets that tell where in the sequence space they stand. */
export function octetsAt(seq: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => {
    const at = (seq + i) >>> 0;
    return (at * 7 + (at >>> 8) * 3 + (at >>> 16)) & 0xff;
  });
}

function timestampsOption(value: number): number[] {
  const word = [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
  return [1, 1, 8, 10, ...word, ...word];
}

export class Talk {
  /** Next sequence number of each direction. */
  readonly seq: Record<Direction, number>;
  readonly #settings: TalkSettings;
  readonly #isn: Readonly<Record<Direction, number>>;
  #packets = 0;

  constructor(settings: TalkSettings = {}) {
    this.#settings = settings;
    this.#isn = settings.isn ?? { c2s: 1000, s2c: 5000 };
    this.seq = { ...this.#isn };
  }

  handshake(): TcpPacketFields[] {
    const syn = this.#packet("c2s", { flags: "S", ack: 0 });
    this.seq.c2s++;
    const answer = this.#packet("s2c", { flags: "SA" });
    this.seq.s2c++;
    return [syn, answer, this.ack("c2s")];
  }

  /** The handshake, and all that a connection has for the first time: octets and an acknowledgment of each side. */
  begin(): TcpPacketFields[] {
    const handshake = this.handshake();
    return [
      ...handshake,
      this.send("c2s", 10),
      this.ack("s2c"),
      this.send("s2c", 10),
      this.ack("c2s"),
    ];
  }

  /** The next octets, `length` of them or these. */
  send(
    from: Direction,
    payload: number | Payload,
    changes: Partial<TcpPacketFields> = {},
  ): TcpPacketFields {
    const bytes = typeof payload === "number" ? octetsAt(this.seq[from], payload) : octets(payload);
    const packet = this.#packet(from, { flags: "PA", payload: bytes, ...changes });
    this.seq[from] = (this.seq[from] + bytes.length) >>> 0;
    return packet;
  }

  /** Of all that the other side has sent. */
  ack(from: Direction, changes: Partial<TcpPacketFields> = {}): TcpPacketFields {
    return this.#packet(from, changes);
  }

  /** `count` times octets of the one side, acknowledged by the other. */
  exchange(from: Direction, count: number, length: number): TcpPacketFields[] {
    const other = from === "c2s" ? "s2c" : "c2s";
    return Array.from({ length: count }, () => [this.send(from, length), this.ack(other)]).flat();
  }

  fins(): TcpPacketFields[] {
    const first = this.#packet("c2s", { flags: "FA" });
    this.seq.c2s++;
    const second = this.#packet("s2c", { flags: "FA" });
    this.seq.s2c++;
    return [first, second, this.ack("c2s")];
  }

  #packet(from: Direction, changes: Partial<TcpPacketFields>): TcpPacketFields {
    const {
      client = "10.0.0.1",
      server = "10.0.0.2",
      clientPort = USUAL_PORT,
      serverPort = 80,
      hasTimestamps = false,
      hasIds = true,
      padTo,
    } = this.#settings;
    const isFromClient = from === "c2s";
    this.#packets++;
    return {
      source: isFromClient ? client : server,
      destination: isFromClient ? server : client,
      sourcePort: isFromClient ? clientPort : serverPort,
      destinationPort: isFromClient ? serverPort : clientPort,
      seq: this.seq[from],
      ack: this.seq[isFromClient ? "s2c" : "c2s"],
      flags: "A",
      ...(hasIds ? { id: this.#packets & 0xffff } : {}),
      ...(hasTimestamps ? { options: timestampsOption(this.#packets) } : {}),
      ...(padTo === undefined ? {} : { padTo }),
      ...changes,
    };
  }
}

/** The packets of several connections in turns, one of each. */
export function inTurns<Item>(...lists: readonly (readonly Item[])[]): Item[] {
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, i) =>
    lists.flatMap((list) => list.slice(i, i + 1)),
  ).flat();
}

/** Fields of a packet, or its octets, whole or cut. */
export type Sent = TcpPacketFields | Uint8Array | Omit<BuiltPacket, "seconds" | "nanos">;

/** From `seconds` on, a microsecond from one to the next. */
export function captureOf(packets: readonly Sent[], seconds = 1000): BuiltPacket[] {
  const nanos = Math.round((seconds % 1) * 1e9);
  return packets.map((packet, i) => ({
    seconds: Math.floor(seconds),
    nanos: nanos + i * 1000,
    ...(packet instanceof Uint8Array
      ? { bytes: packet }
      : "bytes" in packet
        ? packet
        : { bytes: tcpPacket(packet) }),
  }));
}

/** The packets of a connection on the usual port as one of another client port; null where octets are among them. */
export function onPort(packets: readonly Sent[], port: number): TcpPacketFields[] | null {
  if (packets.some((packet) => packet instanceof Uint8Array || "bytes" in packet)) return null;
  return (packets as readonly TcpPacketFields[]).map((fields) => ({
    ...fields,
    sourcePort: fields.sourcePort === USUAL_PORT ? port : fields.sourcePort!,
    destinationPort: fields.destinationPort === USUAL_PORT ? port : fields.destinationPort!,
  }));
}
