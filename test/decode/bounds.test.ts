// Where the payload ends: by the IP length, not by the frame; what was not captured is still on the wire.

import { describe, expect, it } from "vitest";
import { ChecksumState } from "../../src/decode/segment-cursor.ts";
import {
  concat,
  ethernet,
  gre,
  gtpU,
  ipv4,
  ipv6,
  ipv6Extension,
  IPV6_HOP_BY_HOP,
  jumboOption,
  llcSnap,
  patternOctets,
  tcpPacket,
  tcpSegment,
  udp,
  vxlan,
} from "../support/packet-builder.ts";
import { decodeSegment, ETHERNET, RAW_IP } from "./decode-harness.ts";
import { nflog, ppp, pppoe } from "./link-builder.ts";

const V6 = { source: "2001:db8::1", destination: "2001:db8::2" };

describe("payload", () => {
  it("ends before Ethernet's padding", () => {
    const bytes = tcpPacket({ payload: "a", padTo: 60 });
    expect(bytes).toHaveLength(60);
    expect(decodeSegment({ bytes, linkType: ETHERNET })).toMatchObject({
      payload: "a",
      payloadLength: 1,
    });
  });

  it("ends before a frame check sequence, even where the IP length was 0", () => {
    const packet = ipv4({ payload: tcpSegment({ payload: "abc" }), totalLength: 0 });
    const bytes = concat(ethernet({ payload: packet }), "FCS!");
    expect(decodeSegment({ bytes, linkType: ETHERNET, fcsLength: 4 })).toMatchObject({
      payload: "abc",
      payloadLength: 3,
      lengthWasZero: true,
    });
  });

  it("is cut where the capture cut it, and keeps its length", () => {
    const bytes = tcpPacket({ payload: "abcdefgh" });
    const cut = { bytes: bytes.subarray(0, -3), linkType: ETHERNET, originalLength: bytes.length };
    expect(decodeSegment(cut)).toMatchObject({ payload: "abcde", payloadLength: 8 });
  });

  it("has the length that IP says, also where the record claims a shorter packet", () => {
    const bytes = tcpPacket({ payload: "abcdefgh" }).subarray(0, -3);
    expect(decodeSegment({ bytes, linkType: ETHERNET })).toMatchObject({
      payload: "abcde",
      payloadLength: 8,
      checksum: ChecksumState.UNVERIFIABLE,
    });
  });

  it("keeps options that were cut as far as they go", () => {
    const bytes = tcpPacket({ payload: "abc", options: [2, 4, 5, 0xb4] });
    const cut = { bytes: bytes.subarray(0, -5), linkType: ETHERNET, originalLength: bytes.length };
    expect(decodeSegment(cut)).toMatchObject({ options: "0204", payload: "", payloadLength: 3 });
  });
});

describe("IP length 0 (segmentation offload): the frame's end counts", () => {
  it.each([
    ["IPv4", ipv4({ payload: tcpSegment({ payload: "abc" }), totalLength: 0 })],
    ["IPv6", ipv6({ ...V6, payload: tcpSegment({ ...V6, payload: "abc" }), payloadLength: 0 })],
  ])("%s", (_, bytes) => {
    expect(decodeSegment({ bytes, linkType: RAW_IP })).toMatchObject({
      payload: "abc",
      payloadLength: 3,
      lengthWasZero: true,
    });
    const cut = bytes.subarray(0, -2);
    expect(decodeSegment({ bytes: cut, linkType: RAW_IP, originalLength: 1000 })).toMatchObject({
      payload: "a",
      payloadLength: 1000 - (bytes.length - 3),
    });
  });

  it("holds for the tunnel around it too", () => {
    const inner = ipv6({ ...V6, payload: tcpSegment({ payload: "abc" }), payloadLength: 0 });
    const tunnel = vxlan({ network: 1, payload: ethernet({ payload: inner }) });
    const datagram = udp({ destinationPort: 4789, payload: tunnel, length: 0 });
    const bytes = ipv4({ protocol: 17, payload: datagram, totalLength: 0 });
    expect(decodeSegment({ bytes, linkType: RAW_IP })).toMatchObject({
      payload: "abc",
      lengthWasZero: true,
    });
  });

  it("is said of the innermost header only", () => {
    const inner = ipv4({ payload: tcpSegment({ payload: "abc" }) });
    const bytes = ipv4({ protocol: 4, payload: inner, totalLength: 0 });
    expect(decodeSegment({ bytes, linkType: RAW_IP })).toMatchObject({
      payload: "abc",
      lengthWasZero: false,
    });
  });
});

describe("where IP does not say its length, the layer around it does", () => {
  const packet = ipv4({ payload: tcpSegment({ payload: "abc" }), totalLength: 0 });

  it.each([
    ["PPPoE", 51, concat(pppoe(packet), "more")],
    [
      "PPTP",
      RAW_IP,
      ipv4({
        protocol: 47,
        payload: gre({
          payload: concat(ppp({ payload: packet }), "more"),
          protocol: 0x880b,
          version: 1,
          key: ppp({ payload: packet }).length * 0x10000,
          sequence: 1,
        }),
      }),
    ],
    [
      "UDP",
      RAW_IP,
      ipv4({
        protocol: 17,
        payload: concat(
          udp({
            destinationPort: 4789,
            payload: vxlan({ network: 1, payload: ethernet({ payload: packet }) }),
          }),
          "more",
        ),
      }),
    ],
    [
      "GTP",
      RAW_IP,
      ipv4({
        protocol: 17,
        payload: udp({
          destinationPort: 2152,
          payload: concat(gtpU({ tunnel: 1, payload: packet }), "more"),
        }),
      }),
    ],
    ["NFLOG", 239, concat(nflog(packet), "more")],
    [
      "LLC",
      ETHERNET,
      ethernet({ payload: concat(llcSnap(packet), "more"), etherType: 8 + packet.length }),
    ],
  ])("%s", (_, linkType, bytes) => {
    expect(decodeSegment({ bytes, linkType })).toMatchObject({ payload: "abc", payloadLength: 3 });
  });
});

describe("jumbograms (RFC 2675)", () => {
  const payload = patternOctets(70_000);
  const segment = tcpSegment({ ...V6, payload });

  function jumbogram(length: number, before: number[] = []): Uint8Array {
    const options = [...before, ...jumboOption(length)];
    while ((options.length + 2) % 8 !== 0) options.push(0);
    const hops = ipv6Extension({ options, payload: segment });
    return ipv6({ ...V6, nextHeader: IPV6_HOP_BY_HOP, payload: hops, payloadLength: 0 });
  }

  it.each([
    ["alone", []],
    ["behind other options", [0, 1, 1, 0, 5, 2, 0, 0]],
  ])("have their length from the option, %s", (_, before) => {
    const whole = jumbogram(0, before);
    const bytes = concat(jumbogram(whole.length - 40, before), "padding");
    expect(decodeSegment({ bytes, linkType: RAW_IP })).toMatchObject({
      payloadLength: payload.length,
      lengthWasZero: false,
      checksum: ChecksumState.GOOD,
    });
  });

  it("must be longer than the ordinary field could say", () => {
    const bytes = jumbogram(65_535);
    expect(decodeSegment({ bytes, linkType: RAW_IP })).toMatchObject({
      payloadLength: payload.length,
      lengthWasZero: true,
    });
  });
});
