// Records -> pcapng (draft-ietf-opsawg-pcapng), one little-endian section. Each interface of the input
// that has a packet here is described before its first packet, with its name, link type, snap length and
// time resolution; numbers follow that order. Statistics are the input's and are not written: they
// would speak of packets that are not here.

import type { CaptureInterface } from "../capture/capture-reader.ts";
import { TcpxError } from "../errors.ts";
import type { CaptureEncoder, PacketRecord } from "./capture-encoder.ts";
import type { OctetBuilder } from "./octet-builder.ts";

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE = 1;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const OPTION = { end: 0, interfaceName: 2, timeResolution: 9, fcsLength: 13 } as const;
const MOST_LINK_TYPE = 0xffff;
const MICROSECONDS = 6;
const NANOSECONDS = 9;
/** if_tsresol of 2^-N */
const BINARY = 0x80;

/** A described interface: its number here and its units. */
interface Described {
  readonly id: number;
  readonly ticksPerSecond: number;
}

export class PcapngEncoder implements CaptureEncoder {
  readonly #interfaces: readonly CaptureInterface[];
  /** By index into the run's list. */
  readonly #described: (Described | undefined)[] = [];
  #count = 0;
  #isBegun = false;

  constructor(interfaces: readonly CaptureInterface[]) {
    this.#interfaces = interfaces;
  }

  add(record: PacketRecord, into: OctetBuilder): void {
    const from = this.#described[record.interfaceIndex] ?? this.#describe(record, into);
    const captured = record.end - record.start;
    const at = into.length;
    const length = 32 + captured + (-captured & 3);
    into.uint32(ENHANCED_PACKET);
    into.uint32(length);
    into.uint32(from.id);
    addTime(record.seconds, record.nanos, from.ticksPerSecond, into);
    into.uint32(captured);
    into.uint32(record.originalLength);
    into.octets(record.bytes, record.start, record.end);
    into.pad(at);
    into.uint32(length);
  }

  finish(into: OctetBuilder): void {
    this.#begin(into);
  }

  #begin(into: OctetBuilder): void {
    if (this.#isBegun) return;
    this.#isBegun = true;
    into.uint32(SECTION_HEADER);
    into.uint32(28);
    into.uint32(BYTE_ORDER_MAGIC);
    into.uint16(1);
    into.uint16(0);
    // The section's length: not known before its end.
    into.uint32(-1);
    into.uint32(-1);
    into.uint32(28);
  }

  #describe(record: PacketRecord, into: OctetBuilder): Described {
    this.#begin(into);
    const known = this.#interfaces[record.interfaceIndex]!;
    if (record.linkType > MOST_LINK_TYPE) {
      throw new TcpxError("WRITE_FAILED", `link type ${record.linkType} has no number in pcapng`);
    }
    const resolution = resolutionOf(known.ticksPerSecond);
    const name = new TextEncoder().encode(known.name ?? "");
    const hasName = known.name !== null && name.length > 0;
    const hasResolution = resolution !== MICROSECONDS;
    const hasFcs = record.fcsLength > 0;
    const at = into.length;
    const options =
      (hasName ? 4 + name.length + (-name.length & 3) : 0) +
      (hasResolution ? 8 : 0) +
      (hasFcs ? 8 : 0);
    const length = 20 + (options > 0 ? options + 4 : 0);
    into.uint32(INTERFACE);
    into.uint32(length);
    into.uint16(record.linkType);
    into.uint16(0);
    into.uint32(known.snapLength);
    if (hasName) {
      into.uint16(OPTION.interfaceName);
      into.uint16(name.length);
      into.octets(name, 0, name.length);
      into.pad(at);
    }
    if (hasResolution) addOctetOption(OPTION.timeResolution, resolution, into);
    if (hasFcs) addOctetOption(OPTION.fcsLength, record.fcsLength, into);
    if (options > 0) into.uint32(OPTION.end);
    into.uint32(length);
    const described = { id: this.#count++, ticksPerSecond: ticksOf(resolution) };
    this.#described[record.interfaceIndex] = described;
    return described;
  }
}

function addOctetOption(code: number, value: number, into: OctetBuilder): void {
  into.uint16(code);
  into.uint16(1);
  into.uint32(value & 0xff);
}

/** if_tsresol of a number of units in a second; nanoseconds where it is finer than them, or unusual. */
function resolutionOf(ticksPerSecond: number): number {
  for (let exponent = 0; exponent <= NANOSECONDS; exponent++) {
    if (10 ** exponent === ticksPerSecond) return exponent;
  }
  const binary = Math.log2(ticksPerSecond);
  // 2^30 is finer than nanoseconds.
  return Number.isInteger(binary) && binary < 30 ? BINARY | binary : NANOSECONDS;
}

function ticksOf(resolution: number): number {
  return (resolution & BINARY) === 0 ? 10 ** resolution : 2 ** (resolution & ~BINARY);
}

/**
 * The count of units since 1970, high half first:
 *
 *     count = seconds * ticks + fraction        up to 2^62: by hand, 16 bits of the seconds at a time
 *
 * A fraction that is no whole number of units is the next one: a reader rounds down to the nanosecond.
 */
function addTime(seconds: number, nanos: number, ticksPerSecond: number, into: OctetBuilder): void {
  const nanosPerTick = 1e9 / ticksPerSecond;
  // The product with a power of two is exact, that with a power of ten need not be.
  const fraction = Number.isInteger(nanosPerTick)
    ? Math.ceil(nanos / nanosPerTick)
    : Math.ceil((nanos * ticksPerSecond) / 1e9);
  const high = (seconds >>> 16) * ticksPerSecond;
  const low = (seconds & 0xffff) * ticksPerSecond + fraction;
  const sum = (high % 0x10000) * 0x10000 + low;
  into.uint32(Math.floor(high / 0x10000) + Math.floor(sum / 0x1_0000_0000));
  into.uint32(sum % 0x1_0000_0000);
}
