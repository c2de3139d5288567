import { describe, expect, it } from "vitest";
import { PacketCursor } from "../../../src/capture/packet-cursor.ts";
import { Decoder } from "../../../src/decode/decoder.ts";
import { Outcome } from "../../../src/decode/outcome.ts";
import { SegmentCursor } from "../../../src/decode/segment-cursor.ts";
import {
  concat,
  ethernet,
  gre,
  ipv4,
  llcSnap,
  tcpInIp,
  udpPacket,
  uint16,
} from "../../support/packet-builder.ts";
import { decodeOne } from "../decode-harness.ts";
import { aMsdu, filler, wlanFrame } from "../link-builder.ts";

const WLAN = 105;
const first = tcpInIp({ payload: "first" });
const second = tcpInIp({ payload: "second", sourcePort: 9 });
const third = tcpInIp({ source: "2001:db8::1", destination: "2001:db8::2", payload: "third" });
const datagram = udpPacket({ payload: "no TCP" });

function payloadsOf(body: Uint8Array): string[] {
  const bytes = wlanFrame({ aMsdu: true, payload: body });
  return decodeOne({ bytes, linkType: WLAN }).segments.map(({ payload }) => payload);
}

describe("A-MSDU", () => {
  it.each([
    ["all of TCP", [first, second, third], ["first", "second", "third"]],
    ["something else first", [datagram, first, datagram, second, datagram], ["first", "second"]],
    ["one", [first], ["first"]],
  ])("gives every segment: %s", (_, packets, expected) => {
    expect(payloadsOf(aMsdu(packets))).toEqual(expected);
  });

  it("without TCP has the outcome of its first subframe", () => {
    const arp = concat(filler(12), uint16(10), llcSnap(new Uint8Array(2), 0x0806));
    const bytes = wlanFrame({ aMsdu: true, payload: concat(arp, aMsdu([datagram])) });
    expect(decodeOne({ bytes, linkType: WLAN }).outcome).toBe("not-ip");
    const other = wlanFrame({ aMsdu: true, payload: aMsdu([datagram, datagram]) });
    expect(decodeOne({ bytes: other, linkType: WLAN }).outcome).toBe("not-tcp");
  });

  it("keeps the path of the packet for every segment, and that of a subframe to itself", () => {
    const inner = ipv4({ protocol: 4, payload: second });
    const frame = wlanFrame({ aMsdu: true, payload: aMsdu([first, inner, third]) });
    const tunnel = ipv4({
      protocol: 47,
      payload: gre({ payload: frame, protocol: 0x8200, key: 3 }),
    });
    const bytes = ethernet({ payload: tunnel, vlans: [{ id: 6 }] });
    const { segments } = decodeOne({ bytes, linkType: 1 });
    expect(segments).toMatchObject([
      { payload: "first", vlans: [6], encapsulation: ["gre 3"] },
      { payload: "second", vlans: [6], encapsulation: ["gre 3", "ipip"] },
      { payload: "third", vlans: [6], encapsulation: ["gre 3"] },
    ]);
  });

  it("nests in every subframe anew", () => {
    const inner = ipv4({ protocol: 4, payload: first });
    const packets = Array.from({ length: 20 }, () => inner);
    expect(payloadsOf(aMsdu(packets))).toEqual(packets.map(() => "first"));
  });

  it("is over with the next packet, read to its end or not", () => {
    const decoder = new Decoder();
    const packet = new PacketCursor();
    const segment = new SegmentCursor();
    packet.bytes = wlanFrame({ aMsdu: true, payload: aMsdu([first, second]) });
    packet.end = packet.bytes.length;
    packet.originalLength = packet.end;
    packet.linkType = WLAN;
    expect(decoder.decode(packet, segment)).toBe(Outcome.TCP);
    packet.bytes = ethernet({ payload: first });
    packet.end = packet.bytes.length;
    packet.originalLength = packet.end;
    packet.linkType = 1;
    expect(decoder.decode(packet, segment)).toBe(Outcome.TCP);
    expect(decoder.decodeNext(segment)).toBe(false);
  });

  it("ends where a subframe was cut", () => {
    const body = aMsdu([first, second]);
    const bytes = wlanFrame({ aMsdu: true, payload: body });
    const cut = { bytes: bytes.subarray(0, -3), linkType: WLAN, originalLength: bytes.length };
    expect(decodeOne(cut).segments).toMatchObject([
      { payload: "first", payloadLength: 5 },
      { payload: "sec", payloadLength: 6 },
    ]);
  });

  it("does not hand a subframe more than its length", () => {
    const body = aMsdu([first, second]);
    body.set(uint16(30), 12); // the first says that it has fewer octets
    expect(payloadsOf(body)[0]).not.toBe("first");
  });
});
