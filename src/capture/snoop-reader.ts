// snoop (RFC 1761): a file header of 16 octets, then big-endian records with microseconds, padded to
// the record length that they state. The datalink types that pcap knows too become its link types.
//
//     | original length | included length | record length | cumulative drops | seconds | microseconds |

import { readUint32 } from "../bytes.ts";
import { noFileHeader } from "./capture-format.ts";
import type { CaptureInterface } from "./capture-reader.ts";
import type { PacketCursor } from "./packet-cursor.ts";
import {
  LONGEST_ORIGINAL_BYTES,
  LONGEST_SCANNED_ORIGINAL_BYTES,
  RecordReader,
  VERDICT,
  longestRecord,
} from "./record-reader.ts";
import type { CutRecord, Obstacle, RecordSource, Verdict } from "./record-reader.ts";

const FILE_HEADER_BYTES = 16;
const RECORD_HEADER_BYTES = 24;
const VERSION = 2;
/** Records are padded to four octets; some writers leave more room. */
const MOST_PADDING_BYTES = 64;

/** RFC 1761 §4: IEEE 802.3, token ring, Ethernet, FDDI. */
const LINK_TYPES: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [2, 6],
  [4, 1],
  [8, 10],
]);
/** Added to a datalink type that pcap has no number for: no link type is as large. */
export const UNKNOWN_DATA_LINK = 0x10000;

/** Version 2. The drops that the records count become `droppedByKernel`. */
export class SnoopReader extends RecordReader {
  readonly #longest = longestRecord(0);
  readonly #linkType: number;
  readonly #interfaceIndex: number;
  readonly #interface: CaptureInterface;
  #drops = 0;

  private constructor(source: RecordSource, dataLink: number) {
    super(source, "BAD_RECORD");
    this.#linkType = LINK_TYPES.get(dataLink) ?? UNKNOWN_DATA_LINK + dataLink;
    this.#interfaceIndex = source.interfaces.length;
    this.#interface = {
      fileIndex: source.fileIndex,
      id: 0,
      name: null,
      linkType: this.#linkType,
      snapLength: 0,
      ticksPerSecond: 1e6,
      packets: 0,
      snappedPackets: 0,
      received: null,
      droppedByKernel: 0,
      droppedByInterface: null,
    };
    source.interfaces.push(this.#interface);
  }

  /**
   * Reads the file header.
   * @throws TcpxError NOT_A_CAPTURE if there is no whole one of version 2
   */
  static async open(source: RecordSource): Promise<SnoopReader> {
    const { window, file } = source;
    const isWhole = await window.need(FILE_HEADER_BYTES);
    const { bytes, at } = window;
    if (!isWhole || readUint32(bytes, at + 8) !== VERSION) {
      const expectation = `${FILE_HEADER_BYTES} octets of snoop header, version ${VERSION}`;
      throw noFileHeader(file.path, bytes.slice(at, window.end), expectation);
    }
    file.format = "snoop";
    file.formatText = `snoop ${VERSION}, big-endian, microseconds`;
    window.at += FILE_HEADER_BYTES;
    return new SnoopReader(source, readUint32(bytes, at + 12));
  }

  next(cursor: PacketCursor): boolean {
    const { window } = this;
    const { bytes, at } = window;
    const start = at + RECORD_HEADER_BYTES;
    if (start > window.end) return false;
    const original = readUint32(bytes, at);
    const captured = readUint32(bytes, at + 4);
    const next = at + readUint32(bytes, at + 8);
    if (next > window.end || this.#impossible(at) !== null) return false;
    cursor.bytes = bytes;
    cursor.start = start;
    cursor.end = start + captured;
    cursor.originalLength = original < captured ? captured : original;
    cursor.seconds = readUint32(bytes, at + 16);
    cursor.nanos = readUint32(bytes, at + 20) * 1000;
    cursor.linkType = this.#linkType;
    cursor.fcsLength = 0;
    cursor.interfaceIndex = this.#interfaceIndex;
    cursor.recordOffset = window.baseOffset + at;
    const drops = readUint32(bytes, at + 12);
    if (drops !== this.#drops) {
      this.#drops = drops;
      this.#interface.droppedByKernel = drops;
    }
    window.at = next;
    this.packets++;
    this.lastSeconds = cursor.seconds;
    return true;
  }

  protected obstacle(): Obstacle | null {
    const { window } = this;
    if (window.length < RECORD_HEADER_BYTES) return null;
    const reason = this.#impossible(window.at);
    return reason === null ? null : { reason, length: 0 };
  }

  protected judge(at: number): Verdict {
    const { window } = this;
    if (at + RECORD_HEADER_BYTES > window.end) return this.#undecided();
    if (!this.#isPlausible(at)) return VERDICT.no;
    const next = at + readUint32(window.bytes, at + 8);
    // the last record of the file has nobody behind it
    if (next !== window.end || !window.ended) {
      if (next + RECORD_HEADER_BYTES > window.end) return this.#undecided();
      if (!this.#isPlausible(next)) return VERDICT.no;
    }
    return this.isNear(readUint32(window.bytes, at + 16)) ? VERDICT.yes : VERDICT.far;
  }

  protected cut(): CutRecord {
    const { window } = this;
    if (window.length < RECORD_HEADER_BYTES) {
      return { part: "a record header", missing: RECORD_HEADER_BYTES - window.length };
    }
    const missing = readUint32(window.bytes, window.at + 8) - window.length;
    return { part: "a record", missing };
  }

  #undecided(): Verdict {
    return this.window.ended ? VERDICT.no : VERDICT.undecided;
  }

  /** A scan is stricter than reading: zeros are no record. */
  #isPlausible(at: number): boolean {
    const { bytes } = this.window;
    const original = readUint32(bytes, at);
    const captured = readUint32(bytes, at + 4);
    return (
      captured > 0 &&
      captured <= original &&
      original <= LONGEST_SCANNED_ORIGINAL_BYTES &&
      this.#impossible(at) === null
    );
  }

  /** What is impossible about the record header at `at`, or null. */
  #impossible(at: number): string | null {
    const { bytes } = this.window;
    const captured = readUint32(bytes, at + 4);
    if (captured > this.#longest) {
      return `included length ${captured}, at most ${this.#longest} is possible`;
    }
    const length = readUint32(bytes, at + 8);
    const shortest = RECORD_HEADER_BYTES + captured;
    if (length < shortest || length > shortest + MOST_PADDING_BYTES) {
      const longest = shortest + MOST_PADDING_BYTES;
      return `record length ${length}, it must be from ${shortest} to ${longest}`;
    }
    const original = readUint32(bytes, at);
    if (original > LONGEST_ORIGINAL_BYTES) {
      return `original length ${original}, at most ${LONGEST_ORIGINAL_BYTES} is possible`;
    }
    const micros = readUint32(bytes, at + 20);
    return micros < 1e6 ? null : `fraction of a second ${micros}, it must be below 1000000`;
  }
}
