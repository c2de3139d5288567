// Every encapsulation in every link layer: the middle of the table in docs/captures.md.

import { expect, it } from "vitest";
import { flowOf, LINK_LAYERS, PAYLOAD, TUNNEL_CELLS } from "./cells.ts";
import type { IpVersion } from "./cells.ts";
import { decodeOne } from "./decode-harness.ts";

const ETHERNET_BYTES = 14;
const ETHER_TYPES: readonly number[] = [0x0800, 0x86dd];

/** Those in IP: what is directly in Ethernet has a link layer of its own. */
const IN_IP = TUNNEL_CELLS.filter(({ bytes }) =>
  ETHER_TYPES.includes((bytes[12]! << 8) | bytes[13]!),
);

it.each(LINK_LAYERS)("$name carries every encapsulation", (link) => {
  let read = 0;
  for (const tunnel of IN_IP) {
    const outer = tunnel.bytes.subarray(ETHERNET_BYTES);
    const version = (outer[0]! >>> 4) as IpVersion;
    if (link.only !== undefined && link.only !== version) continue;
    const bytes = link.build(outer, version);
    const { outcome, segments } = decodeOne({ bytes, linkType: link.linkType });
    expect(outcome, tunnel.name).toBe("tcp");
    expect(segments, tunnel.name).toMatchObject([
      {
        flow: flowOf(tunnel.version),
        payload: PAYLOAD,
        vlans: [...link.vlans, ...tunnel.vlans],
        encapsulation: [...link.encapsulation, ...tunnel.encapsulation],
      },
    ]);
    read++;
  }
  expect(read).toBeGreaterThan(0);
});
