// What a filter sees of a flow: its two endpoints and its VLAN tags. Plain number fields, so that the
// flow table can be asked about a flow without allocating.

/** Addresses are four words in network order, signed or not; IPv4 stands in word 3, the others are 0. */
export interface FlowEndpoints {
  /** 4 or 6. */
  readonly ipVersion: number;
  readonly client0: number;
  readonly client1: number;
  readonly client2: number;
  readonly client3: number;
  readonly server0: number;
  readonly server1: number;
  readonly server2: number;
  readonly server3: number;
  readonly clientPort: number;
  readonly serverPort: number;
  /** VLAN identifiers (12 bits each) of the tag stack, outermost first. */
  readonly vlans: readonly number[];
}
