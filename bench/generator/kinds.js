// The kinds of captures that can be generated: what each is of, its default numbers, and the faults of its
// capture point. Sizes are given in what bounds the kind: octets, packets or flows.

import { PERFECT } from "./capture-point.js";
import { sendBulk } from "./bulk-traffic.js";
import { sendLive } from "./live-traffic.js";
import { RECORD_OVERHEAD } from "./segment-builder.js";
import { sendShort } from "./short-traffic.js";

/** Half the packets missing; of the others 2 % late by up to 50 packets and 1 % seen twice. */
const LOSSY = Object.freeze({ missing: 0.5, late: 0.02, latestBy: 50, twice: 0.01 });

const LARGE_SEGMENTS = 1448;
const SMALL_SEGMENTS = 64;
/** Acknowledgments as a receiver sends them that merges segments, and as one that delays them (RFC 9293 §3.8.6.3). */
const ACK_OF_MERGED = 16;
const ACK_OF_DELAYED = 2;

function bulkOptions(wireBytes, segmentBytes, segmentsPerAck) {
  return { wireBytes, segmentBytes, segmentsPerAck };
}

/**
 * By name: `size` (the option it takes), `send`, `options(sizes)` for it, the mean time between packets,
 * and the `faults` of the capture point.
 */
export const KINDS = Object.freeze({
  /** 8 downloads of 1448-octet segments: `bytes` of capture, about 694 packets a MB. */
  bulk: {
    send: sendBulk,
    options: ({ bytes, segmentsPerAck = ACK_OF_MERGED }) =>
      bulkOptions(bytes, LARGE_SEGMENTS, segmentsPerAck),
    microsPerPacket: 12,
    faults: PERFECT,
  },
  /** The same with 64-octet segments: about `packets` packets. */
  "small-segments": {
    send: sendBulk,
    options: ({ packets, segmentsPerAck = ACK_OF_DELAYED }) => {
      const wireBytes =
        (packets / (1 + 1 / segmentsPerAck)) *
        (RECORD_OVERHEAD + SMALL_SEGMENTS + RECORD_OVERHEAD / segmentsPerAck);
      return bulkOptions(Math.floor(wireBytes), SMALL_SEGMENTS, segmentsPerAck);
    },
    microsPerPacket: 2,
    faults: PERFECT,
  },
  /** `bytes` of capture, of downloads of about twice as much: see LOSSY. */
  lossy: {
    send: sendBulk,
    options: ({ bytes, segmentsPerAck = ACK_OF_MERGED }) => {
      const share = (1 - LOSSY.missing) * (1 + LOSSY.twice);
      return bulkOptions(Math.floor(bytes / share), LARGE_SEGMENTS, segmentsPerAck);
    },
    microsPerPacket: 12,
    faults: LOSSY,
  },
  /** Short connections on ports that are used again: about `packets` packets. */
  short: {
    send: sendShort,
    options: ({ packets }) => ({ packets }),
    microsPerPacket: 13,
    faults: PERFECT,
  },
  /** `flows` flows of 30 packets, `live` of them at a time. */
  flows: {
    send: sendLive,
    options: ({ flows, live }) => ({ flows, live }),
    microsPerPacket: 3,
    faults: PERFECT,
  },
});
