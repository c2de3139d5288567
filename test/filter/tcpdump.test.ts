// Flow filters and BPF programs held against tcpdump itself, packet by packet. Skipped, and shown as
// skipped, where tcpdump is not installed; bpf.test.ts has committed programs for that case.

import { describe, expect, test } from "vitest";
import { PacketCursor } from "../../src/capture/packet-cursor.ts";
import { parseBpfProgram } from "../../src/filter/bpf.ts";
import { parseFlowFilter } from "../../src/filter/flow-filter.ts";
import { ODD, type SamplePacket, TAGGED, UNTAGGED } from "./sample-packets.ts";
import { HAS_TCPDUMP, chosenByTcpdump, namesOf, programByTcpdump } from "./tcpdump.ts";

const UNTAGGED_EXPRESSIONS = [
  "",
  "tcp",
  "ip",
  "ip6",
  "not ip",
  "host 10.0.0.1",
  "ip host 10.0.0.1",
  "src 10.0.0.1",
  "dst 10.0.0.1",
  "not src host 10.0.0.1",
  "src and dst host 10.0.0.1",
  "dst or src host 10.0.0.1",
  "host 2001:db8::1",
  "ip6 src host fe80::1",
  "host ff00:ffff::8000:1",
  "host 255.255.255.254",
  "net 10.0.0.0/8",
  "net 10",
  "net 10.1",
  "host 10.1",
  "dst 10.1",
  "net 0",
  "net 0.0.0.0/0",
  "net ::/0",
  "net 128.0.0.0/1",
  "net 10.0.0.2/31",
  "net 0.0.0.1 mask 0.0.0.255",
  "src and dst net 10.0.0.0/8",
  "ip src net 192.168.0.0/16",
  "net 2001:db8::/33",
  "src and dst net 2001:db8::/47",
  "net 8000::/1",
  "ip6 net fe80::/10",
  "port 80",
  "tcp port 80",
  "src port 80",
  "tcp dst port 443 or 21 or 1024",
  "port 0x50",
  "src and dst port 7",
  "portrange 21-80",
  "portrange 80-21",
  "dst portrange 0-1023",
  "portrange 443",
  "port 80 or 443",
  "port (80 or 443)",
  "port not 80",
  "port (not 80 and not 443)",
  "port 80 or (443)",
  "port 80 or not 443",
  "host 10.0.0.2 or 10.1.2.3",
  "host 10.0.0.1 and (10.1.2.3 or 192.168.1.5)",
  "host 10.0.0.1 and not (10.1.2.3 or 192.168.1.5)",
  "host 10.0.0.1 and (not 10.1.2.3)",
  "net 10.1 or 192.168",
  "port 80 and (host 10.0.0.1) or 443",
  "port 80 or port 443 and ip6",
  "port 80 or (port 443 and ip6)",
  "ip6 and port 443 or port 21",
  "not ip or port 21",
  "not (ip or port 80)",
  "not not ip6",
  "! ip6 && port 80 || port 21",
  "src 10.0.0.1 and dst port 80 or src port 80",
  "src net 10.1 or 192.168 and dst port 21 or 80",
  "src || dst port 80 and not dst && src net 10.0.0.0/8",
];

const TAGGED_EXPRESSIONS = [
  "vlan",
  "not vlan",
  "vlan 100",
  "vlan (100)",
  "vlan 300",
  "vlan 1",
  "vlan 300 and vlan 200",
  "vlan 100 and host 10.9.0.1",
  "vlan 100 and src port 80",
  "vlan and ip6",
  "vlan 4095 and (port 443 or 80)",
];

/** What only a look into the packet can tell: for the BPF machine alone. */
const PACKET_EXPRESSIONS = [
  "udp",
  "arp",
  "port 53",
  "tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn",
  "tcp[13] & 2 != 0",
  "ip6[6] = 6 and ip6[40+13] & 2 != 0",
  "greater 1000",
  "less 60",
  "len > 8999",
  "ip[6:2] & 0x1fff != 0",
  "ip[0] & 0xf != 5",
  "ether[12:2] = 0x86dd",
  "ip[2:2] - ((ip[0]&0xf)<<2) - ((tcp[12]&0xf0)>>2) != 0",
  "ip[8] * 2 / 4 = 32 and tcp",
  "ip[19] >> 1 << 1 = ip[19]",
  "(ip[15] | ip[19]) > 4",
  "len - 54 <= 6",
  "tcp[2:2] % 2 = 1",
  "tcp[0:2] ^ tcp[2:2] = 0",
  "0 - len < 0xfffff000",
  "ip proto 17",
  "ether host 02:00:00:00:00:01",
  "ip broadcast",
  "tcp[1000] = 0",
];

/** The words both have, with different meanings: ours, and tcpdump's. */
const DIFFERENT: readonly (readonly [expression: string, ours: string, theirs: string])[] = [
  ["vlan 200", "stacked", ""],
  ["vlan 200 and vlan 300", "stacked", ""],
  ["host 10.9.0.1", "tagOut tagIn otherTag", ""],
  ["vlan 100 or port 80", "tagOut tagIn tag6 stacked", "tagOut tagIn tag6"],
];

function chosenByFlowFilter(packets: readonly SamplePacket[], expression: string): string {
  const filter = parseFlowFilter(expression);
  return namesOf(packets, ({ flow, fromServer }) => filter.matchesPacket(flow!, fromServer!));
}

function chosenByProgram(packets: readonly SamplePacket[], text: string): string {
  const program = parseBpfProgram(text);
  return namesOf(packets, (sample) => {
    const packet = new PacketCursor();
    packet.bytes = sample.bytes;
    packet.end = sample.bytes.length;
    packet.originalLength = sample.originalLength ?? sample.bytes.length;
    return program.matches(packet);
  });
}

describe.skipIf(!HAS_TCPDUMP)("as tcpdump decides (skipped without tcpdump)", () => {
  test.each(UNTAGGED_EXPRESSIONS)("flow filter: %j", (expression) => {
    const expected = chosenByTcpdump(UNTAGGED, expression);
    expect(chosenByFlowFilter(UNTAGGED, expression)).toBe(expected);
  });

  test.each(TAGGED_EXPRESSIONS)("flow filter, VLAN tags: %j", (expression) => {
    const expected = chosenByTcpdump(TAGGED, expression);
    expect(chosenByFlowFilter(TAGGED, expression)).toBe(expected);
  });

  test.each(DIFFERENT)("known difference: %j", (expression, ours, theirs) => {
    expect(chosenByFlowFilter(TAGGED, expression)).toBe(ours);
    expect(chosenByTcpdump(TAGGED, expression)).toBe(theirs);
  });

  test.each([...UNTAGGED_EXPRESSIONS, ...TAGGED_EXPRESSIONS, ...PACKET_EXPRESSIONS])(
    "BPF program: %j",
    (expression) => {
      const packets = [...UNTAGGED, ...ODD, ...TAGGED];
      const expected = chosenByTcpdump(packets, expression);
      expect(chosenByProgram(packets, programByTcpdump(expression)!)).toBe(expected);
    },
  );
});
