// The fast path: packets of a block, one after the other, as long as each is just what its flow expects next.
// AssemblyScript, compiled to WebAssembly by compile.js; the seam is src/extract/fast-path.ts.

import * as Result from "../run-result";
import { directionOf, findFlow, slotOf } from "./flows";
import { isIPv6, isTagged, plainPacket, tcpOf, wireEndOf } from "./headers";
import { frame, frameEnd, nanos, next, readRecord, seconds } from "./records";
import { beginCopies, copyAll } from "./late-copies";
import { beginHoles, holesTold, takeSegment } from "./prediction";

export { openFlows, openIndex } from "./flows";
export { openLink, openTags } from "./headers";
export { clear, copy, sum } from "./octets";
export { openRules } from "./prediction";
export { openRecords } from "./records";
export { openHeads } from "./write-heads";

/**
 * Takes packets from `[at, end)` until one is not what its flow expects, and returns where its record begins.
 * None is earlier than the one before, the first not earlier than the clock; none as late as the limit. `result`:
 * where to leave what was done (run-result.ts), and behind it the turns, slots of flows in the order in which they spoke,
 * the holes, and notes of this module's own.
 */
export function takePackets(
  start: usize,
  end: usize,
  result: usize,
  clockSeconds: u32,
  clockNanos: u32,
  limitSeconds: u32,
  limitNanos: u32,
  payloadLimit: f64,
): usize {
  const turns = result + (Result.RESULT_WORDS << 2);
  let at = start;
  let packets = 0;
  let ipv6Packets = 0;
  let taggedPackets = 0;
  let capturedBytes = 0;
  let clientBytes = 0;
  let payloadBytes = 0;
  let turn = 0;
  let lastSeconds = clockSeconds;
  let lastNanos = clockNanos;
  let flow: usize = 0;
  const holes = turns + (Result.MOST_TURNS << 2);
  beginHoles(holes);
  beginCopies(holes + ((Result.MOST_HOLES * Result.HOLE_FLOATS) << 3));
  while (turn < Result.MOST_TURNS && readRecord(at, end)) {
    if (isBefore(seconds, nanos, lastSeconds, lastNanos)) break;
    if (!isBefore(seconds, nanos, limitSeconds, limitNanos)) break;
    const ip = plainPacket(frame, frameEnd);
    if (ip == 0) break;
    const tcp = tcpOf(ip);
    const before = flow;
    let direction = flow == 0 ? 0 : directionOf(flow, ip, tcp);
    if (direction == 0) {
      flow = findFlow(ip, tcp);
      if (flow == 0) break;
      direction = directionOf(flow, ip, tcp);
    }
    const limit = payloadLimit - <f64>payloadBytes;
    const payload = takeSegment(
      flow,
      direction == 1,
      ip,
      tcp,
      wireEndOf(ip),
      seconds,
      nanos,
      limit,
    );
    if (payload < 0) break;
    if (flow != before) {
      store<i32>(turns + ((<usize>turn) << 2), slotOf(flow));
      turn++;
    }
    packets++;
    if (isIPv6(ip)) ipv6Packets++;
    if (isTagged) taggedPackets++;
    const captured = <i32>(frameEnd - frame);
    capturedBytes += captured;
    if (direction == 1) clientBytes += captured;
    payloadBytes += payload;
    lastSeconds = seconds;
    lastNanos = nanos;
    at = next;
  }
  copyAll();
  store<i32>(result, packets, Result.PACKETS << 2);
  store<i32>(result, ipv6Packets, Result.IPV6_PACKETS << 2);
  store<i32>(result, taggedPackets, Result.TAGGED_PACKETS << 2);
  store<i32>(result, capturedBytes, Result.CAPTURED_BYTES << 2);
  store<i32>(result, clientBytes, Result.CLIENT_BYTES << 2);
  store<i32>(result, payloadBytes, Result.PAYLOAD_BYTES << 2);
  store<u32>(result, lastSeconds, Result.SECONDS << 2);
  store<u32>(result, lastNanos, Result.NANOS << 2);
  store<i32>(result, turn, Result.TURNS << 2);
  store<i32>(result, holesTold(), Result.HOLES << 2);
  return at;
}

function isBefore(seconds: u32, nanos: u32, otherSeconds: u32, otherNanos: u32): bool {
  return seconds < otherSeconds || (seconds == otherSeconds && nanos < otherNanos);
}
