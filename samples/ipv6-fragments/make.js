// IPv6 with extension headers and fragments: in order, in any order with copies, incomplete, and
// overlapping (which RFC 5722 has thrown away altogether).

import { pcapFile } from "../generator/capture-files.js";
import { Conversation, Recorder, request, ruler } from "../generator/conversation.js";
import { writeSample } from "../generator/sample.js";

const HOP_BY_HOP = 0;
const ROUTING = 43;
const DESTINATION_OPTIONS = 60;

const recorder = new Recorder();
function asked(index, settings = {}) {
  const conversation = new Conversation(recorder, {
    client: "2001:db8::1",
    clientPort: 51_000 + index,
    server: "2001:db8:0:1::80",
    serverIsn: 1_000_000 * index,
    ...settings,
  });
  conversation.open();
  conversation.client.send(request(`/${index}`));
  return conversation;
}

// 1: hop-by-hop options, routing header and destination options on every packet
const extended = asked(1, { extensions: [HOP_BY_HOP, ROUTING], innerExtensions: [60] });
extended.server.send(ruler(2000, "extend"), { acked: true });
extended.close();

// 2: segments in three fragments: in order, backwards, and with one of them twice; behind the fragment
// header come destination options
const fragmented = asked(2, { extensions: [HOP_BY_HOP], innerExtensions: [DESTINATION_OPTIONS] });
fragmented.server.says(ruler(4000, "frag"));
fragmented.server.segment(0, 1000, { cuts: [400, 800] });
fragmented.server.segment(1000, 2000, { cuts: [400, 800], order: [2, 1, 0] });
fragmented.server.segment(2000, 3000, { cuts: [400, 800], order: [1, 1, 0, 2] });
fragmented.server.segment(3000, 4000);
fragmented.client.ack();
fragmented.close();

// 3: of one segment the fragment in the middle was not captured
const incomplete = asked(3);
incomplete.server.says(ruler(3000, "part"));
incomplete.server.segment(0, 1000);
incomplete.server.segment(1000, 2000, { cuts: [400, 800], order: [0, 2] });
incomplete.server.segment(2000, 3000);
incomplete.client.ack();
incomplete.close();

// 4: the fragments of one segment overlap: neither end takes it, and it comes again in one piece
const overlapping = asked(4);
overlapping.server.says(ruler(2000, "over"));
overlapping.server.segment(0, 1000);
overlapping.server.segment(1000, 2000, { cuts: [400, 800], overlap: 16, order: [0, 1, 2] });
overlapping.client.ack({ ack: 1000 });
overlapping.server.segment(1000, 2000);
overlapping.client.ack();
overlapping.close();

writeSample(import.meta.url, { "ipv6-fragments.pcap": pcapFile(recorder.packets) }, [
  {
    captures: ["ipv6-fragments.pcap"],
    streams: [
      ...extended.expect(),
      ...fragmented.expect(),
      ...incomplete.expect({ s2c: { gaps: [[1000, 1000, "ackedUnseen"]] } }),
      ...overlapping.expect(),
    ],
    warnings: ["ackedUnseen", "fragIncomplete"],
    infos: ["fragReassembled", "ipv6"],
    report: {
      "decode.ipv6Packets": recorder.packets.length,
      "decode.fragments.packets": 15,
      "decode.fragments.reassembled": 3,
      "flows.total": 4,
      "flows.end.fin": 4,
      "segments.retransmitted": 0,
      "payload.conflictingBytes": 0,
      "loss.missingBytes": 1000,
      "loss.gaps": 1,
    },
  },
]);
