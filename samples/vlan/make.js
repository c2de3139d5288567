// VLAN tags: networks that use the same addresses, tags in tags, one connection whose directions run
// under different tags, and a probe that saw every packet under two tags.

import { pcapFile } from "../generator/capture-files.js";
import { Conversation, Recorder, request, ruler } from "../generator/conversation.js";
import { ethernet } from "../generator/headers.js";
import { writeSample } from "../generator/sample.js";

/** A frame under the VLAN ids given, from the outside in; the server's may differ. */
function tagged(clientTags, serverTags = clientTags) {
  return (packet, etherType, fromClient) =>
    ethernet(etherType, packet, fromClient, fromClient ? clientTags : serverTags);
}

// shared.pcap: VLAN 10, VLAN 20, and VLAN 10 inside provider VLAN 100, with the same endpoints and the
// same initial numbers; their packets alternate
const sharedRecorder = new Recorder();
const shared = [[10], [20], [100, 10]].map(
  (tags) => new Conversation(sharedRecorder, { clientPort: 46_000, frame: tagged(tags) }),
);
const texts = ["ten", "twenty", "both"];
for (const conversation of shared) conversation.open();
for (const [index, conversation] of shared.entries()) {
  conversation.client.send(request(`/${texts[index]}`));
}
for (let at = 0; at < 3000; at += 1000) {
  for (const [index, conversation] of shared.entries()) {
    conversation.server.send(ruler(1000, texts[index], at), { acked: true });
  }
}
for (const conversation of shared) conversation.close();

// asymmetric.pcap: the client's packets under VLAN 30, the server's under VLAN 31
const asymmetricRecorder = new Recorder();
const asymmetric = new Conversation(asymmetricRecorder, {
  clientPort: 46_001,
  frame: tagged([30], [31]),
});
asymmetric.open();
asymmetric.client.send(request("/asymmetric"));
asymmetric.server.send(ruler(2000, "server"), { acked: true });
asymmetric.close();

// mirrored.pcap: each packet under VLAN 40, and again behind a router's port under VLAN 41
const mirroredRecorder = new Recorder();
let copies = [];
const mirrored = new Conversation(mirroredRecorder, {
  clientPort: 46_002,
  frame: (packet, etherType, fromClient) => {
    copies.push(ethernet(etherType, packet, fromClient, [41]));
    return ethernet(etherType, packet, fromClient, [40]);
  },
});
mirrored.open();
mirrored.client.send(request("/mirrored"));
mirrored.server.send(ruler(2000, "server"), { acked: true });
mirrored.close();
const both = mirroredRecorder.packets.flatMap((packet, index) => [
  packet,
  { ...packet, micros: packet.micros + 100, bytes: copies[index] },
]);

const [c2s, s2c] = asymmetric.expect();
const clean = { warnings: [], infos: ["ipv4", "encapsulated"] };

writeSample(
  import.meta.url,
  {
    "shared.pcap": pcapFile(sharedRecorder.packets),
    "asymmetric.pcap": pcapFile(asymmetricRecorder.packets),
    "mirrored.pcap": pcapFile(both),
  },
  [
    {
      captures: ["shared.pcap"],
      streams: shared.flatMap((conversation) => conversation.expect()),
      ...clean,
      report: {
        "flows.total": 3,
        "flows.end.fin": 3,
        "loss.missingBytes": 0,
        "segments.retransmitted": 0,
        "decode.encapsulatedPackets": sharedRecorder.packets.length,
      },
    },
    {
      // by default the tags are part of the flow's key: two flows of one direction each
      captures: ["asymmetric.pcap"],
      streams: [c2s, { ...s2c, flow: 2 }],
      warnings: ["oneWay", "openAtEnd"],
      infos: ["ipv4", "encapsulated"],
      report: { "flows.total": 2, "flows.oneWay": 2 },
    },
    {
      captures: ["asymmetric.pcap"],
      options: ["--vlan", "ignore"],
      streams: [c2s, s2c],
      ...clean,
      report: { "flows.total": 1, "flows.oneWay": 0, "flows.end.fin": 1 },
    },
    {
      captures: ["mirrored.pcap"],
      options: ["--vlan", "first"],
      streams: mirrored.expect(),
      ...clean,
      report: {
        "flows.total": 1,
        "flows.end.fin": 1,
        "segments.retransmitted": 0,
        "segments.duplicatedPackets": 0,
        "decode.outcomes.other-path": mirroredRecorder.packets.length,
      },
    },
  ],
);
