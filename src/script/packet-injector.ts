// The seam to whoever writes packets (`--pcap-out`, `slice`): marks of flows, and forged packets.

import type { PacketCursor } from "../capture/packet-cursor.ts";

/** Puts packets that no capture holds into the output. */
export interface PacketInjector {
  /**
   * A forged packet to be written behind the packet in hand: link type, interface and time are those
   * of `like`. `bytes` is a new array and may be kept; `like` is valid during the call.
   */
  inject(bytes: Uint8Array, like: PacketCursor): void;
}

/** Told of flows whose packets are wanted. */
export interface FlowMarker {
  /** All packets of the flow, those before this call included. Called once a flow. */
  mark(flow: number): void;
}
