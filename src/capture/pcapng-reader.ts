// pcapng: sections of blocks, each with its length at both ends (draft-ietf-opsawg-pcapng). A section
// has its own byte order and its own interfaces; packets come in enhanced, simple and obsolete packet
// blocks. `next` runs once a packet: enhanced packet blocks first, all other blocks in `#consume`.
//
//     | type | length | body, padded to four octets | length |

import { readUint16, readUint16LE, readUint32, readUint32LE } from "../bytes.ts";
import { SECTION_HEADER_TYPE, noFileHeader, sectionIsLittleEndian } from "./capture-format.ts";
import type { PacketCursor } from "./packet-cursor.ts";
import { LONGEST_RECORD_BYTES } from "./octet-window.ts";
import type { PlainRecords } from "./plain-records.ts";
import {
  BLOCK,
  BLOCK_FRAME_BYTES,
  ENHANCED_HEADER_BYTES,
  SECTION_HEADER_BYTES,
  SIMPLE_HEADER_BYTES,
  shortestBlock,
} from "./pcapng-block.ts";
import { readInterface, readStatistics } from "./pcapng-interface.ts";
import type { PacketInterface } from "./pcapng-interface.ts";
import { LONGEST_ORIGINAL_BYTES, RecordReader, VERDICT } from "./record-reader.ts";
import type { CutRecord, Obstacle, RecordSource, Verdict } from "./record-reader.ts";

/** A packet of LONGEST_RECORD_BYTES with its header and options. */
const LONGEST_BLOCK_BYTES = LONGEST_RECORD_BYTES + 1024 * 1024;
/** Of a run (a file's first is always read), lest a hostile file fill the memory with them. */
export const MOST_INTERFACES = 65_536;

/** Sections of either byte order, interfaces of any link type and time resolution. */
export class PcapngReader extends RecordReader {
  #littleEndian: boolean;
  /** Of the section, by their ids. */
  #interfaces: PacketInterface[] = [];
  /** Interfaces of the sections before. */
  #earlierInterfaces = 0;
  #lastNanos = 0;
  /** The interface of the packet handed out last, if it is of this section. */
  #lastInterface: PacketInterface | null = null;
  #plainRecords: PlainRecords | null = null;

  private constructor(source: RecordSource, littleEndian: boolean) {
    super(source, "BAD_BLOCK");
    this.#littleEndian = littleEndian;
  }

  /**
   * Looks at the first section header, which `next` will read.
   * @throws TcpxError NOT_A_CAPTURE if there is no whole one
   */
  static async open(source: RecordSource): Promise<PcapngReader> {
    const { window, file } = source;
    const isWhole = await window.need(SECTION_HEADER_BYTES);
    const little = isWhole ? sectionIsLittleEndian(window.bytes, window.at) : null;
    if (little === null) {
      const first = window.bytes.slice(window.at, window.end);
      throw noFileHeader(file.path, first, `${SECTION_HEADER_BYTES} octets of section header`);
    }
    const uint16 = little ? readUint16LE : readUint16;
    const version = `${uint16(window.bytes, window.at + 12)}.${uint16(window.bytes, window.at + 14)}`;
    file.format = "pcapng";
    file.formatText = `pcapng ${version}, ${little ? "little-endian" : "big-endian"}`;
    return new PcapngReader(source, little);
  }

  next(cursor: PacketCursor): boolean {
    const window = this.window;
    for (;;) {
      const bytes = window.bytes;
      const at = window.at;
      if (at + BLOCK_FRAME_BYTES > window.end) return false;
      const type = this.#uint32(bytes, at);
      if (type !== BLOCK.enhancedPacket) {
        const length = this.#wholeBlock(at);
        if (length === 0) return false;
        if (type === BLOCK.simplePacket || type === BLOCK.obsoletePacket) {
          if (!this.#packet(cursor, type, at, length)) return false;
          return true;
        }
        if (!this.#consume(type, at, length)) return false;
        continue;
      }
      const length = this.#uint32(bytes, at + 4);
      const next = at + length;
      if (length < 32 || next > window.end || (length & 3) !== 0) return false;
      const captured = this.#uint32(bytes, at + 20);
      const original = this.#uint32(bytes, at + 24);
      const from = this.#interfaces[this.#uint32(bytes, at + 8)];
      // which of these it is, `fill` finds out
      if (
        from === undefined ||
        captured > length - 32 ||
        captured > from.longest ||
        original > LONGEST_ORIGINAL_BYTES ||
        this.#uint32(bytes, next - 4) !== length
      ) {
        return false;
      }
      const start = at + ENHANCED_HEADER_BYTES;
      from.timeScale.set(cursor, this.#uint32(bytes, at + 12), this.#uint32(bytes, at + 16));
      this.#lastNanos = cursor.nanos;
      this.#handOut(cursor, from, start, captured, original);
      cursor.recordOffset = window.baseOffset + at;
      window.at = next;
      return true;
    }
  }

  /** Those of the interface that the last packet was of. */
  get plainRecords(): PlainRecords | null {
    const from = this.#lastInterface;
    if (from === null) return null;
    if (this.#plainRecords?.interfaceIndex !== from.index) this.#plainRecords = this.#plainOf(from);
    return this.#plainRecords;
  }

  #plainOf(from: PacketInterface): PlainRecords | null {
    const { ticksPerSecond, nanosPerTick, offsetSeconds } = from.timeScale;
    const isPlain = this.#littleEndian && from.fcsLength === 0;
    if (!isPlain || nanosPerTick === 0 || offsetSeconds !== 0) return null;
    return {
      window: this.window,
      isPcapng: true,
      interfaceId: this.#interfaces.indexOf(from),
      ticksPerSecond,
      nanosPerTick,
      longest: from.longest,
      linkType: from.linkType,
      interfaceIndex: from.index,
      passed: (count, seconds, nanos) => {
        this.packets += count;
        this.lastSeconds = seconds;
        this.#lastNanos = nanos;
      },
    };
  }

  protected obstacle(): Obstacle | null {
    const { window } = this;
    const { at } = window;
    if (window.length < BLOCK_FRAME_BYTES) return null;
    const frame = this.#brokenFrame(at);
    if (frame !== null) return { reason: frame, length: 0 };
    const length = this.#lengthAt(at);
    if (at + length > window.end) return null;
    const trailer = this.#trailer(at, length);
    if (trailer !== length) {
      const reason = `block length ${length} at its beginning, ${trailer} at its end`;
      return { reason, length: 0 };
    }
    const reason = this.#impossible(at, length);
    return reason === null ? null : { reason, length };
  }

  protected judge(at: number): Verdict {
    const { window } = this;
    if (at + BLOCK_FRAME_BYTES > window.end) return this.#undecided();
    if (!this.#isKnownType(at) || this.#brokenFrame(at) !== null) return VERDICT.no;
    const length = this.#lengthAt(at);
    const next = at + length;
    if (next > window.end) return this.#undecided();
    if (this.#trailer(at, length) !== length || this.#impossible(at, length) !== null) {
      return VERDICT.no;
    }
    if (next !== window.end || !window.ended) {
      if (next + BLOCK_FRAME_BYTES > window.end) return this.#undecided();
      // a section that begins here decides the byte order of what follows
      if (this.#brokenFrame(next, this.#isLittleAt(at)) !== null) return VERDICT.no;
    }
    return this.#isNearAt(at) ? VERDICT.yes : VERDICT.far;
  }

  protected cut(): CutRecord {
    const { window } = this;
    if (window.length < BLOCK_FRAME_BYTES) {
      return { part: "a block header", missing: BLOCK_FRAME_BYTES - window.length };
    }
    return { part: "a block", missing: this.#lengthAt(window.at) - window.length };
  }

  /** Simple and obsolete packet blocks; false if there is something impossible about it. */
  #packet(cursor: PacketCursor, type: number, at: number, length: number): boolean {
    const { window } = this;
    const { bytes } = window;
    if (this.#impossible(at, length) !== null) return false;
    const from = this.#interfaceAt(at)!;
    if (type === BLOCK.obsoletePacket) {
      from.timeScale.set(cursor, this.#uint32(bytes, at + 12), this.#uint32(bytes, at + 16));
      this.#lastNanos = cursor.nanos;
    } else {
      // it has no time: that of the packet before it
      cursor.seconds = Math.max(this.lastSeconds, 0);
      cursor.nanos = this.#lastNanos;
    }
    const start = at + (type === BLOCK.simplePacket ? SIMPLE_HEADER_BYTES : ENHANCED_HEADER_BYTES);
    this.#handOut(cursor, from, start, this.#capturedAt(at, length), this.#originalAt(at));
    cursor.recordOffset = window.baseOffset + at;
    window.at = at + length;
    return true;
  }

  #handOut(
    cursor: PacketCursor,
    from: PacketInterface,
    start: number,
    captured: number,
    original: number,
  ): void {
    cursor.bytes = this.window.bytes;
    cursor.start = start;
    cursor.end = start + captured;
    cursor.originalLength = original < captured ? captured : original;
    cursor.linkType = from.linkType;
    cursor.fcsLength = from.fcsLength;
    cursor.interfaceIndex = from.index;
    this.#lastInterface = from;
    this.packets++;
    this.lastSeconds = cursor.seconds;
  }

  /** All blocks but packets; false if there is something impossible about it. */
  #consume(type: number, at: number, length: number): boolean {
    const { window, source } = this;
    const { bytes } = window;
    const isLittle = this.#littleEndian;
    if (this.#impossible(at, length) !== null) return false;
    window.at = at + length;
    switch (type) {
      case SECTION_HEADER_TYPE:
        this.#littleEndian = sectionIsLittleEndian(bytes, at)!;
        this.#earlierInterfaces += this.#interfaces.length;
        this.#interfaces = [];
        this.#lastInterface = null;
        break;
      case BLOCK.interface: {
        const body = { bytes, at: at + 8, end: at + length - 4, isLittle };
        const id = this.#earlierInterfaces + this.#interfaces.length;
        const found = readInterface(body, source.fileIndex, id, source.interfaces.length);
        source.interfaces.push(found.listed);
        this.#interfaces.push(found.forPackets);
        break;
      }
      case BLOCK.statistics: {
        const body = { bytes, at: at + 8, end: at + length - 4, isLittle };
        readStatistics(body, source.interfaces[this.#interfaceAt(at)!.index]!);
        break;
      }
      default:
        source.file.skippedBlocks++;
    }
    return true;
  }

  #uint32(bytes: Uint8Array, at: number): number {
    return this.#littleEndian ? readUint32LE(bytes, at) : readUint32(bytes, at);
  }

  #undecided(): Verdict {
    return this.window.ended ? VERDICT.no : VERDICT.undecided;
  }

  /** Length of the block at `at` by its own byte order, if it is whole and framed rightly; else 0. */
  #wholeBlock(at: number): number {
    if (this.#brokenFrame(at) !== null) return 0;
    const length = this.#lengthAt(at);
    if (at + length > this.window.end) return 0;
    return this.#trailer(at, length) === length ? length : 0;
  }

  /** A section header is in the byte order that it begins. */
  #isLittleAt(at: number, isLittle = this.#littleEndian): boolean {
    return sectionIsLittleEndian(this.window.bytes, at) ?? isLittle;
  }

  #lengthAt(at: number, isLittle = this.#littleEndian): number {
    const { bytes } = this.window;
    return this.#isLittleAt(at, isLittle) ? readUint32LE(bytes, at + 4) : readUint32(bytes, at + 4);
  }

  #trailer(at: number, length: number): number {
    const { bytes } = this.window;
    const end = at + length - 4;
    return this.#isLittleAt(at) ? readUint32LE(bytes, end) : readUint32(bytes, end);
  }

  /** What is impossible about type and length (12 octets are at hand), or null. */
  #brokenFrame(at: number, isLittle = this.#littleEndian): string | null {
    const { bytes } = this.window;
    const type = isLittle ? readUint32LE(bytes, at) : readUint32(bytes, at);
    if (type === SECTION_HEADER_TYPE && sectionIsLittleEndian(bytes, at) === null) {
      return `section header without byte-order magic`;
    }
    const length = this.#lengthAt(at, isLittle);
    const shortest = shortestBlock(type);
    if (length < shortest || length > LONGEST_BLOCK_BYTES || (length & 3) !== 0) {
      return (
        `block of type ${type} with length ${length}, it must be a multiple of 4 ` +
        `from ${shortest} to ${LONGEST_BLOCK_BYTES}`
      );
    }
    return null;
  }

  /** Whether a scan may stop at a block of this type. */
  #isKnownType(at: number): boolean {
    const type = this.#uint32(this.window.bytes, at);
    if (type >= BLOCK.interface && type <= BLOCK.lastStandard) return true;
    return type === SECTION_HEADER_TYPE || type === BLOCK.custom || type === BLOCK.customNotCopied;
  }

  /** The interface that a packet or statistics block names. */
  #interfaceAt(at: number): PacketInterface | undefined {
    const { bytes } = this.window;
    const type = this.#uint32(bytes, at);
    if (type === BLOCK.simplePacket) return this.#interfaces[0];
    if (type !== BLOCK.obsoletePacket) return this.#interfaces[this.#uint32(bytes, at + 8)];
    const id = this.#littleEndian ? readUint16LE(bytes, at + 8) : readUint16(bytes, at + 8);
    return this.#interfaces[id];
  }

  #originalAt(at: number): number {
    const { bytes } = this.window;
    const isSimple = this.#uint32(bytes, at) === BLOCK.simplePacket;
    return this.#uint32(bytes, at + (isSimple ? 8 : 24));
  }

  /** A simple packet block does not say its captured length: it follows from the other lengths. */
  #capturedAt(at: number, length: number): number {
    const { bytes } = this.window;
    if (this.#uint32(bytes, at) !== BLOCK.simplePacket) return this.#uint32(bytes, at + 20);
    const room = length - SIMPLE_HEADER_BYTES - 4;
    const snapLength = this.#interfaces[0]?.snapLength ?? 0;
    const cut = snapLength > 0 ? Math.min(room, snapLength) : room;
    return Math.min(this.#originalAt(at), cut);
  }

  /** What is impossible in the body of a whole block, or null. */
  #impossible(at: number, length: number): string | null {
    const type = this.#uint32(this.window.bytes, at);
    switch (type) {
      case BLOCK.interface:
        return this.#mayDescribe() ? null : `more than ${MOST_INTERFACES} interfaces are not read`;
      case BLOCK.statistics:
        return this.#interfaceAt(at) === undefined ? this.#noInterface(type) : null;
      case BLOCK.enhancedPacket:
      case BLOCK.obsoletePacket:
      case BLOCK.simplePacket:
        return this.#impossiblePacket(type, at, length);
      default:
        return null;
    }
  }

  #mayDescribe(): boolean {
    const isFirst = this.#earlierInterfaces + this.#interfaces.length === 0;
    return isFirst || this.source.interfaces.length < MOST_INTERFACES;
  }

  #noInterface(type: number): string {
    const count = this.#interfaces.length;
    return `block of type ${type} of an interface that is not among the section's ${count}`;
  }

  #impossiblePacket(type: number, at: number, length: number): string | null {
    const from = this.#interfaceAt(at);
    if (from === undefined) return this.#noInterface(type);
    const captured = this.#capturedAt(at, length);
    const original = this.#originalAt(at);
    const room = type === BLOCK.simplePacket ? length : length - ENHANCED_HEADER_BYTES - 4;
    if (captured > room || captured > from.longest) {
      return `captured length ${captured}, at most ${Math.min(room, from.longest)} is possible`;
    }
    if (original > LONGEST_ORIGINAL_BYTES) {
      return `original length ${original}, at most ${LONGEST_ORIGINAL_BYTES} is possible`;
    }
    return null;
  }

  /** Whether a packet block's time is near that of the last packet; true for other blocks. */
  #isNearAt(at: number): boolean {
    const { bytes } = this.window;
    const type = this.#uint32(bytes, at);
    if (type !== BLOCK.enhancedPacket && type !== BLOCK.obsoletePacket) return true;
    const { timeScale } = this.#interfaceAt(at)!;
    return this.isNear(
      timeScale.secondsOf(this.#uint32(bytes, at + 12), this.#uint32(bytes, at + 16)),
    );
  }
}
