// What each outcome of a packet means (decode/outcome.ts), for the reader of the report.

import { Outcome, OUTCOME_NAMES } from "../decode/outcome.ts";
import type { OutcomeName } from "../decode/outcome.ts";

export const OUTCOME_MEANINGS: Readonly<Record<OutcomeName, string>> = {
  tcp: "A TCP segment that belongs to a flow.",
  "not-ip": "Neither IPv4 nor IPv6: ARP, LLDP, 802.11 management and the like.",
  "not-tcp": "IP, but not TCP.",
  "fragment-waiting": "An IP fragment that did not complete its datagram when it came.",
  "fragment-refused":
    "An IP fragment that was refused: it overlaps others (RFC 5722), lies beyond the largest datagram, or the table is full.",
  "unsupported-link-type": "The packet's link layer type is not read.",
  "unsupported-encapsulation": "A tunnel or header that is known and not followed.",
  encrypted: "Encrypted at a layer below TCP: 802.11 with protection, IPsec ESP.",
  "nesting-too-deep": "More than 16 layers of encapsulation.",
  "truncated-header": "Cut by the snap length inside a header, before the payload.",
  "malformed-link": "A link layer header that contradicts itself.",
  "malformed-ip": "An IP header that contradicts itself or the packet's length.",
  "malformed-tcp": "A TCP header that contradicts itself or the packet's length.",
  "bad-checksum": "A TCP segment refused for its checksum: its octets are not in the streams.",
  filtered: "Left out by a filter, a time limit or a choice of flows.",
  "other-path": "Seen under another VLAN tag than the one followed (`--vlan first`).",
  dropped: "Dropped by a script's rule, as if it had not been captured.",
};

/** Outcomes that other lines of the text show. */
export const OUTCOMES_SHOWN_OTHERWISE: ReadonlySet<OutcomeName> = new Set([
  "tcp",
  "not-ip",
  "not-tcp",
  "fragment-waiting",
]);

/** Outcomes of packets that could not be understood: `undecodable` in the status word. */
export const UNDECODABLE_OUTCOMES: readonly OutcomeName[] = [
  Outcome.UNSUPPORTED_LINK_TYPE,
  Outcome.UNSUPPORTED_ENCAPSULATION,
  Outcome.ENCRYPTED,
  Outcome.NESTING_TOO_DEEP,
  Outcome.TRUNCATED_HEADER,
  Outcome.MALFORMED_LINK,
  Outcome.MALFORMED_IP,
  Outcome.MALFORMED_TCP,
].map((code) => OUTCOME_NAMES[code]);
