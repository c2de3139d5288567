// What a flow's life turned on, told as it happens: for whoever explains one (`tcpx explain`). Normally
// there is no journal; it is asked for only at rare points, never once a packet.

import type { PacketPosition } from "../capture/packet-cursor.ts";
import type { SegmentCursor } from "../decode/segment-cursor.ts";
import type { StreamCursor } from "../reassembly/stream-cursor.ts";
import type { FlowEnd } from "../report/flow-summary.ts";
import type { FlowCursor } from "./flow-cursor.ts";

/** All cursors are valid during the call only. */
export interface FlowJournal {
  /**
   * A flow opened on a segment. `earlier`: number of the newest flow of its key that was still there, 0
   * for none. `waiting`: the packet that it continues, held until then; null for none.
   */
  opened(
    flow: FlowCursor,
    packet: PacketPosition,
    segment: SegmentCursor,
    earlier: number,
    waiting: PacketPosition | null,
  ): void;
  /** The handshake of flow `by` on the same key is complete: this one leaves once it stays silent. */
  superseded(flow: FlowCursor, by: number): void;
  /** The packet's checksum was wrong and it was refused; `sender` is the stream of its direction. */
  refused(
    flow: FlowCursor,
    sender: StreamCursor,
    packet: PacketPosition,
    segment: SegmentCursor,
  ): void;
  /** The flow is about to be settled; its record is still there. */
  leaves(flow: FlowCursor, end: FlowEnd): void;
}
