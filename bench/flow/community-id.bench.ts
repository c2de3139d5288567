// A name for a flow, once a flow: SHA-1 over 16 or 40 octets, and its base64.

import { bench, describe } from "vitest";
import { parseAddress } from "../../src/address.ts";
import { communityId } from "../../src/flow/community-id.ts";
import type { CommunityIdEndpoint } from "../../src/flow/community-id.ts";

const FLOWS = 1000;
/** "1:" and the base64 of 20 octets. */
const ID_LETTERS = 30;

function endpoint(address: string, port: number): CommunityIdEndpoint {
  return { ...parseAddress(address)!, port };
}

/** Of the published baseline of the specification. */
const KINDS = [
  {
    ipVersion: 4,
    client: endpoint("128.232.110.120", 34_855),
    server: endpoint("66.35.250.204", 80),
    id: "1:LQU9qZlK+B5F3KDmev6m5PMibrg=",
  },
  {
    ipVersion: 6,
    client: endpoint("2001:470:e5bf:dead:4957:2174:e82c:4887", 63_943),
    server: endpoint("2607:f8b0:400c:c03::1a", 25),
    id: "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=",
  },
];

describe("communityId", () => {
  for (const { ipVersion, client, server, id } of KINDS) {
    if (communityId(ipVersion, client, server) !== id) throw new Error(`IPv${ipVersion} is wrong`);
    const clients = Array.from({ length: FLOWS }, (_, port) => ({ ...client, port }));
    bench(`1,000 flows of IPv${ipVersion}`, () => {
      let letters = 0;
      for (const each of clients) letters += communityId(ipVersion, each, server).length;
      if (letters !== FLOWS * ID_LETTERS) throw new Error(`${letters} letters`);
    });
  }
});
