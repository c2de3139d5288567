// "10.0.0.1:40000 > [2001:db8::1]:443 vlan 100,200" -> the endpoints of a flow, client first.

import { parseAddress } from "../../src/address.ts";
import type { FlowEndpoints } from "../../src/filter/flow-endpoints.ts";

/** Address and port of `10.0.0.1:80` or `[::1]:80`. */
export function splitEndpoint(text: string): readonly [address: string, port: number] {
  const colon = text.lastIndexOf(":");
  return [text.slice(0, colon).replaceAll(/[[\]]/g, ""), Number(text.slice(colon + 1))];
}

export function flowOf(text: string): FlowEndpoints {
  const match = /^(\S+) > (\S+)(?: vlan ([0-9,]+))?$/.exec(text);
  if (match === null) throw new Error(`no flow: ${text}`);
  const [clientAddress, clientPort] = splitEndpoint(match[1]!);
  const [serverAddress, serverPort] = splitEndpoint(match[2]!);
  const client = parseAddress(clientAddress);
  const server = parseAddress(serverAddress);
  if (client === undefined || client.ipVersion !== server?.ipVersion) {
    throw new Error(`no addresses of one version: ${text}`);
  }
  return {
    ipVersion: client.ipVersion,
    client0: client.word0,
    client1: client.word1,
    client2: client.word2,
    client3: client.word3,
    server0: server.word0,
    server1: server.word1,
    server2: server.word2,
    server3: server.word3,
    clientPort,
    serverPort,
    vlans: match[3] === undefined ? [] : match[3].split(",").map(Number),
  };
}
