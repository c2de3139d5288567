// The second reader, for cross-checking: classic microsecond captures through npm's pcap-parser, with
// the same cursor behind it (`--reader pcap-parser`).
//
// In front of it stands a guard, the own reader: it checks each captured length before the package
// sees it (which would swallow a file in quadratic time), deals with damage, and hands over whole
// records only. What is in the packets is the package's word. Its packets are queued block by block,
// so this reader allocates; it is not the main way.

import { EventEmitter } from "node:events";
import type { GlobalHeader, Packet } from "pcap-parser";
import { TcpxError } from "../errors.ts";
import { PCAP_MICRO_MAGIC, pcapMagic } from "./capture-format.ts";
import type { CaptureReader } from "./capture-reader.ts";
import type { OctetWindow } from "./octet-window.ts";
import { PacketCursor } from "./packet-cursor.ts";
import { PcapReader } from "./pcap-reader.ts";
import type { RecordSource } from "./record-reader.ts";

/** What the package takes for a stream: it is fed by hand. */
class FedStream extends EventEmitter {
  pause(): void {}
  resume(): void {}
}

/** BAD_OPTION: what `--reader pcap-parser` can't read. */
export function notForPcapParser(path: string, found: string): TcpxError {
  return new TcpxError(
    "BAD_OPTION",
    `--reader pcap-parser reads plain files of classic pcap with microseconds only, and ${path} ` +
      `is ${found}; leave the option out`,
    { file: path },
  );
}

/** @throws TcpxError BAD_OPTION if the first octets (at least 4) aren't for the package */
export function checkForPcapParser(path: string, first: Uint8Array): void {
  const found = pcapMagic(first, 0);
  if (found === null) throw notForPcapParser(path, "of another format");
  if (found.magic !== PCAP_MICRO_MAGIC) throw notForPcapParser(path, "another kind of pcap");
}

/** @see CaptureReader */
export class PcapParserReader implements CaptureReader {
  readonly #guard: PcapReader;
  readonly #window: OctetWindow;
  readonly #stream = new FedStream();
  /** The guard's cursor: where each record lies, and nothing else is taken from it. */
  readonly #checked = new PacketCursor();
  #packets: Packet[] = [];
  #taken = 0;
  /** Offset of the next queued packet's record. */
  #offset = 0;
  #linkType = 0;
  #failure: Error | null = null;

  private constructor(guard: PcapReader, window: OctetWindow) {
    this.#guard = guard;
    this.#window = window;
  }

  /** @throws TcpxError NOT_A_CAPTURE, BAD_OPTION */
  static async open(source: RecordSource): Promise<PcapParserReader> {
    const { window, file } = source;
    const { parse } = await import("pcap-parser");
    if (await window.need(4)) checkForPcapParser(file.path, window.bytes.subarray(window.at));
    await window.need(24);
    const fileHeader = Buffer.from(window.bytes.subarray(window.at, window.at + 24));
    const guard = await PcapReader.open(source);
    const reader = new PcapParserReader(guard, window);
    const parser = parse(reader.#stream);
    parser.on("globalHeader", (header: GlobalHeader) => {
      reader.#linkType = header.linkLayerType & 0xffff;
    });
    parser.on("packet", (packet: Packet) => {
      reader.#packets.push(packet);
    });
    parser.on("error", (error: Error) => {
      reader.#failure = error;
    });
    reader.#feed(fileHeader);
    if (reader.#failure !== null) {
      throw notForPcapParser(file.path, `refused by it (${reader.#failure.message})`);
    }
    reader.#check();
    return reader;
  }

  next(cursor: PacketCursor): boolean {
    const packet = this.#packets[this.#taken];
    if (packet === undefined) return false;
    this.#taken++;
    const { header, data } = packet;
    cursor.bytes = data;
    cursor.start = 0;
    cursor.end = data.length;
    cursor.originalLength = Math.max(header.originalLength, data.length);
    cursor.seconds = header.timestampSeconds;
    cursor.nanos = header.timestampMicroseconds * 1000;
    cursor.linkType = this.#linkType;
    // what the package can't say
    cursor.fcsLength = this.#checked.fcsLength;
    cursor.interfaceIndex = this.#checked.interfaceIndex;
    cursor.recordOffset = this.#offset;
    this.#offset += 16 + data.length;
    return true;
  }

  async fill(): Promise<boolean> {
    const more = await this.#guard.fill();
    if (more) this.#check();
    return more;
  }

  close(): Promise<void> {
    this.#packets = [];
    return this.#guard.close();
  }

  /** Hands the records that the guard finds whole and plausible to the package. */
  #check(): void {
    const window = this.#window;
    const from = window.at;
    this.#packets = [];
    this.#taken = 0;
    this.#offset = window.offset;
    while (this.#guard.next(this.#checked));
    // a copy: the package keeps views of what it is given
    if (window.at > from) this.#feed(Buffer.from(window.bytes.subarray(from, window.at)));
  }

  #feed(octets: Buffer): void {
    this.#stream.emit("data", octets);
  }
}
