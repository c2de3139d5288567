// Forged resets as tshark sees them in the slice, for every stage of a connection: nothing malformed, right
// checksums, the numbers that the receivers expect, the time of the packet that caused them. Without
// tshark this is skipped.

import { spawnSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Script } from "../../src/script/script-api.ts";
import { HANDSHAKE, handshakeOf, runScripts } from "./run-scripts.ts";

const HAS_TSHARK = spawnSync("tshark", ["--version"]).status === 0;

/** "bad" resets both ends, "half" the server only, a SYN of the fourth client is answered by a reset. */
const policy: Script = {
  rules: [
    {
      on: "newConnection",
      eval: (flow, packet) => {
        if (flow.client.port === 40_003) packet.reset();
      },
    },
    {
      on: "receivePacket",
      eval: (flow, { payload }) => {
        if (payload.text().includes("bad")) flow.reset();
        if (payload.text().includes("half")) flow.halfReset();
      },
    },
    {
      on: "receiveData",
      eval: (flow, data) => {
        if (data.text().includes("data")) flow.reset();
      },
    },
  ],
};

const LINES = [
  ...HANDSHAKE,
  "0.3 c PA 101 301 w=200 hello",
  "0.4 s PA 301 106 w=300 answer",
  "0.5 c PA 106 307 w=200 bad",
  "0.6 c PA 109 307 vanishes",
  ...handshakeOf("c2", "s2", 1),
  "1.3 s2 PA 301 101 half",
  // Around the wrap.
  "2.0 c3 S 4294967290",
  "2.1 s3 SA 4294967294 4294967291",
  "2.2 c3 A 4294967291 4294967295",
  "2.3 c3 PA 4294967291 4294967295 0123456789",
  "2.4 s3 PA 4294967295 5 bad",
  "3.0 c4 S 100",
  // From the middle.
  "4.0 c5 PA 5000 7000 w=99 bad",
  // By octets that filled a hole: none of them counts as delivered.
  ...handshakeOf("c6", "s6", 5),
  "5.3 c6 PA 103 301 ta",
  "5.4 c6 PA 101 301 da",
];

/** Time, ports and numbers of each reset that has to be there. */
const RESETS = [
  "0.500000000 40000>80 106",
  "0.500000000 80>40000 307",
  "1.300000000 40001>80 101",
  "2.400000000 40002>80 5",
  "2.400000000 80>40002 4294967295",
  // Where the SYN would have been: it vanished, so that the server expects nothing yet.
  "3.000000000 40003>80 100",
  "3.000000000 80>40003 0 acknowledges 101",
  "4.000000000 40004>80 5000",
  "4.000000000 80>40004 7000",
  "5.400000000 40005>80 101",
  "5.400000000 80>40005 301",
];

let folder: string;
let file: string;
beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "tcpx-resets-")));
  file = join(folder, "passed.pcap");
  const { report } = await runScripts([policy], LINES, { command: "slice", slice: { file } });
  expect(report.slice!.forged).toBe(RESETS.length);
  expect(report.script.exceptions).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Packets that match, a line of tab-separated fields each. */
function shark(filter: string, ...fields: string[]): string[] {
  const checks = ["tcp.check_checksum:TRUE", "ip.check_checksum:TRUE"].flatMap((o) => ["-o", o]);
  const words = ["-r", file, "-Y", filter, "-T", "fields", ...fields.flatMap((f) => ["-e", f])];
  const { stdout, status } = spawnSync("tshark", [...words, ...checks], { encoding: "utf8" });
  expect(status).toBe(0);
  return stdout.split("\n").filter((line) => line !== "");
}

describe.skipIf(!HAS_TSHARK)("tshark", () => {
  it("finds nothing malformed and every checksum right", () => {
    const good = "!_ws.malformed && tcp.checksum.status == 1 && ip.checksum.status == 1";
    expect(shark(`tcp.flags.reset == 1 && ${good}`, "frame.number")).toHaveLength(RESETS.length);
    expect(shark("_ws.malformed || _ws.expert.severity == 8388608", "frame.number")).toEqual([]);
  });

  it("finds the numbers that the receivers expect, at the time of the cause", () => {
    const fields = ["frame.time_epoch", "tcp.srcport", "tcp.dstport", "tcp.seq_raw"];
    const resets = shark("tcp.flags.reset == 1", ...fields, "tcp.flags.ack", "tcp.ack_raw");
    const told = resets.map((line) => {
      const [time, from, to, seq, hasAck, ack] = line.split("\t");
      const isAck = hasAck === "1" || hasAck === "True";
      return `${time} ${from}>${to} ${seq}${isAck ? ` acknowledges ${ack}` : ""}`;
    });
    expect(told).toEqual(RESETS);
  });

  it("finds nothing of a flow behind its reset", () => {
    expect(shark('tcp.payload contains "vanishes"', "frame.number")).toEqual([]);
    expect(shark('tcp.payload contains "bad"', "frame.number")).toEqual([]);
  });
});
