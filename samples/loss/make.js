// Octets that are missing, and why: never in the capture though the peer had them, never acknowledged,
// lost at the tail, at the head, altogether, and vouched for by SACK alone.

import { pcapFile } from "../generator/capture-files.js";
import { Conversation, Recorder, request, ruler } from "../generator/conversation.js";
import { uint16, uint32 } from "../generator/headers.js";
import { writeSample } from "../generator/sample.js";

const recorder = new Recorder();
const flow = (index) =>
  new Conversation(recorder, { clientPort: 40_000 + index, serverIsn: 1_000_000 * index });

// 1: segments 2, 3 and 6 crossed the network (they are acknowledged) but not the capture point
const ackedUnseen = flow(1);
ackedUnseen.open();
ackedUnseen.client.send(request("/acked-unseen"));
ackedUnseen.server.send(ruler(8000, "server"), { missed: [2, 3, 6], acked: true });
ackedUnseen.close();

// 2: segment 3 is lost in the network; the client keeps asking for it until the server gives up
const neverAcked = flow(2);
neverAcked.open();
neverAcked.client.send(request("/never-acked"));
neverAcked.server.send(ruler(6000, "server"), { missed: [3] });
neverAcked.client.ack({ ack: 3000 });
neverAcked.client.ack({ ack: 3000 });
neverAcked.server.reset();

// 3: the tail is missing; only the FIN tells that there was one
const tailByFin = flow(3);
tailByFin.open();
tailByFin.client.send(request("/tail-by-fin"));
tailByFin.server.send(ruler(3000, "server"), { missed: [2] });
tailByFin.client.ack({ ack: 2000 });
tailByFin.server.fin();
tailByFin.client.ack({ ack: 2000 });

// 4: the tail is missing; only an acknowledgment tells
const tailByAck = flow(4);
tailByAck.open();
tailByAck.client.send(request("/tail-by-ack"));
tailByAck.server.send(ruler(3000, "server"), { missed: [2] });
tailByAck.client.ack();
tailByAck.client.reset();

// 5: the first segment after the handshake is missing
const head = flow(5);
head.open();
head.client.send(request("/head"));
head.server.send(ruler(2000, "server"), { missed: [0], acked: true });
head.close();

// 6: nothing of the answer was captured; acknowledgments and the FIN tell its length
const all = flow(6);
all.open();
all.client.send(request("/all"));
all.server.send(ruler(2000, "server"), { missed: [0, 1], acked: true });
all.close();

// 7: segment 1 is lost in the network, segment 3 by the capture: the SACK block covers [2000, 4000)
const selective = flow(7);
selective.open();
selective.client.send(request("/sack"));
selective.server.send(ruler(5000, "server"), { missed: [1, 3] });
const edge = (position) => uint32(selective.server.isn + 1 + position);
const sack = [...uint16(0x0101, 0x050a), ...edge(2000), ...edge(4000)];
selective.client.ack({ ack: 1000, options: sack });
selective.server.reset();

writeSample(import.meta.url, { "loss.pcap": pcapFile(recorder.packets) }, [
  {
    captures: ["loss.pcap"],
    streams: [
      ...ackedUnseen.expect({
        s2c: {
          gaps: [
            [2000, 2000, "ackedUnseen"],
            [6000, 1000, "ackedUnseen"],
          ],
        },
      }),
      ...neverAcked.expect({ s2c: { gaps: [[3000, 1000, "neverAcked"]] } }),
      ...tailByFin.expect({ s2c: { gaps: [[2000, 1000, "neverAcked"]] } }),
      ...tailByAck.expect({ s2c: { gaps: [[2000, 1000, "ackedUnseen"]] } }),
      ...head.expect({ s2c: { gaps: [[0, 1000, "ackedUnseen"]] } }),
      ...all.expect({ s2c: { gaps: [[0, 2000, "ackedUnseen"]] } }),
      ...selective.expect({
        s2c: {
          gaps: [
            [1000, 1000, "neverAcked"],
            [3000, 1000, "ackedUnseen"],
          ],
        },
      }),
    ],
    warnings: ["ackedUnseen", "neverAcked", "openAtEnd"],
    infos: ["reset", "ipv4"],
    report: {
      "flows.total": 7,
      "flows.start.handshake": 7,
      "flows.end.fin": 3,
      "flows.end.rst": 3,
      "flows.end.open": 1,
      "loss.missingBytes": 11_000,
      "loss.missing.ackedUnseen.bytes": 8000,
      "loss.missing.ackedUnseen.gaps": 6,
      "loss.missing.neverAcked.bytes": 3000,
      "loss.missing.neverAcked.gaps": 3,
      "loss.biggestGap.length": 2000,
      "loss.biggestLoser.missingBytes": 3000,
      "segments.retransmitted": 0,
      "streams.incomplete": 7,
      "streams.withoutData": 1,
    },
  },
]);
