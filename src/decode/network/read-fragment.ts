// Hands a fragment to the table, and when its datagram is complete lets the walk go on inside it.
// Runs once a fragment, so it may allocate.

import { Outcome } from "../outcome.ts";
import { Next, type Walk } from "../walk.ts";
import { FragmentVerdict } from "./fragment-table.ts";

/**
 * The walk stands at the fragment's payload; the IP header of `headerLength` octets is at
 * `segment.ipStart`. Waiting and refused fragments end the walk.
 */
export function readFragment(
  walk: Walk,
  id: number,
  offset: number,
  moreFragments: boolean,
  headerLength: number,
): Next {
  const { segment, fragments } = walk;
  walk.counters.fragmentPackets++;
  const verdict = fragments.add({
    key: fragmentKey(walk, id),
    isIpv6: segment.ipVersion === 6,
    protocol: walk.protocol,
    offset,
    moreFragments,
    bytes: walk.bytes,
    start: walk.at,
    end: walk.end,
    wireLength: walk.wireEnd - walk.at,
    headerStart: segment.ipStart,
    headerLength,
    seconds: walk.seconds,
    // The packet of an A-MSDU is counted by its own outcome, never by a datagram of which it has a part.
    packets: walk.earlierFragments + (walk.inAggregate ? 0 : 1),
    packetBytes: walk.earlierFragmentBytes + (walk.inAggregate ? 0 : walk.capturedLength),
    packetNumbers: [...walk.earlierFragmentNumbers, walk.packetNumber],
  });
  switch (verdict) {
    case FragmentVerdict.WAITING:
      return walk.stop(Outcome.FRAGMENT_WAITING);
    case FragmentVerdict.REFUSED:
      return walk.stop(Outcome.FRAGMENT_REFUSED);
    default: {
      const datagram = fragments.completed!;
      walk.bytes = datagram.bytes;
      walk.at = datagram.payloadStart;
      walk.end = datagram.payloadEnd;
      walk.wireEnd = datagram.payloadWireEnd;
      walk.protocol = datagram.protocol;
      walk.reassembled = true;
      walk.lengthWasZero = false;
      walk.earlierFragments += datagram.earlierPackets;
      walk.earlierFragmentBytes += datagram.earlierPacketBytes;
      walk.earlierFragmentNumbers = [
        ...walk.earlierFragmentNumbers,
        ...datagram.earlierPacketNumbers,
      ];
      segment.ipStart = datagram.headerStart;
      return Next.IP_PROTOCOL;
    }
  }
}

/** What makes fragments one datagram (RFC 791 §3.2, RFC 8200 §4.5), and the path on which they came. */
function fragmentKey(walk: Walk, id: number): string {
  const { segment } = walk;
  const addresses =
    segment.ipVersion === 4
      ? `${segment.source3},${segment.destination3},${walk.protocol}`
      : [
          segment.source0,
          segment.source1,
          segment.source2,
          segment.source3,
          segment.destination0,
          segment.destination1,
          segment.destination2,
          segment.destination3,
        ].join(",");
  return `${id},${addresses},${walk.vlans.number()},${walk.tunnels.number()}`;
}
