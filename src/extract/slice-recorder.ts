// Watches a run for the packets that a slice wants. Two ways on: a log, for a second pass over captures
// that can be read again, and at once with a bounded memory, for those that can't.
//
//     engine --ofFlow, done, ended--> SliceRecorder --+--> LoggingSlice   codes by packet number
//     scripts --mark, inject-------->                 +--> LiveSlice      records to the writer
//
// Runs once a packet where packets are wanted. What scripts let vanish is not wanted, nor are the
// fragments before it; what they forge goes behind the packet in hand.

import type { PacketCursor } from "../capture/packet-cursor.ts";
import { Outcome } from "../decode/outcome.ts";
import type { SegmentCursor } from "../decode/segment-cursor.ts";
import type { FlowCursor } from "../flow/flow-cursor.ts";
import type { PacketRecord } from "../output/capture-encoder.ts";
import type { StreamCursor } from "../reassembly/stream-cursor.ts";
import type { FlowSelection } from "./flow-selection.ts";
import { copyRecord } from "./packet-memory.ts";
import type { PacketCode } from "./packet-log.ts";
import { packetCode } from "./packet-log.ts";
import type { PacketRecorder } from "./packet-recorder.ts";

/** What scripts say of the packet in hand, behind all its segments. */
export interface PacketGate {
  /** False: it vanished, also by what its octets caused. */
  readonly hasPassed: boolean;
}

export interface SliceRules {
  readonly selection: FlowSelection;
  readonly direction: "both" | "c2s" | "s2c";
  /** Whether a packet of no flow is wanted; null: none is. */
  readonly wantsOther: ((packet: PacketCursor) => boolean) | null;
  /** Told of each flow with wanted packets, before they are written. */
  readonly onFlow: ((flow: FlowCursor) => void) | null;
}

const NO_NUMBERS: readonly number[] = [];

export abstract class SliceRecorder implements PacketRecorder {
  /** The flow of the segment in hand; set once, before the first packet. */
  inHand: FlowCursor | null = null;
  gate: PacketGate | null = null;
  protected readonly rules: SliceRules;
  /** Codes of the packet in hand, each once. */
  readonly #codes: PacketCode[] = [];
  #hasFlow = false;
  #forged: PacketRecord[] = [];

  constructor(rules: SliceRules) {
    this.rules = rules;
  }

  abstract readonly failed: boolean;
  abstract settled(): Promise<void>;
  /** The packet belongs to the flows of the codes, and so do the fragments before it. */
  protected abstract take(
    packet: PacketCursor,
    codes: readonly PacketCode[],
    fragments: readonly number[],
  ): void;
  /** The packet is wanted and belongs to no flow. */
  protected abstract takeOther(packet: PacketCursor): void;
  /** The packet's datagram is not wanted, nor are the fragments before it. */
  protected abstract leave(fragments: readonly number[]): void;
  /** A fragment whose flow is not known. */
  protected abstract wait(packet: PacketCursor): void;
  /** `after`: the packet in hand. */
  protected abstract forge(after: PacketCursor, record: PacketRecord, code: PacketCode): void;
  protected abstract endFlow(flow: FlowCursor): void;

  // --- scripts -----------------------------------------------------------------------------------

  mark(flow: number): void {
    this.rules.selection.mark(flow);
  }

  /** A forged packet, to be written behind the one in hand with its time and interface. */
  inject(bytes: Uint8Array, like: PacketCursor): void {
    const { linkType, seconds, nanos, interfaceIndex } = like;
    const length = bytes.length;
    const record = { bytes, start: 0, end: length, originalLength: length, fcsLength: 0 };
    this.#forged.push({ ...record, linkType, seconds, nanos, interfaceIndex });
  }

  // --- PacketRecorder ----------------------------------------------------------------------------

  ofFlow(flow: FlowCursor, sender: StreamCursor): void {
    this.#hasFlow = true;
    const { direction } = sender;
    if (this.rules.direction !== "both" && this.rules.direction !== direction) return;
    const code = packetCode(flow.number, direction);
    if (!this.#codes.includes(code)) this.#codes.push(code);
    this.chosenInHand(flow);
  }

  done(packet: PacketCursor, segment: SegmentCursor, outcome: Outcome): void {
    const isDropped = outcome === Outcome.DROPPED;
    const fragments =
      (this.#hasFlow || isDropped) && segment.reassembled
        ? segment.earlierFragmentNumbers
        : NO_NUMBERS;
    if (isDropped || (this.#hasFlow && this.gate !== null && !this.gate.hasPassed)) {
      this.leave(fragments);
    } else if (this.#codes.length > 0) this.take(packet, this.#codes, fragments);
    else if (this.#hasFlow) this.leave(fragments);
    else {
      if (this.rules.wantsOther?.(packet) === true) this.takeOther(packet);
      if (outcome === Outcome.FRAGMENT_WAITING) this.wait(packet);
    }
    if (this.#forged.length > 0) this.#forge(packet);
    this.#codes.length = 0;
    this.#hasFlow = false;
  }

  ended(flow: FlowCursor, status: number): void {
    const { selection, onFlow } = this.rules;
    selection.ended(flow.number, status);
    if (onFlow !== null && selection.mayBeChosen(flow.number)) onFlow(flow);
    this.endFlow(flow);
  }

  /** A packet of the flow is in hand: where it may be written at once, its file has to have a name. */
  protected chosenInHand(_flow: FlowCursor): void {}

  #forge(packet: PacketCursor): void {
    const code = this.#codes[0] ?? packetCode(this.inHand?.number ?? 0, "c2s");
    for (const record of this.#forged) {
      // The packet's frame check sequence is not imitated, but its room is: the file states it for all.
      const padded = packet.fcsLength === 0 ? record : withRoom(record, packet.fcsLength);
      this.forge(packet, padded, code);
    }
    this.#forged = [];
  }
}

function withRoom(record: PacketRecord, fcsLength: number): PacketRecord {
  const length = record.end + fcsLength;
  const bytes = new Uint8Array(length);
  bytes.set(record.bytes.subarray(record.start, record.end));
  return { ...copyRecord(record), bytes, end: length, originalLength: length, fcsLength };
}
