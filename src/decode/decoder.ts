// One packet's octets to the TCP segment in it, or the named reason that there is none: captures.md,
// "Link layers and encapsulation". Plain packets take the short way of plain-packet.ts; for all others
// a loop asks the reader of each layer in turn what comes next (walk.ts). Runs once a packet and
// allocates nothing, but for fragments and for a stack of layers not seen before.

import { DecodeCounters } from "./decode-counters.ts";
import { LayerPath } from "./layer-path.ts";
import { LayerTable } from "./layer-table.ts";
import { LAYER_READERS } from "./layer-readers.ts";
import { FragmentTable } from "./network/fragment-table.ts";
import { IpProtocol } from "./network/ip.ts";
import { Outcome } from "./outcome.ts";
import { decodePlainPacket, Plain, TagPaths, VLAN_IDS } from "./plain-packet.ts";
import { TUNNEL_NAMES } from "./tunnel-kind.ts";
import { udpTunnelPorts, type DecapPort } from "./tunnel/udp-tunnels.ts";
import { Next, Walk } from "./walk.ts";
import type { PacketCursor } from "../capture/packet-cursor.ts";
import type { SegmentCursor } from "./segment-cursor.ts";

export interface DecodeOptions {
  /** False: tunnels are not followed (`--no-decap`); link layers and VLAN tags are. Default true. */
  readonly decapsulate?: boolean;
  /** Further UDP ports of tunnels (`--decap-port`); kinds are those of `UDP_TUNNELS`. */
  readonly decapPorts?: readonly DecapPort[];
}

const LINK_TYPE_ETHERNET = 1;

export class Decoder {
  /** What `segment.vlanPath` and `segment.encapsulation` stand for. */
  readonly vlanLayers: LayerTable = new LayerTable();
  readonly encapsulationLayers: LayerTable = new LayerTable();
  readonly counters: DecodeCounters = new DecodeCounters();
  readonly #fragments = new FragmentTable(this.counters);
  readonly tagPaths: TagPaths;
  readonly #walk: Walk;

  /**
   * `tagNumbers`: where to keep those of `tagPaths`.
   * @throws TcpxError BAD_OPTION where `decapPorts` names an unknown kind or no port.
   */
  constructor(options: DecodeOptions = {}, tagNumbers: Int32Array = new Int32Array(VLAN_IDS)) {
    this.tagPaths = new TagPaths(this.vlanLayers, tagNumbers);
    this.#walk = new Walk({
      counters: this.counters,
      vlans: new LayerPath(this.vlanLayers, ["vlan"]),
      tunnels: new LayerPath(this.encapsulationLayers, TUNNEL_NAMES),
      fragments: this.#fragments,
      decapsulate: options.decapsulate ?? true,
      udpTunnels: udpTunnelPorts(options.decapPorts ?? []),
    });
  }

  /**
   * The first TCP segment of the packet, or why there is none; then `segment` is unreadable. The view
   * is valid until the next call, and no longer than the packet's octets.
   */
  decode(packet: PacketCursor, segment: SegmentCursor): Outcome {
    const { counters } = this;
    this.#walk.aggregateStart = -1;
    if (packet.linkType === LINK_TYPE_ETHERNET) {
      const plain = decodePlainPacket(packet, segment, this.tagPaths);
      if (plain !== Plain.NO) {
        if ((plain & ~Plain.TAGGED) === Plain.IPV4) counters.ipv4Packets++;
        else counters.ipv6Packets++;
        counters.tcpPackets++;
        if ((plain & Plain.TAGGED) !== 0) counters.encapsulatedPackets++;
        return Outcome.TCP;
      }
    }
    return this.#decodeLayers(packet, segment);
  }

  /** A further TCP segment of the packet of the last `decode` (A-MSDU); false if there is none. */
  decodeNext(segment: SegmentCursor): boolean {
    const walk = this.#walk;
    while (walk.aggregateStart !== -1) {
      walk.segment = segment;
      walk.resumeAggregate();
      if (this.#follow(Next.A_MSDU) === Outcome.TCP) return true;
    }
    return false;
  }

  /** At the end of the run: datagrams that still wait for fragments become incomplete. */
  finish(): void {
    this.#fragments.finish();
  }

  #decodeLayers(packet: PacketCursor, segment: SegmentCursor): Outcome {
    const walk = this.#walk;
    walk.begin(packet, segment);
    const first = this.#follow(Next.LINK_TYPE);
    let outcome = first;
    while (outcome !== Outcome.TCP && walk.aggregateStart !== -1) {
      walk.resumeAggregate();
      outcome = this.#follow(Next.A_MSDU);
    }
    if (outcome !== Outcome.TCP) outcome = first;
    this.#count(outcome);
    return outcome;
  }

  /** Reads layer by layer; on TCP the segment is complete. */
  #follow(first: Next): Outcome {
    const walk = this.#walk;
    let next = first;
    while (next !== Next.STOP) next = LAYER_READERS[next]!(walk);
    const outcome = walk.settle();
    if (outcome === Outcome.TCP) this.#completeSegment();
    return outcome;
  }

  /** What the readers of the layers do not write into the segment themselves. */
  #completeSegment(): void {
    const walk = this.#walk;
    const { segment } = walk;
    segment.vlanPath = walk.vlans.number();
    segment.encapsulation = walk.tunnels.number();
    segment.lengthWasZero = walk.lengthWasZero;
    segment.reassembled = walk.reassembled;
    segment.earlierFragments = walk.earlierFragments;
    segment.earlierFragmentBytes = walk.earlierFragmentBytes;
    segment.earlierFragmentNumbers = walk.earlierFragmentNumbers;
  }

  #count(outcome: Outcome): void {
    const { counters } = this;
    const walk = this.#walk;
    if (walk.outerIpVersion === 4) counters.ipv4Packets++;
    else if (walk.outerIpVersion === 6) counters.ipv6Packets++;
    if (outcome === Outcome.TCP || walk.protocol === IpProtocol.TCP) counters.tcpPackets++;
    else if (walk.protocol === IpProtocol.UDP) counters.udpPackets++;
    else counters.otherPackets++;
    if (walk.wasEncapsulated) counters.encapsulatedPackets++;
    if (outcome === Outcome.TCP && walk.lengthWasZero) counters.lengthZeroPackets++;
    if (outcome === Outcome.UNSUPPORTED_LINK_TYPE) {
      const { unsupportedLinkTypes } = counters;
      unsupportedLinkTypes.set(walk.linkType, (unsupportedLinkTypes.get(walk.linkType) ?? 0) + 1);
    }
  }
}
