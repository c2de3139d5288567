// Sequence numbers that pass 2^32: in order, lost and sent again just there, missing just there, and a
// stream whose first octet has the number 0. Seek positions do not wrap.

import { pcapFile } from "../generator/capture-files.js";
import { Conversation, Recorder, request, ruler } from "../generator/conversation.js";
import { writeSample } from "../generator/sample.js";

const recorder = new Recorder();
function open(index, isns) {
  const conversation = new Conversation(recorder, { clientPort: 43_000 + index, ...isns });
  conversation.open();
  return conversation;
}

// 1: the number 0 is octet 1500 of the stream; segment 1, which holds it, is lost and comes last;
// then a retransmission from 500 to 2500, which brings nothing new
const lost = open(1, { serverIsn: 2 ** 32 - 1501 });
lost.client.send(request("/lost"));
lost.server.says(ruler(4000, "lost"));
lost.server.segment(0, 1000);
lost.server.segment(2000, 3000);
lost.server.segment(3000, 4000);
lost.client.ack({ ack: 1000 });
lost.server.segment(1000, 2000);
lost.server.segment(500, 2500);
lost.client.ack();
lost.close();

// 2: an upload whose initial number is the highest there is: its first octet has the number 0
const zero = open(2, { clientIsn: 2 ** 32 - 1 });
zero.client.send(ruler(3000, "upload"));
zero.server.ack();
zero.close();

// 3: the segment on both sides of the number 0 was not captured, but acknowledged behind it
const missing = open(3, { serverIsn: 2 ** 32 - 2501 });
missing.client.send(request("/missing"));
missing.server.send(ruler(5000, "gap"), { missed: [2], acked: true });
missing.close();

// 4: segments swapped at the wrap, and the FIN behind it; the last octet has the number 2^32 - 1
const swapped = open(4, { serverIsn: 2 ** 32 - 2001 });
swapped.client.send(request("/swapped"));
swapped.server.says(ruler(2000, "swap"));
swapped.server.segment(1000, 2000);
swapped.server.segment(0, 1000);
swapped.client.ack();
swapped.close();

writeSample(import.meta.url, { "wrap-around.pcap": pcapFile(recorder.packets) }, [
  {
    captures: ["wrap-around.pcap"],
    streams: [
      ...lost.expect(),
      ...zero.expect(),
      ...missing.expect({ s2c: { gaps: [[2000, 1000, "ackedUnseen"]] } }),
      ...swapped.expect(),
    ],
    warnings: ["ackedUnseen"],
    infos: ["retransmission", "outOfOrder", "wrap", "ipv4"],
    report: {
      "flows.total": 4,
      "flows.end.fin": 4,
      "segments.outOfOrder": 2,
      "segments.retransmitted": 1,
      "payload.retransmittedBytes": 2000,
      "loss.missingBytes": 1000,
      "loss.gaps": 1,
    },
  },
]);
