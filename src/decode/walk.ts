// Where the decoder stands in a packet: what has been read, what comes next, and the bounds of both.
// Each reader of a layer takes the walk, reads its header at `at`, narrows the bounds, and returns what
// comes next; the loop in decoder.ts goes on until STOP. Runs once a packet that is not plain: one
// instance a decoder, nothing allocated.
//
//     bytes   ....[ header | payload ........ captured | not captured ]....
//                  at                                 end             wireEnd

import { NO_BYTES } from "../bytes.ts";
import { Outcome } from "./outcome.ts";
import { SegmentCursor } from "./segment-cursor.ts";
import type { PacketCursor } from "../capture/packet-cursor.ts";
import type { DecodeCounters } from "./decode-counters.ts";
import type { LayerPath } from "./layer-path.ts";
import type { FragmentTable } from "./network/fragment-table.ts";
import type { Tunnel } from "./tunnel-kind.ts";

/** What stands at `walk.at`; decoder.ts has the reader of each. */
export const Next = {
  STOP: 0,
  LINK_TYPE: 1,
  ETHERNET: 2,
  ETHER_TYPE: 3,
  LLC: 4,
  LOOPBACK: 5,
  LINUX_COOKED: 6,
  LINUX_COOKED_2: 7,
  PPP: 8,
  PPP_OR_HDLC: 9,
  PPP_WITH_DIRECTION: 10,
  PPPOE: 11,
  CISCO_HDLC: 12,
  FRAME_RELAY: 13,
  WLAN: 14,
  RADIOTAP: 15,
  PRISM: 16,
  AVS: 17,
  A_MSDU: 18,
  FDDI: 19,
  ARCNET: 20,
  ARCNET_LINUX: 21,
  SLIP: 22,
  JUNIPER_ETHERNET: 23,
  NFLOG: 24,
  PKTAP: 25,
  IPOIB: 26,
  APPLE_IP_OVER_FIREWIRE: 27,
  MPLS: 28,
  IP: 29,
  IPV4: 30,
  IPV6: 31,
  IP_PROTOCOL: 32,
  TCP: 33,
  UDP: 34,
  IPV6_OPTIONS: 35,
  IPV6_ROUTING: 36,
  IPV6_FRAGMENT: 37,
  AUTHENTICATION: 38,
  GRE: 39,
  L2TP_IP: 40,
  VXLAN: 41,
  VXLAN_GPE: 42,
  GENEVE: 43,
  GTP_U: 44,
  TEREDO: 45,
  MPLS_IN_UDP: 46,
  GRE_IN_UDP: 47,
  AYIYA: 48,
  CAPWAP: 49,
} as const;

export type Next = (typeof Next)[keyof typeof Next];

/** Reads one layer; on STOP the walk's `outcome` says why. */
export type LayerReader = (walk: Walk) => Next;

/** Encapsulations one in another; deeper nesting is an outcome (captures.md). */
export const MAX_NESTING = 16;

const VLAN_KIND = 0;
const NO_NUMBERS: readonly number[] = [];
const UDP_PROTOCOL = 17;

export class Walk {
  bytes: Uint8Array = NO_BYTES;
  /** First octet not read. */
  at = 0;
  /** `bytes` is this layer's up to here; never beyond what was captured. */
  end = 0;
  /** Where the layer ends on the wire by the innermost length field; at least `end`. */
  wireEnd = 0;
  /** Why the walk stopped. */
  outcome: Outcome = Outcome.NOT_IP;

  /** Of what stands at `at`, where Next is LINK_TYPE, ETHER_TYPE or IP_PROTOCOL. */
  linkType = 0;
  etherType = 0;
  protocol = -1;
  /** True where the octets of the 802.11 frame control field that follows are in the other order. */
  frameControlIsSwapped = false;
  /** True where the 802.11 header that follows is padded to four octets. */
  wlanHeaderIsPadded = false;

  /** IP version of the outermost IP header; 0 if there was none. */
  outerIpVersion = 0;
  /** True where an IP length of 0 was replaced by the length of the frame. */
  lengthWasZero = false;
  /** True between an IPv6 header of length 0 and the options that may state a jumbogram's length. */
  awaitsJumboLength = false;
  /** True where this came out of a reassembled datagram, and its packets before this one. */
  reassembled = false;
  earlierFragments = 0;
  earlierFragmentBytes = 0;
  earlierFragmentNumbers: readonly number[] = NO_NUMBERS;

  /** Subframes of an A-MSDU that are still to be read: `bytes[start, end)`, -1 if there are none. */
  aggregateStart = -1;
  aggregateEnd = 0;
  aggregateWireEnd = 0;
  /** True while a subframe of an A-MSDU is read. */
  inAggregate = false;

  segment: SegmentCursor = new SegmentCursor();
  readonly counters: DecodeCounters;
  readonly vlans: LayerPath;
  readonly tunnels: LayerPath;
  readonly fragments: FragmentTable;
  /** False: tunnels end the walk (`--no-decap`). */
  readonly decapsulate: boolean;
  /** Next by UDP port; 0 where the port is no tunnel's. */
  readonly udpTunnels: Uint8Array;

  /** Number, capture time and captured octets of the packet in hand. */
  packetNumber = 0;
  seconds = 0;
  capturedLength = 0;

  // A tunnel recognised only by its UDP port: what to go back to where the inside is something else.
  #isGuess = false;
  #guessRemovedTag = false;
  #guessTunnelDepth = 0;

  #nesting = 0;
  #removedTag = false;
  #aggregateBytes: Uint8Array = NO_BYTES;
  #aggregateVlanDepth = 0;
  #aggregateTunnelDepth = 0;
  #aggregateNesting = 0;
  #aggregateReassembled = false;

  constructor(fields: {
    readonly counters: DecodeCounters;
    readonly vlans: LayerPath;
    readonly tunnels: LayerPath;
    readonly fragments: FragmentTable;
    readonly decapsulate: boolean;
    readonly udpTunnels: Uint8Array;
  }) {
    this.counters = fields.counters;
    this.vlans = fields.vlans;
    this.tunnels = fields.tunnels;
    this.fragments = fields.fragments;
    this.decapsulate = fields.decapsulate;
    this.udpTunnels = fields.udpTunnels;
  }

  /** Stands before the first octet of a packet; a frame check sequence is no part of it. */
  begin(packet: PacketCursor, segment: SegmentCursor): void {
    this.segment = segment;
    this.bytes = packet.bytes;
    this.at = packet.start;
    this.wireEnd = Math.max(
      packet.start,
      packet.start + Math.max(packet.originalLength, packet.end - packet.start) - packet.fcsLength,
    );
    this.end = Math.min(packet.end, this.wireEnd);
    this.linkType = packet.linkType;
    this.packetNumber = packet.number;
    this.seconds = packet.seconds;
    this.capturedLength = packet.end - packet.start;
    this.outerIpVersion = 0;
    this.aggregateStart = -1;
    this.inAggregate = false;
    this.vlans.truncate(0);
    this.tunnels.truncate(0);
    this.#nesting = 0;
    this.#removedTag = false;
    this.#isGuess = false;
    this.#beginSegment();
    this.reassembled = false;
  }

  /** What holds for one segment only, not for the whole packet. */
  #beginSegment(): void {
    this.outcome = Outcome.NOT_IP;
    this.protocol = -1;
    this.frameControlIsSwapped = false;
    this.wlanHeaderIsPadded = false;
    this.lengthWasZero = false;
    this.awaitsJumboLength = false;
    this.earlierFragments = 0;
    this.earlierFragmentBytes = 0;
    this.earlierFragmentNumbers = NO_NUMBERS;
  }

  stop(outcome: Outcome): typeof Next.STOP {
    this.outcome = outcome;
    return Next.STOP;
  }

  /**
   * True, with the outcome set, unless `count` octets of a header were captured at `at`: cut by the
   * capture is TRUNCATED_HEADER, shorter on the wire is `malformed`.
   */
  lacks(count: number, malformed: Outcome): boolean {
    const headerEnd = this.at + count;
    if (headerEnd <= this.end) return false;
    this.outcome = headerEnd > this.wireEnd ? malformed : Outcome.TRUNCATED_HEADER;
    return true;
  }

  /** The layer in hand ends at `wireEnd` on the wire (nearer or, by an IP length, further). */
  endAt(wireEnd: number): void {
    this.wireEnd = wireEnd;
    if (wireEnd < this.end) this.end = wireEnd;
  }

  /** The layer in hand has at most `length` octets from `at` on. */
  limitTo(length: number): void {
    if (this.at + length < this.wireEnd) this.endAt(this.at + length);
  }

  noteVlan(id: number): void {
    this.#removedTag = true;
    // A tag with id 0 carries a priority only (IEEE 802.1Q §9.6): often on one direction, so no part of the key.
    if (id !== 0) this.vlans.pushWithId(VLAN_KIND, id);
  }

  /** A tunnel without an id begins: false, with the outcome set, where it is not to be followed. */
  enter(tunnel: Tunnel): boolean {
    if (!this.#mayEnter()) return false;
    this.tunnels.push(tunnel);
    return true;
  }

  /** The same for a tunnel whose id is the same in both directions. */
  enterWithId(tunnel: Tunnel, id: number): boolean {
    if (!this.#mayEnter()) return false;
    this.tunnels.pushWithId(tunnel, id);
    return true;
  }

  /** A link layer that becomes part of the path, followed under `--no-decap` as well. */
  enterLink(tunnel: Tunnel): boolean {
    if (!this.#mayNest()) return false;
    this.tunnels.push(tunnel);
    return true;
  }

  #mayEnter(): boolean {
    if (!this.decapsulate) {
      this.outcome = this.outerIpVersion === 0 ? Outcome.NOT_IP : Outcome.NOT_TCP;
      return false;
    }
    return this.#mayNest();
  }

  #mayNest(): boolean {
    this.#nesting++;
    if (this.#nesting <= MAX_NESTING) return true;
    this.outcome = Outcome.NESTING_TOO_DEEP;
    return false;
  }

  /** What follows is a tunnel if the UDP port tells the truth; if it does not parse it is just UDP. */
  beginGuess(): void {
    if (this.#isGuess) return;
    this.#isGuess = true;
    this.#guessRemovedTag = this.#removedTag;
    this.#guessTunnelDepth = this.tunnels.depth;
  }

  /** True inside a tunnel recognised by its port: lengths have to fit. */
  get isGuess(): boolean {
    return this.#isGuess;
  }

  /**
   * The outcome once the walk stopped: a guess that led nowhere was a UDP packet, and an IP packet that
   * carries something else is not TCP.
   */
  settle(): Outcome {
    const leadsNowhere =
      this.outcome === Outcome.NOT_IP ||
      this.outcome === Outcome.MALFORMED_LINK ||
      this.outcome === Outcome.MALFORMED_IP ||
      this.outcome === Outcome.UNSUPPORTED_ENCAPSULATION;
    if (this.#isGuess && leadsNowhere) {
      this.#removedTag = this.#guessRemovedTag;
      this.tunnels.truncate(this.#guessTunnelDepth);
      this.protocol = UDP_PROTOCOL;
      this.outcome = Outcome.NOT_TCP;
    } else if (this.outcome === Outcome.NOT_IP && this.outerIpVersion !== 0) {
      this.outcome = Outcome.NOT_TCP;
    }
    return this.outcome;
  }

  /** True where VLAN tags or tunnels were removed. */
  get wasEncapsulated(): boolean {
    return this.#removedTag || this.tunnels.depth > 0;
  }

  /** The A-MSDU from `at` on is to be read subframe by subframe. */
  beginAggregate(): void {
    this.inAggregate = true;
    this.#aggregateBytes = this.bytes;
    this.aggregateStart = this.at;
    this.aggregateEnd = this.end;
    this.aggregateWireEnd = this.wireEnd;
    this.#aggregateVlanDepth = this.vlans.depth;
    this.#aggregateTunnelDepth = this.tunnels.depth;
    this.#aggregateNesting = this.#nesting;
    this.#aggregateReassembled = this.reassembled;
  }

  /** Stands before the next subframe of the A-MSDU; only where `aggregateStart` is not -1. */
  resumeAggregate(): void {
    this.#beginSegment();
    this.reassembled = this.#aggregateReassembled;
    this.bytes = this.#aggregateBytes;
    this.at = this.aggregateStart;
    this.end = this.aggregateEnd;
    this.wireEnd = this.aggregateWireEnd;
    this.vlans.truncate(this.#aggregateVlanDepth);
    this.tunnels.truncate(this.#aggregateTunnelDepth);
    this.#nesting = this.#aggregateNesting;
  }
}
