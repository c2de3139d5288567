// Packet records -> a capture for each flow, in a directory of its own: `--pcap-per-flow DIR`. Packets
// of no flow are left out.

import type { CaptureInterface } from "../capture/capture-reader.ts";
import { TcpxError } from "../errors.ts";
import { AppendFiles } from "./append-files.ts";
import { captureEncoder } from "./capture-encoder.ts";
import type { CaptureEncoder, CaptureFormatName, PacketRecord } from "./capture-encoder.ts";
import type { CaptureTotals, RecordWriter } from "./capture-writer.ts";
import { OctetBuilder } from "./octet-builder.ts";
import type { OutputDirectory } from "./output-directory.ts";
import type { FlowIdentity } from "./stream-sink.ts";

export class FlowCaptures implements RecordWriter {
  readonly #directory: OutputDirectory;
  readonly #format: CaptureFormatName;
  readonly #interfaces: readonly CaptureInterface[];
  readonly #files: AppendFiles;
  /** By flow number. */
  readonly #encoders = new Map<number, CaptureEncoder>();
  /** A flow went over interfaces that one pcap can't hold. */
  #refusal: TcpxError | null = null;
  readonly #octets = new OctetBuilder();
  /** Paths of flows whose packets may come. */
  readonly #paths = new Map<number, string>();

  constructor(
    directory: OutputDirectory,
    format: CaptureFormatName,
    interfaces: readonly CaptureInterface[],
    heldLimit?: number,
  ) {
    this.#directory = directory;
    this.#format = format;
    this.#interfaces = interfaces;
    this.#files = new AppendFiles(directory, heldLimit);
  }

  /** Said of each flow before its first packet is written. */
  name(identity: FlowIdentity): void {
    if (this.#encoders.has(identity.flow)) return;
    this.#paths.set(identity.flow, this.#directory.naming.flowPath(identity, this.#format));
  }

  write(record: PacketRecord, flow: number, _isFurther: boolean): void {
    if (flow === 0 || this.failed) return;
    let encoder = this.#encoders.get(flow);
    if (encoder === undefined) {
      encoder = captureEncoder(this.#format, this.#interfaces);
      this.#encoders.set(flow, encoder);
      this.#files.begin(flow, this.#paths.get(flow)!);
      this.#paths.delete(flow);
    }
    this.#octets.clear();
    try {
      encoder.add(record, this.#octets);
    } catch (error) {
      if (!(error instanceof TcpxError)) throw error;
      this.#refusal = error;
      return;
    }
    const { bytes, length } = this.#octets;
    this.#files.append(flow, bytes.slice(0, length));
  }

  get failed(): boolean {
    return this.#refusal !== null || this.#files.failure.error !== null;
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  finish(): Promise<CaptureTotals> {
    this.#files.endAll();
    const { made, bytes, failure } = this.#files;
    return Promise.resolve({ files: made, bytes, error: failure.error ?? this.#refusal });
  }

  /** The directory keeps its manifest, and a later run with `--force` clears it. */
  abandon(): void {
    this.#encoders.clear();
  }
}
