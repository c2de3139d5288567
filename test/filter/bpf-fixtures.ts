// What `tcpdump -ddd EXPRESSION` prints for Ethernet, and which of the sample packets the expression
// chooses: the interpreter's test where there is no tcpdump. Made by libpcap 1.10.3.

export interface BpfFixture {
  readonly expression: string;
  readonly program: string;
  /** Names of UNTAGGED, ODD and TAGGED packets, in this order. */
  readonly chosen: string;
}

export const BPF_FIXTURES: readonly BpfFixture[] = [
  {
    expression: "tcp",
    program: `12
40 0 0 12
21 0 2 2048
48 0 0 23
21 6 7 6
21 0 6 34525
48 0 0 20
21 3 0 6
21 0 3 44
48 0 0 54
21 0 1 6
6 0 0 262144
6 0 0 0
`,
    chosen:
      "webSyn webSynAck webAck tlsOut tlsIn ftpOut ftpIn highOut highIn selfOut selfIn web6Out web6In link6Out link6In options fragment cutInPorts padded long",
  },
  {
    expression: "ip6",
    program: `4
40 0 0 12
21 0 1 34525
6 0 0 262144
6 0 0 0
`,
    chosen: "web6Out web6In link6Out link6In udp6 extension6",
  },
  {
    expression: "host 10.0.0.1",
    program: `14
40 0 0 12
21 0 4 2048
32 0 0 26
21 8 0 167772161
32 0 0 30
21 6 7 167772161
21 1 0 2054
21 0 5 32821
32 0 0 28
21 2 0 167772161
32 0 0 38
21 0 1 167772161
6 0 0 262144
6 0 0 0
`,
    chosen:
      "webSyn webSynAck webAck ftpOut ftpIn selfOut selfIn udp4 options fragment cutInPorts padded long",
  },
  {
    expression: "net 10.1.0.0/16 or net 2001:db8::/33",
    program: `27
40 0 0 12
21 0 6 2048
32 0 0 26
84 0 0 4294901760
21 20 0 167837696
32 0 0 30
84 0 0 4294901760
21 17 18 167837696
21 1 0 2054
21 0 6 32821
32 0 0 28
84 0 0 4294901760
21 12 0 167837696
32 0 0 38
84 0 0 4294901760
21 9 10 167837696
21 0 9 34525
32 0 0 22
21 0 2 536939960
32 0 0 26
69 0 4 2147483648
32 0 0 38
21 0 3 536939960
32 0 0 42
69 1 0 2147483648
6 0 0 262144
6 0 0 0
`,
    chosen: "ftpOut ftpIn web6Out web6In udp6 extension6",
  },
  {
    expression: "tcp port 80 or 443",
    program: `23
40 0 0 12
21 0 7 34525
48 0 0 20
21 0 18 6
40 0 0 54
21 15 0 80
21 14 0 443
40 0 0 56
21 12 11 80
21 0 12 2048
48 0 0 23
21 0 10 6
40 0 0 20
69 8 0 8191
177 0 0 14
72 0 0 14
21 4 0 80
21 3 0 443
72 0 0 16
21 1 0 80
21 0 1 443
6 0 0 262144
6 0 0 0
`,
    chosen:
      "webSyn webSynAck webAck tlsOut tlsIn web6Out web6In link6Out link6In options padded long",
  },
  {
    expression: "src portrange 1000-50000 and not ip6",
    program: `15
40 0 0 12
21 12 0 34525
21 0 11 2048
48 0 0 23
21 2 0 132
21 1 0 6
21 0 7 17
40 0 0 20
69 5 0 8191
177 0 0 14
72 0 0 14
53 0 2 1000
37 1 0 50000
6 0 0 262144
6 0 0 0
`,
    chosen: "webSyn webAck tlsOut ftpOut highIn udp4 options padded",
  },
  {
    expression: "tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn",
    program: `12
40 0 0 12
21 0 9 2048
48 0 0 23
21 0 7 6
40 0 0 20
69 5 0 8191
177 0 0 14
80 0 0 27
84 0 0 18
21 0 1 2
6 0 0 262144
6 0 0 0
`,
    chosen: "webSyn",
  },
  {
    expression: "vlan 100 and port 80",
    program: `31
40 0 0 12
21 2 0 33024
21 1 0 34984
21 0 26 37120
40 0 0 14
84 0 0 4095
21 0 23 100
40 0 0 16
21 0 8 34525
48 0 0 24
21 2 0 132
21 1 0 6
21 0 17 17
40 0 0 58
21 14 0 80
40 0 0 60
21 12 13 80
21 0 12 2048
48 0 0 27
21 2 0 132
21 1 0 6
21 0 8 17
40 0 0 24
69 6 0 8191
177 0 0 18
72 0 0 18
21 2 0 80
72 0 0 20
21 0 1 80
6 0 0 262144
6 0 0 0
`,
    chosen: "tagOut tagIn",
  },
  {
    expression: "vlan 300 and vlan 200",
    program: `16
40 0 0 12
21 2 0 33024
21 1 0 34984
21 0 11 37120
40 0 0 14
84 0 0 4095
21 0 8 300
40 0 0 16
21 2 0 33024
21 1 0 34984
21 0 4 37120
40 0 0 18
84 0 0 4095
21 0 1 200
6 0 0 262144
6 0 0 0
`,
    chosen: "stacked",
  },
  {
    expression: "greater 1000 or less 50",
    program: `5
128 0 0 0
53 2 0 1000
37 0 1 50
6 0 0 0
6 0 0 262144
`,
    chosen: "udp4 arp fragment cutInPorts long",
  },
  {
    expression: "ip[0] & 0xf != 5",
    program: `7
40 0 0 12
21 0 4 2048
48 0 0 14
84 0 0 15
21 1 0 5
6 0 0 262144
6 0 0 0
`,
    chosen: "options",
  },
  {
    expression: "ip[2:2] - ((ip[0]&0xf)<<2) - ((tcp[12]&0xf0)>>2) != 0",
    program: `20
40 0 0 12
21 0 17 2048
40 0 0 16
2 0 0 1
48 0 0 14
84 0 0 15
100 0 0 2
7 0 0 5
96 0 0 1
28 0 0 0
2 0 0 5
177 0 0 14
80 0 0 26
84 0 0 240
116 0 0 2
7 0 0 9
96 0 0 5
29 1 0 0
6 0 0 262144
6 0 0 0
`,
    chosen: "webSyn webSynAck webAck tlsOut tlsIn ftpOut ftpIn highOut highIn selfOut selfIn long",
  },
  {
    expression: "ip[6:2] & 0x1fff != 0",
    program: `6
40 0 0 12
21 0 3 2048
40 0 0 20
69 0 1 8191
6 0 0 262144
6 0 0 0
`,
    chosen: "fragment",
  },
  {
    expression: "tcp[2:2] % 2 = 1",
    program: `12
40 0 0 12
21 0 9 2048
48 0 0 23
21 0 7 6
40 0 0 20
69 5 0 8191
177 0 0 14
72 0 0 16
148 0 0 2
21 0 1 1
6 0 0 262144
6 0 0 0
`,
    chosen: "tlsOut tlsIn ftpOut highIn selfOut selfIn",
  },
  {
    expression: "udp or arp",
    program: `13
40 0 0 12
21 0 2 2048
48 0 0 23
21 7 8 17
21 0 5 34525
48 0 0 20
21 4 0 17
21 0 4 44
48 0 0 54
21 1 2 17
21 0 1 2054
6 0 0 262144
6 0 0 0
`,
    chosen: "udp4 udp6 arp",
  },
];
