// What the decoder counts besides outcomes; plain numbers, read by the report at the end of the run.

export class DecodeCounters {
  /** Packets by their outermost IP header. */
  ipv4Packets = 0;
  ipv6Packets = 0;
  /** Packets by the protocol of their innermost IP header, fragments included. */
  tcpPackets = 0;
  udpPackets = 0;
  /** All other packets, non-IP and undecodable ones included: the three sum to the packets read. */
  otherPackets = 0;
  fragmentPackets = 0;
  datagramsReassembled = 0;
  /** Datagrams that timed out, were pushed out or were left at the end; `finish()` adds the last. */
  datagramsIncomplete = 0;
  /** Packets with IP length 0 whose frame length was used instead. */
  lengthZeroPackets = 0;
  /** Packets from which VLAN tags or tunnels were removed. */
  encapsulatedPackets = 0;
  /** Packets by link type that is not read. */
  readonly unsupportedLinkTypes = new Map<number, number>();
}
