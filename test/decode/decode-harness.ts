// Decodes octets and tells what came out as a plain object. The packet lies between canary octets, and
// is decoded twice with different ones: a reader that looks beyond its packet gives itself away.

import { formatAddress } from "../../src/address.ts";
import { PacketCursor } from "../../src/capture/packet-cursor.ts";
import { verifyTcpChecksum } from "../../src/decode/checksum.ts";
import { Decoder, type DecodeOptions } from "../../src/decode/decoder.ts";
import { OUTCOME_NAMES, type OutcomeName } from "../../src/decode/outcome.ts";
import { ChecksumState, SegmentCursor } from "../../src/decode/segment-cursor.ts";

export interface Input {
  readonly bytes: Uint8Array;
  readonly linkType: number;
  /** Default the captured length. */
  readonly originalLength?: number;
  readonly fcsLength?: number;
  readonly seconds?: number;
}

export interface DecodedSegment {
  readonly flow: string;
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  readonly window: number;
  readonly urgentPointer: number;
  readonly ipId: number;
  readonly ipVersion: number;
  readonly payload: string;
  readonly payloadLength: number;
  readonly options: string;
  readonly vlans: readonly (number | null)[];
  readonly encapsulation: readonly string[];
  readonly checksum: ChecksumState;
  readonly lengthWasZero: boolean;
  readonly reassembled: boolean;
  readonly earlierFragments: number;
  readonly earlierFragmentBytes: number;
}

export interface Decoded {
  readonly outcome: OutcomeName;
  readonly segments: readonly DecodedSegment[];
}

const CANARY_LENGTH = 96;

/** A decoder that keeps its state over packets, for fragments. */
export class DecodeHarness {
  readonly decoder: Decoder;
  readonly #canary: (index: number) => number;
  readonly #packet = new PacketCursor();
  readonly #segment = new SegmentCursor();

  constructor(options: DecodeOptions = {}, canary: (index: number) => number = () => 0) {
    this.decoder = new Decoder(options);
    this.#canary = canary;
  }

  decode(input: Input): Decoded {
    const packet = this.#packet;
    const captured = input.bytes.length;
    packet.bytes = Uint8Array.from({ length: captured + 2 * CANARY_LENGTH }, (_, index) =>
      this.#canary(index),
    );
    packet.bytes.set(input.bytes, CANARY_LENGTH);
    packet.start = CANARY_LENGTH;
    packet.end = CANARY_LENGTH + captured;
    packet.originalLength = input.originalLength ?? captured;
    packet.fcsLength = input.fcsLength ?? 0;
    packet.linkType = input.linkType;
    packet.seconds = input.seconds ?? 0;
    packet.number++;
    const outcome = OUTCOME_NAMES[this.decoder.decode(packet, this.#segment)];
    const segments: DecodedSegment[] = [];
    if (outcome === "tcp") {
      do segments.push(this.#describe());
      while (this.decoder.decodeNext(this.#segment));
    }
    return { outcome, segments };
  }

  #describe(): DecodedSegment {
    const segment = this.#segment;
    const { bytes } = segment;
    assertInside(segment, this.#packet);
    const source = formatAddress(
      segment.ipVersion,
      segment.source0,
      segment.source1,
      segment.source2,
      segment.source3,
    );
    const destination = formatAddress(
      segment.ipVersion,
      segment.destination0,
      segment.destination1,
      segment.destination2,
      segment.destination3,
    );
    const { vlanLayers, encapsulationLayers } = this.decoder;
    return {
      flow: `${source} ${segment.sourcePort} > ${destination} ${segment.destinationPort}`,
      seq: segment.seq,
      ack: segment.ack,
      flags: segment.flags,
      window: segment.window,
      urgentPointer: segment.urgentPointer,
      ipId: segment.ipId,
      ipVersion: segment.ipVersion,
      payload: Buffer.from(bytes.subarray(segment.payloadStart, segment.payloadEnd)).toString(
        "latin1",
      ),
      payloadLength: segment.payloadLength,
      options: Buffer.from(bytes.subarray(segment.optionsStart, segment.optionsEnd)).toString(
        "hex",
      ),
      vlans: vlanLayers.layers(segment.vlanPath).map((layer) => layer.id),
      encapsulation: encapsulationLayers
        .layers(segment.encapsulation)
        .map((layer) => (layer.id === null ? layer.kind : `${layer.kind} ${layer.id}`)),
      checksum: verifyTcpChecksum(segment),
      lengthWasZero: segment.lengthWasZero,
      reassembled: segment.reassembled,
      earlierFragments: segment.earlierFragments,
      earlierFragmentBytes: segment.earlierFragmentBytes,
    };
  }
}

/** The invariants of SegmentCursor, which hold whatever the octets. */
function assertInside(segment: SegmentCursor, packet: PacketCursor): void {
  const isPacket = segment.bytes === packet.bytes;
  const start = isPacket ? packet.start : 0;
  const end = isPacket ? packet.end : segment.bytes.length;
  const inOrder = [
    start,
    segment.ipStart,
    segment.tcpStart,
    segment.optionsStart,
    segment.optionsEnd,
    segment.payloadStart,
    segment.payloadEnd,
    end,
  ];
  for (let index = 1; index < inOrder.length; index++) {
    if (inOrder[index]! < inOrder[index - 1]!) {
      throw new Error(`segment is not inside its packet: ${inOrder.join(" ")}`);
    }
  }
  if (segment.payloadLength < segment.payloadEnd - segment.payloadStart) {
    throw new Error("more payload was captured than was on the wire");
  }
}

/** Decodes every packet amid zeros and amid others: what comes out must be the same. */
export class CanaryHarness {
  readonly #amidZeros: DecodeHarness;
  readonly #amidOthers: DecodeHarness;

  constructor(options: DecodeOptions = {}) {
    this.#amidZeros = new DecodeHarness(options, () => 0);
    this.#amidOthers = new DecodeHarness(options, (index) => (index * 13 + 0x45) & 0xff);
  }

  decode(input: Input): Decoded {
    const decoded = this.#amidZeros.decode(input);
    const text = JSON.stringify(decoded);
    const other = JSON.stringify(this.#amidOthers.decode(input));
    if (text !== other) {
      throw new Error(`what surrounds the packet changed it: ${text} is not ${other}`);
    }
    return decoded;
  }
}

/** One packet of a run of its own. */
export function decodeOne(input: Input, options: DecodeOptions = {}): Decoded {
  return new CanaryHarness(options).decode(input);
}

/** The one segment of a packet that has one. */
export function decodeSegment(input: Input, options: DecodeOptions = {}): DecodedSegment {
  const { outcome, segments } = decodeOne(input, options);
  if (segments.length !== 1) throw new Error(`${outcome} with ${segments.length} segments`);
  return segments[0]!;
}

export const ETHERNET = 1;
export const RAW_IP = 101;
