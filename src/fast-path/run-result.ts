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

export const RESULT_WORDS = 8;
/** Turns that a call has room for. */
export const MOST_TURNS = 4096;
