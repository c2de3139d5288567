// Packets -> a capture file of some format, and mutations of that file: wrong lengths, cut, flipped,
// inserted and lost octets, compression.

import { gzipSync } from "node:zlib";
import { pcapFile, pcapngBlock, pcapngFile, snoopFile } from "../support/capture-builder.ts";
import type { BuiltPacket } from "../support/capture-builder.ts";
import type { RandomSource } from "../support/random-source.ts";
import { mutateOctets } from "./mutate-packets.ts";
import type { SeedPacket } from "./seeds.ts";

/** Writes packets in a format of chance. */
export function buildFile(packets: readonly SeedPacket[], random: RandomSource): Uint8Array {
  const [first] = packets;
  const endian = random.chance(0.5) ? "little" : "big";
  const linkTypes = [...new Set(packets.map(({ linkType }) => linkType))];
  const format = linkTypes.length > 1 ? 3 : random.below(6);
  const linkType = first?.linkType ?? 1;
  const plain: BuiltPacket[] = packets.map((packet) => ({
    seconds: packet.seconds,
    nanos: packet.nanos,
    bytes: packet.bytes,
    originalLength: packet.originalLength,
    interface: linkTypes.indexOf(packet.linkType),
  }));
  if (format === 0) return pcapFile(plain, { endian, linkType, resolution: "nano" });
  if (format === 1) return pcapFile(plain, { endian, linkType, magic: 0xa1b2_cd34 });
  if (format === 2)
    return pcapFile(plain, { endian, linkType, fcsLength: random.pick([0, 0, 0, 4]) });
  if (format === 5 && linkType === 1) return snoopFile(plain);
  return pcapngFile(plain, {
    endian,
    interfaces: linkTypes.map((type) => ({
      linkType: type,
      timeResolution: random.pick([6, 6, 9, 0, 3, 0x80 | 10, 0x80 | 30]),
    })),
    packetBlock:
      linkTypes.length > 1 ? "enhanced" : random.pick(["enhanced", "obsolete", "simple"]),
    statistics: random.chance(0.3) ? [{ interface: 0, received: 9, droppedByInterface: 1 }] : [],
    extraBlocks: random.chance(0.3)
      ? [{ type: random.pick([4, 10, 0xbad, 0x8000_0001]), body: random.octets(9), before: 0 }]
      : [],
  });
}

/** The file as damage leaves it. */
export function mutateFile(file: Uint8Array, random: RandomSource): Uint8Array {
  let bytes = Uint8Array.from(file);
  const steps = random.pick([1, 1, 2, 5]);
  for (let step = 0; step < steps && bytes.length > 0; step++) {
    bytes = random.pick(FILE_MUTATIONS)(bytes, random);
  }
  if (random.chance(0.05)) {
    const zipped = Uint8Array.from(gzipSync(bytes, { level: 1 }));
    if (random.chance(0.5)) mutateOctets(zipped, random);
    return random.chance(0.2) ? zipped.slice(0, random.below(zipped.length)) : zipped;
  }
  return bytes;
}

type FileMutation = (
  bytes: Uint8Array<ArrayBuffer>,
  random: RandomSource,
) => Uint8Array<ArrayBuffer>;

const FILE_MUTATIONS: readonly FileMutation[] = [
  (bytes, random) => {
    const flips = random.pick([1, 1, 3, 20]);
    for (let flip = 0; flip < flips; flip++) mutateOctets(bytes, random);
    return bytes;
  },
  (bytes, random) => {
    // the file header or the first block
    mutateOctets(bytes.subarray(0, Math.min(bytes.length, 48)), random);
    return bytes;
  },
  (bytes, random) => bytes.slice(0, random.below(bytes.length)),
  (bytes, random) => {
    const at = random.below(bytes.length);
    const noise = random.octets(random.pick([1, 3, 4, 16, 100, 2000]));
    return Uint8Array.from(Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]));
  },
  (bytes, random) => {
    const at = random.below(bytes.length);
    const end = at + random.pick([1, 4, 16, 100, 2000]);
    return Uint8Array.from(Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]));
  },
  (bytes, random) => {
    const at = random.below(bytes.length);
    bytes.fill(random.pick([0, 0xff]), at, at + random.pick([4, 16, 100, 2000]));
    return bytes;
  },
  (bytes, random) => {
    // a stretch of the file elsewhere in it
    const from = random.below(bytes.length);
    bytes.copyWithin(random.below(bytes.length), from, from + random.pick([16, 24, 32, 500]));
    return bytes;
  },
  (bytes, random) => {
    const type = random.pick([1, 2, 3, 5, 6, 10, 0x0a0d_0d0a]);
    const block = pcapngBlock(type, random.octets(random.pick([0, 4, 20, 32])));
    const at = random.below(bytes.length) & ~3;
    return Uint8Array.from(Buffer.concat([bytes.subarray(0, at), block, bytes.subarray(at)]));
  },
];
