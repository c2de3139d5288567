// Packets in, the octets of a capture file out: classic pcap, pcapng and snoop as tests need them,
// right or (through the options) deliberately odd. pcapng sections are concatenated by the caller:
// `Buffer.concat([pcapngFile(first), pcapngFile(second, { endian: "big" })])`.

/** One packet to be recorded. */
export interface BuiltPacket {
  readonly seconds: number;
  /** 0 to 999,999,999; a format of lower resolution cuts it off. */
  readonly nanos?: number;
  readonly bytes: Uint8Array;
  /** Octets on the wire; the captured ones where absent. */
  readonly originalLength?: number;
  /** pcapng only: the interface id within the section; 0 where absent. */
  readonly interface?: number;
}

export type Endian = "little" | "big";

export interface PcapOptions {
  readonly endian?: Endian;
  readonly resolution?: "micro" | "nano";
  /** LINKTYPE value; 1 (Ethernet) where absent. */
  readonly linkType?: number;
  readonly snapLength?: number;
  /** Octets of frame check sequence stated in the file header (an even number up to 14). */
  readonly fcsLength?: number;
  /** Another magic number, e.g. 0xa1b2cd34 (records of Kuznetzov's patch are 24 octets then). */
  readonly magic?: number;
  readonly version?: readonly [major: number, minor: number];
}

/** Writes integers of one byte order and blobs, one after the other. */
class OctetWriter {
  readonly #parts: Buffer[] = [];
  readonly #little: boolean;

  constructor(endian: Endian) {
    this.#little = endian === "little";
  }

  uint16(...values: readonly number[]): this {
    for (const value of values) {
      const part = Buffer.alloc(2);
      if (this.#little) part.writeUInt16LE(value);
      else part.writeUInt16BE(value);
      this.#parts.push(part);
    }
    return this;
  }

  uint32(...values: readonly number[]): this {
    for (const value of values) {
      const part = Buffer.alloc(4);
      if (this.#little) part.writeUInt32LE(value >>> 0);
      else part.writeUInt32BE(value >>> 0);
      this.#parts.push(part);
    }
    return this;
  }

  /** pcapng's order for times and counters: the high half first, each in the byte order. */
  highLow(value: bigint): this {
    return this.uint32(Number((value >> 32n) & 0xffffffffn), Number(value & 0xffffffffn));
  }

  uint64(value: bigint): this {
    const part = Buffer.alloc(8);
    if (this.#little) part.writeBigInt64LE(BigInt.asIntN(64, value));
    else part.writeBigInt64BE(BigInt.asIntN(64, value));
    this.#parts.push(part);
    return this;
  }

  octets(bytes: Uint8Array): this {
    this.#parts.push(Buffer.from(bytes));
    return this;
  }

  /** Zeros up to the next multiple of four. */
  pad(): this {
    const length = this.#parts.reduce((sum, part) => sum + part.length, 0);
    this.#parts.push(Buffer.alloc(-length & 3));
    return this;
  }

  build(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/** Classic pcap: file header and records. */
export function pcapFile(packets: readonly BuiltPacket[], options: PcapOptions = {}): Buffer {
  const nano = options.resolution === "nano";
  const magic = options.magic ?? (nano ? 0xa1b23c4d : 0xa1b2c3d4);
  const [major, minor] = options.version ?? [2, 4];
  const fcsLength = options.fcsLength ?? 0;
  const fcsBits = fcsLength > 0 ? ((fcsLength / 2) << 28) | 0x04000000 : 0;
  const writer = new OctetWriter(options.endian ?? "little")
    .uint32(magic)
    .uint16(major, minor)
    .uint32(0, 0, options.snapLength ?? 262_144, (options.linkType ?? 1) | fcsBits);
  for (const packet of packets) {
    const nanos = packet.nanos ?? 0;
    writer.uint32(
      packet.seconds,
      nano ? nanos : Math.floor(nanos / 1000),
      packet.bytes.length,
      packet.originalLength ?? packet.bytes.length,
    );
    // interface index, protocol, packet type, padding
    if (magic === 0xa1b2cd34) writer.uint32(1).uint16(8, 0);
    writer.octets(packet.bytes);
  }
  return writer.build();
}

/** An option of a pcapng block. */
export interface PcapngOption {
  readonly code: number;
  readonly value: Uint8Array;
}

/** A pcapng interface; times of its packets are written in its own resolution. */
export interface BuiltInterface {
  readonly linkType?: number;
  readonly snapLength?: number;
  readonly name?: string;
  /** if_tsresol as stored: N for 10^-N, 0x80 | N for 2^-N; 6 and not written where absent. */
  readonly timeResolution?: number;
  /** if_tsoffset in seconds. */
  readonly timeOffset?: number;
  readonly fcsLength?: number;
  readonly options?: readonly PcapngOption[];
}

/** An interface statistics block; absent counters are not written. */
export interface BuiltStatistics {
  readonly interface: number;
  readonly received?: number;
  readonly droppedByInterface?: number;
  readonly droppedByKernel?: number;
}

/** Any block: `before` packet N (0 is before the first); at the end where absent. */
export interface BuiltBlock {
  readonly type: number;
  readonly body: Uint8Array;
  readonly before?: number;
}

export interface PcapngOptions {
  readonly endian?: Endian;
  /** One Ethernet interface where absent. */
  readonly interfaces?: readonly BuiltInterface[];
  readonly packetBlock?: "enhanced" | "simple" | "obsolete";
  /** Written after the packets. */
  readonly statistics?: readonly BuiltStatistics[];
  readonly extraBlocks?: readonly BuiltBlock[];
  /** Stated length of the section; -1 (unknown) where absent. */
  readonly sectionLength?: bigint;
  readonly version?: readonly [major: number, minor: number];
}

function optionList(endian: Endian, options: readonly PcapngOption[]): Buffer {
  if (options.length === 0) return Buffer.alloc(0);
  const writer = new OctetWriter(endian);
  for (const option of options) {
    writer.uint16(option.code, option.value.length).octets(option.value).pad();
  }
  return writer.uint16(0, 0).build();
}

/** One whole pcapng block: type, length, body padded to four, length. */
export function pcapngBlock(type: number, body: Uint8Array, endian: Endian = "little"): Buffer {
  const length = 12 + body.length + (-body.length & 3);
  return new OctetWriter(endian)
    .uint32(type, length)
    .octets(body)
    .pad()
    .octets(new OctetWriter(endian).uint32(length).build())
    .build();
}

/** The time of a packet in units of its interface (if_tsresol, if_tsoffset). */
function ticksOf(packet: BuiltPacket, built: BuiltInterface): bigint {
  const resolution = built.timeResolution ?? 6;
  const exponent = BigInt(resolution & 0x7f);
  const perSecond = resolution & 0x80 ? 2n ** exponent : 10n ** exponent;
  const seconds = BigInt(packet.seconds) - BigInt(built.timeOffset ?? 0);
  // rounded up, so that a reader that rounds down finds the same nanosecond again
  const fraction = (BigInt(packet.nanos ?? 0) * perSecond + 999_999_999n) / 1_000_000_000n;
  const exact = (BigInt(packet.nanos ?? 0) * perSecond) / 1_000_000_000n;
  return seconds * perSecond + (resolution & 0x80 ? fraction : exact);
}

function interfaceBlock(built: BuiltInterface, endian: Endian): Buffer {
  const options: PcapngOption[] = [];
  if (built.name !== undefined) options.push({ code: 2, value: Buffer.from(built.name) });
  if (built.timeResolution !== undefined) {
    options.push({ code: 9, value: Buffer.from([built.timeResolution]) });
  }
  if (built.timeOffset !== undefined) {
    const value = new OctetWriter(endian).uint64(BigInt(built.timeOffset)).build();
    options.push({ code: 14, value });
  }
  if (built.fcsLength !== undefined) {
    options.push({ code: 13, value: Buffer.from([built.fcsLength]) });
  }
  options.push(...(built.options ?? []));
  const body = new OctetWriter(endian)
    .uint16(built.linkType ?? 1, 0)
    .uint32(built.snapLength ?? 262_144)
    .octets(optionList(endian, options));
  return pcapngBlock(1, body.build(), endian);
}

function packetBlock(packet: BuiltPacket, built: BuiltInterface, options: PcapngOptions): Buffer {
  const endian = options.endian ?? "little";
  const ticks = ticksOf(packet, built);
  const originalLength = packet.originalLength ?? packet.bytes.length;
  const writer = new OctetWriter(endian);
  switch (options.packetBlock ?? "enhanced") {
    case "simple":
      return pcapngBlock(3, writer.uint32(originalLength).octets(packet.bytes).build(), endian);
    case "obsolete":
      writer.uint16(packet.interface ?? 0, 0xffff).highLow(ticks);
      writer.uint32(packet.bytes.length, originalLength).octets(packet.bytes);
      return pcapngBlock(2, writer.build(), endian);
    default:
      writer.uint32(packet.interface ?? 0).highLow(ticks);
      writer.uint32(packet.bytes.length, originalLength).octets(packet.bytes);
      return pcapngBlock(6, writer.build(), endian);
  }
}

function statisticsBlock(statistics: BuiltStatistics, endian: Endian): Buffer {
  const options: PcapngOption[] = [];
  const counters = [
    [4, statistics.received],
    [5, statistics.droppedByInterface],
    [7, statistics.droppedByKernel],
  ] as const;
  for (const [code, value] of counters) {
    if (value === undefined) continue;
    options.push({ code, value: new OctetWriter(endian).uint64(BigInt(value)).build() });
  }
  const body = new OctetWriter(endian).uint32(statistics.interface, 0, 0);
  return pcapngBlock(5, body.octets(optionList(endian, options)).build(), endian);
}

/** One section of pcapng with its interfaces, packets, statistics and other blocks. */
export function pcapngFile(packets: readonly BuiltPacket[], options: PcapngOptions = {}): Buffer {
  const endian = options.endian ?? "little";
  const interfaces = options.interfaces ?? [{}];
  const [major, minor] = options.version ?? [1, 0];
  const header = new OctetWriter(endian)
    .uint32(0x1a2b3c4d)
    .uint16(major, minor)
    .uint64(options.sectionLength ?? -1n);
  const parts = [pcapngBlock(0x0a0d0d0a, header.build(), endian)];
  parts.push(...interfaces.map((built) => interfaceBlock(built, endian)));
  const addBlocks = (before: number | undefined): void => {
    for (const block of options.extraBlocks ?? []) {
      if (block.before === before) parts.push(pcapngBlock(block.type, block.body, endian));
    }
  };
  for (const [index, packet] of packets.entries()) {
    addBlocks(index);
    parts.push(packetBlock(packet, interfaces[packet.interface ?? 0] ?? {}, options));
  }
  addBlocks(undefined);
  for (const statistics of options.statistics ?? []) {
    parts.push(statisticsBlock(statistics, endian));
  }
  return Buffer.concat(parts);
}

export interface SnoopOptions {
  /** Datalink type of RFC 1761; 4 (Ethernet) where absent. */
  readonly dataLink?: number;
  readonly version?: number;
  /** Cumulative drops written into every record. */
  readonly drops?: number;
}

/** snoop (RFC 1761): always big-endian, microseconds, records padded to four octets. */
export function snoopFile(packets: readonly BuiltPacket[], options: SnoopOptions = {}): Buffer {
  const writer = new OctetWriter("big")
    .octets(Buffer.from("snoop\0\0\0", "latin1"))
    .uint32(options.version ?? 2, options.dataLink ?? 4);
  for (const packet of packets) {
    const captured = packet.bytes.length;
    writer.uint32(packet.originalLength ?? captured, captured);
    writer.uint32(24 + captured + (-captured & 3), options.drops ?? 0);
    writer.uint32(packet.seconds, Math.floor((packet.nanos ?? 0) / 1000));
    writer.octets(packet.bytes).pad();
  }
  return writer.build();
}
