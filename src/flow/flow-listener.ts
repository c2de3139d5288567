// What the tracker tells of a flow's life; the engine listens.

import type { PacketCursor } from "../capture/packet-cursor.ts";
import type { SegmentCursor } from "../decode/segment-cursor.ts";
import type { FlowEnd } from "../report/flow-summary.ts";
import type { FlowCursor } from "./flow-cursor.ts";

export interface FlowListener {
  /** A flow opens; its roles are decided and never change. May mark it FILTERED. */
  opened(flow: FlowCursor, packet: PacketCursor, segment: SegmentCursor): void;
  /** It has ended; its record is given back after the call. */
  ended(flow: FlowCursor, end: FlowEnd): void;
}
