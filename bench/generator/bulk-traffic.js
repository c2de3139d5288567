// Eight downloads at once over one network: long streams, interleaved. Big segments make it bound by octets,
// small ones by packets. The turns go round, each a burst of random length, as a server's do.

import { Connection, planExchange } from "./connection.js";
import { RECORD_OVERHEAD } from "./segment-builder.js";
import { scramble } from "./random.js";
import { POOL_OCTETS } from "./payload-pool.js";

const STREAMS = 8;
const CLIENT = 0x0a4d0001; // 10.77.0.1
const SERVER = 0x0a4d0002;
const FIRST_PORT = 25_000;
const LONGEST_BURST = 15;

/** The bodies that make a capture of about `wireBytes`: nearly equal, so that the streams end one by one. */
export function bulkBodyBytes({ wireBytes, segmentBytes, segmentsPerAck }) {
  const perSegment = RECORD_OVERHEAD + segmentBytes + RECORD_OVERHEAD / segmentsPerAck;
  const mean = Math.floor((wireBytes / STREAMS / perSegment) * segmentBytes);
  const step = Math.floor(mean / 1000);
  return Array.from({ length: STREAMS }, (_, index) => mean + (index - STREAMS / 2) * step);
}

/** Sends all of it; calls `plan(client, server, exchange)` as each connection begins. */
export function sendBulk(wire, options, plan) {
  const { segmentBytes, segmentsPerAck } = options;
  const connections = bulkBodyBytes(options).map((bodyBytes, index) => {
    const client = { address: CLIENT, port: FIRST_PORT + index, isn: wire.isn(scramble(index)) };
    const server = { address: SERVER, port: 80, isn: wire.isn(scramble(~index)) };
    const bodyStart = (scramble(index + 77) >>> 0) % POOL_OCTETS;
    const connection = new Connection(wire);
    connection.begin(client, server, planExchange(`${index}.bin`, bodyStart, bodyBytes));
    plan(client, server, connection.exchange);
    connection.sendHandshake();
    connection.sendRequest();
    connection.sendHead();
    return { connection, unacknowledged: 0 };
  });

  let talking = connections;
  while (talking.length > 0) {
    for (const turn of talking) {
      for (let left = wire.random.between(1, LONGEST_BURST); left > 0; left--) {
        if (turn.connection.bodyLeft === 0) break;
        turn.connection.sendBody(segmentBytes);
        turn.unacknowledged++;
        if (turn.unacknowledged < segmentsPerAck && turn.connection.bodyLeft > 0) continue;
        turn.connection.acknowledge();
        turn.unacknowledged = 0;
      }
      if (turn.connection.bodyLeft === 0) turn.connection.sendFins();
    }
    talking = talking.filter((turn) => turn.connection.bodyLeft > 0);
  }
}
