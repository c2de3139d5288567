// Sequence arithmetic modulo 2^32 (RFC 9293 §3.4), written once. A sequence number is an int32; there
// is no wrap branch anywhere, since the distance of two numbers is `(to - from) | 0`.

/** Signed distance from one sequence number to another: positive where `to` lies ahead. */
export function sequenceDistance(from: number, to: number): number {
  return (to - from) | 0;
}

/** The sequence number `octets` further on. */
export function sequenceAdd(seq: number, octets: number): number {
  return (seq + octets) | 0;
}

/** True where a stream of `octets` whose first octet has the number `first` passes 2^32. */
export function sequenceWraps(first: number, octets: number): boolean {
  return (first >>> 0) + octets > 0x1_0000_0000;
}
