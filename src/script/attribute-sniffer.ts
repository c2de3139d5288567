// Attributes of flows without a parser of one's own (docs/scripting.md): recognises HTTP/1, TLS and SSH by
// content, on any port, and tells their names and values. Gives up where a protocol is malformed, or
// where a gap hides how it goes on.

import type { FlowRecord } from "./flow-record.ts";
import { HttpHeadParser } from "./http-head.ts";
import { HttpReader } from "./http-sniffer.ts";
import { OctetBuffer } from "./octet-buffer.ts";
import type { Direction } from "./script-api.ts";
import type { ProtocolReader } from "./stream-sniffer.ts";
import { DECIDING_OCTETS, Protocol, SshReader, protocolOf } from "./stream-sniffer.ts";
import { TlsReader } from "./tls-sniffer.ts";

type Tell = (record: FlowRecord, name: string, value: string, isKept: boolean) => void;

interface StreamState {
  /** First octets, until they decide. */
  first: OctetBuffer | null;
  reader: ProtocolReader | null;
}

interface FlowState {
  readonly c2s: StreamState;
  readonly s2c: StreamState;
  readonly methods: string[];
}

export class AttributeSniffer {
  readonly #tell: Tell;
  readonly #flows = new Map<FlowRecord, FlowState>();
  #parser: HttpHeadParser | null = null;
  /** Streams whose protocol turned out malformed. */
  gaveUp = 0;

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  /** Once, before the first flow. */
  async load(): Promise<void> {
    this.#parser ??= await HttpHeadParser.load();
  }

  begin(record: FlowRecord): void {
    const stream = (): StreamState => ({ first: new OctetBuffer(), reader: null });
    this.#flows.set(record, { c2s: stream(), s2c: stream(), methods: [] });
    this.#tell(record, "", "", false);
  }

  octets(
    record: FlowRecord,
    direction: Direction,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const flow = this.#flows.get(record);
    if (flow === undefined) return;
    const stream = flow[direction];
    if (stream.reader !== null) {
      this.#read(stream, stream.reader, bytes, start, end);
      return;
    }
    const { first } = stream;
    if (first === null) return;
    first.append(bytes, start, end);
    const protocol = protocolOf(first.view(0, Math.min(first.length, DECIDING_OCTETS)));
    if (protocol === Protocol.UNDECIDED) return;
    stream.first = null;
    stream.reader = this.#readerFor(protocol, record, flow);
    const whole = first.copy(first.length);
    if (stream.reader !== null) this.#read(stream, stream.reader, whole, 0, whole.length);
  }

  gap(record: FlowRecord, direction: Direction, length: number): void {
    const stream = this.#flows.get(record)?.[direction];
    if (stream === undefined) return;
    if (stream.first !== null) {
      // What comes behind a gap may well begin something.
      stream.first = new OctetBuffer();
    } else if (stream.reader !== null && !stream.reader.gap(length)) stream.reader = null;
  }

  end(record: FlowRecord): void {
    if (this.#flows.delete(record)) this.#tell(record, "^D", "", false);
  }

  #read(
    stream: StreamState,
    reader: ProtocolReader,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (reader.octets(bytes, start, end)) return;
    if (reader.isMalformed) this.gaveUp++;
    stream.reader = null;
  }

  #readerFor(protocol: Protocol, record: FlowRecord, flow: FlowState): ProtocolReader | null {
    const found = (name: string, value: string, isKept: boolean): void =>
      this.#tell(record, name, value, isKept);
    if (protocol === Protocol.HTTP) return new HttpReader(this.#parser!, flow.methods, found);
    if (protocol === Protocol.TLS) return new TlsReader(found);
    return protocol === Protocol.SSH ? new SshReader(found) : null;
  }
}
