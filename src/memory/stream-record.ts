// Where the fields of a stream's record lie. Plain constants and nothing else: the compiler of the fast path
// (src/memory/assembly) reads this file too.

/** Int32 words of a stream's record. */
export const STREAM_WORDS = 32;

/** Offsets in float64 units. */
export const HIGHEST = 0;
export const ACKED = 1;
export const FIN_POSITION = 2;
export const CAPTURED_BYTES = 3;
export const WRITTEN_BYTES = 4;
/** Offsets in int32 words. */
export const NEXT_SEQ = 10;
export const ACK_SEQ = 11;
export const MARKS = 12;
export const ISN = 13;
export const WINDOW = 14;
export const OPTIONS = 15;
export const PACKETS = 16;
export const IN_ORDER = 17;
export const STATUS = 18;
export const SIDE = 19;
export const RARE_ROW = 20;
export const HANDLE = 21;
export const LAST_IDENTITY = 22;
export const LAST_SEQ = 23;
export const LAST_ACK = 24;
export const LAST_LENGTH = 25;
export const FIRST_SECONDS = 26;
export const FIRST_NANOS = 27;
export const LAST_SECONDS = 28;
export const LAST_NANOS = 29;
export const PAYLOAD_SECONDS = 30;
export const PAYLOAD_NANOS = 31;

/** Longest hole that a window of a stream keeps as zeros; a longer one stays a hole of the file. */
export const LONGEST_ZEROED_HOLE = 16_384;

/** Bits of MARKS that the fast path asks for; the others are in stream-cursor.ts. */
export const ORIGIN_MARK = 0x01;
export const ACKED_MARK = 0x08;
export const FIN_MARK = 0x10;
export const RESET_MARK = 0x20;
export const VERIFIED_MARK = 0x40;
export const STOPPED_MARK = 0x80;
export const SYN_ACK_MARK = 0x200;
export const PAYLOAD_MARK = 0x400;
export const OPENED_MARK = 0x8000;
/** Something of its side waits for what comes next, or a limit is near: each segment needs a look. */
export const WATCHED_MARK = 0x2_0000;
