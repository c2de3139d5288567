import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAddress } from "../../src/address.ts";
import { communityId } from "../../src/flow/community-id.ts";

const V6_ONE = "2001:470:e5bf:dead:4957:2174:e82c:4887";
const V6_TWO = "2607:f8b0:400c:c03::1a";

function idOf(one: string, onePort: number, other: string, otherPort: number, seed = 0): string {
  const first = parseAddress(one)!;
  const second = parseAddress(other)!;
  return communityId(
    first.ipVersion,
    { ...first, port: onePort },
    { ...second, port: otherPort },
    seed,
  );
}

describe("Community ID", () => {
  // the TCP rows of the published baseline (baseline_deflt.json, baseline_seed1.json)
  test.each([
    [0, "128.232.110.120", 34855, "66.35.250.204", 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="],
    [0, "66.35.250.204", 80, "128.232.110.120", 34855, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="],
    [0, V6_ONE, 63943, V6_TWO, 25, "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="],
    [0, V6_TWO, 25, V6_ONE, 63943, "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="],
    [1, "128.232.110.120", 34855, "66.35.250.204", 80, "1:3V71V58M3Ksw/yuFALMcW0LAHvc="],
    [1, "66.35.250.204", 80, "128.232.110.120", 34855, "1:3V71V58M3Ksw/yuFALMcW0LAHvc="],
    [1, V6_ONE, 63943, V6_TWO, 25, "1:eJYTW6AOzFLlSUoESovMjnu7rMw="],
    [1, V6_TWO, 25, V6_ONE, 63943, "1:eJYTW6AOzFLlSUoESovMjnu7rMw="],
  ] as const)(
    "seed %i: %s:%i -> %s:%i is %6$s",
    (seed, one, onePort, other, otherPort, expected) => {
      expect(idOf(one, onePort, other, otherPort, seed)).toBe(expected);
    },
  );

  test("equal addresses are ordered by port, equal endpoints have an ID too", () => {
    expect(idOf("10.0.0.1", 2, "10.0.0.1", 1)).toBe(idOf("10.0.0.1", 1, "10.0.0.1", 2));
    expect(idOf("10.0.0.1", 1, "10.0.0.1", 1)).toMatch(/^1:[A-Za-z0-9+/]{27}=$/);
  });

  test.each([
    [65_536, 1, 1],
    [-1, 1, 1],
    [0, 65_536, 1],
    [0, 1, -1],
  ])("refuses seed %i with ports %i and %i", (seed, onePort, otherPort) => {
    expect(() => idOf("10.0.0.1", onePort, "10.0.0.2", otherPort, seed)).toThrow(RangeError);
  });

  test("agrees with the octet strings of the specification, either way round", () => {
    const word = fc.oneof(
      fc.constantFrom(0, -1, 1, -0x8000_0000),
      fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
    );
    const port = fc.integer({ min: 0, max: 65535 });
    const endpoint = fc.record({ word0: word, word1: word, word2: word, word3: word, port });
    fc.assert(
      fc.property(fc.constantFrom(4, 6), endpoint, endpoint, port, (version, a, b, seed) => {
        // the words that IPv4 leaves unused are 0, as in the segment cursor
        const unused = version === 4 ? { word0: 0, word1: 0, word2: 0 } : {};
        const one = { ...a, ...unused };
        const other = { ...b, ...unused };
        const expected = slowCommunityId(version, one, other, seed);
        expect(communityId(version, one, other, seed)).toBe(expected);
        expect(communityId(version, other, one, seed)).toBe(expected);
      }),
      { seed: 20260803, numRuns: 1000 },
    );
  });
});

interface Endpoint {
  word0: number;
  word1: number;
  word2: number;
  word3: number;
  port: number;
}

/** Octet strings and Buffer.compare, as the specification's text has it. */
function slowCommunityId(version: number, one: Endpoint, other: Endpoint, seed: number): string {
  const octets = (endpoint: Endpoint): Buffer => {
    const { word0, word1, word2, word3 } = endpoint;
    const words = version === 4 ? [word3] : [word0, word1, word2, word3];
    return Buffer.concat(words.map((word) => Buffer.from(hex(word >>> 0, 8), "hex")));
  };
  const port = (endpoint: Endpoint): Buffer => Buffer.from(hex(endpoint.port, 4), "hex");
  const sides = [one, other].sort((a, b) =>
    Buffer.compare(Buffer.concat([octets(a), port(a)]), Buffer.concat([octets(b), port(b)])),
  );
  const hash = createHash("sha1");
  hash.update(Buffer.from(hex(seed, 4), "hex"));
  for (const side of sides) hash.update(octets(side));
  hash.update(Buffer.from([6, 0]));
  for (const side of sides) hash.update(port(side));
  return `1:${hash.digest("base64")}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
