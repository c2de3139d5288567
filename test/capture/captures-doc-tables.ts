// The tables of docs/captures.md that say what is read, made from what the tests read.

import { LINK_TYPES } from "../../src/decode/link/link-types.ts";
import { UDP_TUNNELS } from "../../src/decode/tunnel/udp-tunnels.ts";
import type { Cell } from "../decode/cells.ts";
import { CELLS, LINK_CELLS, TUNNEL_CELLS } from "../decode/cells.ts";
import { FILE_FORMATS, SNOOP_DATA_LINKS } from "./formats.ts";

type Row = readonly string[];

function table(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** "ethernet, IPv4" and "ethernet, IPv6" -> "ethernet", with the versions. */
function versionsByName(cells: readonly Cell[]): Map<string, string[]> {
  const versions = new Map<string, string[]>();
  for (const { name, version } of cells) {
    const plain = name.replace(/, IPv[46]$/, "");
    versions.set(plain, [...(versions.get(plain) ?? []), `IPv${version}`]);
  }
  return versions;
}

function named(cells: readonly Cell[]): string {
  return [...versionsByName(cells)]
    .map(([name, versions]) => (versions.length === 2 ? name : `${name} (${versions[0]})`))
    .join("; ");
}

function linkRows(): Row[] {
  return [...LINK_TYPES.keys()].map((linkType) => {
    const links = LINK_CELLS.filter((cell) => cell.linkType === linkType);
    const cells = links.length > 0 ? links : CELLS.filter((cell) => cell.linkType === linkType);
    return [
      String(linkType),
      named(cells),
      "yes",
      "yes",
      SNOOP_DATA_LINKS.has(linkType) ? "yes" : "has no number for it",
      "all",
    ];
  });
}

/** Name of a table in docs/captures.md -> its text. */
export const CAPTURES_TABLES: Readonly<Record<string, string>> = {
  formats: table(
    ["format", "column below"],
    FILE_FORMATS.map(({ name, column }) => [name, column]),
  ),
  links: table(
    ["link type", "as read in the tests", "pcap", "pcapng", "snoop", "encapsulations inside"],
    linkRows(),
  ),
  tunnels: table(
    ["encapsulation", "carries"],
    [...versionsByName(TUNNEL_CELLS)].map(([name, versions]) => [name, versions.join(", ")]),
  ),
  ports: table(
    ["`--decap-port` name", "registered UDP port"],
    UDP_TUNNELS.map(({ kind, port }) => [`\`${kind}\``, String(port)]),
  ),
};

/** A document with its tables (`<!-- table: NAME -->` to `<!-- end -->`) made anew. */
export function withCapturesTables(document: string): string {
  return document.replaceAll(
    /(<!-- table: (\w+) -->\n)(?:(?!<!-- )[^])*(<!-- end -->)/gu,
    (_all, start: string, name: string, end: string) =>
      `${start}\n${CAPTURES_TABLES[name] ?? `no table ${name}`}\n\n${end}`,
  );
}
