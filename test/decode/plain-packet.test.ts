// The short way of plain packets and the walk through the layers give the same: the same octets are
// decoded as Ethernet, and as PKTAP around Ethernet, which always walks.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TagPaths, VLAN_IDS } from "../../src/decode/plain-packet.ts";
import { LayerTable } from "../../src/decode/layer-table.ts";
import { tcpPacket, type TcpPacketFields } from "../support/packet-builder.ts";
import { DecodeHarness, ETHERNET } from "./decode-harness.ts";
import { pktap } from "./link-builder.ts";

const SEED = 20_260_711;
const PKTAP = 258;

const V6 = { source: "2001:db8::1", destination: "2001:db8::2" };
const SHAPES: readonly TcpPacketFields[] = [
  {},
  { payload: "payload", id: 0xbeef, seq: -5, ack: 7, flags: "SFRPAUEC", urgentPointer: 3 },
  { ...V6, payload: "payload" },
  { vlans: [{ id: 0x0fff }], payload: "x" },
  { vlans: [{ id: 0x2000 }] },
  { ...V6, vlans: [{ id: 7 }], options: [1, 1, 1, 1], payload: "y" },
  { vlans: [{ id: 7 }, { id: 8 }] },
  { vlans: [{ tpid: 0x88a8, id: 7 }], padTo: 100 },
];

it("agrees with the walk on packets cut, turned and padded", () => {
  const short = new DecodeHarness();
  const walk = new DecodeHarness();
  const flip = fc.tuple(fc.nat(), fc.nat(255));
  fc.assert(
    fc.property(
      fc.constantFrom(...SHAPES),
      fc.array(flip, { maxLength: 3 }),
      fc.nat(120),
      fc.integer({ min: 0, max: 20 }),
      fc.nat(8),
      (shape, flips, cut, missing, fcsLength) => {
        const whole = tcpPacket(shape);
        for (const [at, value] of flips) whole[at % whole.length] = value;
        const bytes = whole.subarray(0, Math.max(14, whole.length - Math.max(0, cut - 60)));
        const originalLength = bytes.length + missing;
        const direct = short.decode({ bytes, linkType: ETHERNET, originalLength, fcsLength });
        const wrapped = pktap(ETHERNET, bytes);
        const walked = walk.decode({
          bytes: wrapped,
          linkType: PKTAP,
          originalLength: originalLength + wrapped.length - bytes.length,
          fcsLength,
        });
        // Fragments carry the captured length of their packets, which differs by PKTAP's header.
        const comparable = JSON.stringify(direct).replaceAll(/"earlierFragmentBytes":\d+/g, "");
        expect(JSON.stringify(walked).replaceAll(/"earlierFragmentBytes":\d+/g, "")).toBe(
          comparable,
        );
      },
    ),
    { seed: SEED, numRuns: 10_000 },
  );
  expect(short.decoder.counters).toEqual(walk.decoder.counters);
});

describe("TagPaths", () => {
  it("interns a tag once, and knows no path of a priority tag", () => {
    const table = new LayerTable();
    const paths = new TagPaths(table, new Int32Array(VLAN_IDS));
    expect(paths.number(0)).toBe(0);
    const number = paths.number(4095);
    expect(table.layers(number)).toEqual([{ kind: "vlan", id: 4095 }]);
    expect(paths.number(4095)).toBe(number);
    expect(table.intern([{ kind: "vlan", id: 4095 }])).toBe(number);
  });
});
