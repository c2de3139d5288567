// TCP options that tcpx reads (RFC 9293 §3.1, RFC 7323, RFC 2018): MSS, window scale, SACK permitted
// and timestamps of a SYN; SACK blocks of any segment.

import { readInt32, readUint16 } from "../bytes.ts";
import type { SegmentCursor } from "../decode/segment-cursor.ts";
import { TcpFlag } from "../decode/segment-cursor.ts";
import { sequenceDistance } from "../reassembly/sequence.ts";
import { Mark } from "../reassembly/stream-cursor.ts";
import type { StreamCursor } from "../reassembly/stream-cursor.ts";

const END_OF_LIST = 0;
const NO_OPERATION = 1;
const MAXIMUM_SEGMENT_SIZE = 2;
const WINDOW_SCALE = 3;
const SACK_PERMITTED = 4;
const SACK = 5;
const TIMESTAMPS = 8;
const LARGEST_SHIFT = 14;

/** Keeps what a SYN or SYN+ACK offers with the stream of its sender. */
export function readSynOptions(segment: SegmentCursor, sender: StreamCursor): void {
  const { bytes, optionsEnd } = segment;
  let mss = 0;
  let shift = 0;
  let marks = 0;
  let at = segment.optionsStart;
  while (at < optionsEnd) {
    const kind = bytes[at]!;
    if (kind === END_OF_LIST) break;
    if (kind === NO_OPERATION) {
      at++;
      continue;
    }
    const length = at + 1 < optionsEnd ? bytes[at + 1]! : 0;
    if (length < 2 || at + length > optionsEnd) break;
    if (kind === MAXIMUM_SEGMENT_SIZE && length === 4) {
      mss = readUint16(bytes, at + 2);
      marks |= Mark.MSS;
    } else if (kind === WINDOW_SCALE && length === 3) {
      shift = Math.min(bytes[at + 2]!, LARGEST_SHIFT);
      marks |= Mark.WINDOW_SCALE;
    } else if (kind === SACK_PERMITTED) marks |= Mark.SACK_PERMITTED;
    else if (kind === TIMESTAMPS) marks |= Mark.TIMESTAMPS;
    at += length;
  }
  sender.marks |= marks;
  sender.setOptions(mss, shift);
}

/** Octets of the smallest SACK option, and of a timestamps option with the padding all stacks send. */
const SMALLEST_SACK = 10;
const PADDED_TIMESTAMPS = 12;
/** Its first four octets: two NOPs, kind 8, length 10. */
const PADDED_TIMESTAMPS_HEAD = 0x0101080a;

/** False for what nearly every segment has: no options, or timestamps alone. Runs once a packet. */
export function mayHoldSack(segment: SegmentCursor): boolean {
  const { optionsStart } = segment;
  const length = segment.optionsEnd - optionsStart;
  if (length < SMALLEST_SACK || (segment.flags & TcpFlag.SYN) !== 0) return false;
  return (
    length !== PADDED_TIMESTAMPS ||
    readInt32(segment.bytes, optionsStart) !== PADDED_TIMESTAMPS_HEAD
  );
}

/** Takes blocks `[left, right)` of sequence numbers that the receiver of a stream holds. */
export interface BlockTaker {
  acknowledgeBlock(stream: StreamCursor, left: number, right: number): void;
}

/**
 * Takes the SACK blocks of a segment as evidence of what its sender holds of `receiver`'s stream. A
 * first block at or below the acknowledgment, or inside the second, is a D-SACK (RFC 2883 §4).
 */
export function readSackBlocks(
  segment: SegmentCursor,
  receiver: StreamCursor,
  taker: BlockTaker,
): void {
  const { bytes, optionsEnd } = segment;
  let at = segment.optionsStart;
  while (at < optionsEnd) {
    const kind = bytes[at]!;
    if (kind === END_OF_LIST) return;
    if (kind === NO_OPERATION) {
      at++;
      continue;
    }
    const length = at + 1 < optionsEnd ? bytes[at + 1]! : 0;
    if (length < 2 || at + length > optionsEnd) return;
    if (kind === SACK) {
      readBlocks(segment, at + 2, at + length, receiver, taker);
      return;
    }
    at += length;
  }
}

function readBlocks(
  segment: SegmentCursor,
  start: number,
  end: number,
  receiver: StreamCursor,
  taker: BlockTaker,
): void {
  const { bytes } = segment;
  for (let at = start; at + 8 <= end; at += 8) {
    const left = readInt32(bytes, at);
    const right = readInt32(bytes, at + 4);
    if (sequenceDistance(left, right) <= 0) continue;
    if (sequenceDistance(segment.ack, left) <= 0) continue;
    if (at === start && at + 16 <= end) {
      const insideSecond =
        sequenceDistance(readInt32(bytes, at + 8), left) >= 0 &&
        sequenceDistance(right, readInt32(bytes, at + 12)) >= 0;
      if (insideSecond) continue;
    }
    taker.acknowledgeBlock(receiver, left, right);
  }
}
