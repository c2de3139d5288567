// Where the fast path leaves what a call of `takePackets` did: int32 words in its memory. Plain constants
// and nothing else: the compiler of the fast path (src/fast-path/assembly) reads this file too.

export const PACKETS = 0;
/** Of these, how many were IPv6. */
export const IPV6_PACKETS = 1;
/** Captured octets of the packets that the client sent; the server's are the rest. */
export const CLIENT_BYTES = 2;
/** Payload octets, all of them written. */
export const PAYLOAD_BYTES = 3;
/** Capture time of the last packet. */
export const SECONDS = 4;
export const NANOS = 5;
/** Slots in the list of flows that spoke, in the order in which they did. */
export const TURNS = 6;
/** Holes that segments left behind them, in the order in which they did. */
export const HOLES = 7;

export const RESULT_WORDS = 8;
/** Turns that a call has room for. */
export const MOST_TURNS = 4096;
/** Holes that a call has room for. */
export const MOST_HOLES = 256;
/** Of a hole, in float64 units: twice the flow's slot, and 1 more for the server's stream; where it begins and ends. */
export const HOLE_STREAM = 0;
export const HOLE_START = 1;
export const HOLE_END = 2;
export const HOLE_FLOATS = 3;
