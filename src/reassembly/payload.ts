// What the stage takes of a segment: the octets, where they begin in sequence space, and how many were
// on the wire.

/** The payload of a segment; `SegmentCursor` is one. */
export interface Payload {
  /** Sequence number of the first payload octet (one above the segment's where it is a SYN). */
  readonly payloadSeq: number;
  readonly bytes: Uint8Array;
  /** Captured octets are `bytes[payloadStart, payloadEnd)`. */
  readonly payloadStart: number;
  readonly payloadEnd: number;
  /** Octets on the wire. */
  readonly payloadLength: number;
}
