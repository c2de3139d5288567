// The status word `tcpxStat`: 32 bits that each flow, each stream and the run have (Tranalyzer's
// flowStat). The low half warns: what makes the result less trustworthy than it looks. The high half
// informs: what was there. The word of the run is the union of all others.

import { TcpxError } from "../errors.ts";

/** Bits of the word, as int32: a union is `a | b`. */
export const StatusBit = {
  ACKED_UNSEEN: 0x00000001,
  NEVER_ACKED: 0x00000002,
  SNAPPED: 0x00000004,
  DISCARDED: 0x00000008,
  CONFLICT: 0x00000010,
  CHECKSUM: 0x00000020,
  FRAG_INCOMPLETE: 0x00000040,
  TIME_BACKWARDS: 0x00000080,
  MIDSTREAM: 0x00000100,
  ONE_WAY: 0x00000200,
  TIMEOUT: 0x00000400,
  OPEN_AT_END: 0x00000800,
  EVICTED: 0x00001000,
  CAPTURE_DROPS: 0x00002000,
  INPUT_DAMAGED: 0x00004000,
  UNDECODABLE: 0x00008000,
  RETRANSMISSION: 0x00010000,
  OVERLAP: 0x00020000,
  OUT_OF_ORDER: 0x00040000,
  DUPLICATE_PACKET: 0x00080000,
  PROBE: 0x00100000,
  RESET: 0x00200000,
  TUPLE_REUSE: 0x00400000,
  WRAP: 0x00800000,
  FRAG_REASSEMBLED: 0x01000000,
  IPV4: 0x02000000,
  IPV6: 0x04000000,
  CHECKSUM_OFFLOAD: 0x08000000,
  LENGTH_ZERO: 0x10000000,
  ENCAPSULATED: 0x20000000,
} as const;

export type StatusBit = (typeof StatusBit)[keyof typeof StatusBit];

/** The bits that warn. */
export const WARNING_HALF = 0x0000ffff;

export interface StatusEntry {
  readonly bit: StatusBit;
  /** As in JSON and in `--fail-on`. */
  readonly name: string;
  readonly half: "warning" | "information";
  /** As in the report; `conflict` and `checksum` may be followed by what was done. */
  readonly text: string;
}

function entry(bit: StatusBit, name: string, text: string): StatusEntry {
  return { bit, name, text, half: (bit & WARNING_HALF) === 0 ? "information" : "warning" };
}

/** All bits that have a meaning, lowest first. */
export const STATUS_ENTRIES: readonly StatusEntry[] = [
  entry(
    StatusBit.ACKED_UNSEEN,
    "ackedUnseen",
    "Acked but unseen bytes: lost by the capture, not by the network",
  ),
  entry(
    StatusBit.NEVER_ACKED,
    "neverAcked",
    "Never acked gaps: lost before the capture point, or ACKs not captured",
  ),
  entry(StatusBit.SNAPPED, "snapped", "Payload truncated by snapshot length"),
  entry(StatusBit.DISCARDED, "discarded", "Bytes refused by tcpx: limits or checksums"),
  entry(StatusBit.CONFLICT, "conflict", "Overlapping bytes with conflicting content"),
  entry(StatusBit.CHECKSUM, "checksum", "TCP checksum errors"),
  entry(
    StatusBit.FRAG_INCOMPLETE,
    "fragIncomplete",
    "IPv4/6 packet fragmentation sequence not finished",
  ),
  entry(StatusBit.TIME_BACKWARDS, "timeBackwards", "Timestamp going backwards"),
  entry(StatusBit.MIDSTREAM, "midstream", "Midstream flows: bytes before the first packet unknown"),
  entry(StatusBit.ONE_WAY, "oneWay", "One-way flows: no ACKs to judge loss by"),
  entry(StatusBit.TIMEOUT, "timeout", "Flows ended by idle timeout"),
  entry(StatusBit.OPEN_AT_END, "openAtEnd", "Flows still open at end of capture"),
  entry(StatusBit.EVICTED, "evicted", "Flows evicted"),
  entry(StatusBit.CAPTURE_DROPS, "captureDrops", "Packets dropped during capture"),
  entry(StatusBit.INPUT_DAMAGED, "inputDamaged", "Input cut short or damaged"),
  entry(StatusBit.UNDECODABLE, "undecodable", "Undecodable packets"),
  entry(StatusBit.RETRANSMISSION, "retransmission", "Retransmissions"),
  entry(StatusBit.OVERLAP, "overlap", "Overlapping segments"),
  entry(StatusBit.OUT_OF_ORDER, "outOfOrder", "Out-of-order segments"),
  entry(StatusBit.DUPLICATE_PACKET, "duplicatePacket", "Duplicated packets"),
  entry(StatusBit.PROBE, "probe", "Keep-alives or window probes"),
  entry(StatusBit.RESET, "reset", "Flow resets"),
  entry(StatusBit.TUPLE_REUSE, "tupleReuse", "5-tuple reuse"),
  entry(StatusBit.WRAP, "wrap", "Sequence number wrap"),
  entry(StatusBit.FRAG_REASSEMBLED, "fragReassembled", "IPv4/6 fragments reassembled"),
  entry(StatusBit.IPV4, "ipv4", "IPv4"),
  entry(StatusBit.IPV6, "ipv6", "IPv6"),
  entry(StatusBit.CHECKSUM_OFFLOAD, "checksumOffload", "Checksum offload suspected"),
  entry(
    StatusBit.LENGTH_ZERO,
    "lengthZero",
    "IP length 0 (segmentation offload), frame length used",
  ),
  entry(StatusBit.ENCAPSULATED, "encapsulated", "VLAN tags or tunnels removed"),
];

/** `0x` and eight hexadecimal digits; takes an int32 or an unsigned number. */
export function formatStatusWord(word: number): string {
  return `0x${(word >>> 0).toString(16).padStart(8, "0")}`;
}

/**
 * A word as text: `0x` and one to eight hexadecimal digits.
 * @throws TcpxError BAD_OPTION
 */
export function parseStatusWord(text: string): number {
  if (!/^0x[0-9a-f]{1,8}$/iu.test(text)) {
    throw new TcpxError(
      "BAD_OPTION",
      `not a status word: ${JSON.stringify(text)}; expected 0x and one to eight hexadecimal digits, as in 0x03ff2ff7`,
    );
  }
  return Number.parseInt(text, 16) | 0;
}

/**
 * The meanings of the bits that are set, lowest first; bits without a meaning are left out.
 * @throws TcpxError BAD_OPTION for a text that is no status word
 */
export function decodeStatusWord(word: string | number): readonly StatusEntry[] {
  const bits = typeof word === "string" ? parseStatusWord(word) : word;
  return STATUS_ENTRIES.filter(({ bit }) => (bits & bit) !== 0);
}

/** Names of the bits that are set, lowest first. */
export function statusNames(word: string | number): string[] {
  return decodeStatusWord(word).map(({ name }) => name);
}

/** The bits of all meanings; whatever else is set in a word came from elsewhere. */
export const KNOWN_BITS: number = STATUS_ENTRIES.reduce((bits, { bit }) => bits | bit, 0);

/** What was done about conflicts and checksum errors, for the two texts that say so. */
export interface StatusContext {
  readonly overlap: string;
  readonly badChecksums: number;
  readonly refusedChecksums: number;
}

/** The text of a bit as the report prints it, with what was done. */
export function statusText(status: StatusEntry, context: StatusContext): string {
  switch (status.bit) {
    case StatusBit.CONFLICT:
      return `${status.text}, ${keptCopy(context.overlap)}`;
    case StatusBit.CHECKSUM:
      return `${status.text}, ${refusedSegments(context)}`;
    default:
      return status.text;
  }
}

function keptCopy(overlap: string): string {
  if (overlap === "first" || overlap === "last") return `${overlap} copy kept`;
  return `copy kept by the ${overlap} policy`;
}

function refusedSegments({ badChecksums, refusedChecksums }: StatusContext): string {
  if (refusedChecksums === 0) return "segments kept";
  return refusedChecksums >= badChecksums ? "segments refused" : "some segments refused";
}
