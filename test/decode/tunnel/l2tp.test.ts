import { expect, it } from "vitest";
import { concat, ipv4, ipv6, tcpPacket, uint16 } from "../../support/packet-builder.ts";
import { decodeOne, RAW_IP } from "../decode-harness.ts";
import { l2tpIp } from "../link-builder.ts";

it("does not follow a session where two places look like the start of a frame", () => {
  // An IPv6 header whose flow label, length, next header and hop limit are an EtherType and an IPv4 header.
  const length = 0x4500;
  const inner = ipv6({ payload: new Uint8Array(length), payloadLength: length });
  inner.set([0x60, 0, 0x08, 0x00, ...uint16(length), ...uint16(inner.length - 4)]);
  const frame = concat(new Uint8Array(12), uint16(0x86dd), inner);
  const bytes = ipv4({ protocol: 115, payload: l2tpIp(frame) });
  expect(decodeOne({ bytes, linkType: RAW_IP }).outcome).toBe("unsupported-encapsulation");
  frame.set([0x86, 0xde], 12); // now only the second place is left
  const other = ipv4({ protocol: 115, payload: l2tpIp(frame) });
  expect(decodeOne({ bytes: other, linkType: RAW_IP }).outcome).not.toBe(
    "unsupported-encapsulation",
  );
});

it("takes a frame that Ethernet padded", () => {
  const bytes = ipv4({ protocol: 115, payload: l2tpIp(tcpPacket({ payload: "a", padTo: 60 }), 4) });
  expect(decodeOne({ bytes, linkType: RAW_IP }).segments).toMatchObject([
    { payload: "a", encapsulation: ["l2tp"] },
  ]);
});
