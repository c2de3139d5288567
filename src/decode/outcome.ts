// Every packet ends in exactly one named outcome, and the report is their sum (tcp.md §1.1).

/** Names as they stand in the report; the index of a name is its code (`Outcome`). */
export const OUTCOME_NAMES = [
  "tcp",
  "not-ip",
  "not-tcp",
  "fragment-waiting",
  "fragment-refused",
  "unsupported-link-type",
  "unsupported-encapsulation",
  "encrypted",
  "nesting-too-deep",
  "truncated-header",
  "malformed-link",
  "malformed-ip",
  "malformed-tcp",
  "bad-checksum",
  "filtered",
  "other-path",
  "dropped",
] as const;

export type OutcomeName = (typeof OUTCOME_NAMES)[number];

/** Codes of the outcomes; small integers, so that the counters are one typed array. */
export const Outcome = {
  TCP: 0,
  NOT_IP: 1,
  NOT_TCP: 2,
  FRAGMENT_WAITING: 3,
  FRAGMENT_REFUSED: 4,
  UNSUPPORTED_LINK_TYPE: 5,
  UNSUPPORTED_ENCAPSULATION: 6,
  ENCRYPTED: 7,
  NESTING_TOO_DEEP: 8,
  TRUNCATED_HEADER: 9,
  MALFORMED_LINK: 10,
  MALFORMED_IP: 11,
  MALFORMED_TCP: 12,
  BAD_CHECKSUM: 13,
  FILTERED: 14,
  OTHER_PATH: 15,
  DROPPED: 16,
} as const;

export type Outcome = (typeof Outcome)[keyof typeof Outcome];

export const OUTCOME_COUNT: number = OUTCOME_NAMES.length;
