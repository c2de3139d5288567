// A compiled packet filter over packets that it accepts and packets that it rejects, against the shortest program
// there is, which accepts all: the difference is what its instructions cost.

import { bench, describe } from "vitest";
import { PacketCursor } from "../../src/capture/packet-cursor.ts";
import type { BpfProgram } from "../../src/filter/bpf.ts";
import { parseBpfProgram } from "../../src/filter/bpf.ts";
import { BPF_FIXTURES } from "../../test/filter/bpf-fixtures.ts";
import { ACK, Endpoint, SegmentBuilder } from "../generator/segment-builder.js";

const PACKETS = 1000;

/** What `tcpdump -ddd` prints for Ethernet. */
const WEB = BPF_FIXTURES.find(({ expression }) => expression === "tcp port 80 or 443")!.program;
const ALL = "1\n6 0 0 262144\n";

function packetTo(port: number): PacketCursor {
  const client = new Endpoint();
  const server = new Endpoint();
  client.reset(0x0a4d0001, 40_000, 1000, 1);
  server.reset(0x0a4d0002, port, 2000, 1);
  const builder = new SegmentBuilder();
  builder.build(client, server, ACK, 0, Buffer.alloc(0), 0, 0, 0);
  const packet = new PacketCursor();
  packet.bytes = builder.packet;
  packet.end = packet.originalLength = builder.length;
  return packet;
}

function matchAll(program: BpfProgram, packet: PacketCursor, expected: number): void {
  let accepted = 0;
  for (let count = 0; count < PACKETS; count++) if (program.matches(packet)) accepted++;
  if (accepted !== expected) throw new Error(`${accepted} packets accepted, not ${expected}`);
}

const CASES = [
  { name: "tcp port 80 or 443, accepted", text: WEB, port: 443, expected: PACKETS },
  { name: "tcp port 80 or 443, rejected", text: WEB, port: 8080, expected: 0 },
  { name: "all accepted, one instruction", text: ALL, port: 8080, expected: PACKETS },
];

describe("BpfProgram.matches", () => {
  for (const { name, text, port, expected } of CASES) {
    const program = parseBpfProgram(text);
    const packet = packetTo(port);
    matchAll(program, packet, expected);
    bench(`1,000 packets: ${name}`, () => matchAll(program, packet, expected));
  }
});
