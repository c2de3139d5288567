import { describe, expect, it } from "vitest";
import { ChecksumState } from "../../src/decode/segment-cursor.ts";
import { CELLS, flowOf, LINK_CELLS, PAYLOAD, TUNNEL_CELLS } from "./cells.ts";
import { decodeOne, decodeSegment } from "./decode-harness.ts";

describe("every link layer and every encapsulation gives the segment, its path and nothing else", () => {
  it.each(CELLS)("$name", (cell) => {
    const { outcome, segments } = decodeOne(cell);
    expect(outcome).toBe("tcp");
    expect(segments).toEqual([
      {
        flow: flowOf(cell.version),
        seq: 0xfedc_ba98 | 0,
        ack: 0x1234_5678,
        flags: 0x18,
        window: 4321,
        urgentPointer: 0,
        ipId: 0,
        ipVersion: cell.version,
        payload: PAYLOAD,
        payloadLength: PAYLOAD.length,
        options: "0101080a0000000100000002",
        vlans: cell.vlans,
        encapsulation: cell.encapsulation,
        checksum: ChecksumState.GOOD,
        lengthWasZero: false,
        reassembled: false,
        earlierFragments: 0,
        earlierFragmentBytes: 0,
      },
    ]);
  });
});

describe("without decapsulation", () => {
  it.each(LINK_CELLS.filter((cell) => cell.linkType !== 219))("$name is read", (cell) => {
    expect(decodeSegment(cell, { decapsulate: false }).vlans).toEqual(cell.vlans);
  });

  it.each(TUNNEL_CELLS)("$name is not followed", (cell) => {
    const hasOuterIp = !/^(mpls in ethernet|pseudowire)/.test(cell.name);
    const { outcome } = decodeOne(cell, { decapsulate: false });
    expect(outcome).toBe(hasOuterIp ? "not-tcp" : "not-ip");
  });
});
