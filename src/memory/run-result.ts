// Where the fast path leaves what a call of `takePackets` did: int32 words in its memory. Plain constants
// and nothing else: the compiler of the fast path (src/memory/assembly) reads this file too.

export const PACKETS = 0;
/** Of these, how many were IPv6. */
export const IPV6_PACKETS = 1;
/** Captured octets, and those of the packets that the client sent. */
export const CAPTURED_BYTES = 2;
export const CLIENT_BYTES = 3;
/** Payload octets, all of them written. */
export const PAYLOAD_BYTES = 4;
/** Capture time of the last packet. */
export const SECONDS = 5;
export const NANOS = 6;
/** Slots in the list of flows that spoke, in the order in which they did. */
export const TURNS = 7;
/** Holes that segments left behind them, in the order in which they did. */
export const HOLES = 8;
/** Packets with a VLAN tag. */
export const TAGGED_PACKETS = 9;

/** Even, so that holes behind it and an even number of turns are aligned. */
export const RESULT_WORDS = 10;
/** Turns that a call has room for. */
export const MOST_TURNS = 4096;
/** Holes that a call has room for. */
export const MOST_HOLES = 256;
/** Of a hole, in float64 units: twice the flow's slot, and 1 more for the server's stream; where it begins and ends. */
export const HOLE_STREAM = 0;
export const HOLE_START = 1;
export const HOLE_END = 2;
export const HOLE_FLOATS = 3;
/** Copies into rings that are put off together, and int32 words of the note of one. */
export const MOST_COPIES = 4096;
export const COPY_WORDS = 4;
