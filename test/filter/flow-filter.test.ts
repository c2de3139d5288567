import { describe, expect, test } from "vitest";
import { TcpxError } from "../../src/errors.ts";
import { parseFlowFilter } from "../../src/filter/flow-filter.ts";
import { flowOf } from "./flow-notation.ts";

const FLOWS: Readonly<Record<string, string>> = {
  web: "10.0.0.1:40000 > 192.168.1.5:80",
  tls: "10.0.0.2:40001 > 192.168.1.5:443",
  ftp: "10.1.2.3:40002 > 10.0.0.1:21",
  high: "200.0.0.7:65535 > 255.255.255.254:1024",
  self: "10.0.0.1:7 > 10.0.0.1:7",
  web6: "[2001:db8::1]:50000 > [2001:db8:1::53]:80",
  link6: "[fe80::1]:50001 > [ff00:ffff::8000:1]:443",
  tagged: "10.9.0.1:1000 > 10.9.0.2:2000 vlan 100",
  stacked: "10.9.0.3:1000 > 10.9.0.4:2000 vlan 4095,200,0",
};

/** Names of the flows that a filter keeps, in the order above. */
function kept(expression: string): string {
  const filter = parseFlowFilter(expression);
  return Object.keys(FLOWS)
    .filter((name) => filter.matches(flowOf(FLOWS[name]!)))
    .join(" ");
}

const ALL = Object.keys(FLOWS).join(" ");
const IP4 = "web tls ftp high self tagged stacked";
const IP6 = "web6 link6";

function except(names: string, removed: string): string {
  const gone = new Set(removed.split(" "));
  return names
    .split(" ")
    .filter((name) => !gone.has(name))
    .join(" ");
}

describe("which flows a filter keeps: one line an expression", () => {
  test.each([
    ["", ALL],
    [" \t\r\n", ALL],
    ["tcp", ALL],
    ["not tcp", ""],
    ["ip", IP4],
    ["ip6", IP6],
    // host: both directions, either end
    ["host 10.0.0.1", "web ftp self"],
    ["ip host 10.0.0.1", "web ftp self"],
    ["host 255.255.255.254", "high"],
    ["host 200.0.0.7", "high"],
    ["host 2001:db8::1", "web6"],
    ["host 2001:DB8:0:0:0:0:0:1", "web6"],
    ["ip6 host fe80::1", "link6"],
    ["host ff00:ffff::8000:1", "link6"],
    ["host ::1", ""],
    ["host ::10.0.0.1", ""],
    ["host ::ffff:10.0.0.1", ""],
    ["host ::1/128", ""],
    // directions: a flow has packets both ways, so that src is dst of the other direction
    ["src 10.0.0.1", "web ftp self"],
    ["dst 10.0.0.1", "web ftp self"],
    ["src host 10.0.0.1", "web ftp self"],
    ["src or dst host 10.0.0.1", "web ftp self"],
    ["dst or src host 10.0.0.1", "web ftp self"],
    ["src || dst host 10.0.0.1", "web ftp self"],
    ["src and dst host 10.0.0.1", "self"],
    ["dst && src host 10.0.0.1", "self"],
    ["src 10.0.0.1 and dst 192.168.1.5", "web"],
    ["src 192.168.1.5 and dst 10.0.0.1", "web"],
    ["src 10.0.0.1 and dst port 40000", ""],
    ["src 10.0.0.1 and dst port 80", "web"],
    ["src 10.0.0.1 and src port 80", ""],
    ["src and dst port 7", "self"],
    // net
    ["net 10.0.0.0/8", "web tls ftp self tagged stacked"],
    ["net 10/8", "web tls ftp self tagged stacked"],
    ["net 10", "web tls ftp self tagged stacked"],
    ["net 10.0", "web tls ftp self"],
    ["net 10.0.0", "web tls ftp self"],
    ["net 10.1", "ftp"],
    ["net 10.1/16", "ftp"],
    ["host 10.1", "ftp"],
    ["src 10.1", "ftp"],
    ["net 10.0.0.1", "web ftp self"],
    ["net 10.0.0.0 mask 255.0.0.0", "web tls ftp self tagged stacked"],
    ["net 10.0 mask 255.255", "web tls ftp self"],
    ["net 0.0.0.1 mask 0.0.0.255", "web ftp self tagged"],
    ["net 10.0.0.0/31", "web ftp self"],
    ["net 10.0.0.2/31", "tls"],
    ["net 10.0.0.1/32", "web ftp self"],
    ["net 128.0.0.0/1", "web tls high"],
    ["net 0.0.0.0/1", "web tls ftp self tagged stacked"],
    ["net 0.0.0.0/0", IP4],
    ["net 0", IP4.slice(0, 0)],
    ["ip net 192.168.0.0/16", "web tls"],
    ["src and dst net 10.0.0.0/8", "ftp self tagged stacked"],
    ["net 2001:db8::/32", "web6"],
    ["net 2001:db8::/33", "web6"],
    ["net 2001:db8:1::/48", "web6"],
    ["src and dst net 2001:db8::/47", "web6"],
    ["src and dst net 2001:db8::/48", ""],
    ["net 8000::/1", "link6"],
    ["net ::/0", IP6],
    ["net fe80::/64", "link6"],
    ["net fe80::1", "link6"],
    ["ip6 dst net fe80::/10", "link6"],
    // ports
    ["port 80", "web web6"],
    ["tcp port 80", "web web6"],
    ["tcp dst port 80", "web web6"],
    ["port 0x50", "web web6"],
    ["port http", "web web6"],
    ["port HTTP", "web web6"],
    ["port \\http", "web web6"],
    ["port 0", ""],
    ["port 65535", "high"],
    ["port ftp-data", ""],
    ["tcp dst port ftp or ftp-data or domain", "ftp"],
    ["portrange 21-80", "web ftp web6"],
    ["portrange 80-21", "web ftp web6"],
    ["portrange 80", "web web6"],
    ["portrange ftp-http", "web ftp web6"],
    ["portrange 0-65535", ALL],
    ["src and dst portrange 1000-2000", "tagged stacked"],
    // qualifiers carried over
    ["port 80 or 443", "web tls web6 link6"],
    ["port (80 or 443)", "web tls web6 link6"],
    ["port (80)", "web web6"],
    ["port not 80", except(ALL, "web web6")],
    ["port (not 80 and not 443)", except(ALL, "web tls web6 link6")],
    ["port 80 or (443)", "web tls web6 link6"],
    ["port 80 or (443 or 21)", "web tls ftp web6 link6"],
    ["port 80 or not 443", except(ALL, "tls link6")],
    ["host 10.0.0.2 or 10.1.2.3", "tls ftp"],
    ["host 10.0.0.1 and (10.1.2.3 or 192.168.1.5)", "web ftp"],
    ["host 10.0.0.1 and not (10.1.2.3 or 192.168.1.5)", "self"],
    ["net 10.1 or 192.168", "web tls ftp"],
    ["port 80 and host 10.0.0.1 or 10.0.0.2", "web tls"],
    ["port 80 and (host 10.0.0.1) or 443", "web tls link6"],
    ["port 80 or not host 10.0.0.1 and 2001:db8::1", "web6"],
    ["src net 10.1 or 192.168 and dst port 21 or 80", "web ftp web6"],
    // and, or: equal precedence, from left to right; not binds tightest
    ["port 80 or port 443 and ip6", "web6 link6"],
    ["port 80 or (port 443 and ip6)", "web web6 link6"],
    ["ip6 and port 443 or port 21", "ftp link6"],
    ["ip6 and (port 443 or port 21)", "link6"],
    ["not ip or port 21", `ftp ${IP6}`],
    ["not (ip or port 80)", "link6"],
    ["not not ip6", IP6],
    ["!!ip6", IP6],
    ["! ip6 && port 80 || port 21", "web ftp"],
    ["ip&&port 80||port 21", "web ftp"],
    ["(((port 80)))", "web web6"],
    ["((host 10.0.0.1) and (port 80))", "web"],
    // not is inside of the evaluation of one direction (see the head of flow-filter.ts)
    ["not host 10.0.0.1", except(ALL, "web ftp self")],
    ["not src host 10.0.0.1", except(ALL, "self")],
    ["not src port 80", ALL],
    ["not src and dst port 7", except(ALL, "self")],
    // VLAN: any tag of the stack
    ["vlan", "tagged stacked"],
    ["not vlan", except(ALL, "tagged stacked")],
    ["vlan 100", "tagged"],
    ["vlan 200", "stacked"],
    ["vlan 0", "stacked"],
    ["vlan 4095", "stacked"],
    ["vlan 0x64", "tagged"],
    ["vlan (100)", "tagged"],
    ["vlan ((100))", "tagged"],
    ["vlan 4095 and vlan 200", "stacked"],
    ["vlan 200 and vlan 4095", "stacked"],
    ["vlan 100 or vlan 200", "tagged stacked"],
    ["vlan and host 10.9.0.1", "tagged"],
    ["vlan and (port 2000)", "tagged stacked"],
    ["vlan 1", ""],
  ])("%j keeps %j", (expression, expected) => {
    expect(kept(expression)).toBe(expected);
  });

  test("one direction is asked as tcpdump asks a packet", () => {
    const web = flowOf(FLOWS["web"]!);
    const asked = (expression: string): boolean[] => {
      const filter = parseFlowFilter(expression);
      return [filter.matchesPacket(web, false), filter.matchesPacket(web, true)];
    };
    expect(asked("src 10.0.0.1")).toEqual([true, false]);
    expect(asked("dst 10.0.0.1")).toEqual([false, true]);
    expect(asked("src port 80")).toEqual([false, true]);
    expect(asked("not src port 80")).toEqual([true, false]);
    expect(asked("host 10.0.0.1")).toEqual([true, true]);
  });

  test("the expression is kept for the report", () => {
    expect(parseFlowFilter("port 80").text).toBe("port 80");
  });
});

const PACKETS = "can't be asked of a TCP flow";

describe("errors point at the word: one line an expression", () => {
  test.each([
    ["hots 10.0.0.1", 'unknown word "hots" at column 1 (did you mean "host"?)'],
    ["HOST 10.0.0.1", 'unknown word "HOST" at column 1 (did you mean "host"?)'],
    ["port 80 adn port 90", 'unknown word "adn" at column 9 (did you mean "and"?)'],
    ["port 80 and zzz", 'no port "zzz" at column 13'],
    ["zzz", 'unknown word "zzz" at column 1'],
    ["tcp ports 80", 'unknown word "ports" at column 5 (did you mean "port"?)'],
    ["tcp prot 80", 'unknown word "prot" at column 5 (did you mean "port"?)'],
    ["10.0.0.1", '"10.0.0.1" at column 1 is (did you mean "host 10.0.0.1"?)'],
    ["::1", '(did you mean "host ::1"?)'],
    ["tcp 80", '"80" at column 5 is (did you mean "tcp port 80"?)'],
    ["tcp or 80", '"80" at column 8 is (did you mean "port 80"?)'],
    ["vlan 5 or 6", '"6" at column 11 is (did you mean "vlan 6"?)'],
    ["(port 80) or 443", '"443" at column 14'],
    ["port 80 and tcp or 443", '"443" at column 20'],
    ["host example.com", '"example.com" at column 6 is no IP address (names are not resolved'],
    ["host \\tcp", '"tcp" at column 6 is no IP address'],
    ["net loopback", "names are not resolved"],
    ["host", "expected an address at the end, column 5"],
    ["port", "expected a port at the end, column 5"],
    ["src port", "expected a port at the end, column 9"],
    ["host and", 'expected an address before "and" at column 6'],
    ["port or 80", 'expected a port before "or" at column 6'],
    ["host tcp", 'expected an address before "tcp" at column 6'],
    ["src or src port 80", 'expected "dst" behind "src or" before "src" at column 8'],
    ["src and port 80", 'before "port" at column 9'],
    ["port 80 &&", "at the end, column 11"],
    ["not", "at the end, column 4"],
    ["and", 'before "and" at column 1'],
    ["()", 'before ")" at column 2'],
    ["(port 80", 'for the "(" at column 1 at the end, column 9'],
    ["port (80", 'for the "(" at column 6 at the end, column 9'],
    ["port 80)", 'before ")" at column 8'],
    ["port 80 port 81", 'expected "and" or "or" before "port" at column 9'],
    ["port 80 81", 'before "81" at column 9'],
    ["port 80 / 8", 'before "/" at column 9'],
    ["mask 255.0.0.0", 'before "mask" at column 1'],
    ["net 10 mask", "expected a mask at the end, column 12"],
    ["net 10 mask 8", '"8" at column 13 is no mask (expected one like 255.255.0.0)'],
    ["net 10 mask ten", '"ten" at column 13 is no mask'],
    ["net 10 / ", "expected a prefix length at the end, column 10"],
    ["net 10.0.0.0/33", 'prefix length "33" at column 14 is not 0 to 32'],
    ["net 10.0.0.0/x", 'prefix length "x" at column 14 is not 0 to 32'],
    ["net ::/129", 'prefix length "129" at column 8 is not 0 to 128'],
    ["net 10.0.0.1/8", '"10.0.0.1/8" at column 5 has bits set outside its mask'],
    ["net 10.1 mask 255.0.0.0", '"10.1 mask 255.0.0.0" at column 5 has bits set outside its mask'],
    ["net 2001:db8::1/32", '"2001:db8::1/32" at column 5 has bits set outside its mask'],
    ["net 2001:db8:: mask 255.0.0.0", '"mask" is for IPv4 only'],
    ["host 10.0.0.0/8", '(did you mean "net 10.0.0.0/8"?)'],
    ["src 10.0.0.0 mask 255.0.0.0", '(did you mean "net 10.0.0.0 mask 255.0.0.0"?)'],
    ["src 2001:db8::/32", '(did you mean "net 2001:db8::/32"?)'],
    ["host ::/0", '(did you mean "net ::/0"?)'],
    ["src 80", '"80" at column 5 is no IP address (did you mean "port 80" or "net 80"?)'],
    ["host 1.2.3.4.5", '"1.2.3.4.5" at column 6 is no IP address'],
    ["host 1.2.3.256", '"1.2.3.256" at column 6 is no IP address'],
    ["net 256", '"256" at column 5 is no IP address'],
    ["net 0x0a", '"0x0a" at column 5 is no IP address'],
    ["host 010.0.0.1", '"010.0.0.1" at column 6 is no IP address (leading zero)'],
    ["host 1:2", '"1:2" at column 6 is no IP address'],
    ["port 65536", 'port "65536" at column 6 is above 65535'],
    ["port 99999999999999999999", "is above 65535"],
    ["port 080", 'leading zero in "080" at column 6'],
    ["port htpt", 'no port "htpt" at column 6 (did you mean "http"?)'],
    ["port 80-90", '(did you mean "portrange 80-90"?)'],
    ["port 10.0.0.1", '(did you mean "host 10.0.0.1"?)'],
    ["portrange 1-65536", 'port "65536" at column 11 is above 65535'],
    ["portrange 1-2-3", 'no port "2-3" at column 11'],
    ["portrange 80 - 90", 'unexpected character "-" at column 14'],
    ["port 80,443", 'unexpected character "," at column 8 (lists are written with "or"'],
    ["vlan 4096", 'VLAN "4096" at column 6 is above 4095'],
    ["vlan (5", 'expected ")" at the end, column 8'],
    ["vlan (", "expected a VLAN identifier at the end, column 7"],
    ["vlan http", 'before "http" at column 6'],
    ["tcp host 10.0.0.1", `"tcp" at column 1 can't qualify an address`],
    ["tcp src 10.0.0.1", `"tcp" at column 1 can't qualify an address`],
    ["ip port 80", `"ip" at column 1 can't qualify a port`],
    ["port 1 or ip6 portrange 1-2", `"ip6" at column 11 can't qualify a port`],
    ["ip host ::1", '"::1" at column 9 is an IPv6 address, but the qualifier is "ip"'],
    ["ip6 net 10", '"10" at column 9 is an IPv4 address, but the qualifier is "ip6"'],
    ["host é", 'unexpected character "\\u00e9" at column 6'],
    ["port 80 \u001b[31m", 'unexpected character "\\u001b" at column 9'],
    ["host \u202e", 'unexpected character "\\u202e" at column 6'],
    ['"port 80"', 'unexpected character "\\"" at column 1'],
    // what asks about packets names the way that works
    ["udp", `"udp" at column 1 ${PACKETS}`],
    ["udp port 53", `"udp" at column 1 ${PACKETS}`],
    ["port 80 or icmp", `"icmp" at column 12 ${PACKETS}`],
    ["not arp", `"arp" at column 5 ${PACKETS}`],
    ["ether host 00:11:22:33:44:55", `"ether" at column 1 ${PACKETS}`],
    ["host 00:11:22:33:44:55", `"00:11:22:33:44:55" at column 6 ${PACKETS}`],
    ["greater 100", `"greater" at column 1 ${PACKETS}`],
    ["tcp[13] & 2 != 0", `"[" at column 4 ${PACKETS}`],
    ["tcp[tcpflags] = tcp-syn", `"[" at column 4 ${PACKETS}`],
    ["ip proto 6", `"proto" at column 4 ${PACKETS}`],
    ["ip6 multicast", `"multicast" at column 5 ${PACKETS}`],
    ["mpls 5", `"mpls" at column 1 ${PACKETS}`],
    ["len > 100", `"len" at column 1 ${PACKETS}`],
  ])("%j: %s", (expression, expected) => {
    const error = errorOf(expression);
    expect(error.message).toContain(expected);
    expect(error.message).toMatch(/^filter: [ -~]+$/);
    if (expected.includes(PACKETS)) expect(error.message).toContain("--bpf FILE");
    expect(error.exitCode).toBe(2);
  });

  test("length is bounded", () => {
    expect(() => parseFlowFilter("port 80".padEnd(65_536))).not.toThrow();
    expect(errorOf("port 80".padEnd(65_537)).message).toContain("the limit is 65536");
  });

  test("depth is bounded, whatever nests", () => {
    expect(kept(nested("(", "port 80", ")", 100))).toBe("web web6");
    expect(kept(nested("not ", "port 80", "", 100))).toBe("web web6");
    expect(kept(`port ${nested("(", "80", ")", 100)}`)).toBe("web web6");
    for (const expression of [
      nested("(", "port 80", ")", 101),
      nested("not ", "port 80", "", 101),
      `port ${nested("(", "80", ")", 101)}`,
      `port ${nested("not ", "80", "", 101)}`,
      nested("!", "ip", "", 60_000),
    ]) {
      expect(errorOf(expression).message).toContain("nested deeper than 100 at column");
    }
    expect(errorOf(`vlan ${nested("(", "1", ")", 101)}`).message).toContain("at column");
  });

  test("thousands of terms side by side are no depth", () => {
    const ports = Array.from({ length: 6000 }, (_, index) => 1000 + index).join(" or ");
    expect(kept(`port ${ports}`)).toBe("high tagged stacked");
  });

  test("a long word is cut in the message", () => {
    expect(errorOf(`host ${"a".repeat(5000)}`).message.length).toBeLessThan(200);
  });
});

function nested(open: string, inner: string, close: string, depth: number): string {
  return open.repeat(depth) + inner + close.repeat(depth);
}

function errorOf(expression: string): TcpxError {
  try {
    parseFlowFilter(expression);
  } catch (error) {
    if (error instanceof TcpxError && error.code === "BAD_FILTER") return error;
    throw error;
  }
  throw new Error(`accepted: ${expression}`);
}
