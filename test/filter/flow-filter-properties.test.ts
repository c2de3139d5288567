import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TcpxError } from "../../src/errors.ts";
import { parseFlowFilter } from "../../src/filter/flow-filter.ts";
import { SERVICE_PORTS } from "../../src/filter/service-ports.ts";
import { FLOW_WORDS, PACKET_WORDS } from "../../src/filter/filter-words.ts";
import { flowOf } from "./flow-notation.ts";
import { type AnyFlow, anyFlow, anyTree, bitsOf, slowValue, textOf } from "./slow-filter.ts";

describe("flow filter: properties", () => {
  test("agrees with the slow twin on every expression and direction", () => {
    fc.assert(
      fc.property(anyTree, fc.array(anyFlow, { minLength: 1, maxLength: 6 }), (tree, flows) => {
        const text = textOf(tree);
        const filter = parseFlowFilter(text);
        for (const flow of flows) {
          const toServer = slowValue(tree, slowPacketOf(flow, false));
          const toClient = slowValue(tree, slowPacketOf(flow, true));
          const endpoints = flowOf(notationOf(flow));
          expect(filter.matchesPacket(endpoints, false), text).toBe(toServer);
          expect(filter.matchesPacket(endpoints, true), text).toBe(toClient);
          expect(filter.matches(endpoints), text).toBe(toServer || toClient);
        }
      }),
      { seed: 20260804, numRuns: 3000 },
    );
  });

  test("any text compiles or is refused by one printable line", () => {
    const known = [...FLOW_WORDS, ...PACKET_WORDS, ...SERVICE_PORTS.keys()];
    const piece = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...FLOW_WORDS) },
      fc.constantFrom(...known),
      fc.constantFrom("10.0.0.1", "::1", "10", "80", "65536", "1-2", "0x", "\\tcp", "10.1", "8"),
      fc.constantFrom("(", ")", "!", "&&", "||", "/", "[", "=", "!=", ",", "-", ":", "."),
      fc.string({ unit: "binary", maxLength: 4 }),
    );
    const garbage = fc.array(piece, { maxLength: 20 });
    let refused = 0;
    fc.assert(
      fc.property(garbage, fc.constantFrom(" ", ""), (pieces, between) => {
        const text = pieces.join(between);
        try {
          parseFlowFilter(text);
        } catch (error) {
          refused++;
          expect(error).toBeInstanceOf(TcpxError);
          expect(error).toHaveProperty("code", "BAD_FILTER");
          expect(String(error)).toMatch(/^TcpxError: filter: [ -~]{1,400}$/);
        }
      }),
      { seed: 20260805, numRuns: 20_000 },
    );
    expect(refused).toBeGreaterThan(1000);
  });
});

function slowPacketOf(flow: AnyFlow, fromServer: boolean): Parameters<typeof slowValue>[1] {
  const client = { bits: bitsOf(flow.client), port: flow.clientPort };
  const server = { bits: bitsOf(flow.server), port: flow.serverPort };
  const [source, destination] = fromServer ? [server, client] : [client, server];
  return {
    version: flow.version,
    sourceBits: source.bits,
    destinationBits: destination.bits,
    sourcePort: source.port,
    destinationPort: destination.port,
    vlans: flow.vlans,
  };
}

function notationOf(flow: AnyFlow): string {
  const endpoint = (address: readonly number[], port: number): string =>
    flow.version === 4
      ? `${address.join(".")}:${port}`
      : `[${address.map((group) => group.toString(16)).join(":")}]:${port}`;
  const tags = flow.vlans.length === 0 ? "" : ` vlan ${flow.vlans.join(",")}`;
  const client = endpoint(flow.client, flow.clientPort);
  return `${client} > ${endpoint(flow.server, flow.serverPort)}${tags}`;
}
