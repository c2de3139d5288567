// Names of link layer types, for the report: `Ethernet [EN10MB/1]`, as Tranalyzer prints them.
// Source: the link-layer header types registry of tcpdump.org (LINKTYPE_ values, DLT_ names).

/** LINKTYPE value -> what it is, DLT name. The ones that tcpx reads, and some that people try. */
const LINK_TYPES: ReadonlyMap<number, readonly [string, string]> = new Map([
  [0, ["BSD loopback", "NULL"]],
  [1, ["Ethernet", "EN10MB"]],
  [6, ["Token Ring", "IEEE802"]],
  [7, ["ARCNET with BSD headers", "ARCNET"]],
  [8, ["SLIP", "SLIP"]],
  [9, ["PPP", "PPP"]],
  [10, ["FDDI", "FDDI"]],
  [12, ["Raw IP", "RAW"]],
  [14, ["Raw IP", "RAW"]],
  [15, ["BSD/OS SLIP", "SLIP_BSDOS"]],
  [16, ["BSD/OS PPP", "PPP_BSDOS"]],
  [50, ["PPP in HDLC-like framing", "PPP_SERIAL"]],
  [51, ["PPPoE", "PPP_ETHER"]],
  [100, ["LLC/SNAP (RFC 1483)", "ATM_RFC1483"]],
  [101, ["Raw IP", "RAW"]],
  [104, ["Cisco HDLC", "C_HDLC"]],
  [105, ["IEEE 802.11", "IEEE802_11"]],
  [107, ["Frame Relay", "FRELAY"]],
  [108, ["OpenBSD loopback", "LOOP"]],
  [113, ["Linux cooked v1", "LINUX_SLL"]],
  [119, ["IEEE 802.11 with Prism header", "PRISM_HEADER"]],
  [122, ["IP over Fibre Channel", "IP_OVER_FC"]],
  [127, ["IEEE 802.11 with radiotap header", "IEEE802_11_RADIO"]],
  [129, ["ARCNET with Linux headers", "ARCNET_LINUX"]],
  [138, ["Apple IP over IEEE 1394", "APPLE_IP_OVER_IEEE1394"]],
  [147, ["private use 0", "USER0"]],
  [149, ["private use 2 (Apple PKTAP)", "USER2"]],
  [163, ["IEEE 802.11 with AVS header", "IEEE802_11_RADIO_AVS"]],
  [166, ["PPP with direction (pppd)", "PPP_PPPD"]],
  [178, ["Juniper Ethernet", "JUNIPER_ETHER"]],
  [179, ["Juniper PPP", "JUNIPER_PPP"]],
  [180, ["Juniper Frame Relay", "JUNIPER_FRELAY"]],
  [181, ["Juniper Cisco HDLC", "JUNIPER_CHDLC"]],
  [187, ["Bluetooth HCI", "BLUETOOTH_HCI_H4"]],
  [189, ["USB with Linux header", "USB_LINUX"]],
  [192, ["Per-Packet Information", "PPI"]],
  [195, ["IEEE 802.15.4", "IEEE802_15_4_WITHFCS"]],
  [201, ["Bluetooth HCI with direction", "BLUETOOTH_HCI_H4_WITH_PHDR"]],
  [204, ["PPP with direction", "PPP_WITH_DIR"]],
  [205, ["Cisco HDLC with direction", "C_HDLC_WITH_DIR"]],
  [206, ["Frame Relay with direction", "FRELAY_WITH_DIR"]],
  [219, ["MPLS", "MPLS"]],
  [220, ["USB with padded Linux header", "USB_LINUX_MMAPPED"]],
  [227, ["CAN (SocketCAN)", "CAN_SOCKETCAN"]],
  [228, ["Raw IPv4", "IPV4"]],
  [229, ["Raw IPv6", "IPV6"]],
  [239, ["Linux NFLOG", "NFLOG"]],
  [242, ["IP over InfiniBand", "IPOIB"]],
  [249, ["USBPcap", "USBPCAP"]],
  [253, ["Linux Netlink", "NETLINK"]],
  [258, ["Apple PKTAP", "PKTAP"]],
  [276, ["Linux cooked v2", "LINUX_SLL2"]],
]);

/** `Ethernet [EN10MB/1]`; `unknown [4711]` for a number without a name. */
export function formatLinkType(linkType: number): string {
  const names = LINK_TYPES.get(linkType);
  if (names === undefined) return `unknown [${linkType}]`;
  return `${names[0]} [${names[1]}/${linkType}]`;
}
