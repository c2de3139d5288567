// Every file format that is read, as a function that writes packets of one link type in it.

import { pcapFile, pcapngFile, snoopFile } from "../support/capture-builder.ts";
import type { BuiltPacket } from "../support/capture-builder.ts";

export interface FileFormat {
  readonly name: string;
  /** Column of docs/captures.md. */
  readonly column: "pcap" | "pcapng" | "snoop";
  readonly build: (packets: readonly BuiltPacket[], linkType: number) => Buffer;
}

/** Link types that snoop has a number for (RFC 1761 §4), by that number. */
export const SNOOP_DATA_LINKS: ReadonlyMap<number, number> = new Map([
  [1, 4],
  [10, 8],
]);

const ENDIANS = ["little", "big"] as const;

export const FILE_FORMATS: readonly FileFormat[] = [
  ...ENDIANS.flatMap((endian): FileFormat[] => [
    {
      name: `pcap, ${endian}-endian, microseconds`,
      column: "pcap",
      build: (packets, linkType) => pcapFile(packets, { endian, linkType }),
    },
    {
      name: `pcap, ${endian}-endian, nanoseconds`,
      column: "pcap",
      build: (packets, linkType) => pcapFile(packets, { endian, linkType, resolution: "nano" }),
    },
    {
      name: `modified pcap (0xa1b2cd34), ${endian}-endian`,
      column: "pcap",
      build: (packets, linkType) => pcapFile(packets, { endian, linkType, magic: 0xa1b2_cd34 }),
    },
    ...(["enhanced", "simple", "obsolete"] as const).map((packetBlock): FileFormat => ({
      name: `pcapng, ${endian}-endian, ${packetBlock} packet blocks`,
      column: "pcapng",
      build: (packets, linkType) =>
        pcapngFile(packets, { endian, interfaces: [{ linkType }], packetBlock }),
    })),
  ]),
  {
    name: "snoop",
    column: "snoop",
    build: (packets, linkType) =>
      snoopFile(packets, { dataLink: SNOOP_DATA_LINKS.get(linkType) ?? 4 }),
  },
];
