// Which of the flows that share a key a segment belongs to (tcp.md §2.4): by sequence space, not by
// arrival, so that a reused port, a tap on both sides of a firewall that renumbers, and a straggler of
// an earlier connection each find their own flow. Pure: decides, changes nothing.

import type { SegmentCursor } from "../decode/segment-cursor.ts";
import { TcpFlag } from "../decode/segment-cursor.ts";
import { sequenceDistance } from "../reassembly/sequence.ts";
import { Mark } from "../reassembly/stream-cursor.ts";
import type { StreamCursor, StreamExtras } from "../reassembly/stream-cursor.ts";
import { FlowCursor, FlowState } from "./flow-cursor.ts";
import { LONGEST_CHAIN } from "./flow-table.ts";
import type { FlowTable } from "./flow-table.ts";

export class ChainSearch {
  /** The segment opens a new flow. */
  static readonly NEW_FLOW = -1;
  /** It fits no sequence space of its key, and is alone so far. */
  static readonly FOREIGN = -2;

  readonly #table: FlowTable;
  readonly #farthest: number;
  readonly #candidate: FlowCursor;
  readonly #chain = new Int32Array(LONGEST_CHAIN + 1);
  #count = 0;
  #fromClient = true;

  constructor(table: FlowTable, farthest: number, extras: StreamExtras) {
    this.#table = table;
    this.#farthest = farthest;
    this.#candidate = new FlowCursor(extras);
  }

  /** Slot of the flow, or NEW_FLOW, or FOREIGN. `newest` is the key's newest flow. */
  choose(segment: SegmentCursor, newest: FlowCursor, fromClientOfNewest: boolean): number {
    this.#count = this.#table.chain(newest, this.#chain);
    const { flags } = segment;
    if ((flags & TcpFlag.RST) === 0 && (flags & TcpFlag.SYN) !== 0) {
      if ((flags & TcpFlag.FIN) !== 0) return this.#nearestOrNewest(segment);
      return (flags & TcpFlag.ACK) === 0 ? this.#forSyn(segment) : this.#forSynAck(segment);
    }
    const slot = this.#nearest(segment);
    if (slot >= 0) return slot;
    const hasPayload = segment.payloadLength > 0 && (flags & TcpFlag.RST) === 0;
    if (!hasPayload) return newest.slot;
    const held = streamOf(newest, fromClientOfNewest).sideIfAny?.held ?? null;
    if (held !== null && held.foreign) {
      const into = sequenceDistance(held.seq, segment.payloadSeq);
      if (into > 0 && into <= held.wireLength) return ChainSearch.NEW_FLOW;
    }
    return ChainSearch.FOREIGN;
  }

  /** A SYN without ACK: a retransmission, the other half of a simultaneous open, a late one, or new. */
  #forSyn(segment: SegmentCursor): number {
    const first = (segment.seq + 1) | 0;
    for (let i = 0; i < this.#count; i++) {
      const stream = this.#bind(i, segment);
      if (stream.has(Mark.SYN | Mark.SYN_ACK)) {
        if (stream.isn === segment.seq) return this.#chain[i]!;
        continue;
      }
      if (stream.has(Mark.ORIGIN)) {
        if (stream.originSeq === first) return this.#chain[i]!;
        continue;
      }
      if (i > 0) continue;
      // Nothing of this direction was placed so far: a simultaneous open, or a SYN captured late.
      const peer = this.#peer;
      const isOpening = this.#candidate.state === FlowState.NEW && peer.has(Mark.SYN);
      if (isOpening) return this.#chain[i]!;
      if (stream.has(Mark.ACKED) && stream.ackSeq === first) return this.#chain[i]!;
      if (stream.packets > 0 && stream.lastSeq === first) return this.#chain[i]!;
    }
    return ChainSearch.NEW_FLOW;
  }

  #forSynAck(segment: SegmentCursor): number {
    const first = (segment.seq + 1) | 0;
    for (let i = 0; i < this.#count; i++) {
      const stream = this.#bind(i, segment);
      if (stream.has(Mark.SYN | Mark.SYN_ACK) && stream.isn === segment.seq) return this.#chain[i]!;
    }
    for (let i = 0; i < this.#count; i++) {
      const stream = this.#bind(i, segment);
      const peer = this.#peer;
      const fitsPeer = peer.has(Mark.SYN) && peer.originSeq === segment.ack;
      if (fitsPeer && !stream.has(Mark.ORIGIN)) return this.#chain[i]!;
    }
    const newest = this.#bind(0, segment);
    const { state } = this.#candidate;
    if (state !== FlowState.CLOSED && state !== FlowState.RESET) return this.#chain[0]!;
    const peer = this.#peer;
    const fitsStream = newest.has(Mark.ORIGIN) && newest.originSeq === first;
    if (fitsStream || isWithin(peer, segment.ack)) return this.#chain[0]!;
    return ChainSearch.NEW_FLOW;
  }

  #nearestOrNewest(segment: SegmentCursor): number {
    const slot = this.#nearest(segment);
    return slot >= 0 ? slot : this.#chain[0]!;
  }

  /** The flow whose expected number is nearest, the newest of several; -1 if all are too far. */
  #nearest(segment: SegmentCursor): number {
    let best = -1;
    let bestDistance = this.#farthest + 1;
    for (let i = 0; i < this.#count; i++) {
      const stream = this.#bind(i, segment);
      const distance = this.#distance(segment, stream, this.#peer);
      if (distance < bestDistance) {
        best = this.#chain[i]!;
        bestDistance = distance;
      }
    }
    return best;
  }

  /** To the highest end or the acknowledged point, whichever is nearer. */
  #distance(segment: SegmentCursor, stream: StreamCursor, peer: StreamCursor): number {
    if (stream.has(Mark.ORIGIN)) {
      const toEnd = Math.abs(sequenceDistance(stream.nextSeq, segment.seq));
      if (stream.acked < 0) return toEnd;
      const acked = (stream.nextSeq + (stream.acked - stream.highest)) | 0;
      return Math.min(toEnd, Math.abs(sequenceDistance(acked, segment.seq)));
    }
    // No octet of the direction was placed so far: what the peer acknowledged, or what this segment
    // acknowledges of the peer, tells; one wrong number among the two must not hide the other.
    let distance = this.#farthest;
    if (stream.has(Mark.ACKED)) {
      distance = Math.abs(sequenceDistance(stream.ackSeq, segment.seq));
    }
    if ((segment.flags & TcpFlag.ACK) !== 0 && peer.has(Mark.ORIGIN)) {
      const toPeer = Math.abs(sequenceDistance(peer.nextSeq, segment.ack));
      distance = stream.has(Mark.ACKED) ? Math.min(distance, toPeer) : toPeer;
    }
    return distance;
  }

  /** Binds the candidate to a flow of the chain; the stream of the segment's direction. */
  #bind(index: number, segment: SegmentCursor): StreamCursor {
    this.#table.store.bind(this.#chain[index]!, this.#candidate);
    this.#fromClient = this.#candidate.directionOf(segment, this.#candidate.vlanPath) === 1;
    return streamOf(this.#candidate, this.#fromClient);
  }

  /** After `#bind`: the other direction's stream. */
  get #peer(): StreamCursor {
    return streamOf(this.#candidate, !this.#fromClient);
  }
}

function streamOf(flow: FlowCursor, fromClient: boolean): StreamCursor {
  return fromClient ? flow.c2s : flow.s2c;
}

/** True if an acknowledgment number lies in what the stream has sent. */
function isWithin(stream: StreamCursor, ack: number): boolean {
  if (!stream.has(Mark.ORIGIN)) return false;
  const position = stream.highest + sequenceDistance(stream.nextSeq, ack);
  return position >= 0 && position <= stream.highest + 1;
}
