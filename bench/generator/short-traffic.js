// Many short connections, sixteen at a time, one request each, as a load generator makes them: 0.2 to 100 kB,
// about 59 packets each, FINs at the end. Client ports are used again and again, with growing initial
// sequence numbers.

import { Connection, planExchange } from "./connection.js";
import { POOL_OCTETS } from "./payload-pool.js";
import { scramble } from "./random.js";

const AT_ONCE = 16;
const SIZES = 50;
const SEGMENT_BYTES = 1448;
const CLIENT = 0x0a4d0001;
const SERVER = 0x0a4d0002;
const FIRST_PORT = 20_000;
const MOST_PORTS = 10_000;
/** Fewer would come round before the sequence numbers have passed what was sent before. */
const FEWEST_PORTS = 64;
/** How often a port is used, where there are ports enough. */
const USES_OF_A_PORT = 4;
const LONGEST_BURST = 10;

const PACKETS_PER_FLOW = 59;

/** Connections that make about `packets` packets. */
export function shortFlows({ packets }) {
  return Math.max(1, Math.round(packets / PACKETS_PER_FLOW));
}

/** Sends all of it; calls `plan(client, server, exchange)` as each connection begins. */
export function sendShort(wire, options, plan) {
  const flows = shortFlows(options);
  const ports = new FreePorts(flows);
  const places = Array.from({ length: Math.min(AT_ONCE, flows) }, () => ({
    connection: new Connection(wire),
    step: "begin",
  }));
  let begun = 0;
  let ended = 0;

  while (ended < flows) {
    const place = places[wire.random.below(places.length)];
    const { connection } = place;
    switch (place.step) {
      case "begin": {
        if (begun === flows) break;
        beginFlow(wire, connection, begun++, ports.take(), plan);
        connection.sendHandshake();
        place.step = "request";
        break;
      }
      case "request": {
        connection.sendRequest();
        connection.sendHead();
        place.step = "body";
        break;
      }
      case "body": {
        sendBurst(connection, wire.random.between(1, LONGEST_BURST));
        if (connection.bodyLeft > 0) break;
        connection.sendFins();
        ports.give(connection.client.port);
        place.step = "begin";
        ended++;
        break;
      }
    }
  }
}

function beginFlow(wire, connection, index, port, plan) {
  const client = { address: CLIENT, port, isn: wire.isn(scramble(port)) };
  const server = { address: SERVER, port: 80, isn: wire.isn(scramble(~port)) };
  const rank = 1 + (index % SIZES);
  const bodyStart = (scramble(index) >>> 0) % POOL_OCTETS;
  connection.begin(client, server, planExchange(`s${rank}.bin`, bodyStart, rank * rank * 40 + 200));
  plan(client, server, connection.exchange);
}

/** A burst of segments, each acknowledged at once. */
function sendBurst(connection, most) {
  for (let left = most; left > 0 && connection.bodyLeft > 0; left--) {
    connection.sendBody(SEGMENT_BYTES);
    connection.acknowledge();
  }
}

/** Client ports in turn, round and round, but none that is in use. */
class FreePorts {
  #count;
  #next = 0;
  #inUse = new Set();

  constructor(flows) {
    const wanted = Math.ceil(flows / USES_OF_A_PORT);
    this.#count = Math.min(MOST_PORTS, Math.max(FEWEST_PORTS, wanted));
  }

  take() {
    let port;
    do {
      port = FIRST_PORT + this.#next;
      this.#next = (this.#next + 1) % this.#count;
    } while (this.#inUse.has(port));
    this.#inUse.add(port);
    return port;
  }

  give(port) {
    this.#inUse.delete(port);
  }
}
