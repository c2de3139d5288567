// Every input is hostile: no octets make the decoder throw, hang, or look beyond its packet (the harness
// compares what comes out amid different surroundings, and checks that the segment lies inside).

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LINK_TYPES } from "../../src/decode/link/link-types.ts";
import { UDP_TUNNELS } from "../../src/decode/tunnel/udp-tunnels.ts";
import { ethernet, udpPacket } from "../support/packet-builder.ts";
import { CELLS, flowOf, PAYLOAD } from "./cells.ts";
import { CanaryHarness, ETHERNET } from "./decode-harness.ts";

const SEED = 20_260_711;

const harness = new CanaryHarness();

describe("a packet cut by the capture, at every length", () => {
  it.each(CELLS)("$name", ({ bytes, linkType, version }) => {
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      const { outcome, segments } = harness.decode({
        bytes: cut,
        linkType,
        originalLength: bytes.length,
      });
      const [segment] = segments;
      if (segment === undefined) {
        // Cut options and payload are fine; only what is cut before the TCP header ends is lost.
        expect(outcome).not.toBe("tcp");
        continue;
      }
      expect(segment.flow).toBe(flowOf(version));
      expect(PAYLOAD.startsWith(segment.payload)).toBe(true);
      expect(segment.payloadLength).toBe(PAYLOAD.length);
    }
  });

  it.each(CELLS.filter((cell) => !/l2tp|pseudowire/.test(cell.name)))(
    "$name gives its segment as long as the first 20 octets of TCP are there",
    ({ bytes, linkType, version }) => {
      const port = Buffer.from(bytes).indexOf(Buffer.from([0x9c, 0x40, 0x00, 0x50]));
      const cut = { bytes: bytes.subarray(0, port + 20), linkType, originalLength: bytes.length };
      const { segments } = harness.decode(cut);
      expect(segments.map((segment) => segment.flow)).toEqual([flowOf(version)]);
      expect(segments[0]!.payload).toBe("");
      const shorter = { ...cut, bytes: bytes.subarray(0, port + 19) };
      expect(harness.decode(shorter).outcome).toBe("truncated-header");
    },
  );
});

it("takes frames that were short on the wire", () => {
  for (const { bytes, linkType } of CELLS) {
    for (let length = 0; length < bytes.length; length++) {
      expect(() => harness.decode({ bytes: bytes.subarray(0, length), linkType })).not.toThrow();
    }
  }
});

it("takes packets with octets turned", () => {
  const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(fc.constantFrom(...CELLS), flips, fc.nat(8), (cell, turned, fcsLength) => {
      const bytes = cell.bytes.slice();
      for (const [at, value] of turned) bytes[at % bytes.length] = value;
      harness.decode({ bytes, linkType: cell.linkType, fcsLength });
    }),
    { seed: SEED, numRuns: 10_000 },
  );
});

it("takes noise under every link type", () => {
  const linkTypes = fc.constantFrom(...LINK_TYPES.keys());
  fc.assert(
    fc.property(
      linkTypes,
      fc.uint8Array({ maxLength: 200 }),
      fc.nat(300),
      (linkType, bytes, more) => {
        harness.decode({ bytes, linkType, originalLength: bytes.length + more });
      },
    ),
    { seed: SEED, numRuns: 10_000 },
  );
});

it("takes noise on the port of every tunnel, and never takes it for TCP", () => {
  const ports = fc.constantFrom(...UDP_TUNNELS.map(({ port }) => port));
  fc.assert(
    fc.property(ports, fc.uint8Array({ maxLength: 120 }), (destinationPort, payload) => {
      const bytes = ethernet({ payload: udpPacket({ destinationPort, payload }) });
      expect(harness.decode({ bytes, linkType: ETHERNET }).outcome).not.toBe("tcp");
    }),
    { seed: SEED, numRuns: 10_000 },
  );
});
