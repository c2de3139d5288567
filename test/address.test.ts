import { isIPv4, isIPv6 } from "node:net";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatAddress, parseAddress } from "../src/address.ts";

function canonical(text: string): string | undefined {
  const address = parseAddress(text);
  if (address === undefined) return undefined;
  const { ipVersion, word0, word1, word2, word3 } = address;
  return formatAddress(ipVersion, word0, word1, word2, word3);
}

describe("address text: one line a case, text -> canonical text", () => {
  test.each([
    // dotted quads
    ["0.0.0.0", "0.0.0.0"],
    ["10.0.0.1", "10.0.0.1"],
    ["255.255.255.255", "255.255.255.255"],
    ["128.232.110.120", "128.232.110.120"],
    // the examples of RFC 5952 §1 to §4
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:0db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8::1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:0:1::1", "2001:db8::1:0:0:1"],
    ["2001:DB8:0:0:1::1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:0:0:0:2:1", "2001:db8::2:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:aaaa:bbbb:cccc:dddd::1", "2001:db8:aaaa:bbbb:cccc:dddd:0:1"],
    ["2001:db8:aaaa:bbbb:cccc:dddd:eeee:0001", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1"],
    // ends and nothing but zeros
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["0:0:0:0:0:0:0:0", "::"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"],
    ["fe80::200:86ff:fe05:80da", "fe80::200:86ff:fe05:80da"],
    ["ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
    // a dotted quad at the end; only IPv4-mapped addresses are written with one (RFC 5952 §5)
    ["::ffff:192.0.2.1", "::ffff:192.0.2.1"],
    ["::FFFF:c000:0201", "::ffff:192.0.2.1"],
    ["::ffff:0.0.0.0", "::ffff:0.0.0.0"],
    ["::192.0.2.1", "::c000:201"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    ["1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"],
    // none of these is an address
    ["", undefined],
    ["1.2.3", undefined],
    ["1.2.3.4.5", undefined],
    ["1.2.3.256", undefined],
    ["01.2.3.4", undefined],
    ["1.2.3.", undefined],
    ["1.2.3.-4", undefined],
    ["0x1.2.3.4", undefined],
    [" 1.2.3.4", undefined],
    ["localhost", undefined],
    [":", undefined],
    [":::", undefined],
    ["1::2::3", undefined],
    ["1:2:3:4:5:6:7", undefined],
    ["1:2:3:4:5:6:7:8:9", undefined],
    ["1:2:3:4:5:6:7:8::", undefined],
    ["::1:2:3:4:5:6:7:8", undefined],
    ["1:2:3:4::5:6:7:8", undefined],
    [":1:2:3:4:5:6:7", undefined],
    ["1:2:3:4:5:6:7:", undefined],
    ["12345::", undefined],
    ["g::", undefined],
    ["fe80::1%eth0", undefined],
    ["[::1]", undefined],
    ["::1/64", undefined],
    ["1.2.3.4::", undefined],
    ["::1.2.3.4:5", undefined],
    ["1:2:3:4:5:6:7:1.2.3.4", undefined],
    ["1".repeat(1000), undefined],
    [":".repeat(1000), undefined],
  ])("%j -> %j", (text, expected) => {
    expect(canonical(text)).toBe(expected);
  });

  test("words are taken as signed or unsigned alike", () => {
    expect(formatAddress(4, 0, 0, 0, -1)).toBe("255.255.255.255");
    expect(formatAddress(4, 0, 0, 0, 0xffff_ffff)).toBe("255.255.255.255");
    expect(formatAddress(6, -1, 0xffff_ffff, 0, -2)).toBe("ffff:ffff:ffff:ffff::ffff:fffe");
  });

  test("words are int32 in network order, IPv4 in the last", () => {
    expect(parseAddress("200.1.2.3")).toEqual({
      ipVersion: 4,
      word0: 0,
      word1: 0,
      word2: 0,
      word3: 0xc801_0203 | 0,
    });
    expect(parseAddress("8000::5:6")).toEqual({
      ipVersion: 6,
      word0: -0x8000_0000,
      word1: 0,
      word2: 0,
      word3: 0x0005_0006,
    });
  });
});

describe("address text: properties", () => {
  // zero groups often, so that runs of every place and length come up
  const word = fc.oneof(
    fc.constantFrom(0, 1, 0xffff, 0x10000, -0x10000),
    fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
  );

  test("parse undoes format", () => {
    fc.assert(
      fc.property(word, word, word, word, (word0, word1, word2, word3) => {
        const text = formatAddress(6, word0, word1, word2, word3);
        expect(isIPv6(text)).toBe(true);
        expect(parseAddress(text)).toEqual({ ipVersion: 6, word0, word1, word2, word3 });
        const quad = formatAddress(4, 0, 0, 0, word3);
        expect(parseAddress(quad)).toEqual({ ipVersion: 4, word0: 0, word1: 0, word2: 0, word3 });
      }),
      { seed: 20260801, numRuns: 2000 },
    );
  });

  test("accepts exactly what node:net calls an address", () => {
    const piece = fc.constantFrom(
      "0",
      "1",
      "ab",
      "FFFF",
      "12345",
      ":",
      "::",
      ".",
      "1.2.3.4",
      "256",
      "07",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 17 }), (pieces) => {
        const text = pieces.join("");
        const version = isIPv4(text) ? 4 : isIPv6(text) ? 6 : undefined;
        expect(parseAddress(text)?.ipVersion, text).toBe(version);
      }),
      { seed: 20260802, numRuns: 20_000 },
    );
  });
});
