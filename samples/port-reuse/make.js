// Four connections between the same two endpoints, one after the other: closed by FIN, never closed,
// with an initial number just above the last one's end, and after a reset. Stragglers of the first and
// second arrive when the next has begun.

import { pcapFile } from "../generator/capture-files.js";
import { Conversation, Recorder, request, ruler } from "../generator/conversation.js";
import { writeSample } from "../generator/sample.js";

const recorder = new Recorder();
function open(name, clientIsn, serverIsn) {
  const connection = new Conversation(recorder, { clientPort: 42_000, clientIsn, serverIsn });
  connection.open();
  connection.client.send(request(`/${name}`));
  return connection;
}

// 1: closed by FIN
const closed = open("closed", 1_000_000, 2_000_000_000);
closed.server.send(ruler(3000, "first"), { acked: true });
closed.close();
recorder.wait(2);

// 2: a SYN on the closed connection; this one never closes
const unclosed = open("unclosed", 700_000_000, 3_100_000_000);
unclosed.server.send(ruler(2000, "second"));
// a late copy of a segment of 1
closed.server.segment(1000, 2000);
unclosed.client.ack();
recorder.wait(2);

// 3: a SYN on an open connection, its numbers 64,000 above the end of 2 (as systems do that count
// their initial numbers up); segment 1 of connection 2 is retransmitted in between
const growing = open(
  "growing",
  unclosed.client.isn + 1 + unclosed.client.sent + 64_000,
  unclosed.server.isn + 1 + unclosed.server.sent + 64_000,
);
growing.server.send(ruler(4000, "third"), { size: 800, missed: [2] });
unclosed.server.segment(1000, 2000);
growing.client.ack();
growing.client.reset();
recorder.wait(2);

// 4: a SYN on a connection that was reset, its numbers below those of 3
const lower = open("lower", 5_000_000, 40_000);
lower.server.send(ruler(2500, "fourth"), { acked: true });
lower.close();

writeSample(import.meta.url, { "port-reuse.pcap": pcapFile(recorder.packets) }, [
  {
    captures: ["port-reuse.pcap"],
    streams: [
      ...closed.expect(),
      ...unclosed.expect(),
      ...growing.expect({ s2c: { gaps: [[1600, 800, "ackedUnseen"]] } }),
      ...lower.expect(),
    ],
    warnings: ["ackedUnseen"],
    infos: ["retransmission", "reset", "tupleReuse", "ipv4"],
    report: {
      "flows.total": 4,
      "flows.start.handshake": 4,
      "flows.end.fin": 2,
      "flows.end.replaced": 1,
      "flows.end.rst": 1,
      "flows.replaced": 3,
      "segments.retransmitted": 2,
      "loss.missingBytes": 800,
      "streams.withData": 8,
    },
  },
]);
