// Connections inside tunnels: GRE with a key, two VXLAN networks with the same addresses inside, IPv6
// in IPv4, and MPLS. What is inside is followed; with --no-decap nothing is.

import { pcapFile } from "../generator/capture-files.js";
import { Conversation, Recorder, request, ruler } from "../generator/conversation.js";
import * as headers from "../generator/headers.js";
import { writeSample } from "../generator/sample.js";

const { ETHER_TYPE, PROTOCOL } = headers;
const recorder = new Recorder();

/** An IPv4 packet between the tunnel's ends, in Ethernet. */
function outer(protocol, payload, fromClient) {
  const ends = ["203.0.113.1", "203.0.113.2"];
  const [source, destination] = fromClient ? ends : ends.toReversed();
  const packet = headers.ipv4({ source, destination, protocol, payload });
  return headers.ethernet(ETHER_TYPE.ipv4, packet, fromClient);
}

function inVxlan(network) {
  return (packet, etherType, fromClient) => {
    const frame = headers.ethernet(etherType, packet, fromClient);
    const datagram = headers.udp(50_000, 4789, headers.vxlan(network, frame));
    return outer(PROTOCOL.udp, datagram, fromClient);
  };
}

const inside = { client: "10.0.0.1", server: "10.0.0.2", clientPort: 47_000 };
const tunnelled = [
  // 1
  new Conversation(recorder, {
    ...inside,
    frame: (packet, etherType, fromClient) =>
      outer(PROTOCOL.gre, headers.gre(etherType, 4711, packet), fromClient),
  }),
  // 2 and 3: they differ in nothing but the network
  new Conversation(recorder, { ...inside, frame: inVxlan(100) }),
  new Conversation(recorder, { ...inside, frame: inVxlan(200) }),
  // 4
  new Conversation(recorder, {
    client: "2001:db8::1",
    server: "2001:db8::2",
    clientPort: 47_000,
    frame: (packet, _, fromClient) => outer(PROTOCOL.ipv6, packet, fromClient),
  }),
  // 5: the labels of the two directions differ, as labels do
  new Conversation(recorder, {
    ...inside,
    frame: (packet, _, fromClient) => {
      const labels = fromClient ? [16_001, 17] : [18_002, 18];
      return headers.ethernet(0x8847, headers.mpls(labels, packet), fromClient);
    },
  }),
];
const texts = ["gre", "vxlan1", "vxlan2", "6in4", "mpls"];
for (const conversation of tunnelled) conversation.open();
for (const [index, conversation] of tunnelled.entries()) {
  conversation.client.send(request(`/${texts[index]}`));
}
for (const missed of [[], [0], []]) {
  for (const [index, conversation] of tunnelled.entries()) {
    const text = ruler(900, texts[index], conversation.server.said.length);
    // of the second VXLAN network the second segment is missing
    conversation.server.send(text, { missed: index === 2 ? missed : [], acked: true });
  }
}
for (const conversation of tunnelled) conversation.close();
const total = recorder.packets.length;

writeSample(import.meta.url, { "tunnels.pcap": pcapFile(recorder.packets) }, [
  {
    captures: ["tunnels.pcap"],
    streams: tunnelled.flatMap((conversation, index) =>
      conversation.expect(index === 2 ? { s2c: { gaps: [[900, 900, "ackedUnseen"]] } } : {}),
    ),
    warnings: ["ackedUnseen"],
    infos: ["ipv4", "ipv6", "encapsulated"],
    report: {
      "flows.total": 5,
      "flows.end.fin": 5,
      "loss.missingBytes": 900,
      "decode.encapsulatedPackets": total,
      "decode.outcomes.tcp": total,
    },
  },
  {
    captures: ["tunnels.pcap"],
    options: ["--no-decap"],
    streams: [],
    report: { "flows.total": 0, "decode.outcomes.tcp": 0, "decode.packetsWithoutFlow": total },
  },
]);
