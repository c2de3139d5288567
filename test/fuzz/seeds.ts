// What mutation starts from: the packets of the samples, of one capture for each link layer and tunnel of
// the decoder's tests, of fragments, and of conversations with everything TCP may do.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { CaptureInput } from "../../src/capture/capture-input.ts";
import { PacketCursor } from "../../src/capture/packet-cursor.ts";
import { CELLS } from "../decode/cells.ts";
import {
  ethernet,
  ipv4,
  ipv6,
  ipv6Fragment,
  IPV6_FRAGMENT,
  patternOctets,
  tcpPacket,
  tcpSegment,
} from "../support/packet-builder.ts";
import type { TcpPacketFields } from "../support/packet-builder.ts";

export interface SeedPacket {
  readonly seconds: number;
  readonly nanos: number;
  readonly bytes: Uint8Array;
  readonly originalLength: number;
  readonly linkType: number;
}

export interface Seed {
  readonly name: string;
  readonly packets: readonly SeedPacket[];
}

/** `samples`: the folder of the samples. Those that are no captures are left out. */
export async function loadSeeds(samples: string): Promise<Seed[]> {
  const files = readdirSync(samples, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(pcap|pcapng)(\.gz)?$/.test(name))
    .sort();
  const seeds: Seed[] = [];
  for (const name of files) {
    const packets = await packetsOf(join(samples, name)).catch(() => []);
    if (packets.length > 0) seeds.push({ name, packets });
  }
  return [...seeds, ...builtSeeds()];
}

async function packetsOf(path: string): Promise<SeedPacket[]> {
  const input = await CaptureInput.open([path]);
  const packet = new PacketCursor();
  const packets: SeedPacket[] = [];
  do {
    while (input.next(packet)) {
      packets.push({
        seconds: packet.seconds,
        nanos: packet.nanos,
        bytes: packet.bytes.slice(packet.start, packet.end),
        originalLength: packet.originalLength,
        linkType: packet.linkType,
      });
    }
  } while (await input.fill());
  await input.close();
  return packets;
}

const ETHERNET = 1;
const CLIENT_6 = "2001:db8::1";
const SERVER_6 = "2001:db8::2";

export function builtSeeds(): Seed[] {
  const cells = new Map<number, Uint8Array[]>();
  for (const { linkType, bytes } of CELLS) {
    cells.set(linkType, [...(cells.get(linkType) ?? []), bytes]);
  }
  return [
    ...[...cells].map(([linkType, packets]) => seed(`link type ${linkType}`, packets, linkType)),
    seed("fragments of IPv4", fragments4()),
    seed("fragments of IPv6", fragments6()),
    seed("a busy conversation", conversation(0xffff_ff00, 0x7fff_ffc0)),
    seed("a conversation without SYN", conversation(5, 10).slice(4)),
  ];
}

function seed(name: string, packets: readonly Uint8Array[], linkType = ETHERNET): Seed {
  return {
    name,
    packets: packets.map((bytes, index) => ({
      seconds: 1_700_000_000 + Math.floor(index / 4),
      nanos: (index % 4) * 250_000_000,
      bytes,
      originalLength: bytes.length,
      linkType,
    })),
  };
}

function fragments4(): Uint8Array[] {
  return [0, 1, 2, 3].flatMap((id) => {
    const payload = tcpSegment({ seq: id * 100, payload: patternOctets(100), flags: "PA" });
    return [0, 24, 48, 72, 96].map((fragmentOffset) =>
      ethernet({
        payload: ipv4({
          id,
          fragmentOffset,
          payload: payload.subarray(fragmentOffset, fragmentOffset + 24),
          moreFragments: fragmentOffset + 24 < payload.length,
        }),
      }),
    );
  });
}

function fragments6(): Uint8Array[] {
  const addresses = { source: CLIENT_6, destination: SERVER_6 };
  return [0, 1, 2, 3].flatMap((id) => {
    const segment = { ...addresses, seq: id * 100, payload: patternOctets(100), flags: "PA" };
    const payload = tcpSegment(segment);
    return [0, 24, 48, 72, 96].map((offset) => {
      const part = ipv6Fragment({
        id,
        offset,
        payload: payload.subarray(offset, offset + 24),
        moreFragments: offset + 24 < payload.length,
      });
      return ethernet({
        payload: ipv6({ ...addresses, nextHeader: IPV6_FRAGMENT, payload: part }),
      });
    });
  });
}

/** Both directions with all that may happen to them; the numbers wrap around. */
function conversation(clientIsn: number, serverIsn: number): Uint8Array[] {
  const packets: TcpPacketFields[] = [];
  const client = (fields: TcpPacketFields): void => void packets.push(fields);
  const server = (fields: TcpPacketFields): void => {
    const addresses = { source: "10.0.0.2", destination: "10.0.0.1" };
    packets.push({ ...addresses, sourcePort: 80, destinationPort: 40_000, ...fields });
  };
  const at = (isn: number, position: number): number => (isn + 1 + position) >>> 0;
  const synOptions = [2, 4, 5, 180, 1, 3, 3, 7, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0];
  client({ flags: "S", seq: clientIsn, options: synOptions });
  client({ flags: "S", seq: clientIsn, options: synOptions });
  server({ flags: "SA", seq: serverIsn, ack: at(clientIsn, 0), options: synOptions });
  client({ flags: "A", seq: at(clientIsn, 0), ack: at(serverIsn, 0) });
  client({
    flags: "PA",
    seq: at(clientIsn, 0),
    ack: at(serverIsn, 0),
    payload: "GET / HTTP/1.1\r\n\r\n",
  });
  const ack = at(clientIsn, 18);
  for (const position of [0, 200, 100, 100, 50, 400, 350, 300, 700, 699, 500]) {
    const payload = patternOctets(position === 50 ? 300 : 100, position);
    server({ flags: "PA", seq: at(serverIsn, position), ack, payload });
    const sack = [1, 1, 5, 10, 0, 0, 1, 0, 0, 0, 2, 0];
    client({ flags: "A", seq: ack, ack: at(serverIsn, position + 100), options: sack });
  }
  client({ flags: "A", seq: (ack - 1) >>> 0, ack: at(serverIsn, 800), payload: "x", window: 0 });
  client({ flags: "FA", seq: ack, ack: at(serverIsn, 800) });
  server({ flags: "FA", seq: at(serverIsn, 800), ack: (ack + 1) >>> 0 });
  client({ flags: "A", seq: (ack + 1) >>> 0, ack: at(serverIsn, 801) });
  server({ flags: "R", seq: at(serverIsn, 801) });
  client({ flags: "S", seq: (clientIsn + 70_000) >>> 0 });
  server({ flags: "SA", seq: (serverIsn + 90_000) >>> 0, ack: (clientIsn + 70_001) >>> 0 });
  client({
    flags: "PA",
    seq: (clientIsn + 70_001) >>> 0,
    ack: (serverIsn + 90_001) >>> 0,
    payload: "again",
  });
  client({ flags: "RA", seq: (clientIsn + 70_006) >>> 0, ack: (serverIsn + 90_001) >>> 0 });
  return packets.map((fields) => tcpPacket(fields));
}
