// What the tracker tells of a flow's life; the engine listens.

import type { PacketCursor } from "../capture/packet-cursor.ts";
import type { SegmentCursor } from "../decode/segment-cursor.ts";
import type { FlowEnd } from "../report/flow-summary.ts";
import type { StreamCursor } from "../reassembly/stream-cursor.ts";
import type { FlowCursor } from "./flow-cursor.ts";

export interface FlowListener {
  /** A flow opens; its roles are decided and never change. May mark it FILTERED. */
  opened(flow: FlowCursor, packet: PacketCursor, segment: SegmentCursor): void;
  /** It has ended; its record is given back after the call. */
  ended(flow: FlowCursor, end: FlowEnd): void;
  /**
   * Payload of an earlier packet turned out to be that of another flow: so many octets more that are
   * counted for a flow (not left out), or less where negative.
   */
  payloadMoved(bytes: number): void;
}

/** Sees every packet of every flow that is not left out. All cursors are valid during the call only. */
export interface PacketObserver {
  /**
   * The flow of the packet is known, its state not changed yet; `sender` is the stream of the packet's
   * direction. False: the packet vanishes (outcome `dropped`), as if it had not been captured.
   */
  before(
    flow: FlowCursor,
    sender: StreamCursor,
    packet: PacketCursor,
    segment: SegmentCursor,
  ): boolean;
  /** The same packet, after state, octets and acknowledgments took effect. */
  after(flow: FlowCursor, sender: StreamCursor, packet: PacketCursor, segment: SegmentCursor): void;
}
