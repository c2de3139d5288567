// What the flags, numbers and payload of one segment mean for its flow: handshake, data, close, reset
// (RFC 9293 §3.10, tcp.md §2 and §3). RST outranks SYN outranks FIN; flags are tested as bits. Runs
// once a packet.

import type { PacketCursor } from "../capture/packet-cursor.ts";
import type { SegmentCursor } from "../decode/segment-cursor.ts";
import { TcpFlag } from "../decode/segment-cursor.ts";
import { Rare } from "../reassembly/rare-counters.ts";
import type { Reassembler } from "../reassembly/reassembler.ts";
import { countResetPayload } from "../reassembly/segment-counts.ts";
import { sequenceAdd, sequenceDistance } from "../reassembly/sequence.ts";
import { Mark } from "../reassembly/stream-cursor.ts";
import type { StreamCursor } from "../reassembly/stream-cursor.ts";
import { NANOS_PER_SECOND } from "./capture-clock.ts";
import type { FlowCursor } from "./flow-cursor.ts";
import { FlowMark, FlowState } from "./flow-cursor.ts";
import { HistoryLetter, SERVER_LETTERS } from "./history.ts";
import { packetIdentity } from "./packet-identity.ts";
import { isPlausibleReset } from "./reset-rule.ts";
import { mayHoldSack, readSackBlocks, readSynOptions } from "./tcp-options.ts";

/** Different SYN+ACKs of one direction that are remembered beside the first. */
const MOST_OTHER_ISNS = 8;
const { FIN, SYN, RST, ACK } = TcpFlag;

export class SegmentRules {
  readonly #reassembler: Reassembler;
  readonly #maxJump: number;
  #flow!: FlowCursor;
  #sender!: StreamCursor;
  #receiver!: StreamCursor;

  constructor(reassembler: Reassembler, maxJump: number) {
    this.#reassembler = reassembler;
    this.#maxJump = maxJump;
  }

  /** Applies a segment to its flow; true if a three-way handshake was completed by it. */
  apply(
    flow: FlowCursor,
    sender: StreamCursor,
    packet: PacketCursor,
    segment: SegmentCursor,
  ): boolean {
    this.#flow = flow;
    this.#sender = sender;
    const receiver = sender === flow.c2s ? flow.s2c : flow.c2s;
    this.#receiver = receiver;
    const { flags } = segment;
    const isDuplicate = this.#countPacket(packet, segment);
    if ((flags & (RST | SYN)) !== 0) {
      if ((flags & RST) !== 0) {
        this.#reset(segment);
        return false;
      }
      this.#synchronize(packet, segment);
    } else {
      if (segment.window === 0) {
        sender.count(Rare.ZERO_WINDOWS);
        this.#note(HistoryLetter.ZERO_WINDOW);
      }
      if (segment.payloadLength === 0 && this.#isAbsurd(segment)) return false;
    }
    let completed = false;
    if ((flags & ACK) !== 0) completed = this.#acknowledge(packet, segment);
    if (segment.payloadLength > 0) this.#data(packet, segment, isDuplicate);
    if ((flags & (FIN | SYN)) === FIN) this.#finish(segment);
    return completed;
  }

  /** Counts the packet; true if it is the previous one of its direction, captured twice. */
  #countPacket(packet: PacketCursor, segment: SegmentCursor): boolean {
    const sender = this.#sender;
    const { seconds, nanos } = packet;
    const isCopy =
      sender.sameAsLast(packetIdentity(segment), segment.seq, segment.ack, segment.payloadLength) &&
      sender.packets > 0 &&
      isWithinSecond(seconds - sender.lastSeconds, nanos - sender.lastNanos);
    sender.countPacket(seconds, nanos, segment.packets);
    this.#flow.setLast(seconds, nanos);
    if (isCopy) sender.count(Rare.DUPLICATED_PACKETS);
    return isCopy;
  }

  /** A bare segment far from all that was seen: it changes nothing (tcp.md §3.5). */
  #isAbsurd(segment: SegmentCursor): boolean {
    const sender = this.#sender;
    if (!sender.has(Mark.ORIGIN)) return false;
    return Math.abs(sequenceDistance(sender.nextSeq, segment.seq)) > this.#maxJump;
  }

  // --- handshake ---------------------------------------------------------------------------------

  #synchronize(packet: PacketCursor, segment: SegmentCursor): void {
    const sender = this.#sender;
    const flow = this.#flow;
    const isAnswer = (segment.flags & ACK) !== 0;
    if ((segment.flags & FIN) !== 0) this.#note(HistoryLetter.MULTIPLE_FLAGS);
    this.#note(isAnswer ? HistoryLetter.SYN_ACK : HistoryLetter.SYN);
    if (sender.has(Mark.SYN | Mark.SYN_ACK)) {
      sender.count(Rare.FURTHER_SYN);
      if (sender.isn !== segment.seq) {
        if (isAnswer) this.#keepOtherIsn(segment);
        return;
      }
    }
    if ((segment.flags & FIN) !== 0 && sender.packets > 1) {
      // It neither opens nor moves the origin of a stream that is there.
      if (!sender.has(Mark.SYN | Mark.SYN_ACK)) sender.count(Rare.FURTHER_SYN);
      return;
    }
    flow.marks |= isAnswer ? FlowMark.SYN_ACK : FlowMark.SYN;
    sender.marks |= isAnswer ? Mark.SYN_ACK : Mark.SYN;
    sender.isn = segment.seq;
    sender.window = segment.window;
    readSynOptions(segment, sender);
    this.#reassembler.origins.learn(sender, sequenceAdd(segment.seq, 1), Mark.ORIGIN_BY_SYN);
    if (!isAnswer) {
      flow.setSyn(packet.seconds, packet.nanos);
    } else if (!this.#receiver.has(Mark.ORIGIN_BY_SYN)) {
      // The SYN was not captured: its answer tells where the stream begins.
      this.#reassembler.origins.learn(this.#receiver, segment.ack, Mark.ORIGIN_BY_PEER);
    }
  }

  /** Several SYN+ACKs with different numbers: the one that the client acknowledges counts. */
  #keepOtherIsn(segment: SegmentCursor): void {
    const sender = this.#sender;
    if (sender.highest > 0 || sender.acked >= 0) return;
    const { otherIsns } = sender.side;
    if (otherIsns.length < MOST_OTHER_ISNS) otherIsns.push(segment.seq);
  }

  #acknowledge(packet: PacketCursor, segment: SegmentCursor): boolean {
    const flow = this.#flow;
    const sender = this.#sender;
    const receiver = this.#receiver;
    sender.window = segment.window;
    if (receiver.hasSide) this.#chooseIsn(segment);
    this.#reassembler.acknowledge(receiver, segment.ack);
    if (mayHoldSack(segment)) {
      readSackBlocks(segment, receiver, this.#reassembler);
    }
    if (receiver.hasSide) this.#noteGap();
    if ((segment.flags & SYN) !== 0) return false;
    if (segment.payloadLength === 0 && (segment.flags & FIN) === 0) this.#note(HistoryLetter.ACK);
    if (flow.has(FlowMark.HANDSHAKE_ACK) || !receiver.has(Mark.SYN_ACK)) return false;
    if (receiver.acked < 0) return false;
    flow.marks |= FlowMark.HANDSHAKE_ACK;
    if (flow.state === FlowState.NEW) flow.state = FlowState.ESTABLISHED;
    if (flow.has(FlowMark.SYN)) {
      flow.handshakeRttNanos =
        (packet.seconds - flow.synSeconds) * NANOS_PER_SECOND + (packet.nanos - flow.synNanos);
    }
    return true;
  }

  #chooseIsn(segment: SegmentCursor): void {
    const receiver = this.#receiver;
    const { otherIsns } = receiver.side;
    if (otherIsns.length === 0 || receiver.highest > 0) return;
    const first = segment.ack;
    const isn = sequenceAdd(first, -1);
    if (!otherIsns.includes(isn)) return;
    receiver.isn = isn;
    otherIsns.length = 0;
    receiver.acked = -1;
    this.#reassembler.origins.set(receiver, first, Mark.ORIGIN_BY_SYN);
  }

  #noteGap(): void {
    const receiver = this.#receiver;
    const { holes } = receiver.side;
    if (holes.count === 0 || holes.start(0) >= receiver.acked) return;
    // The letter stands with the side whose octets are missing.
    this.#flow.addHistory(
      receiver === this.#flow.c2s ? HistoryLetter.GAP : HistoryLetter.GAP + SERVER_LETTERS,
    );
  }

  // --- data and close ----------------------------------------------------------------------------

  #data(packet: PacketCursor, segment: SegmentCursor, isDuplicate: boolean): void {
    const flow = this.#flow;
    const sender = this.#sender;
    if (!sender.has(Mark.PAYLOAD)) {
      sender.markPayload(packet.seconds, packet.nanos);
      this.#note(HistoryLetter.DATA);
      if (flow.state === FlowState.NEW && (segment.flags & SYN) === 0) {
        flow.state = FlowState.ESTABLISHED;
      }
    }
    if (flow.has(FlowMark.FILTERED)) {
      this.#reassembler.acceptLeftOut(sender, segment, packet, isDuplicate);
    } else {
      const before = sender.highest;
      this.#reassembler.accept(sender, segment, packet, isDuplicate);
      // Nothing was added at the end: the first time that was a retransmission gets its letter.
      if (sender.highest === before && sender.rare(Rare.RETRANSMITTED) > 0) {
        this.#note(HistoryLetter.RETRANSMISSION);
      }
    }
  }

  #finish(segment: SegmentCursor): void {
    const flow = this.#flow;
    const sender = this.#sender;
    const finSeq = sequenceAdd(segment.seq, segment.payloadLength);
    if (!this.#reassembler.finish(sender, finSeq)) return;
    if (sender.has(Mark.FIN)) sender.count(Rare.FURTHER_FIN);
    this.#note(HistoryLetter.FIN);
    sender.marks |= Mark.FIN;
    if (flow.state >= FlowState.CLOSED) return;
    flow.state = this.#receiver.has(Mark.FIN) ? FlowState.CLOSED : FlowState.CLOSING;
    if (flow.state === FlowState.CLOSED) this.#settleBoth();
  }

  #reset(segment: SegmentCursor): void {
    const flow = this.#flow;
    const sender = this.#sender;
    sender.count(Rare.RST);
    if ((segment.flags & SYN) !== 0) this.#note(HistoryLetter.MULTIPLE_FLAGS);
    if ((segment.flags & FIN) !== 0) this.#note(HistoryLetter.INCONSISTENT);
    if (segment.payloadLength > 0) countResetPayload(sender, segment);
    if (!isPlausibleReset(sender, this.#receiver, segment)) {
      sender.count(Rare.IMPLAUSIBLE_RESETS);
      return;
    }
    this.#note(HistoryLetter.RST);
    if (flow.state >= FlowState.CLOSED) return;
    flow.state = FlowState.RESET;
    sender.marks |= Mark.RESET;
    this.#receiver.marks |= Mark.RESET;
    if (sender === flow.s2c) flow.marks |= FlowMark.RESET_BY_SERVER;
    this.#settleBoth();
  }

  /** The flow lingers from here on for stragglers; its streams need no buffers for that. */
  #settleBoth(): void {
    this.#reassembler.settle(this.#sender);
    this.#reassembler.settle(this.#receiver);
  }

  #note(letter: number): void {
    const flow = this.#flow;
    flow.addHistory(this.#sender === flow.c2s ? letter : letter + SERVER_LETTERS);
  }
}

function isWithinSecond(seconds: number, nanos: number): boolean {
  return Math.abs(seconds * NANOS_PER_SECOND + nanos) <= NANOS_PER_SECOND;
}
