// Datagrams of which some fragments were captured so far, IPv4 (RFC 815's task) and IPv6 (RFC 8200 §4.5).
// In goes a fragment in any order; out comes a complete datagram. Octets that were not captured keep
// their place: the datagram is complete on the wire, and captured up to its first cut.
//
//     pieces   [0, 1448) [1448, 2896)          [4344, 4400) <- the last: it tells the length
//                                     missing
//
// Overlap: IPv4 keeps what came first; IPv6 gives up the datagram (RFC 5722), but for exact duplicates.
// Bounded in datagrams, in octets and in time; what is pushed out is counted incomplete. Runs once a
// fragment, so it may allocate.

import { copyOctets } from "../../bytes.ts";
import type { DecodeCounters } from "../decode-counters.ts";

export const FragmentVerdict = { WAITING: 0, COMPLETE: 1, REFUSED: 2 } as const;
export type FragmentVerdict = (typeof FragmentVerdict)[keyof typeof FragmentVerdict];

/** One fragment: `bytes[start, end)` of the `wireLength` octets that it had on the wire. */
export interface Fragment {
  readonly key: string;
  readonly isIpv6: boolean;
  /** Of what the datagram carries; that of the first fragment counts. */
  readonly protocol: number;
  /** Of its first octet in the datagram. */
  readonly offset: number;
  readonly moreFragments: boolean;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly wireLength: number;
  /** Its IP header. */
  readonly headerStart: number;
  readonly headerLength: number;
  /** Capture time. */
  readonly seconds: number;
  /** Packets that it took to bring this fragment, and their captured octets. */
  readonly packets: number;
  readonly packetBytes: number;
  /** Numbers of these packets, as far as they are kept. */
  readonly packetNumbers: readonly number[];
}

/** A datagram put together, in octets of its own. */
export interface CompletedDatagram {
  readonly bytes: Uint8Array;
  /** The IP header of the first fragment as it was, then the payload. */
  readonly headerStart: number;
  readonly payloadStart: number;
  /** End of what was captured without a cut, and end on the wire. */
  readonly payloadEnd: number;
  readonly payloadWireEnd: number;
  readonly protocol: number;
  /** Packets of the fragments before the completing one, and their captured octets. */
  readonly earlierPackets: number;
  readonly earlierPacketBytes: number;
  /** Numbers of these packets, ascending; of those that brought nothing new only the first few. */
  readonly earlierPacketNumbers: readonly number[];
}

export interface FragmentLimits {
  readonly datagrams: number;
  /** Octets held, with an allowance for each piece. */
  readonly bytes: number;
  readonly timeoutSeconds: number;
}

export const DEFAULT_FRAGMENT_LIMITS: FragmentLimits = {
  datagrams: 4096,
  bytes: 16 * 1024 * 1024,
  timeoutSeconds: 30,
};

const MAX_DATAGRAM_BYTES = 65_535;
const PIECE_OVERHEAD_BYTES = 128;
/** A copy of a completed datagram that begins within this time came from a probe that sees all twice. */
const DUPLICATE_SECONDS = 1;
const MAX_REMEMBERED_DATAGRAMS = 1024;
/** Packet numbers kept beyond those of the pieces: copies that brought nothing new. */
const MAX_COPIES_NUMBERED = 64;

/** A range of the datagram; `bytes` is what was captured of it, from its start. */
interface Piece {
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
}

interface Datagram {
  readonly firstSeconds: number;
  /** True where the same datagram was completed a moment ago. */
  readonly isDuplicate: boolean;
  /** Ascending, disjoint, none empty. */
  pieces: Piece[];
  /** Sum of the pieces' lengths on the wire; complete when it is `totalBytes`. */
  coveredBytes: number;
  /** -1 until the last fragment came. */
  totalBytes: number;
  heldBytes: number;
  protocol: number;
  header: Uint8Array;
  packets: number;
  packetBytes: number;
  packetNumbers: number[];
  /** IPv6 fragments overlapped: this datagram takes no more (RFC 5722). */
  isRefused: boolean;
}

export class FragmentTable {
  /** The datagram of the last verdict COMPLETE. */
  completed: CompletedDatagram | null = null;

  /** By key, in order of first fragment. */
  readonly #datagrams = new Map<string, Datagram>();
  /** Completed datagrams: capture time of their completion, in that order. */
  readonly #remembered = new Map<string, number>();
  #heldBytes = 0;
  readonly #counters: DecodeCounters;
  readonly #limits: FragmentLimits;

  constructor(counters: DecodeCounters, limits: FragmentLimits = DEFAULT_FRAGMENT_LIMITS) {
    this.#counters = counters;
    this.#limits = limits;
  }

  /** Octets held now, with the allowance for each piece; never above the limit. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Datagrams waiting now; never above the limit. */
  get size(): number {
    return this.#datagrams.size;
  }

  add(fragment: Fragment): FragmentVerdict {
    this.#expire(fragment.seconds);
    const end = fragmentEnd(fragment);
    if (end <= fragment.offset || end > MAX_DATAGRAM_BYTES) return FragmentVerdict.REFUSED;
    const datagram = this.#datagrams.get(fragment.key) ?? this.#open(fragment);
    if (datagram.isRefused) return FragmentVerdict.REFUSED;
    if (!this.#takeRange(datagram, fragment, end)) {
      if (fragment.isIpv6) this.#refuse(datagram);
      return FragmentVerdict.REFUSED;
    }
    const earlierPackets = datagram.packets;
    const earlierPacketBytes = datagram.packetBytes;
    const earlierNumbers = datagram.packetNumbers;
    datagram.packets += fragment.packets;
    datagram.packetBytes += fragment.packetBytes;
    if (fragment.offset === 0 && datagram.header.length === 0) {
      datagram.protocol = fragment.protocol;
      datagram.header = copyOctets(
        fragment.bytes,
        fragment.headerStart,
        fragment.headerStart + fragment.headerLength,
      );
    }
    if (datagram.coveredBytes !== datagram.totalBytes) {
      if (earlierNumbers.length < datagram.pieces.length + MAX_COPIES_NUMBERED) {
        earlierNumbers.push(...fragment.packetNumbers);
      }
      this.#enforceLimits(fragment.key);
      return FragmentVerdict.WAITING;
    }
    this.completed = assemble(datagram, earlierPackets, earlierPacketBytes, earlierNumbers);
    this.#forget(fragment.key, datagram);
    this.#remember(fragment.key, fragment.seconds);
    this.#counters.datagramsReassembled++;
    return FragmentVerdict.COMPLETE;
  }

  /** Everything still waiting is incomplete. */
  finish(): void {
    for (const [key, datagram] of this.#datagrams) this.#giveUp(key, datagram);
  }

  #open(fragment: Fragment): Datagram {
    const completedAt = this.#remembered.get(fragment.key);
    const datagram: Datagram = {
      firstSeconds: fragment.seconds,
      isDuplicate:
        completedAt !== undefined && Math.abs(fragment.seconds - completedAt) <= DUPLICATE_SECONDS,
      pieces: [],
      coveredBytes: 0,
      totalBytes: -1,
      heldBytes: 0,
      protocol: fragment.protocol,
      header: new Uint8Array(0),
      packets: 0,
      packetBytes: 0,
      packetNumbers: [],
      isRefused: false,
    };
    this.#datagrams.set(fragment.key, datagram);
    return datagram;
  }

  /** False where the fragment contradicts what the datagram has. */
  #takeRange(datagram: Datagram, fragment: Fragment, end: number): boolean {
    const { offset } = fragment;
    const { pieces } = datagram;
    const knownEnd = pieces.length === 0 ? 0 : pieces[pieces.length - 1]!.end;
    if (fragment.moreFragments) {
      if (datagram.totalBytes !== -1 && end > datagram.totalBytes) return false;
    } else {
      if (datagram.totalBytes !== -1 && datagram.totalBytes !== end) return false;
      if (knownEnd > end) return false;
    }
    if (fragment.isIpv6) {
      const overlapped = pieces.find((piece) => piece.start < end && piece.end > offset);
      if (overlapped !== undefined) return isExactDuplicate(overlapped, fragment, end);
    }
    if (!fragment.moreFragments) datagram.totalBytes = end;
    // Newest last is the rule: look for the place from there.
    let index = pieces.length;
    while (index > 0 && pieces[index - 1]!.end > offset) index--;
    let at = offset;
    while (at < end) {
      const next = pieces[index];
      const pieceEnd = next === undefined ? end : Math.min(end, next.start);
      if (pieceEnd > at) {
        this.#insert(datagram, index, fragment, at, pieceEnd);
        index++;
      }
      at = next === undefined ? end : Math.max(at, next.end);
      index++;
    }
    return true;
  }

  /** `[start, end)` of the datagram, which no piece covers, comes before the piece at `index`. */
  #insert(datagram: Datagram, index: number, fragment: Fragment, start: number, end: number): void {
    const captured = (at: number): number =>
      Math.min(fragment.start + (at - fragment.offset), fragment.end);
    const bytes = copyOctets(fragment.bytes, captured(start), captured(end));
    datagram.pieces.splice(index, 0, { start, end, bytes });
    datagram.coveredBytes += end - start;
    const held = bytes.length + PIECE_OVERHEAD_BYTES;
    datagram.heldBytes += held;
    this.#heldBytes += held;
  }

  /** Its octets go, its key stays until the timeout, so that later fragments are refused as well. */
  #refuse(datagram: Datagram): void {
    datagram.isRefused = true;
    datagram.pieces = [];
    this.#heldBytes -= datagram.heldBytes;
    datagram.heldBytes = 0;
  }

  /** Order of arrival is order of age unless time went back; a wild time must not block the rest. */
  #expire(seconds: number): void {
    for (const [key, datagram] of this.#datagrams) {
      if (Math.abs(seconds - datagram.firstSeconds) < this.#limits.timeoutSeconds) return;
      this.#giveUp(key, datagram);
    }
  }

  /** The oldest are pushed out; the one in hand stays. */
  #enforceLimits(keyInHand: string): void {
    for (const [key, datagram] of this.#datagrams) {
      const isWithin =
        this.#datagrams.size <= this.#limits.datagrams && this.#heldBytes <= this.#limits.bytes;
      if (isWithin) return;
      if (key !== keyInHand) this.#giveUp(key, datagram);
    }
  }

  #giveUp(key: string, datagram: Datagram): void {
    this.#forget(key, datagram);
    if (!datagram.isDuplicate) this.#counters.datagramsIncomplete++;
  }

  #forget(key: string, datagram: Datagram): void {
    this.#datagrams.delete(key);
    this.#heldBytes -= datagram.heldBytes;
  }

  #remember(key: string, seconds: number): void {
    this.#remembered.delete(key);
    this.#remembered.set(key, seconds);
    if (this.#remembered.size > MAX_REMEMBERED_DATAGRAMS) {
      for (const oldest of this.#remembered.keys()) {
        this.#remembered.delete(oldest);
        return;
      }
    }
  }
}

/** End in the datagram; at most a few octets that no other fragment can continue are left out (IPv4). */
function fragmentEnd(fragment: Fragment): number {
  const { offset, wireLength } = fragment;
  if (!fragment.moreFragments || (wireLength & 7) === 0) return offset + wireLength;
  // RFC 8200 §4.5: such a fragment is an error. In IPv4 offsets count in units of eight octets all the same.
  return fragment.isIpv6 ? offset : offset + (wireLength & ~7);
}

/** The same range with the same octets, as far as both were captured (RFC 8200 §4.5). */
function isExactDuplicate(piece: Piece, fragment: Fragment, end: number): boolean {
  if (piece.start !== fragment.offset || piece.end !== end) return false;
  const comparable = Math.min(piece.bytes.length, fragment.end - fragment.start);
  for (let index = 0; index < comparable; index++) {
    if (piece.bytes[index] !== fragment.bytes[fragment.start + index]) return false;
  }
  return true;
}

function assemble(
  datagram: Datagram,
  earlierPackets: number,
  earlierPacketBytes: number,
  earlierPacketNumbers: readonly number[],
): CompletedDatagram {
  const payloadStart = datagram.header.length;
  let payloadEnd = payloadStart;
  const captured: Piece[] = [];
  for (const piece of datagram.pieces) {
    captured.push(piece);
    payloadEnd = payloadStart + piece.start + piece.bytes.length;
    if (piece.bytes.length < piece.end - piece.start) break;
  }
  const bytes = new Uint8Array(payloadEnd);
  bytes.set(datagram.header);
  for (const piece of captured) bytes.set(piece.bytes, payloadStart + piece.start);
  return {
    bytes,
    headerStart: 0,
    payloadStart,
    payloadEnd,
    payloadWireEnd: payloadStart + datagram.totalBytes,
    protocol: datagram.protocol,
    earlierPackets,
    earlierPacketBytes,
    earlierPacketNumbers,
  };
}
