// Records -> classic pcap (draft-ietf-opsawg-pcap §4, §5), little-endian, with nanoseconds where the
// input has them. A file has one link type: what does not fit is an error, never converted.

import type { CaptureInterface } from "../capture/capture-reader.ts";
import { TcpxError } from "../errors.ts";
import type { CaptureEncoder, PacketRecord } from "./capture-encoder.ts";
import type { OctetBuilder } from "./octet-builder.ts";

const MICROSECONDS_MAGIC = 0xa1b2c3d4;
const NANOSECONDS_MAGIC = 0xa1b23c4d;
const ETHERNET = 1;
const MOST_LINK_TYPE = 0xffff;
/** What tools write where there is no limit. */
const USUAL_SNAP_LENGTH = 262_144;
const FCS_IS_STATED = 0x0400_0000;
const LONGEST_FCS_BYTES = 30;

export class PcapEncoder implements CaptureEncoder {
  readonly #interfaces: readonly CaptureInterface[];
  #linkType = -1;
  #fcsLength = 0;
  #isNano = false;

  constructor(interfaces: readonly CaptureInterface[]) {
    this.#interfaces = interfaces;
  }

  add(record: PacketRecord, into: OctetBuilder): void {
    if (this.#linkType === -1) this.#begin(record.linkType, record.fcsLength, into);
    if (record.linkType !== this.#linkType) {
      throw onlyPcapng(`packets of link types ${this.#linkType} and ${record.linkType}`);
    }
    if (record.fcsLength !== this.#fcsLength) {
      throw onlyPcapng(`packets with frame check sequences of different lengths`);
    }
    const { nanos } = record;
    if (!this.#isNano && nanos % 1000 !== 0) {
      throw onlyPcapng("microseconds first and nanoseconds from a later interface");
    }
    const captured = record.end - record.start;
    into.uint32(record.seconds);
    into.uint32(this.#isNano ? nanos : nanos / 1000);
    into.uint32(captured);
    into.uint32(record.originalLength);
    into.octets(record.bytes, record.start, record.end);
  }

  finish(into: OctetBuilder): void {
    if (this.#linkType === -1) this.#begin(this.#interfaces[0]?.linkType ?? ETHERNET, 0, into);
  }

  #begin(linkType: number, fcsLength: number, into: OctetBuilder): void {
    if (linkType > MOST_LINK_TYPE) {
      throw new TcpxError("WRITE_FAILED", `link type ${linkType} has no number in pcap`);
    }
    this.#linkType = linkType;
    this.#fcsLength = fcsLength;
    this.#isNano = this.#interfaces.some(({ ticksPerSecond }) => 1e6 % ticksPerSecond !== 0);
    into.uint32(this.#isNano ? NANOSECONDS_MAGIC : MICROSECONDS_MAGIC);
    into.uint16(2);
    into.uint16(4);
    into.uint32(0);
    into.uint32(0);
    into.uint32(this.#snapLength());
    into.uint32(linkType | fcsBits(fcsLength));
  }

  /** The largest of the interfaces of this link type; the usual one where any has no limit. */
  #snapLength(): number {
    const lengths = this.#interfaces
      .filter(({ linkType }) => linkType === this.#linkType)
      .map(({ snapLength }) => (snapLength === 0 ? USUAL_SNAP_LENGTH : snapLength));
    return lengths.length === 0
      ? USUAL_SNAP_LENGTH
      : lengths.reduce((most, length) => Math.max(most, length), 0);
  }
}

/** Bit 26 says that the top four bits count the frame check sequence, in units of 16 bits. */
function fcsBits(fcsLength: number): number {
  if (fcsLength === 0 || fcsLength > LONGEST_FCS_BYTES || fcsLength % 2 !== 0) return 0;
  return FCS_IS_STATED | ((fcsLength / 2) << 28);
}

function onlyPcapng(what: string): TcpxError {
  return new TcpxError(
    "WRITE_FAILED",
    `the input has ${what}, which one pcap file can't hold; give an output whose name ends in .pcapng`,
  );
}
