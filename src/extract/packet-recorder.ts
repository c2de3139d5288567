// What the engine tells of each packet once it is done with it: slices, flow logs and the like. The
// engine has one recorder or none; none costs a comparison a packet.

import type { PacketCursor } from "../capture/packet-cursor.ts";
import type { Outcome } from "../decode/outcome.ts";
import type { SegmentCursor } from "../decode/segment-cursor.ts";
import type { FlowCursor } from "../flow/flow-cursor.ts";
import type { StreamCursor } from "../reassembly/stream-cursor.ts";

/** All cursors are valid during the call only. */
export interface PacketRecorder {
  /**
   * A segment of the packet counts for the flow, and `sender` is the stream of its direction: refused
   * ones too, those of flows that are left out not. Several times for a packet with several segments.
   */
  ofFlow(
    flow: FlowCursor,
    sender: StreamCursor,
    packet: PacketCursor,
    segment: SegmentCursor,
  ): void;
  /** The packet is done, behind all its segments; `segment` is readable where it had one. */
  done(packet: PacketCursor, segment: SegmentCursor, outcome: Outcome): void;
  /** A flow has ended, with the bits of its status word, those of its streams included. */
  ended(flow: FlowCursor, status: number): void;
  /** True once there is no use in going on: the run ends early. */
  readonly failed: boolean;
  /** Between two blocks of the input; the engine waits. Never rejects. */
  settled(): Promise<void>;
}

/** Several recorders as one, told in their order. */
export class RecorderGroup implements PacketRecorder {
  readonly #recorders: readonly PacketRecorder[];

  constructor(recorders: readonly PacketRecorder[]) {
    this.#recorders = recorders;
  }

  get failed(): boolean {
    return this.#recorders.some(({ failed }) => failed);
  }

  ofFlow(
    flow: FlowCursor,
    sender: StreamCursor,
    packet: PacketCursor,
    segment: SegmentCursor,
  ): void {
    for (const recorder of this.#recorders) recorder.ofFlow(flow, sender, packet, segment);
  }

  done(packet: PacketCursor, segment: SegmentCursor, outcome: Outcome): void {
    for (const recorder of this.#recorders) recorder.done(packet, segment, outcome);
  }

  ended(flow: FlowCursor, status: number): void {
    for (const recorder of this.#recorders) recorder.ended(flow, status);
  }

  async settled(): Promise<void> {
    for (const recorder of this.#recorders) await recorder.settled();
  }
}
