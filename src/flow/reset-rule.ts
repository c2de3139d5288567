// Whether an RST closes its flow (tcp.md §2.8; RFC 9293 §3.10.7.3, RFC 5961 §3): a blind one does not.

import type { SegmentCursor } from "../decode/segment-cursor.ts";
import { TcpFlag } from "../decode/segment-cursor.ts";
import { sequenceDistance } from "../reassembly/sequence.ts";
import { Mark } from "../reassembly/stream-cursor.ts";
import type { StreamCursor } from "../reassembly/stream-cursor.ts";

/** Where the scale is not known, the largest window there can be (RFC 7323 §2.3). */
const LARGEST_WINDOW = 65_535 * 2 ** 14;

/** `sender` is the stream of the RST's direction, `receiver` the other one. */
export function isPlausibleReset(
  sender: StreamCursor,
  receiver: StreamCursor,
  segment: SegmentCursor,
): boolean {
  const window = windowOf(receiver, sender);
  if (!sender.has(Mark.ORIGIN)) {
    if ((segment.flags & TcpFlag.ACK) !== 0 && receiver.has(Mark.ORIGIN)) {
      // A refused connection: it acknowledges the SYN, or what followed it.
      const acknowledged = receiver.highest + sequenceDistance(receiver.nextSeq, segment.ack);
      return acknowledged >= 0 && acknowledged <= endOf(receiver);
    }
    if (sender.has(Mark.ACKED)) {
      const into = sequenceDistance(sender.ackSeq, segment.seq);
      return into >= 0 && into <= window;
    }
    // Only the peer's SYN was seen: an RST that does not acknowledge it is a blind one. Where nothing
    // was seen there is nothing to hold it against.
    return !receiver.has(Mark.ORIGIN);
  }
  const position = sender.highest + sequenceDistance(sender.nextSeq, segment.seq);
  const next = endOf(sender);
  if (position === next) return true;
  const left = sender.acked < 0 ? 0 : Math.min(sender.acked, sender.highest);
  return position >= left && position <= Math.max(sender.acked, sender.highest) + window;
}

/** The next expected position, a FIN's own number counted. */
function endOf(stream: StreamCursor): number {
  return stream.finPosition === stream.highest ? stream.highest + 1 : stream.highest;
}

/**
 * What the stream's sender last offered to receive, octets. The scale holds only where both sides
 * offered one (RFC 7323 §2.2).
 */
function windowOf(stream: StreamCursor, peer: StreamCursor): number {
  if (hasNoScale(stream) || hasNoScale(peer)) return stream.window;
  return stream.has(Mark.WINDOW_SCALE) ? stream.window * 2 ** stream.windowScale : LARGEST_WINDOW;
}

/** Its SYN was captured, and offered no scale. */
function hasNoScale(stream: StreamCursor): boolean {
  return stream.has(Mark.SYN | Mark.SYN_ACK) && !stream.has(Mark.WINDOW_SCALE);
}
