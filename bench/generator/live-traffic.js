// N flows live at once, each speaking in runs of ten packets. A generation of N flows goes through three
// rounds: in each, every flow in turn has its run, so that N - 1 others speak between two runs of a flow. Then
// there is silence, long enough for the closed flows to leave the table, and the next generation begins. Two
// captures of equally many flows thus hold the same packets, with a different number of live flows.
//
//   round   1  SYN, SYN+ACK, ACK | request, ACK | head, ACK | body, ACK, body
//           2  ACK | body, ACK four times over | body
//           3  ACK | body, ACK three times over | FIN, FIN, ACK

import { Connection, planExchange } from "./connection.js";
import { POOL_OCTETS } from "./payload-pool.js";
import { scramble } from "./random.js";

const SEGMENT_BYTES = 32;
const BODY_SEGMENTS = 2 + 5 + 3;
const FIRST_CLIENT = 0x0a500000; // 10.80.0.0
const SERVER = 0x0a4d0002;
const FIRST_PORT = 10_000;
const PORTS = 50_000;
/** Longer than a closed flow lingers, far shorter than an hour (a step of the clock is checked beyond that). */
const SILENCE_MICROS = 15_000_000;

/** Sends all of it; calls `plan(client, server, exchange)` as each connection begins. */
export function sendLive(wire, { flows, live }, plan) {
  // The heads are all alike: only where the body lies in the pool differs.
  const exchange = planExchange("live", 0, BODY_SEGMENTS * SEGMENT_BYTES);
  const saved = new SavedFlows(Math.min(live, flows));
  const connection = new Connection(wire);

  for (let first = 0; first < flows; first += live) {
    const count = Math.min(live, flows - first);
    for (let round = 1; round <= 3; round++) {
      for (let place = 0; place < count; place++) {
        const index = first + place;
        exchange.bodyStart = (scramble(index) >>> 0) % POOL_OCTETS;
        begin(connection, index, exchange);
        if (round === 1) plan(connection.client, connection.server, exchange);
        else saved.restore(place, connection);
        sendRun(connection, round);
        saved.save(place, connection);
      }
    }
    wire.wait(SILENCE_MICROS);
  }
}

function begin(connection, index, exchange) {
  const { client, server } = connection;
  const clientIsn = scramble(index);
  const serverIsn = scramble(~index);
  client.reset(
    FIRST_CLIENT + Math.floor(index / PORTS),
    FIRST_PORT + (index % PORTS),
    clientIsn,
    clientIsn & 0xffff,
  );
  server.reset(SERVER, 80, serverIsn, serverIsn & 0xffff);
  connection.exchange = exchange;
  connection.bodySent = 0;
}

function sendRun(connection, round) {
  if (round === 1) {
    connection.sendHandshake();
    connection.sendRequest();
    connection.sendHead();
  } else {
    connection.acknowledge();
  }
  const segments = round === 1 ? 2 : round === 2 ? 5 : 3;
  for (let left = segments; left > 0; left--) {
    connection.sendBody(SEGMENT_BYTES);
    if (left > 1 || round === 3) connection.acknowledge();
  }
  if (round === 3) connection.sendFins();
}

/** What differs between two runs of a flow, in columns: a million objects would be slow. */
class SavedFlows {
  #clientSeq;
  #serverSeq;
  #clientIpId;
  #serverIpId;
  #bodySent;

  constructor(flows) {
    this.#clientSeq = new Int32Array(flows);
    this.#serverSeq = new Int32Array(flows);
    this.#clientIpId = new Uint16Array(flows);
    this.#serverIpId = new Uint16Array(flows);
    this.#bodySent = new Uint16Array(flows);
  }

  save(place, { client, server, bodySent }) {
    this.#clientSeq[place] = client.seq;
    this.#serverSeq[place] = server.seq;
    this.#clientIpId[place] = client.ipId;
    this.#serverIpId[place] = server.ipId;
    this.#bodySent[place] = bodySent;
  }

  restore(place, connection) {
    connection.client.seq = this.#clientSeq[place];
    connection.server.seq = this.#serverSeq[place];
    connection.client.ipId = this.#clientIpId[place];
    connection.server.ipId = this.#serverIpId[place];
    connection.bodySent = this.#bodySent[place];
  }
}
