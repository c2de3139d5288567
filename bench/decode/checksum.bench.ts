// Verifying the TCP checksum of a segment that lies in memory with a kernel, as captures do, and in plain
// memory, as reassembled datagrams do; against the loop of the specification.

import { bench, describe } from "vitest";
import { PacketCursor } from "../../src/capture/packet-cursor.ts";
import { verifyTcpChecksum } from "../../src/decode/checksum.ts";
import { Decoder } from "../../src/decode/decoder.ts";
import { ChecksumState, SegmentCursor } from "../../src/decode/segment-cursor.ts";
import { OctetMemory, kernelOf } from "../../src/memory/octet-memory.ts";
import { ACK, Endpoint, SegmentBuilder, fold, sumWords } from "../generator/segment-builder.js";

const SEGMENTS = 1000;
const PROTOCOL_TCP = 6;

/** The segment of a packet with so much payload, its octets copied to `memory`. */
function segmentIn(memory: Uint8Array, payloadBytes: number): SegmentCursor {
  const client = new Endpoint();
  const server = new Endpoint();
  client.reset(0x0a4d0001, 40_000, 1000, 1);
  server.reset(0x0a4d0002, 80, 2000, 1);
  const payload = Buffer.alloc(payloadBytes, "octets of a payload; ");
  const builder = new SegmentBuilder();
  const sum = sumWords(payload, 0, payloadBytes);
  builder.build(client, server, ACK, 0, payload, 0, payloadBytes, sum);
  memory.set(builder.packet.subarray(0, builder.length));
  const packet = new PacketCursor();
  packet.bytes = memory;
  packet.end = packet.originalLength = builder.length;
  packet.linkType = 1;
  const segment = new SegmentCursor();
  new Decoder().decode(packet, segment);
  return segment;
}

function verifyAll(segment: SegmentCursor): void {
  let good = 0;
  for (let count = 0; count < SEGMENTS; count++) {
    if (verifyTcpChecksum(segment) === ChecksumState.GOOD) good++;
  }
  if (good !== SEGMENTS) throw new Error(`${good} of ${SEGMENTS} checksums are good`);
}

/** RFC 1071 §4.1, 16-bit words one by one. */
function verifyAllByLoop({ bytes, ipStart, tcpStart, payloadEnd }: SegmentCursor): void {
  let good = 0;
  for (let count = 0; count < SEGMENTS; count++) {
    const pseudo = sumWords(bytes, ipStart + 12, tcpStart) + PROTOCOL_TCP + payloadEnd - tcpStart;
    if (fold(pseudo + sumWords(bytes, tcpStart, payloadEnd)) === 0xffff) good++;
  }
  if (good !== SEGMENTS) throw new Error(`${good} of ${SEGMENTS} checksums are good`);
}

for (const length of [64, 1448]) {
  const withKernel = segmentIn(new OctetMemory(65_536, 0).octets, length);
  if (kernelOf(withKernel.bytes.buffer) === null) throw new Error("there is no kernel here");
  const plain = segmentIn(new Uint8Array(65_536), length);
  const bad = segmentIn(new Uint8Array(65_536), length);
  bad.bytes[bad.payloadEnd - 1]! ^= 1;
  if (verifyTcpChecksum(bad) !== ChecksumState.BAD) throw new Error("a bad one went unseen");
  verifyAll(withKernel);
  verifyAll(plain);
  verifyAllByLoop(plain);

  describe(`1,000 segments of ${length} octets verified`, () => {
    bench("verifyTcpChecksum, memory with a kernel", () => verifyAll(withKernel));
    bench("verifyTcpChecksum, plain memory", () => verifyAll(plain));
    bench("a loop over 16-bit words", () => verifyAllByLoop(plain));
  });
}
