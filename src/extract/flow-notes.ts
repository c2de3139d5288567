// What is written down of one flow while the engine runs, so that it can be explained afterwards: each of
// its packets as a note of a few numbers, and what its life turned on. Watches all packets, keeps those of
// one flow, and of these a bounded number.

import type { PacketCursor, PacketPosition } from "../capture/packet-cursor.ts";
import type { SegmentCursor } from "../decode/segment-cursor.ts";
import { TcpFlag } from "../decode/segment-cursor.ts";
import type { FlowCursor, FlowState } from "../flow/flow-cursor.ts";
import type { FlowJournal } from "../flow/flow-journal.ts";
import type { PacketObserver } from "../flow/flow-listener.ts";
import { mayHoldSack, readSackBlocks } from "../flow/tcp-options.ts";
import { sequenceDistance } from "../reassembly/sequence.ts";
import { Mark } from "../reassembly/stream-cursor.ts";
import type { StreamCursor } from "../reassembly/stream-cursor.ts";
import type { FlowEnd } from "../report/flow-summary.ts";
import { timeText } from "../report/time-format.ts";

/** Packets of the flow that are kept: some 200 octets each. */
export const MOST_NOTES = 500_000;

export type Direction = "c2s" | "s2c";

/** One packet of the flow. Positions are final once the flow has left; NaN where there is none. */
export interface PacketNote {
  readonly packet: number;
  readonly time: string;
  readonly direction: Direction;
  /** Bits of TcpFlag. */
  readonly flags: number;
  /** Of the first payload octet. */
  readonly seq: number;
  /** Payload octets captured, and on the wire. */
  readonly captured: number;
  readonly length: number;
  readonly isRefused: boolean;
  /** The flow's state once it had taken the packet. */
  readonly state: FlowState;
  position: number;
  /** What it acknowledges of the other direction. */
  ack: number;
  /** What it holds of the other direction beyond that. */
  readonly sack: { start: number; end: number }[];
}

/** Another flow of the same key. */
export interface OtherFlow {
  readonly flow: number;
  readonly packet: number;
  readonly time: string;
  readonly flags: number;
}

export interface Opening {
  readonly packet: number;
  readonly time: string;
  readonly flags: number;
  readonly seq: number;
  /** Newest flow of the key that was still there; 0 for none. */
  readonly earlier: number;
  /** Packet that waited for this one; 0 for none. */
  readonly waiting: number;
}

/** Sequence numbers of position 0 when a note was made, to move its positions by where it ended. */
interface NoteOrigins {
  readonly sender: number;
  readonly receiver: number;
}

export class FlowNotes implements PacketObserver, FlowJournal {
  readonly #flow: number;
  readonly packets: PacketNote[] = [];
  readonly #origins: NoteOrigins[] = [];
  /** Packets of the flow beyond MOST_NOTES. */
  notKept = 0;
  opening: Opening | null = null;
  /** Flows that opened on its key while it was there. */
  readonly successors: OtherFlow[] = [];
  /** Flow whose handshake made it leave; 0 for none. */
  supersededBy = 0;
  end: FlowEnd | null = null;

  constructor(flow: number) {
    this.#flow = flow;
  }

  // --- PacketObserver ----------------------------------------------------------------------------

  before(): boolean {
    return true;
  }

  after(
    flow: FlowCursor,
    sender: StreamCursor,
    packet: PacketCursor,
    segment: SegmentCursor,
  ): void {
    if (flow.number === this.#flow) this.#note(flow, sender, packet, segment, false);
  }

  // --- FlowJournal -------------------------------------------------------------------------------

  opened(
    flow: FlowCursor,
    packet: PacketPosition,
    segment: SegmentCursor,
    earlier: number,
    waiting: PacketPosition | null,
  ): void {
    const time = timeText(packet.seconds, packet.nanos);
    const { flags } = segment;
    if (flow.number === this.#flow) {
      const seq = segment.seq >>> 0;
      const number = packet.number;
      this.opening = { packet: number, time, flags, seq, earlier, waiting: waiting?.number ?? 0 };
    } else if (earlier === this.#flow || this.successors.some((each) => each.flow === earlier)) {
      // Of a key that is used again and again, the first are enough.
      if (this.successors.length >= 16) return;
      this.successors.push({ flow: flow.number, packet: packet.number, time, flags });
    }
  }

  superseded(flow: FlowCursor, by: number): void {
    if (flow.number === this.#flow) this.supersededBy = by;
  }

  refused(
    flow: FlowCursor,
    sender: StreamCursor,
    packet: PacketPosition,
    segment: SegmentCursor,
  ): void {
    if (flow.number === this.#flow) this.#note(flow, sender, packet, segment, true);
  }

  leaves(flow: FlowCursor, end: FlowEnd): void {
    if (flow.number !== this.#flow) return;
    this.end = end;
    // An origin that moved back moves all positions noted before.
    const moved = (stream: StreamCursor, from: number) =>
      stream.has(Mark.ORIGIN) ? sequenceDistance(stream.originSeq, from) : Number.NaN;
    for (const [i, note] of this.packets.entries()) {
      const isClient = note.direction === "c2s";
      const origins = this.#origins[i]!;
      note.position += moved(isClient ? flow.c2s : flow.s2c, origins.sender);
      const acked = moved(isClient ? flow.s2c : flow.c2s, origins.receiver);
      note.ack += acked;
      for (const block of note.sack) {
        block.start += acked;
        block.end += acked;
      }
    }
    this.#origins.length = 0;
  }

  #note(
    flow: FlowCursor,
    sender: StreamCursor,
    packet: PacketPosition,
    segment: SegmentCursor,
    isRefused: boolean,
  ): void {
    if (this.packets.length >= MOST_NOTES) {
      this.notKept++;
      return;
    }
    const receiver = sender === flow.c2s ? flow.s2c : flow.c2s;
    const from = baseOf(sender);
    const to = baseOf(receiver);
    const note: PacketNote = {
      packet: packet.number,
      time: timeText(packet.seconds, packet.nanos),
      direction: sender.direction,
      flags: segment.flags,
      seq: segment.payloadSeq >>> 0,
      captured: segment.payloadEnd - segment.payloadStart,
      length: segment.payloadLength,
      isRefused,
      state: flow.state,
      position: from.position(segment.payloadSeq),
      ack: (segment.flags & TcpFlag.ACK) === 0 ? Number.NaN : to.position(segment.ack),
      sack: [],
    };
    if (mayHoldSack(segment)) {
      readSackBlocks(segment, receiver, {
        acknowledgeBlock: (_stream, left, right) =>
          note.sack.push({ start: to.position(left), end: to.position(right) }),
      });
    }
    this.packets.push(note);
    this.#origins.push({ sender: from.origin, receiver: to.origin });
  }
}

/** Positions of a stream as it is now; before it has an origin, from sequence number 0. */
function baseOf(stream: StreamCursor): { origin: number; position: (seq: number) => number } {
  if (!stream.has(Mark.ORIGIN)) return { origin: 0, position: (seq) => seq };
  const { highest, nextSeq, originSeq } = stream;
  return { origin: originSeq, position: (seq) => highest + sequenceDistance(nextSeq, seq) };
}
