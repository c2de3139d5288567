// Segments that come in another order than they were sent, twice, or overlapping; nothing is missing.

import { pcapFile } from "../generator/capture-files.js";
import { Conversation, Recorder, request, ruler } from "../generator/conversation.js";
import { writeSample } from "../generator/sample.js";

const recorder = new Recorder();
function flow(index) {
  const conversation = new Conversation(recorder, {
    clientPort: 41_000 + index,
    serverIsn: 1_000_000 * index,
  });
  conversation.open();
  conversation.client.send(request(`/${index}`));
  return conversation;
}

/** Sends the segments `[from, to)` of one stream in the order given. */
function sendInOrder(side, segments) {
  for (const [from, to] of segments) side.segment(from, to);
  side.peer.ack();
}

// 1: neighbours swapped
const swapped = flow(1);
swapped.server.says(ruler(4000, "swap"));
sendInOrder(swapped.server, [
  [1000, 2000],
  [0, 1000],
  [3000, 4000],
  [2000, 3000],
]);
swapped.close();

// 2: the last first
const reversed = flow(2);
reversed.server.says(ruler(5000, "last"));
sendInOrder(reversed.server, [
  [4000, 5000],
  [3000, 4000],
  [2000, 3000],
  [1000, 2000],
  [0, 1000],
]);
reversed.close();

// 3: two holes, and one retransmission that covers all from 500 to 4500: it fills both
const covering = flow(3);
covering.server.says(ruler(5000, "cover"));
sendInOrder(covering.server, [
  [0, 1000],
  [2000, 3000],
  [4000, 5000],
]);
sendInOrder(covering.server, [[500, 4500]]);
covering.close();

// 4: a retransmission that starts old and ends new, then one that brings nothing new
const growing = flow(4);
growing.server.says(ruler(3000, "grow"));
sendInOrder(growing.server, [
  [0, 1000],
  [1000, 2000],
]);
sendInOrder(growing.server, [
  [1000, 3000],
  [0, 1000],
]);
growing.close();

// 5: the FIN overtakes the last segment
const overtaken = flow(5);
overtaken.server.says(ruler(2000, "fin"));
overtaken.server.segment(0, 1000);
overtaken.server.fin({ at: 2000 });
overtaken.server.segment(1000, 2000);
overtaken.client.ack();
overtaken.client.fin();
overtaken.server.ack();

// 6: one packet recorded twice by a mirror port; that is no retransmission by the sender
const mirrored = flow(6);
mirrored.server.says(ruler(2000, "mirror"));
mirrored.server.segment(0, 1000);
mirrored.server.segment(1000, 2000, { twice: true });
mirrored.client.ack();
mirrored.close();

writeSample(import.meta.url, { "reordering.pcap": pcapFile(recorder.packets) }, [
  {
    captures: ["reordering.pcap"],
    streams: [swapped, reversed, covering, growing, overtaken, mirrored].flatMap((conversation) =>
      conversation.expect(),
    ),
    warnings: [],
    infos: ["retransmission", "overlap", "outOfOrder", "duplicatePacket", "ipv4"],
    report: {
      "flows.total": 6,
      "flows.end.fin": 6,
      "loss.missingBytes": 0,
      "loss.gaps": 0,
      "segments.total": 28,
      // requests and first segments
      "segments.inOrder": 13,
      "segments.afterHole": 5,
      "segments.outOfOrder": 6,
      "segments.overlapping": 2,
      "segments.retransmitted": 2,
      "segments.duplicatedPackets": 1,
      "payload.overlappingBytes": 3000,
      "payload.retransmittedBytes": 2000,
      "payload.conflictingBytes": 0,
      "streams.complete": 12,
    },
  },
]);
