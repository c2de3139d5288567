import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { internetSum } from "../../src/decode/checksum.ts";
import { ChecksumState } from "../../src/decode/segment-cursor.ts";
import {
  internetChecksum,
  ipv4,
  ipv6,
  ipv6Extension,
  IPV6_ROUTING,
  addressOctets,
  concat,
  patternOctets,
  tcpInIp,
  tcpSegment,
} from "../support/packet-builder.ts";
import { decodeSegment, RAW_IP } from "./decode-harness.ts";

const SEED = 20_260_711;

/** The checksum field that the sum asks for. */
function complement(sum: number): number {
  return ~sum & 0xffff;
}

describe("internetSum is the sum of 16-bit words", () => {
  it("of any octets at any place", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(9), (octets, before) => {
        const bytes = concat(patternOctets(before, 200), octets, patternOctets(70, 100));
        const sum = internetSum(bytes, before, before + octets.length);
        expect(complement(sum)).toBe(internetChecksum(octets));
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });

  it.each([0, 1, 2, 3, 4, 63, 64, 65, 127, 128, 1480, 65_535, 262_144])(
    "of %i octets of ones, which carry most",
    (length) => {
      const ones = new Uint8Array(length).fill(0xff);
      expect(complement(internetSum(ones, 0, length))).toBe(internetChecksum(ones));
    },
  );

  it("over a view of a larger buffer", () => {
    const whole = patternOctets(300);
    const view = whole.subarray(33, 233);
    expect(complement(internetSum(view, 3, 200))).toBe(internetChecksum(view.subarray(3, 200)));
  });
});

const V6 = { source: "2001:db8::1", destination: "2001:db8::2" };

describe.each([
  ["IPv4", {}],
  ["IPv6", V6],
])("%s", (_, addresses) => {
  function stateOf(fields: Parameters<typeof tcpInIp>[0], cut = 0): ChecksumState {
    const bytes = tcpInIp({ ...addresses, ...fields });
    const captured = bytes.subarray(0, bytes.length - cut);
    return decodeSegment({ bytes: captured, linkType: RAW_IP, originalLength: bytes.length })
      .checksum;
  }

  it("tells right from wrong", () => {
    expect(stateOf({ payload: "abc" })).toBe(ChecksumState.GOOD);
    expect(stateOf({ payload: "abc", checksum: "bad" })).toBe(ChecksumState.BAD);
    expect(stateOf({ checksum: 0 })).toBe(ChecksumState.BAD);
  });

  it("sees every single octet that was turned", () => {
    const bytes = tcpInIp({ ...addresses, payload: "abcdefg" });
    const tcpStart = bytes.length - 27;
    for (let at = tcpStart; at < bytes.length; at++) {
      if (at === tcpStart + 12) continue; // the length of the header
      const turned = bytes.slice();
      turned[at]! ^= 0x10;
      expect(decodeSegment({ bytes: turned, linkType: RAW_IP }).checksum).toBe(ChecksumState.BAD);
    }
  });

  it("never judges what was cut", () => {
    expect(stateOf({ payload: "abc" }, 1)).toBe(ChecksumState.UNVERIFIABLE);
    expect(stateOf({ options: [1, 1, 1, 0] }, 1)).toBe(ChecksumState.UNVERIFIABLE);
    expect(stateOf({ payload: "abc", checksum: "bad" }, 3)).toBe(ChecksumState.UNVERIFIABLE);
  });

  it("does not take padding for payload", () => {
    const bytes = concat(tcpInIp({ ...addresses, payload: "a" }), new Uint8Array(5).fill(0xee));
    expect(decodeSegment({ bytes, linkType: RAW_IP }).checksum).toBe(ChecksumState.GOOD);
  });
});

it("never judges a packet whose IP length was 0: its checksum was left to the network card", () => {
  const payload = tcpSegment({ payload: "abc", checksum: "bad" });
  const segment = decodeSegment({ bytes: ipv4({ payload, totalLength: 0 }), linkType: RAW_IP });
  expect(segment.checksum).toBe(ChecksumState.UNVERIFIABLE);
});

describe("behind a routing header the last destination counts (RFC 8200 §8.1)", () => {
  const last = "2001:db8::99";
  const payload = tcpSegment({ source: V6.source, destination: last, payload: "abc" });

  it.each([
    ["source route", 0, ["2001:db8::50", last]],
    ["mobile", 2, [last]],
    ["segment routing", 4, [last, "2001:db8::50"]],
  ])("%s", (_, type, addresses) => {
    const options = concat([type, 1, 0, 0, 0, 0], ...addresses.map(addressOctets));
    const routing = ipv6Extension({ payload, options });
    const bytes = ipv6({ ...V6, nextHeader: IPV6_ROUTING, payload: routing });
    const segment = decodeSegment({ bytes, linkType: RAW_IP });
    expect(segment.flow).toBe(`2001:db8::1 40000 > ${last} 80`);
    expect(segment.checksum).toBe(ChecksumState.GOOD);
  });

  it("but only while segments are left", () => {
    const arrived = tcpSegment({ ...V6, payload: "abc" });
    const options = concat([0, 0, 0, 0, 0, 0], addressOctets("2001:db8::50"));
    const routing = ipv6Extension({ payload: arrived, options });
    const bytes = ipv6({ ...V6, nextHeader: IPV6_ROUTING, payload: routing });
    expect(decodeSegment({ bytes, linkType: RAW_IP })).toMatchObject({
      flow: "2001:db8::1 40000 > 2001:db8::2 80",
      checksum: ChecksumState.GOOD,
    });
  });
});
