// Where the fields of a flow's record lie. Plain constants and nothing else: the compiler of the fast path
// (src/memory/assembly) reads this file too.

import { STREAM_WORDS } from "./stream-record.ts";

export const FLOW_WORDS = 34;
/** Int32 words of a flow's record, streams included; even, so that float fields are aligned. */
export const RECORD_WORDS = FLOW_WORDS + 2 * STREAM_WORDS;

/** Offset in float64 units. */
export const RTT = 0;
/** Offsets in words. */
export const CLIENT = 2;
export const SERVER = 6;
export const PORTS = 10;
export const VLAN = 11;
export const ENCAPSULATION = 12;
export const HASH = 13;
export const NUMBER = 14;
export const MARKS = 15;
export const STATUS = 16;
export const OLDER = 17;
export const NEWER = 18;
export const RESUMES = 19;
export const CLOCK_SECONDS = 20;
export const CLOCK_NANOS = 21;
export const FIRST_SECONDS = 22;
export const FIRST_NANOS = 23;
export const LAST_SECONDS = 24;
export const LAST_NANOS = 25;
export const HISTORY_MASK = 26;
export const HISTORY = 27;
export const HISTORY_WORDS = 5;
export const SYN_SECONDS = 32;
export const SYN_NANOS = 33;

/** Letters of the history that the fast path asks for, of the client; those of the server follow behind all of them. */
export const ACK_LETTER = 2;
export const GAP_LETTER = 9;
export const SERVER_LETTERS = 12;

/** Bits of MARKS that the fast path asks for; the others are in flow-cursor.ts. */
export const IPV6_MARK = 0x4;
export const HANDSHAKE_ACK_MARK = 0x20;
export const FILTERED_MARK = 0x100;
export const OUT_OF_TIME_MARK = 0x200;
