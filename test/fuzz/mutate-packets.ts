// Mutations that know what a packet is: headers' fields, order and number of packets, fragments, tunnels.

import { ethernet, gre, ipv4, ipv6, mpls, udpPacket, vxlan } from "../support/packet-builder.ts";
import type { RandomSource } from "../support/random-source.ts";
import { fieldsOf, get16, get32, put16, put32, repairChecksums } from "./packet-fields.ts";
import type { Seed, SeedPacket } from "./seeds.ts";

/** Packets of an input, at most. */
export const MOST_PACKETS = 480;

const INTERESTING = [
  0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 19, 20, 24, 31, 32, 39, 40, 59, 60, 63, 64, 127, 128, 254, 255,
  256, 511, 512, 1023, 1024, 1500, 4095, 8191, 32_767, 32_768, 65_534, 65_535, 65_536, 0x7fff_fffe,
  0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xffff_fffe, 0xffff_ffff,
];

/** New packets from windows of one or several seeds; `pick` gives the next one. */
export function mutatePackets(pick: () => Seed, random: RandomSource): SeedPacket[] {
  let packets = windowOf(pick(), random);
  // Runs of many packets cost little more than runs of few.
  const wanted = random.pick([1, 120, 240, 480, 480]);
  while (packets.length < wanted && random.chance(0.97)) {
    packets = splice(packets, windowOf(pick(), random), random);
  }
  const steps = random.between(0, 6);
  for (let step = 0; step < steps; step++) packets = random.pick(ORDERS)(packets, random);
  if (packets.length > MOST_PACKETS) packets = packets.slice(0, MOST_PACKETS);
  // Sometimes all packets suffer, sometimes a few.
  const share = random.pick([0, 0.02, 0.1, 0.3, 1]);
  const repairs = random.chance(0.5);
  return packets.map((packet) => {
    if (!random.chance(share)) return packet;
    return mutatePacket(packet, random, repairs);
  });
}

function windowOf({ packets }: Seed, random: RandomSource): SeedPacket[] {
  const length = random.between(1, MOST_PACKETS);
  const start = random.chance(0.5) ? 0 : random.below(packets.length);
  return packets.slice(start, start + length);
}

function splice(
  one: readonly SeedPacket[],
  other: readonly SeedPacket[],
  random: RandomSource,
): SeedPacket[] {
  const cut = random.below(one.length + 1);
  // As if both had been captured at the same time.
  const shift = (one[0]?.seconds ?? 0) - (other[0]?.seconds ?? 0);
  const moved = other.map((packet) => ({ ...packet, seconds: clamp(packet.seconds + shift) }));
  if (random.chance(0.5)) return [...one.slice(0, cut), ...moved, ...one.slice(cut)];
  const mixed: SeedPacket[] = [];
  const rest = [...moved];
  for (const packet of one) {
    mixed.push(packet);
    if (rest.length > 0 && random.chance(0.5)) mixed.push(rest.shift()!);
  }
  return [...mixed, ...rest];
}

function clamp(seconds: number): number {
  return Math.min(0xffff_ffff, Math.max(0, Math.floor(seconds)));
}

type OrderMutation = (packets: SeedPacket[], random: RandomSource) => SeedPacket[];

/** What happens to the sequence of the packets. */
const ORDERS: readonly OrderMutation[] = [
  (packets, random) => random.reordered(packets, random.pick([1, 2, 5, 40])),
  (packets, random) => {
    const loss = random.pick([0.02, 0.1, 0.5]);
    return packets.filter(() => !random.chance(loss));
  },
  (packets, random) => {
    const share = random.pick([0.02, 0.2]);
    return packets.flatMap((packet) => (random.chance(share) ? [packet, packet] : [packet]));
  },
  (packets, random) => {
    // a stretch again, later
    const start = random.below(packets.length + 1);
    const stretch = packets.slice(start, start + random.between(1, 20));
    const at = random.below(packets.length + 1);
    return [...packets.slice(0, at), ...stretch, ...packets.slice(at)];
  },
  (packets, random) => packets.slice(0, random.between(0, packets.length)),
  (packets, random) => packets.slice(random.below(packets.length + 1)),
  (packets, random) => {
    const snapLength = random.pick([0, 14, 34, 54, 60, 68, 96, 128, 300]);
    return packets.map((packet) => ({ ...packet, bytes: packet.bytes.slice(0, snapLength) }));
  },
  (packets, random) => {
    // a step in time, or many
    const from = random.below(packets.length + 1);
    const step = random.pick([
      -1,
      1,
      11,
      31,
      121,
      611,
      3599,
      3601,
      90_000,
      -90_000,
      2 ** 31,
      -(2 ** 31),
    ]);
    const isLasting = random.chance(0.5);
    return packets.map((packet, at) =>
      at === from || (isLasting && at > from)
        ? { ...packet, seconds: clamp(packet.seconds + step) }
        : packet,
    );
  },
  (packets, random) => {
    const share = random.pick([0.05, 0.3]);
    return packets.flatMap((packet) =>
      random.chance(share) ? fragment(packet, random) : [packet],
    );
  },
  (packets, random) => {
    const share = random.pick([0.02, 0.1, 0.3]);
    const depth = random.chance(0.05) ? 17 : random.pick([1, 1, 1, 2, 3]);
    const choice = random.word();
    return packets.map((packet) => {
      if (!random.chance(share)) return packet;
      let wrapped = packet;
      for (let layer = 0; layer < depth; layer++) wrapped = wrap(wrapped, choice + layer * 3);
      return wrapped;
    });
  },
  (packets, random) => {
    const linkType = random.pick([0, 1, 9, 12, 101, 105, 107, 113, 127, 178, 228, 258, 276, 147]);
    return packets.map((packet) => ({ ...packet, linkType }));
  },
];

/** Cuts the payload of an IPv4 packet into fragments, in some order, some of them twice. */
function fragment(packet: SeedPacket, random: RandomSource): SeedPacket[] {
  const { bytes, linkType } = packet;
  const { ip, version, transport, end } = fieldsOf(bytes, linkType);
  if (ip < 0 || version !== 4 || transport >= end) return [packet];
  const size = random.pick([8, 16, 24, 40, 200, 504]);
  const id = random.pick([1, 2, random.below(65_536)]);
  const pieces: SeedPacket[] = [];
  for (let at = transport; at < end && pieces.length < 40; at += size) {
    const overlap = random.chance(0.05) ? 8 : 0;
    const stop = Math.min(end, at + size + overlap);
    const piece = new Uint8Array(transport + stop - at);
    piece.set(bytes.subarray(0, transport));
    piece.set(bytes.subarray(at, stop), transport);
    put16(piece, ip + 2, piece.length - ip);
    put16(piece, ip + 4, id);
    put16(piece, ip + 6, ((at - transport) >>> 3) | (stop < end ? 0x2000 : 0));
    pieces.push({ ...packet, bytes: piece, originalLength: piece.length });
  }
  const twice = pieces.flatMap((piece) => (random.chance(0.1) ? [piece, piece] : [piece]));
  return random.chance(0.5) ? twice : random.reordered(twice, 4);
}

const OUTER = { source: "192.0.2.1", destination: "192.0.2.2" } as const;

/** The packet in a tunnel, in Ethernet. */
function wrap(packet: SeedPacket, choice: number): SeedPacket {
  const { bytes, linkType } = packet;
  const { ip, version } = fieldsOf(bytes, linkType);
  if (ip < 0) return packet;
  const inner = bytes.subarray(ip);
  const framed = linkType === 1 ? bytes : ethernet({ payload: inner });
  const build = (): Uint8Array => {
    switch (choice % 7) {
      case 0:
        return ethernet({
          payload: ipv4({ ...OUTER, protocol: version === 4 ? 4 : 41, payload: inner }),
        });
      case 1:
        return ethernet({
          payload: ipv4({ ...OUTER, protocol: 47, payload: gre({ payload: inner }) }),
        });
      case 2: {
        const payload = vxlan({ network: choice & 0xff, payload: framed });
        return ethernet({ payload: udpPacket({ ...OUTER, destinationPort: 4789, payload }) });
      }
      case 3:
        return ethernet({ payload: mpls([choice & 0xff], inner), etherType: 0x8847 });
      case 4:
        return ethernet({ payload: ipv6({ nextHeader: version === 4 ? 4 : 41, payload: inner }) });
      case 5:
        return ethernet({ payload: inner, vlans: [{ id: choice & 0xfff }] });
      default: {
        const payload = gre({ payload: framed, protocol: 0x6558, key: choice & 0xff });
        return ethernet({ payload: ipv4({ ...OUTER, protocol: 47, payload }) });
      }
    }
  };
  const wrapped = build();
  if (wrapped.length > 4000) return packet;
  return { ...packet, bytes: wrapped, linkType: 1, originalLength: wrapped.length };
}

/** A copy with some of its octets or fields changed. */
export function mutatePacket(
  packet: SeedPacket,
  random: RandomSource,
  repairs: boolean,
): SeedPacket {
  let bytes: Uint8Array = packet.bytes.slice();
  let { originalLength } = packet;
  const steps = random.pick([1, 1, 1, 2, 4]);
  for (let step = 0; step < steps; step++) {
    if (bytes.length === 0) break;
    if (random.chance(0.6)) mutateField(bytes, packet.linkType, random);
    else if (random.chance(0.8)) mutateOctets(bytes, random);
    else {
      const changed = changedLength(bytes, random);
      originalLength = Math.max(changed.length, originalLength + changed.length - bytes.length);
      bytes = changed;
    }
  }
  if (repairs) repairChecksums(bytes, packet.linkType);
  if (random.chance(0.02)) originalLength += random.pick([1, 100, 65_536, 200_000_000]);
  return { ...packet, bytes, originalLength };
}

/** Changes octets anywhere. */
export function mutateOctets(bytes: Uint8Array, random: RandomSource): void {
  const at = random.below(bytes.length);
  switch (random.below(5)) {
    case 0:
      bytes[at]! ^= 1 << random.below(8);
      break;
    case 1:
      bytes[at] = random.word();
      break;
    case 2:
      bytes[at] = random.pick(INTERESTING);
      break;
    case 3:
      put16(bytes, at, random.pick(INTERESTING));
      break;
    default:
      put32(bytes, at, random.pick(INTERESTING));
  }
}

function changedLength(bytes: Uint8Array, random: RandomSource): Uint8Array {
  const at = random.below(bytes.length + 1);
  const count = random.pick([1, 2, 4, 8, 20, 100]);
  if (random.chance(0.4)) return bytes.slice(0, at);
  if (random.chance(0.4)) {
    return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + count)]);
  }
  return Uint8Array.from([
    ...bytes.subarray(0, at),
    ...random.octets(count),
    ...bytes.subarray(at),
  ]);
}

/** Moves a number a little or far, or to where things get interesting. */
function near(value: number, random: RandomSource): number {
  const step = random.pick([1, 1, 2, 4, 20, 100, 1460, 65_535, 2 ** 24, 2 ** 31]);
  if (random.chance(0.3)) return random.pick(INTERESTING);
  return value + (random.chance(0.5) ? step : -step);
}

function mutateField(bytes: Uint8Array, linkType: number, random: RandomSource): void {
  const { ip, version, transport, protocol } = fieldsOf(bytes, linkType);
  if (ip < 0) {
    mutateOctets(bytes, random);
    return;
  }
  if (protocol !== 6 || transport + 20 > bytes.length || random.chance(0.3)) {
    mutateIp(bytes, ip, version, transport, random);
    return;
  }
  const at = transport;
  switch (random.below(12)) {
    case 0:
    case 1:
    case 2:
      put32(bytes, at + 4, near(get32(bytes, at + 4), random));
      break;
    case 3:
    case 4:
      put32(bytes, at + 8, near(get32(bytes, at + 8), random));
      break;
    case 5:
    case 6:
      bytes[at + 13] = random.pick([
        0,
        1,
        2,
        4,
        16,
        17,
        18,
        20,
        24,
        25,
        32,
        255,
        bytes[at + 13]! ^ 1,
      ]);
      break;
    case 7:
      bytes[at + 12] = random.below(16) << 4;
      break;
    case 8:
      put16(bytes, at + 14, random.pick([0, 1, 65_535]));
      break;
    case 9:
      put16(bytes, at + random.pick([0, 2]), near(get16(bytes, at), random));
      break;
    case 10:
      put16(bytes, at + 18, random.pick(INTERESTING));
      break;
    default: {
      // the options: kinds and lengths
      const length = Math.max(0, (bytes[at + 12]! >>> 4) * 4 - 20);
      const option = at + 20 + random.below(Math.max(1, length));
      if (option + 1 >= bytes.length) break;
      bytes[option] = random.pick([0, 1, 2, 3, 4, 5, 8, 19, 30, 254]);
      if (random.chance(0.5)) bytes[option + 1] = random.pick([0, 1, 2, 3, 4, 10, 18, 34, 40, 255]);
    }
  }
}

function mutateIp(
  bytes: Uint8Array,
  ip: number,
  version: 4 | 6,
  transport: number,
  random: RandomSource,
): void {
  const choice = random.below(7);
  if (choice === 0) {
    bytes[ip] = random.pick([0x45, 0x46, 0x4f, 0x44, 0x40, 0x60, 0x6f, 0x75, 0]);
  } else if (choice === 1) {
    const at = version === 4 ? ip + 2 : ip + 4;
    put16(bytes, at, near(get16(bytes, at), random));
  } else if (choice === 2) {
    const at = version === 4 ? ip + 9 : ip + 6;
    bytes[at] = random.pick([
      0, 1, 4, 6, 6, 17, 41, 43, 44, 47, 50, 51, 58, 59, 60, 115, 135, 137, 255,
    ]);
  } else if (choice === 3 && version === 4) {
    put16(bytes, ip + 6, random.pick([0, 0x2000, 0x2001, 1, 3, 0x1fff, 0x3fff, 0x4000, 0x8000]));
  } else if (choice === 4 && version === 4) {
    put16(bytes, ip + 4, random.below(4));
  } else if (choice === 5) {
    const span = Math.max(1, transport - ip);
    bytes[ip + random.below(span)] = random.pick(INTERESTING);
  } else if (transport + 8 < bytes.length) {
    // ports of the tunnels
    const ports = [4789, 4790, 6081, 2152, 3544, 6635, 4754, 5072, 5247, 53];
    put16(bytes, transport + 2, random.pick(ports));
  }
}
