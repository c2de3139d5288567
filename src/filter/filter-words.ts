// The words of the pcap-filter language: those that a filter on flows understands, and those that ask
// about single packets. Keywords are lower case only, as in libpcap. Source: pcap-filter(7).

/** Words that begin a primitive or stand inside one. */
export const FLOW_WORDS: ReadonlySet<string> = new Set([
  "host",
  "net",
  "mask",
  "port",
  "portrange",
  "src",
  "dst",
  "tcp",
  "ip",
  "ip6",
  "vlan",
  "and",
  "or",
  "not",
]);

const PACKET_WORDS_TEXT = `
  aarp addr1 addr2 addr3 addr4 address1 address2 address3 address4 action ah arp atalk bcc broadcast byte
  carp clnp connectmsg csnp decnet dir direction dpc es-is esis esp ether fddi fisu gateway geneve greater
  hdpc hfisu hlssu hmsu hopc hsio hsls icmp icmp6 ifindex ifname igmp igrp iih ilmic inbound ipx is-is isis
  iso l1 l2 lane lat len length less link llc lssu lsu lsp metac metaconnect mopdl moprc mpls msu multicast
  netbeui oam oamf4 oamf4ec oamf4sc on opc outbound pim ppp pppoed pppoes proto protochain psnp ra radio
  rarp reason rnr rset rulenum ruleset sc sca sctp sio slip sls snp srnr stp subrulenum subtype ta tr type
  udp vci vpi vrrp vxlan wlan
`;

/** Words of pcap-filter that need the packet itself. */
export const PACKET_WORDS: ReadonlySet<string> = new Set(PACKET_WORDS_TEXT.trim().split(/\s+/));

export function isKeyword(word: string): boolean {
  return FLOW_WORDS.has(word) || PACKET_WORDS.has(word);
}
