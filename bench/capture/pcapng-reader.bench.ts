// Enhanced packet blocks of a pcapng that lies in memory, as a block of a file does; and the same with a name
// resolution block, which is passed over, before every tenth of them.

import { bench, describe } from "vitest";
import { PacketCursor } from "../../src/capture/packet-cursor.ts";
import { PcapngReader } from "../../src/capture/pcapng-reader.ts";
import { memoryFile } from "./memory-file.ts";

const PACKETS = 10_000;
const PACKET_BYTES = 130;
const EXPECTED_BYTES = PACKETS * PACKET_BYTES;
const ETHERNET = 1;

/** A little-endian block around `words` and `octets` more, zeros. */
function block(type: number, words: readonly number[], octets = 0): Buffer {
  const length = 12 + words.length * 4 + octets + (-octets & 3);
  const bytes = Buffer.alloc(length);
  bytes.writeUInt32LE(type, 0);
  bytes.writeUInt32LE(length, 4);
  words.forEach((word, index) => bytes.writeUInt32LE(word, 8 + index * 4));
  bytes.writeUInt32LE(length, length - 4);
  return bytes;
}

/** One section, one interface in microseconds, the packets 10 microseconds apart. */
function capture(namesEvery: number): Buffer {
  const blocks = [
    block(0x0a0d0d0a, [0x1a2b3c4d, 0x0000_0001, 0xffff_ffff, 0xffff_ffff]),
    block(1, [ETHERNET, 262_144]),
  ];
  for (let packet = 0; packet < PACKETS; packet++) {
    if (packet > 0 && packet % namesEvery === 0) blocks.push(block(4, [0]));
    blocks.push(block(6, [0, 0, packet * 10, PACKET_BYTES, PACKET_BYTES], PACKET_BYTES));
  }
  return Buffer.concat(blocks);
}

/** Reads the capture again and again; gives the captured octets of all its packets. */
async function openReader(bytes: Buffer): Promise<() => number> {
  const source = memoryFile(bytes);
  const { window } = source;
  const reader = await PcapngReader.open(source);
  const cursor = new PacketCursor();
  // Section header and interface are read once, with the first packet.
  reader.next(cursor);
  const first = cursor.recordOffset;
  return () => {
    window.at = first;
    let sum = 0;
    while (reader.next(cursor)) sum += cursor.end - cursor.start;
    return sum;
  };
}

function check(bytes: number): void {
  if (bytes !== EXPECTED_BYTES) throw new Error(`${bytes} octets, not ${EXPECTED_BYTES}`);
}

const readPackets = await openReader(capture(PACKETS));
const readWithNames = await openReader(capture(10));
check(readPackets());
check(readWithNames());

describe("PcapngReader.next", () => {
  bench("10,000 enhanced packet blocks in memory", () => check(readPackets()));
  bench("10,000 of them and 999 name resolution blocks", () => check(readWithNames()));
});
