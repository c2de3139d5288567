// Records of a classic pcap that lies in memory, as a block of a file does: what reading costs a packet before
// anybody looks into it.

import { bench, describe } from "vitest";
import { PacketCursor } from "../../src/capture/packet-cursor.ts";
import { PcapReader } from "../../src/capture/pcap-reader.ts";
import { generateCapture } from "../generator/generate.js";
import { memoryFile } from "./memory-file.ts";

const RECORDS = 10_000;
const RECORD_HEADER_BYTES = 16;

const parts: Buffer[] = [];
generateCapture("small-segments", { packets: RECORDS + 1000 }, (octets: Buffer) =>
  parts.push(Buffer.from(octets)),
);
const capture = Buffer.concat(parts);

/** Captured octets of the records, found the plain way. */
function expectedBytes(): number {
  let sum = 0;
  let at = 24;
  for (let record = 0; record < RECORDS; record++) {
    const captured = capture.readUInt32LE(at + 8);
    sum += captured;
    at += RECORD_HEADER_BYTES + captured;
  }
  return sum;
}

const source = memoryFile(capture);
const { window } = source;
const reader = await PcapReader.open(source);
const firstRecord = window.at;
const cursor = new PacketCursor();

function readAll(): number {
  window.at = firstRecord;
  let sum = 0;
  for (let record = 0; record < RECORDS && reader.next(cursor); record++) {
    sum += cursor.end - cursor.start;
  }
  return sum;
}

const expected = expectedBytes();

function check(bytes: number): void {
  if (bytes !== expected) throw new Error(`${bytes} octets were read, not ${expected}`);
}

check(readAll());

describe("PcapReader.next", () => {
  bench("10,000 records of a block in memory", () => check(readAll()));
});
