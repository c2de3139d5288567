// The same packets in every kind of file: pcap of both byte orders and resolutions, pcapng of both byte
// orders, snoop, gzip, and cut into two files in the middle of the connection.

import { gzipFile, pcapFile, pcapngFile, snoopFile } from "../generator/capture-files.js";
import { Conversation, Recorder, request, ruler } from "../generator/conversation.js";
import { writeSample } from "../generator/sample.js";

const recorder = new Recorder();
const conversation = new Conversation(recorder, { clientPort: 48_000 });
conversation.open();
conversation.client.send(request("/formats"));
conversation.server.send(ruler(4001, "server"), { size: 801, missed: [3], acked: true });
conversation.close();

const { packets } = recorder;
const middle = 8;
const captures = {
  "little-endian-micro.pcap": pcapFile(packets),
  "big-endian-nano.pcap": pcapFile(packets, { big: true, nano: true }),
  "little-endian.pcapng": pcapngFile(packets),
  "big-endian.pcapng": pcapngFile(packets, [{ nano: true }], true),
  "solaris.snoop": snoopFile(packets),
  "compressed.pcap.gz": gzipFile(pcapFile(packets)),
  "part-1.pcap": pcapFile(packets.slice(0, middle)),
  "part-2.pcap": pcapFile(packets.slice(middle)),
};
const wholeFiles = Object.keys(captures).filter((name) => !name.startsWith("part"));

const expected = {
  streams: conversation.expect({ s2c: { gaps: [[2403, 801, "ackedUnseen"]] } }),
  warnings: ["ackedUnseen"],
  infos: ["ipv4"],
  report: {
    "capture.packets": packets.length,
    "flows.total": 1,
    "flows.end.fin": 1,
    "loss.missingBytes": 801,
    // each packet is a millisecond after the one before
    "input.firstTs": "1700000000.000000000",
    "input.lastTs": `1700000000.0${packets.length - 1}000000`,
  },
};
writeSample(import.meta.url, captures, [
  ...wholeFiles.map((name) => ({ captures: [name], ...expected })),
  { captures: ["part-1.pcap", "part-2.pcap"], ...expected },
]);
