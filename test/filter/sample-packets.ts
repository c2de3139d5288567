// Named packets for the filters: Ethernet, TCP in both IP versions and both directions, and what is not
// TCP, cut, fragmented or tagged. The number of a packet is its place in the list.

import type { FlowEndpoints } from "../../src/filter/flow-endpoints.ts";
import { ethernet, ipv4, ipv6, tcpPacket, udpPacket } from "../support/packet-builder.ts";
import { flowOf, splitEndpoint } from "./flow-notation.ts";

export interface SamplePacket {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Octets on the wire, where more than captured. */
  readonly originalLength?: number;
  /** Where it is whole TCP: its flow, and whether the server sent it. */
  readonly flow?: FlowEndpoints;
  readonly fromServer?: boolean;
}

const SYN = "S";
const SYN_ACK = "SA";

/** `flow` is client > server; `flags` those of the packet. */
function tcp(name: string, flow: string, fromServer: boolean, flags = "A"): SamplePacket {
  const endpoints = flowOf(flow);
  const [client, server] = flow.replace(/ vlan .*/, "").split(" > ");
  const [source, sourcePort] = splitEndpoint((fromServer ? server : client)!);
  const [destination, destinationPort] = splitEndpoint((fromServer ? client : server)!);
  const vlans = endpoints.vlans.map((id) => ({ id }));
  const bytes = tcpPacket({
    source,
    sourcePort,
    destination,
    destinationPort,
    flags,
    vlans,
    payload: name,
  });
  return { name, bytes, flow: endpoints, fromServer };
}

const WEB = "10.0.0.1:40000 > 192.168.1.5:80";
const TLS = "10.0.0.2:40001 > 192.168.1.5:443";
const FTP = "10.1.2.3:40002 > 10.0.0.1:21";
const HIGH = "200.0.0.7:65535 > 255.255.255.254:1024";
const SELF = "10.0.0.1:7 > 10.0.0.1:7";
const WEB6 = "[2001:db8::1]:50000 > [2001:db8:1::53]:80";
const LINK6 = "[fe80::1]:50001 > [ff00:ffff::8000:1]:443";

const IP_OPTIONS = Uint8Array.from([1, 1, 1, 0]);
const TCP_HEADER = tcpPacket({ source: "10.0.0.1", destination: "192.168.1.5" }).subarray(34);

/** No tags: tcpdump's expressions without `vlan` hold for them as they stand. */
export const UNTAGGED: readonly SamplePacket[] = [
  tcp("webSyn", WEB, false, SYN),
  tcp("webSynAck", WEB, true, SYN_ACK),
  tcp("webAck", WEB, false),
  tcp("tlsOut", TLS, false),
  tcp("tlsIn", TLS, true),
  tcp("ftpOut", FTP, false),
  tcp("ftpIn", FTP, true),
  tcp("highOut", HIGH, false),
  tcp("highIn", HIGH, true),
  tcp("selfOut", SELF, false),
  tcp("selfIn", SELF, true),
  tcp("web6Out", WEB6, false, SYN),
  tcp("web6In", WEB6, true),
  tcp("link6Out", LINK6, false),
  tcp("link6In", LINK6, true),
];

/** What a flow filter never sees, and a BPF program must handle. */
export const ODD: readonly SamplePacket[] = [
  {
    name: "udp4",
    bytes: ethernet({ payload: udpPacket({ source: "10.0.0.1", destination: "10.0.0.2" }) }),
  },
  {
    name: "udp6",
    bytes: ethernet({
      payload: udpPacket({ source: "2001:db8::1", destination: "2001:db8::2", sourcePort: 80 }),
    }),
  },
  { name: "arp", bytes: ethernet({ etherType: 0x0806, payload: new Uint8Array(28).fill(10) }) },
  {
    name: "options",
    bytes: ethernet({
      payload: ipv4({
        source: "10.0.0.1",
        destination: "192.168.1.5",
        options: IP_OPTIONS,
        payload: TCP_HEADER,
      }),
    }),
  },
  {
    name: "fragment",
    bytes: ethernet({
      payload: ipv4({
        source: "10.0.0.1",
        destination: "192.168.1.5",
        fragmentOffset: 1480,
        payload: Uint8Array.from([0, 80, 0, 80]),
      }),
    }),
  },
  {
    name: "extension6",
    bytes: ethernet({ payload: ipv6({ nextHeader: 0, payload: new Uint8Array(40) }) }),
  },
  {
    name: "cutInPorts",
    bytes: tcpPacket({ source: "10.0.0.1", destination: "192.168.1.5" }).subarray(0, 35),
    originalLength: 1514,
  },
  { name: "cutInEthernet", bytes: tcpPacket().subarray(0, 13), originalLength: 60 },
  { name: "padded", bytes: tcpPacket({ padTo: 60 }) },
  {
    name: "long",
    bytes: tcpPacket({ sourcePort: 1, payload: new Uint8Array(1400) }),
    originalLength: 9000,
  },
];

/** One tag or a stack; the outermost identifier is never one that is asked for deeper down. */
export const TAGGED: readonly SamplePacket[] = [
  tcp("tagOut", "10.9.0.1:1000 > 10.9.0.2:80 vlan 100", false),
  tcp("tagIn", "10.9.0.1:1000 > 10.9.0.2:80 vlan 100", true),
  tcp("tag6", "[2001:db8::1]:1000 > [2001:db8::2]:443 vlan 100", false),
  tcp("otherTag", "10.9.0.1:1000 > 10.9.0.2:443 vlan 4095", true),
  tcp("stacked", "10.9.0.3:1000 > 10.9.0.4:80 vlan 300,200", false),
];
