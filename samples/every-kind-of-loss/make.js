// One capture with one of everything that a report can tell of: pcapng, two interfaces (the second with
// a snap length of 200 octets), drop counts, and fourteen connections of which each shows one thing.

import { pcapngFile } from "../generator/capture-files.js";
import { Conversation, Recorder, request, ruler } from "../generator/conversation.js";
import { ETHER_TYPE, ethernet, ipv4, PROTOCOL, udp } from "../generator/headers.js";
import { writeSample } from "../generator/sample.js";

const UNSEEN = { seen: false };
const recorder = new Recorder();

/** A connection that is open and has asked; flows 1, 2, ... in this order. */
function asked(index, settings = {}) {
  const conversation = new Conversation(recorder, {
    clientPort: 45_000 + index,
    serverIsn: 10_000_000 * index,
    ...settings,
  });
  conversation.open();
  conversation.client.send(request(`/${index}`));
  return conversation;
}

// 1: nothing missing; the client closes its side first and the server goes on (half-close)
const whole = asked(1);
whole.server.send(ruler(1000, "whole"));
whole.client.fin();
whole.server.send(ruler(1500, "whole", 1000), { size: 750, acked: true });
whole.server.fin();
whole.client.ack();

// 2: acknowledged, but not captured
const unseen = asked(2);
unseen.server.send(ruler(4000, "unseen"), { missed: [1], acked: true });
unseen.close();

// 3: lost in the network, never acknowledged
const never = asked(3);
never.server.send(ruler(3000, "never"), { missed: [1] });
never.client.ack({ ack: 1000 });
never.server.reset();

// 4: on the second interface only 146 of 1000 octets of each payload are captured
const snapped = asked(4, { interface: 1, snap: 200 });
snapped.server.send(ruler(3000, "snap"), { acked: true });
snapped.close();

// 5: a wrong checksum: the receiver refused it and got it again
const repaired = asked(5);
repaired.server.send(ruler(3000, "repair"), { missed: [1] });
repaired.server.segment(1000, 2000, { altered: true, badChecksum: true });
repaired.client.ack({ ack: 1000 });
repaired.server.segment(1000, 2000);
repaired.client.ack();
repaired.close();

// 6: a wrong checksum, and the repetition was not captured
const refused = asked(6);
refused.server.says(ruler(3000, "refuse"));
refused.server.segment(0, 1000);
refused.server.segment(1000, 2000, { altered: true, badChecksum: true });
refused.server.segment(2000, 3000);
refused.client.ack();
refused.close();

// 7: a segment in two fragments, the second of them first; another of which one fragment is missing
const fragments = asked(7);
fragments.server.says(ruler(3000, "frag"));
fragments.server.segment(0, 1000, { cuts: [512], order: [1, 0] });
fragments.server.segment(1000, 2000, { cuts: [512], order: [0] });
fragments.server.segment(2000, 3000);
fragments.client.ack();
fragments.close();

// 8: two copies of the same octets that differ in every octet; the first is kept
const conflict = asked(8);
conflict.server.send(ruler(1000, "first"));
conflict.server.segment(200, 500, { altered: true });
conflict.client.ack();
conflict.close();

// 9: a keep-alive and a probe of a closed window
const probed = asked(9);
probed.server.send(ruler(1000, "probe"));
probed.client.ack({ window: 0 });
probed.server.probe();
probed.client.ack({ window: 0 });
probed.client.ack();
probed.client.probe();
probed.server.ack();
probed.close();

// 10: one packet captured twice, another sent twice, two in the other order
const twice = asked(10);
twice.server.says(ruler(4000, "twice"));
twice.server.segment(0, 1000, { twice: true });
twice.server.segment(2000, 3000);
twice.server.segment(1000, 2000);
twice.server.segment(3000, 4000);
twice.client.ack();
twice.server.segment(3000, 4000);
twice.close();

// 11: the handshake is missing
const midstream = new Conversation(recorder, { clientPort: 45_011, serverIsn: 110_000_000 });
midstream.open(UNSEEN);
midstream.server.send(ruler(2000, "middle"), { acked: true });
midstream.close();

// 12: only the server was captured
const oneWay = new Conversation(recorder, { clientPort: 45_012, serverIsn: 120_000_000 });
oneWay.client.syn(UNSEEN);
oneWay.server.syn({ flags: "SA" });
oneWay.server.send(ruler(2000, "oneway"));
oneWay.server.fin();

// what is no TCP: a DNS question and an ARP request
const question = udp(5353, 53, Buffer.from("question"));
const datagram = { source: "192.0.2.1", destination: "198.51.100.2", protocol: PROTOCOL.udp };
recorder.add(ethernet(ETHER_TYPE.ipv4, ipv4({ ...datagram, payload: question })));
recorder.add(ethernet(0x0806, Buffer.alloc(46)));

// 13: goes silent for longer than the idle timeout and speaks again: 14 resumes it
const silent = asked(13);
silent.server.send(ruler(1000, "silent"), { acked: true });
recorder.wait(700);
const resumed = new Conversation(recorder, {
  clientPort: 45_013,
  clientIsn: silent.client.isn + silent.client.sent,
  serverIsn: silent.server.isn + silent.server.sent,
});
resumed.server.send(ruler(1000, "resume", 1000), { acked: true });
resumed.close();

// 15: still open when the capture ends
const open = asked(15);
open.server.send(ruler(1000, "open"), { acked: true });

const total = recorder.packets.length;
const onSecond = recorder.packets.filter((packet) => packet.interface === 1).length;
const interfaces = [
  { name: "eth0", received: total - onSecond + 9, droppedByInterface: 2, droppedByKernel: 7 },
  { name: "eth1", snapLength: 200, nano: true, received: onSecond, droppedByKernel: 0 },
];

writeSample(
  import.meta.url,
  { "every-kind-of-loss.pcapng": pcapngFile(recorder.packets, interfaces) },
  [
    {
      captures: ["every-kind-of-loss.pcapng"],
      streams: [
        ...whole.expect(),
        ...unseen.expect({ s2c: { gaps: [[1000, 1000, "ackedUnseen"]] } }),
        ...never.expect({ s2c: { gaps: [[1000, 1000, "neverAcked"]] } }),
        ...snapped.expect({
          s2c: {
            gaps: [
              [146, 854, "snapped"],
              [1146, 854, "snapped"],
              [2146, 854, "snapped"],
            ],
          },
        }),
        ...repaired.expect(),
        ...refused.expect({ s2c: { gaps: [[1000, 1000, "discarded"]] } }),
        ...fragments.expect({ s2c: { gaps: [[1000, 1000, "ackedUnseen"]] } }),
        ...conflict.expect(),
        ...probed.expect(),
        ...twice.expect(),
        ...midstream.expect(),
        ...oneWay.expect(),
        ...silent.expect(),
        ...resumed.expect(),
        ...open.expect(),
      ],
      warnings: [
        "ackedUnseen",
        "neverAcked",
        "snapped",
        "discarded",
        "conflict",
        "checksum",
        "fragIncomplete",
        "midstream",
        "oneWay",
        "timeout",
        "openAtEnd",
        "captureDrops",
      ],
      infos: [
        "retransmission",
        "outOfOrder",
        "duplicatePacket",
        "probe",
        "reset",
        "fragReassembled",
        "ipv4",
      ],
      report: {
        "capture.packets": total,
        "capture.received": total + 9,
        "capture.dropped.kernel": 7,
        "capture.dropped.interface": 2,
        "capture.snapped.packets": 3,
        "capture.snapped.bytes": 3 * 854,
        "decode.udpPackets": 1,
        "decode.otherPackets": 1,
        "decode.fragments.packets": 3,
        "decode.fragments.reassembled": 1,
        "decode.fragments.incomplete": 1,
        "decode.checksum.bad": 2,
        "decode.checksum.refused": 2,
        "decode.outcomes.bad-checksum": 2,
        "decode.outcomes.not-tcp": 1,
        "decode.outcomes.not-ip": 1,
        // a fragment that waits for its other half, and one for which none comes
        "decode.outcomes.fragment-waiting": 2,
        "flows.total": 15,
        "flows.start.handshake": 12,
        "flows.start.partial": 1,
        "flows.start.midstream": 2,
        "flows.oneWay": 1,
        "flows.end.fin": 11,
        "flows.end.rst": 1,
        "flows.end.timeout": 2,
        "flows.end.open": 1,
        "segments.outOfOrder": 2,
        "segments.retransmitted": 3,
        "segments.duplicatedPackets": 1,
        "segments.probes": 2,
        "segments.zeroWindows": 2,
        "payload.conflictingBytes": 300,
        "payload.refusedBytes": 2000,
        "loss.missing.ackedUnseen.bytes": 2000,
        "loss.missing.neverAcked.bytes": 1000,
        "loss.missing.snapped.bytes": 3 * 854,
        "loss.missing.snapped.gaps": 3,
        "loss.missing.discarded.bytes": 1000,
      },
    },
  ],
);
