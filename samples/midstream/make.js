// Connections whose beginning was not captured, or came in another order.

import { pcapFile } from "../generator/capture-files.js";
import { Conversation, Recorder, request, ruler } from "../generator/conversation.js";
import { writeSample } from "../generator/sample.js";

const UNSEEN = { seen: false };
const recorder = new Recorder();
const flow = (index, settings) =>
  new Conversation(recorder, { clientPort: 44_000 + index, serverIsn: 9_000_000, ...settings });

// 1: the capture begins in the middle, and the first segments that it holds are out of order
const reordered = flow(1);
reordered.open(UNSEEN);
reordered.client.send(request("/reordered"), UNSEEN);
reordered.server.says(ruler(8000, "late"));
reordered.server.segment(0, 3000, UNSEEN);
reordered.server.segment(5000, 6000);
reordered.server.segment(3000, 4000);
reordered.server.segment(4000, 5000);
reordered.client.ack();
reordered.server.segment(6000, 7000);
reordered.server.segment(7000, 8000);
reordered.close();

// 2: of the handshake only the SYN+ACK was captured: both streams begin where it says
const answered = flow(2);
answered.client.syn(UNSEEN);
answered.server.syn({ flags: "SA" });
answered.client.says(request("/answered"));
answered.client.segment(20, answered.client.said.length);
answered.client.segment(0, 20);
answered.server.send(ruler(1000, "answer"), { acked: true });
answered.close();

// 3: the SYN was recorded after the first data
const lateSyn = flow(3);
lateSyn.client.send(request("/late-syn"), { ack: 0 });
lateSyn.client.syn();
lateSyn.server.syn({ flags: "SA", ack: 0 });
lateSyn.server.send(ruler(1000, "syn"), { acked: true });
lateSyn.close();

// 4: the server (port 22) speaks first
const serverFirst = flow(4, { serverPort: 22 });
serverFirst.open(UNSEEN);
serverFirst.server.send(ruler(1000, "server"));
serverFirst.client.send(ruler(600, "client"));
serverFirst.server.ack();
serverFirst.close();

// 5: two high ports: the sender of the first packet counts as the client
const highPorts = flow(5, { serverPort: 50_000 });
highPorts.open(UNSEEN);
highPorts.client.send(ruler(500, "client"));
highPorts.server.send(ruler(1000, "server"), { acked: true });
highPorts.close();

// 6: only the server's side was captured
const oneWay = flow(6);
oneWay.client.syn(UNSEEN);
oneWay.server.syn({ flags: "SA" });
oneWay.client.says(request("/one-way"));
oneWay.client.segment(0, oneWay.client.said.length, UNSEEN);
oneWay.server.send(ruler(3000, "server"), { missed: [1] });
oneWay.server.fin();

writeSample(import.meta.url, { "midstream.pcap": pcapFile(recorder.packets) }, [
  {
    captures: ["midstream.pcap"],
    streams: [
      // nothing was captured of the request: the stream of 1 has no octets, and none are missing
      ...reordered.expect({ c2s: { from: reordered.client.said.length }, s2c: { from: 3000 } }),
      ...answered.expect(),
      ...lateSyn.expect(),
      ...serverFirst.expect(),
      ...highPorts.expect(),
      ...oneWay.expect({
        c2s: { length: 0 },
        s2c: { gaps: [[1000, 1000, "neverAcked"]] },
      }),
    ],
    warnings: ["neverAcked", "midstream", "oneWay", "openAtEnd"],
    infos: ["outOfOrder", "ipv4"],
    report: {
      "flows.total": 6,
      "flows.start.handshake": 1,
      "flows.start.partial": 2,
      "flows.start.midstream": 3,
      "flows.oneWay": 1,
      "flows.end.fin": 5,
      "flows.end.open": 1,
      "loss.missingBytes": 1000,
      "payload.beforeStartBytes": 0,
    },
  },
]);
