// Fragments as the decoder sees them: whole packets, over all link layers and tunnels.

import { describe, expect, it } from "vitest";
import { ChecksumState } from "../../src/decode/segment-cursor.ts";
import {
  concat,
  ethernet,
  gre,
  ipv4,
  ipv6,
  ipv6Fragment,
  IPV6_FRAGMENT,
  llcSnap,
  tcpInIp,
  tcpSegment,
  udpPacket,
  vxlan,
} from "../support/packet-builder.ts";
import { DecodeHarness, ETHERNET, RAW_IP, type Decoded } from "./decode-harness.ts";
import { aMsdu, wlanFrame } from "./link-builder.ts";

const V6 = { source: "2001:db8::1", destination: "2001:db8::2" };
const TEXT = "the payload of a segment that came in several fragments";

/** Cuts `payload` into fragments of `size` octets. */
function fragments4(payload: Uint8Array, size: number, id = 77, protocol = 6): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let offset = 0; offset < payload.length; offset += size) {
    const moreFragments = offset + size < payload.length;
    const part = payload.subarray(offset, offset + size);
    parts.push(ipv4({ payload: part, fragmentOffset: offset, moreFragments, id, protocol }));
  }
  return parts;
}

function fragments6(payload: Uint8Array, size: number, id = 0xdead_beef): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let offset = 0; offset < payload.length; offset += size) {
    const moreFragments = offset + size < payload.length;
    const part = payload.subarray(offset, offset + size);
    const fragment = ipv6Fragment({ payload: part, offset, moreFragments, id });
    parts.push(ipv6({ ...V6, nextHeader: IPV6_FRAGMENT, payload: fragment }));
  }
  return parts;
}

function decodeAll(harness: DecodeHarness, packets: readonly Uint8Array[]): Decoded[] {
  return packets.map((bytes) => harness.decode({ bytes, linkType: RAW_IP }));
}

describe.each([
  ["IPv4", fragments4(tcpSegment({ payload: TEXT, seq: 5 }), 24), "10.0.0.1 40000 > 10.0.0.2 80"],
  [
    "IPv6",
    fragments6(tcpSegment({ ...V6, payload: TEXT, seq: 5 }), 24),
    "2001:db8::1 40000 > 2001:db8::2 80",
  ],
])("%s", (_, packets, flow) => {
  it.each([
    ["in order", [...packets.keys()]],
    ["backwards", [...packets.keys()].toReversed()],
    ["with duplicates", [0, 0, 1, 2, 1, 3]],
  ])("gives the segment with the completing fragment, %s", (_, order) => {
    const harness = new DecodeHarness();
    const decoded = decodeAll(
      harness,
      order.map((index) => packets[index]!),
    );
    const last = decoded.pop()!;
    expect(decoded.map(({ outcome }) => outcome)).toEqual(decoded.map(() => "fragment-waiting"));
    const earlier = order.slice(0, -1).map((index) => packets[index]!.length);
    expect(last.segments).toMatchObject([
      {
        flow,
        seq: 5,
        payload: TEXT,
        payloadLength: TEXT.length,
        checksum: ChecksumState.GOOD,
        reassembled: true,
        earlierFragments: earlier.length,
        earlierFragmentBytes: earlier.reduce((sum, length) => sum + length, 0),
      },
    ]);
    harness.decoder.finish();
    expect(harness.decoder.counters).toMatchObject({
      fragmentPackets: order.length,
      datagramsReassembled: 1,
      datagramsIncomplete: 0,
      tcpPackets: order.length,
    });
  });

  it("counts what stays incomplete when the run ends", () => {
    const harness = new DecodeHarness();
    decodeAll(harness, packets.slice(0, 2));
    expect(harness.decoder.counters.datagramsIncomplete).toBe(0);
    harness.decoder.finish();
    expect(harness.decoder.counters.datagramsIncomplete).toBe(1);
  });

  it("leaves the packets after it untouched", () => {
    const harness = new DecodeHarness();
    decodeAll(harness, packets);
    const plain = harness.decode({ bytes: tcpInIp({ payload: "x" }), linkType: RAW_IP });
    expect(plain.segments).toMatchObject([
      { payload: "x", reassembled: false, earlierFragments: 0, earlierFragmentBytes: 0 },
    ]);
  });
});

it("never judges the checksum of a datagram with a cut fragment", () => {
  const harness = new DecodeHarness();
  const [first, second, ...rest] = fragments4(tcpSegment({ payload: TEXT }), 32);
  harness.decode({ bytes: first!, linkType: RAW_IP });
  harness.decode({
    bytes: second!.subarray(0, 30),
    linkType: RAW_IP,
    originalLength: second!.length,
  });
  const last = decodeAll(harness, rest).at(-1)!;
  expect(last.segments).toMatchObject([
    {
      payload: TEXT.slice(0, 32 + 10 - 20),
      payloadLength: TEXT.length,
      checksum: ChecksumState.UNVERIFIABLE,
    },
  ]);
});

it("keeps fragments of different VLANs and tunnels apart", () => {
  const [first, second] = fragments4(tcpSegment({ payload: TEXT }), 40) as [Uint8Array, Uint8Array];
  const inVlan = (payload: Uint8Array, id: number): Uint8Array =>
    ethernet({ payload, vlans: [{ id }] });
  const inGre = (payload: Uint8Array, key: number): Uint8Array =>
    ethernet({ payload: ipv4({ protocol: 47, payload: gre({ payload, key }) }) });
  const harness = new DecodeHarness();
  const outcomes = [
    inVlan(first, 1),
    inVlan(second, 2),
    inGre(second, 1),
    ethernet({ payload: second }),
    inGre(first, 2),
    inGre(first, 1),
    inVlan(second, 1),
  ].map((bytes) => harness.decode({ bytes, linkType: ETHERNET }));
  expect(outcomes.map(({ outcome }) => outcome)).toEqual([
    "fragment-waiting",
    "fragment-waiting",
    "fragment-waiting",
    "fragment-waiting",
    "fragment-waiting",
    "tcp",
    "tcp",
  ]);
  expect(outcomes[5]!.segments[0]!.encapsulation).toEqual(["gre 1"]);
  expect(outcomes[6]!.segments[0]!.vlans).toEqual([1]);
});

it("follows a tunnel whose packets were fragmented, fragments in fragments included", () => {
  const inner = fragments4(tcpSegment({ payload: TEXT }), 40, 1);
  const outer = inner.flatMap((packet, index) => {
    const tunnelled = vxlan({ network: 8, payload: ethernet({ payload: packet }) });
    const datagram = udpPacket({ destinationPort: 4789, payload: tunnelled }).subarray(20);
    return fragments4(datagram, 48, 100 + index, 17);
  });
  const harness = new DecodeHarness();
  const decoded = decodeAll(harness, outer);
  expect(outer.length).toBeGreaterThan(3);
  const last = decoded.pop()!;
  expect(decoded.every(({ outcome }) => outcome === "fragment-waiting")).toBe(true);
  expect(last.segments).toMatchObject([
    {
      payload: TEXT,
      encapsulation: ["vxlan 8"],
      checksum: ChecksumState.GOOD,
      earlierFragments: outer.length - 1,
      earlierFragmentBytes: outer.slice(0, -1).reduce((sum, packet) => sum + packet.length, 0),
    },
  ]);
});

it("counts a packet with an A-MSDU by its own outcome, never by a datagram of which it has a part", () => {
  const [first, second] = fragments4(tcpSegment({ payload: TEXT }), 40) as [Uint8Array, Uint8Array];
  const other = tcpInIp({ payload: "other", sourcePort: 5 });
  const aggregate = wlanFrame({ aMsdu: true, payload: aMsdu([other, first]) });
  const harness = new DecodeHarness();
  expect(harness.decode({ bytes: aggregate, linkType: 105 }).segments).toHaveLength(1);
  const frame = wlanFrame({ payload: llcSnap(second) });
  expect(harness.decode({ bytes: frame, linkType: 105 }).segments).toMatchObject([
    { payload: TEXT, earlierFragments: 0, earlierFragmentBytes: 0 },
  ]);
});

it("reads on in an A-MSDU after a subframe that completed a datagram", () => {
  const [first, second] = fragments4(tcpSegment({ payload: TEXT }), 40) as [Uint8Array, Uint8Array];
  const [third, fourth] = fragments4(tcpSegment({ payload: "b".repeat(40) }), 40, 78) as [
    Uint8Array,
    Uint8Array,
  ];
  const harness = new DecodeHarness();
  decodeAll(harness, []);
  for (const packet of [first, third]) {
    harness.decode({ bytes: wlanFrame({ payload: llcSnap(packet) }), linkType: 105 });
  }
  const packets = [second, fourth, tcpInIp({ payload: "plain" })];
  const bytes = wlanFrame({ aMsdu: true, payload: aMsdu(packets) });
  const { segments } = harness.decode({ bytes, linkType: 105 });
  expect(segments.map(({ payload }) => payload)).toEqual([TEXT, "b".repeat(40), "plain"]);
  expect(segments.map(({ reassembled }) => reassembled)).toEqual([true, true, false]);
});

it("takes a fragment header with all in it for no fragmentation (RFC 6946)", () => {
  const harness = new DecodeHarness();
  const [only] = fragments6(tcpSegment({ ...V6, payload: "atomic" }), 1000);
  expect(decodeAll(harness, [only!])[0]!.segments).toMatchObject([
    { payload: "atomic", reassembled: false },
  ]);
  expect(harness.decoder.counters.fragmentPackets).toBe(0);
});

it("refuses a fragment beyond the end of every datagram", () => {
  const harness = new DecodeHarness();
  const bytes = ipv4({ payload: concat(new Uint8Array(16)), fragmentOffset: 65_528, id: 3 });
  expect(harness.decode({ bytes, linkType: RAW_IP }).outcome).toBe("fragment-refused");
});
