// Files that end in the middle of a record, or hold octets in the middle that are no record: what can
// be read counts, and the report says that something is wrong.

import { pcapngParts, pcapParts } from "../generator/capture-files.js";
import { Conversation, Recorder, request, ruler } from "../generator/conversation.js";
import { writeSample } from "../generator/sample.js";

/** A download of ten segments; the packet that carries the one that is damaged is not recorded. */
function download(clientPort, missed) {
  const recorder = new Recorder();
  const conversation = new Conversation(recorder, { clientPort });
  conversation.open();
  conversation.client.send(request("/damaged"));
  /** Packets before the damaged one. */
  const before = recorder.packets.length + missed;
  conversation.server.send(ruler(10_000, "server"), { missed: [missed] });
  conversation.client.ack();
  conversation.close();
  return { conversation, packets: recorder.packets, before };
}

// cut.pcap: the tail of a good capture is missing, from the middle of the record of segment 5 on
const cutRecorder = new Recorder();
const cut = new Conversation(cutRecorder, { clientPort: 49_000 });
cut.open();
cut.client.send(request("/cut"));
cut.server.send(ruler(5000, "server"), { acked: true });
const cutPackets = cutRecorder.packets.length;
const lastRecorder = new Recorder();
const last = new Conversation(lastRecorder, { clientPort: 49_000 });
last.server.send(ruler(1000, "cut"));
const cutRecord = pcapParts(lastRecorder.packets)[1].subarray(0, 700);
const cutFile = Buffer.concat([...pcapParts(cutRecorder.packets), cutRecord]);

// bad-record.pcap: the header of one record is overwritten with 0xff, its captured length with it
const record = download(49_001, 6);
const recordParts = pcapParts(record.packets);
const badRecord = Buffer.concat([Buffer.alloc(16, 0xff), Buffer.alloc(1054, 0xee)]);
recordParts.splice(1 + record.before, 0, badRecord);

// bad-block.pcapng: both lengths of one block are wrong, and so is what is in it
const block = download(49_002, 3);
const blockParts = pcapngParts(block.packets);
const badBlock = Buffer.alloc(1088, 0xee);
badBlock.writeUInt32LE(6, 0);
badBlock.writeUInt32LE(0x7ffffff1, 4);
blockParts.splice(2 + block.before, 0, badBlock);

// not-a-capture.txt
const text = Buffer.from("This is text. It holds no packet, however its name may end.\n");

const damage = ["inputDamaged"];

writeSample(
  import.meta.url,
  {
    "cut.pcap": cutFile,
    "bad-record.pcap": Buffer.concat(recordParts),
    "bad-block.pcapng": Buffer.concat(blockParts),
    "not-a-capture.pcap": text,
  },
  [
    {
      captures: ["cut.pcap"],
      streams: cut.expect(),
      warnings: ["openAtEnd", ...damage],
      infos: ["ipv4"],
      report: {
        "capture.packets": cutPackets,
        "input.files.0.truncated": true,
        "input.warnings.0.code": "CAPTURE_CUT_SHORT",
        "flows.total": 1,
        "loss.missingBytes": 0,
      },
    },
    {
      captures: ["bad-record.pcap"],
      streams: record.conversation.expect({ s2c: { gaps: [[6000, 1000, "ackedUnseen"]] } }),
      warnings: ["ackedUnseen", ...damage],
      infos: ["ipv4"],
      report: {
        "capture.packets": record.packets.length,
        "input.files.0.skippedBytes": badRecord.length,
        "input.warnings.0.code": "BAD_RECORD",
        "flows.end.fin": 1,
      },
    },
    {
      captures: ["bad-block.pcapng"],
      streams: block.conversation.expect({ s2c: { gaps: [[3000, 1000, "ackedUnseen"]] } }),
      warnings: ["ackedUnseen", ...damage],
      infos: ["ipv4"],
      report: {
        "capture.packets": block.packets.length,
        "input.files.0.skippedBytes": badBlock.length,
        "input.warnings.0.code": "BAD_BLOCK",
        "flows.end.fin": 1,
      },
    },
    // damage is an error for who asks for that
    { captures: ["cut.pcap"], options: ["--strict"], exit: 3, streams: null },
    { captures: ["bad-record.pcap"], options: ["--strict"], exit: 3, streams: null },
    // one file that can't be read does not keep the others from being read
    {
      captures: ["not-a-capture.pcap", "cut.pcap"],
      exit: 3,
      streams: cut.expect(),
      report: { "capture.packets": cutPackets, "input.errors.0.code": "NOT_A_CAPTURE" },
    },
  ],
);
