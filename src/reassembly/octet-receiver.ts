// Where the reassembler hands octets on. The stage is pure: it names positions, others keep octets.

import type { PacketPosition } from "../capture/packet-cursor.ts";
import type { StreamCursor } from "./stream-cursor.ts";

/** All views are valid during the call only. */
export interface OctetReceiver {
  /** New octets `bytes[start, end)` at the seek position; each position once. */
  octets(
    stream: StreamCursor,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: PacketPosition,
  ): void;

  /**
   * A further copy of octets that were handed on before. Counts what differs (conflictingBytes,
   * notComparedBytes) on the stream; keeps the new copy instead of the old one if `newWins`.
   */
  again(
    stream: StreamCursor,
    position: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: PacketPosition,
    newWins: boolean,
  ): void;

  /** The origin moved back: all positions handed on so far are `shift` higher now. */
  rebased(stream: StreamCursor, shift: number): void;

  /** Nothing more is expected of the stream: its flow was closed or reset. */
  finished(stream: StreamCursor): void;
}
