// Header prediction (Van Jacobson, "4BSD TCP Header Prediction", 1990): the very next octets in order, or an
// acknowledgment and nothing else; and, in a stream that has holes already, octets behind one more. Decides by one
// look at the flow's record whether a segment is one of these, and if so changes the record just as
// src/flow/segment-rules.ts and src/reassembly/reassembler.ts would.

import * as Flow from "../flow-record";
import * as Stream from "../stream-record";
import { float, setFloat, setWord, slotOf, word } from "./flows";
import {
  ackOf,
  checksumOf,
  flagsOf,
  hasGoodChecksum,
  idOf,
  mayHoldSack,
  payloadOf,
  seqOf,
  windowOf,
} from "./headers";
import * as Result from "../run-result";
import { append, hasRoom, skip } from "./write-heads";

const C2S_BYTES: usize = Flow.FLOW_WORDS << 2;
const S2C_BYTES: usize = (Flow.FLOW_WORDS + Stream.STREAM_WORDS) << 2;
const NO_SLOT = -1;

const IN_ORDER_MARKS =
  Stream.ORIGIN_MARK | Stream.FIN_MARK | Stream.RESET_MARK | Stream.STOPPED_MARK;

let verifies = false;
let longestJump: i32 = 0;
/** End of a stream up to which octets may be taken. */
let streamLimit: f64 = 0;

/** Where the next hole is told of, and how many were. */
let nextHole: usize = 0;
let holes = 0;

/** Begins to tell of holes at an address. */
export function beginHoles(at: usize): void {
  nextHole = at;
  holes = 0;
}

/** Holes told of since `beginHoles`. */
export function holesTold(): i32 {
  return holes;
}

export function openRules(verifiesChecksums: bool, maxJump: i32, maxStreamBytes: f64): void {
  verifies = verifiesChecksums;
  longestJump = maxJump;
  streamLimit = maxStreamBytes;
}

/**
 * Takes the segment of a plain packet that ends at `end` into its flow, at most `limit` octets of payload. Returns how
 * many it were; -1, and nothing has changed, if it is none of the kinds.
 */
export function takeSegment(
  flow: usize,
  isFromClient: bool,
  ip: usize,
  tcp: usize,
  end: usize,
  seconds: u32,
  nanos: u32,
  limit: f64,
): i32 {
  const sender = flow + (isFromClient ? C2S_BYTES : S2C_BYTES);
  const receiver = flow + (isFromClient ? S2C_BYTES : C2S_BYTES);
  const payload = payloadOf(tcp);
  const length = <i32>(end - payload);
  const seq = seqOf(tcp);
  const ack = ackOf(tcp);
  const senderMarks = word(sender, Stream.MARKS);
  const receiverMarks = word(receiver, Stream.MARKS);
  const flowMarks = word(flow, Flow.MARKS);
  const hole = seq - word(sender, Stream.NEXT_SEQ);
  if (
    hole < 0 ||
    (senderMarks & IN_ORDER_MARKS) != Stream.ORIGIN_MARK ||
    word(sender, Stream.PACKETS) == 0 ||
    windowOf(tcp) == 0 ||
    (flowMarks & (Flow.FILTERED_MARK | Flow.OUT_OF_TIME_MARK)) != 0 ||
    mayHoldSack(tcp)
  ) {
    return -1;
  }
  if (hole > 0 && (length == 0 || !mayLeaveHole(flow, sender, senderMarks, hole))) return -1;
  if (word(receiver, Stream.SIDE) != 0) {
    const isNoted = hasHistory(flow, Flow.GAP_LETTER, !isFromClient);
    if ((receiverMarks & Stream.WATCHED_MARK) != 0 || !isNoted) return -1;
    if (float(receiver, Stream.HIGHEST) == 0) return -1;
  }
  // What comes for the first time is noted down by the long way.
  if ((flowMarks & Flow.HANDSHAKE_ACK_MARK) == 0 && (receiverMarks & Stream.SYN_ACK_MARK) != 0) {
    return -1;
  }
  const highest = float(sender, Stream.HIGHEST);
  const position = highest + <f64>hole;
  const handle = <u32>word(sender, Stream.HANDLE);
  if (length > 0) {
    const wanted = Stream.PAYLOAD_MARK | Stream.OPENED_MARK;
    if ((senderMarks & wanted) != wanted) return -1;
    if (position + <f64>length > streamLimit || <f64>length > limit) return -1;
    if (!hasRoom(handle, highest, hole, length)) return -1;
  } else {
    if (!hasHistory(flow, Flow.ACK_LETTER, isFromClient)) return -1;
  }
  const id = idOf(ip);
  const flags = (<u32>flagsOf(tcp)) << 24;
  const identity = <i32>(id == 0 ? flags | (1 << 16) | checksumOf(tcp) : flags | id);
  if (
    word(sender, Stream.LAST_IDENTITY) == identity &&
    word(sender, Stream.LAST_SEQ) == seq &&
    word(sender, Stream.LAST_ACK) == ack &&
    word(sender, Stream.LAST_LENGTH) == length
  ) {
    return -1;
  }
  const ahead = ack - word(receiver, Stream.NEXT_SEQ);
  const acked = float(receiver, Stream.HIGHEST) + <f64>ahead;
  const isAckNew =
    (receiverMarks & Stream.ORIGIN_MARK) != 0 && acked > float(receiver, Stream.ACKED);
  if (isAckNew && ahead > longestJump) return -1;
  if (verifies) {
    if ((senderMarks & Stream.VERIFIED_MARK) == 0 || !hasGoodChecksum(ip, tcp, end)) return -1;
  }

  setWord(sender, Stream.LAST_IDENTITY, identity);
  setWord(sender, Stream.LAST_SEQ, seq);
  setWord(sender, Stream.LAST_ACK, ack);
  setWord(sender, Stream.LAST_LENGTH, length);
  setWord(sender, Stream.PACKETS, word(sender, Stream.PACKETS) + 1);
  setWord(sender, Stream.LAST_SECONDS, seconds);
  setWord(sender, Stream.LAST_NANOS, nanos);
  setWord(sender, Stream.WINDOW, windowOf(tcp));
  setWord(flow, Flow.LAST_SECONDS, seconds);
  setWord(flow, Flow.LAST_NANOS, nanos);
  setWord(flow, Flow.CLOCK_SECONDS, seconds);
  setWord(flow, Flow.CLOCK_NANOS, nanos);
  if ((receiverMarks & Stream.ORIGIN_MARK) == 0) {
    setWord(receiver, Stream.ACK_SEQ, ack);
    setWord(receiver, Stream.MARKS, receiverMarks | Stream.ACKED_MARK);
  } else if (isAckNew && acked >= 0) {
    setFloat(receiver, Stream.ACKED, acked);
  }
  if (length == 0) return 0;
  setFloat(sender, Stream.HIGHEST, position + <f64>length);
  setWord(sender, Stream.NEXT_SEQ, seq + length);
  setFloat(sender, Stream.CAPTURED_BYTES, float(sender, Stream.CAPTURED_BYTES) + <f64>length);
  setFloat(sender, Stream.WRITTEN_BYTES, float(sender, Stream.WRITTEN_BYTES) + <f64>length);
  if (hole == 0) {
    setWord(sender, Stream.IN_ORDER, word(sender, Stream.IN_ORDER) + 1);
  } else {
    tellHole((slotOf(flow) << 1) | (isFromClient ? 0 : 1), highest, position);
    skip(handle, hole);
  }
  append(handle, payload, length);
  return length;
}

/** The first hole of a stream, and the first of several flows on a key, take the long way. */
function mayLeaveHole(flow: usize, sender: usize, marks: i32, hole: i32): bool {
  return (
    hole <= min(Stream.LONGEST_ZEROED_HOLE, longestJump) &&
    holes < Result.MOST_HOLES &&
    word(sender, Stream.SIDE) != 0 &&
    (marks & Stream.WATCHED_MARK) == 0 &&
    word(flow, Flow.OLDER) == NO_SLOT
  );
}

function hasHistory(flow: usize, letter: i32, isClients: bool): bool {
  const bit = isClients ? letter : letter + Flow.SERVER_LETTERS;
  return (word(flow, Flow.HISTORY_MASK) & (1 << bit)) != 0;
}

function tellHole(stream: i32, start: f64, end: f64): void {
  setFloat(nextHole, Result.HOLE_STREAM, <f64>stream);
  setFloat(nextHole, Result.HOLE_START, start);
  setFloat(nextHole, Result.HOLE_END, end);
  nextHole += Result.HOLE_FLOATS << 3;
  holes++;
}
