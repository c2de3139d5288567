// Classic pcap: a file header of 24 octets, then records of a 16-octet header and the packet
// (draft-ietf-opsawg-pcap §4, §5). `next` runs once a packet and is the fast path of the program.
//
//     | seconds | fraction | captured length | original length | (Kuznetzov: 8 more) | octets |

import { OctetView, readUint16, readUint16LE, readUint32, readUint32LE } from "../bytes.ts";
import {
  PCAP_KUZNETZOV_MAGIC,
  PCAP_NANO_MAGIC,
  noFileHeader,
  pcapMagic,
} from "./capture-format.ts";
import type { CaptureInterface } from "./capture-reader.ts";
import type { PacketCursor } from "./packet-cursor.ts";
import type { PlainRecords } from "./plain-records.ts";
import {
  LONGEST_ORIGINAL_BYTES,
  LONGEST_SCANNED_ORIGINAL_BYTES,
  RecordReader,
  VERDICT,
  longestRecord,
} from "./record-reader.ts";
import type { CutRecord, Obstacle, RecordSource, Verdict } from "./record-reader.ts";

const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const KUZNETZOV_HEADER_BYTES = 24;

/** What the file header says. */
interface PcapHeader {
  readonly littleEndian: boolean;
  readonly isNano: boolean;
  readonly isKuznetzov: boolean;
  readonly major: number;
  readonly minor: number;
  readonly snapLength: number;
  readonly linkType: number;
  readonly fcsLength: number;
}

function parseHeader(bytes: Uint8Array, at: number): PcapHeader | null {
  const found = pcapMagic(bytes, at);
  if (found === null) return null;
  const { magic, little } = found;
  const uint16 = little ? readUint16LE : readUint16;
  const uint32 = little ? readUint32LE : readUint32;
  const link = uint32(bytes, at + 20);
  return {
    littleEndian: little,
    isNano: magic === PCAP_NANO_MAGIC,
    isKuznetzov: magic === PCAP_KUZNETZOV_MAGIC,
    major: uint16(bytes, at + 4),
    minor: uint16(bytes, at + 6),
    snapLength: uint32(bytes, at + 16),
    linkType: link & 0xffff,
    // bit 26 says that the top four bits count the FCS, in units of 16 bits
    fcsLength: (link & 0x04000000) === 0 ? 0 : (link >>> 28) * 2,
  };
}

function describe(header: PcapHeader): string {
  const kind = header.isKuznetzov ? "modified pcap" : "pcap";
  const order = header.littleEndian ? "little-endian" : "big-endian";
  const unit = header.isNano ? "nanoseconds" : "microseconds";
  return `${kind} ${header.major}.${header.minor}, ${order}, ${unit}`;
}

/** Microseconds and nanoseconds, either byte order, Kuznetzov's longer record headers. */
export class PcapReader extends RecordReader {
  readonly plainRecords: PlainRecords | null;
  readonly #littleEndian: boolean;
  readonly #headerBytes: number;
  readonly #longest: number;
  readonly #fractionsPerSecond: number;
  /** Two seconds: less is a second not carried, and the packet is good. */
  readonly #impossibleFraction: number;
  readonly #nanosPerFraction: number;
  /** Before version 2.3 the two lengths stood in the other order; in 2.3 in either. */
  readonly #capturedAt: number;
  readonly #originalAt: number;
  readonly #mayBeSwapped: boolean;
  readonly #linkType: number;
  readonly #fcsLength: number;
  readonly #interfaceIndex: number;
  readonly #views = new OctetView();
  // the record header that `#readHeader` looked at: scans and errors only
  #seconds = 0;
  #fraction = 0;
  #captured = 0;
  #original = 0;

  private constructor(source: RecordSource, header: PcapHeader) {
    super(source, "BAD_RECORD");
    this.#littleEndian = header.littleEndian;
    this.#headerBytes = header.isKuznetzov ? KUZNETZOV_HEADER_BYTES : RECORD_HEADER_BYTES;
    this.#longest = longestRecord(header.snapLength);
    this.#fractionsPerSecond = header.isNano ? 1e9 : 1e6;
    this.#impossibleFraction = this.#fractionsPerSecond * 2;
    this.#nanosPerFraction = header.isNano ? 1 : 1000;
    const isSwapped = header.major === 2 && header.minor < 3;
    this.#capturedAt = isSwapped ? 12 : 8;
    this.#originalAt = isSwapped ? 8 : 12;
    // 543.0 is Digital Unix's tcpdump
    this.#mayBeSwapped = (header.major === 2 && header.minor === 3) || header.major === 543;
    this.#linkType = header.linkType;
    this.#fcsLength = header.fcsLength;
    this.#interfaceIndex = source.interfaces.length;
    source.interfaces.push(onlyInterface(source.fileIndex, header));
    this.plainRecords = this.#arePlain() ? this.#plainRecords() : null;
  }

  /**
   * Reads the file header.
   * @throws TcpxError NOT_A_CAPTURE if there is no whole one
   */
  static async open(source: RecordSource): Promise<PcapReader> {
    const { window, file } = source;
    const isWhole = await window.need(FILE_HEADER_BYTES);
    const header = isWhole ? parseHeader(window.bytes, window.at) : null;
    if (header === null) {
      const first = window.bytes.subarray(window.at, window.end);
      throw noFileHeader(file.path, first, `${FILE_HEADER_BYTES} octets of pcap header`);
    }
    file.format = "pcap";
    file.formatText = describe(header);
    window.at += FILE_HEADER_BYTES;
    return new PcapReader(source, header);
  }

  next(cursor: PacketCursor): boolean {
    const window = this.window;
    const bytes = window.bytes;
    const at = window.at;
    const start = at + this.#headerBytes;
    if (start > window.end) return false;
    const view = this.#views.of(bytes);
    const littleEndian = this.#littleEndian;
    let seconds = view.getUint32(at, littleEndian);
    let fraction = view.getUint32(at + 4, littleEndian);
    let captured = view.getUint32(at + this.#capturedAt, littleEndian);
    let original = view.getUint32(at + this.#originalAt, littleEndian);
    if (original < captured) {
      const shorter = original;
      original = captured;
      if (this.#mayBeSwapped) captured = shorter;
    }
    const end = start + captured;
    // which of these it is, `fill` finds out
    if (
      end > window.end ||
      captured > this.#longest ||
      fraction >= this.#impossibleFraction ||
      original > LONGEST_ORIGINAL_BYTES
    ) {
      return false;
    }
    if (fraction >= this.#fractionsPerSecond) {
      // A second that was not carried: tools that shift times leave such records behind.
      fraction -= this.#fractionsPerSecond;
      seconds++;
    }
    cursor.bytes = bytes;
    cursor.start = start;
    cursor.end = end;
    cursor.originalLength = original;
    cursor.seconds = seconds;
    cursor.nanos = fraction * this.#nanosPerFraction;
    cursor.linkType = this.#linkType;
    cursor.fcsLength = this.#fcsLength;
    cursor.interfaceIndex = this.#interfaceIndex;
    cursor.recordOffset = window.baseOffset + at;
    window.at = end;
    this.packets++;
    this.lastSeconds = seconds;
    return true;
  }

  protected obstacle(): Obstacle | null {
    const { window } = this;
    if (window.length < this.#headerBytes) return null;
    this.#readHeader(window.at);
    const reason = this.#impossible();
    return reason === null ? null : { reason, length: 0 };
  }

  protected judge(at: number): Verdict {
    const { window } = this;
    if (at + this.#headerBytes > window.end) return this.#undecided();
    if (!this.#isPlausible(at)) return VERDICT.no;
    const next = at + this.#headerBytes + this.#captured;
    const isNear = this.isNear(this.#seconds);
    // the last record of the file has nobody behind it
    if (next !== window.end || !window.ended) {
      if (next + this.#headerBytes > window.end) return this.#undecided();
      if (!this.#isPlausible(next)) return VERDICT.no;
    }
    return isNear ? VERDICT.yes : VERDICT.far;
  }

  protected cut(): CutRecord {
    const { window } = this;
    if (window.length < this.#headerBytes) {
      return { part: "a record header", missing: this.#headerBytes - window.length };
    }
    this.#readHeader(window.at);
    return { part: "a record", missing: this.#headerBytes + this.#captured - window.length };
  }

  #arePlain(): boolean {
    return (
      this.#littleEndian &&
      this.#headerBytes === RECORD_HEADER_BYTES &&
      this.#capturedAt === 8 &&
      !this.#mayBeSwapped &&
      this.#fcsLength === 0
    );
  }

  #plainRecords(): PlainRecords {
    return {
      window: this.window,
      isPcapng: false,
      interfaceId: 0,
      ticksPerSecond: this.#fractionsPerSecond,
      nanosPerTick: this.#nanosPerFraction,
      longest: this.#longest,
      linkType: this.#linkType,
      interfaceIndex: this.#interfaceIndex,
      passed: (count, seconds) => {
        this.packets += count;
        this.lastSeconds = seconds;
      },
    };
  }

  #undecided(): Verdict {
    return this.window.ended ? VERDICT.no : VERDICT.undecided;
  }

  /**
   * A scan is stricter than reading: else zeros were records, and so were the usual headers read from
   * their second word on, where both lengths are equal and the packet begins with zeros.
   */
  #isPlausible(at: number): boolean {
    this.#readHeader(at);
    return (
      this.#captured > 0 &&
      this.#captured <= this.#original &&
      this.#original <= Math.max(this.#longest, LONGEST_SCANNED_ORIGINAL_BYTES) &&
      this.#impossible() === null
    );
  }

  #readHeader(at: number): void {
    const { bytes } = this.window;
    const uint32 = this.#littleEndian ? readUint32LE : readUint32;
    this.#seconds = uint32(bytes, at);
    this.#fraction = uint32(bytes, at + 4);
    const captured = uint32(bytes, at + this.#capturedAt);
    const original = uint32(bytes, at + this.#originalAt);
    const isSwapped = this.#mayBeSwapped && original < captured;
    this.#captured = isSwapped ? original : captured;
    this.#original = isSwapped ? captured : original;
  }

  /** What is impossible about the header that was read last, or null. */
  #impossible(): string | null {
    if (this.#captured > this.#longest) {
      return `captured length ${this.#captured}, at most ${this.#longest} is possible`;
    }
    if (this.#fraction >= this.#impossibleFraction) {
      return `fraction of a second ${this.#fraction}, it must be below ${this.#fractionsPerSecond}`;
    }
    if (this.#original > LONGEST_ORIGINAL_BYTES) {
      return `original length ${this.#original}, at most ${LONGEST_ORIGINAL_BYTES} is possible`;
    }
    return null;
  }
}

function onlyInterface(fileIndex: number, header: PcapHeader): CaptureInterface {
  return {
    fileIndex,
    id: 0,
    name: null,
    linkType: header.linkType,
    snapLength: header.snapLength,
    ticksPerSecond: header.isNano ? 1e9 : 1e6,
    packets: 0,
    snappedPackets: 0,
    received: null,
    droppedByKernel: null,
    droppedByInterface: null,
  };
}
