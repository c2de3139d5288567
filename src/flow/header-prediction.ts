// The short way for what nearly every segment of an established connection is: the very next octets in
// order, or an acknowledgment and nothing else (header prediction: Van Jacobson, "4BSD TCP Header
// Prediction", 1990). Looks at one record once, changes it as `SegmentRules` would, by the same rules of the
// reassembler, and leaves whatever is not just that to them. Runs once a packet, of those that the fast path
// does not see; that has the same rule in memory/assembly/prediction.ts.

import type { PacketCursor } from "../capture/packet-cursor.ts";
import { TcpFlag } from "../decode/segment-cursor.ts";
import type { SegmentCursor } from "../decode/segment-cursor.ts";
import type { Reassembler } from "../reassembly/reassembler.ts";
import { IRREGULAR, Mark } from "../reassembly/stream-cursor.ts";
import type { StreamCursor } from "../reassembly/stream-cursor.ts";
import type { FlowCursor } from "./flow-cursor.ts";
import { FlowMark } from "./flow-cursor.ts";
import { HistoryLetter, SERVER_LETTERS } from "./history.ts";
import { packetIdentity } from "./packet-identity.ts";
import { mayHoldSack } from "./tcp-options.ts";

const { FIN, SYN, RST, ACK } = TcpFlag;

export class HeaderPrediction {
  readonly #reassembler: Reassembler;

  constructor(reassembler: Reassembler) {
    this.#reassembler = reassembler;
  }

  /** Applies a segment to its flow; false, and nothing has changed, if it is none of the two common kinds. */
  take(
    flow: FlowCursor,
    sender: StreamCursor,
    packet: PacketCursor,
    segment: SegmentCursor,
  ): boolean {
    const isFromClient = sender === flow.c2s;
    const receiver = isFromClient ? flow.s2c : flow.c2s;
    const { payloadLength } = segment;
    if (
      (segment.flags & (FIN | SYN | RST | ACK)) !== ACK ||
      segment.seq !== sender.nextSeq ||
      (sender.marks & (Mark.ORIGIN | IRREGULAR)) !== Mark.ORIGIN ||
      receiver.hasSide ||
      segment.window === 0 ||
      (flow.marks & FlowMark.FILTERED) !== 0 ||
      mayHoldSack(segment)
    ) {
      return false;
    }
    // What comes for the first time is noted down by the long way.
    const isNoted =
      payloadLength > 0
        ? (sender.marks & Mark.PAYLOAD) !== 0
        : flow.hasHistory(isFromClient ? HistoryLetter.ACK : HistoryLetter.ACK + SERVER_LETTERS);
    const hasNoAnswerToConfirm =
      (flow.marks & FlowMark.HANDSHAKE_ACK) !== 0 || (receiver.marks & Mark.SYN_ACK) === 0;
    if (!isNoted || !hasNoAnswerToConfirm) return false;
    const identity = packetIdentity(segment);
    if (sender.sameAsLast(identity, segment.seq, segment.ack, payloadLength)) return false;

    const { seconds, nanos } = packet;
    sender.countPacket(seconds, nanos, segment.packets);
    flow.setLast(seconds, nanos);
    sender.window = segment.window;
    this.#reassembler.acknowledge(receiver, segment.ack);
    if (payloadLength > 0) this.#reassembler.accept(sender, segment, packet, false);
    return true;
  }
}
