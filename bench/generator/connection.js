// A planned conversation over one TCP connection, sent step by step: handshake, a request, a response of a
// head and a body, FINs. Who sends when is for the kind of traffic to say; this knows the segments.
// Reused for many connections in turn where there are too many to hold. Runs once a packet.

import { ACK, Endpoint, FIN, PSH, SYN, sumWords } from "./segment-builder.js";

const NOTHING = Buffer.alloc(0);

/**
 * The octets of a conversation: what the client says, and the server's head and body, which is
 * `bodyBytes` octets of the pool from `bodyStart` on.
 */
export function planExchange(name, bodyStart, bodyBytes) {
  const request = `GET /${name} HTTP/1.1\r\nHost: 10.77.0.2\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n`;
  const head =
    `HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: application/octet-stream\r\n` +
    `Content-Length: ${bodyBytes}\r\nConnection: close\r\nAccept-Ranges: bytes\r\n\r\n`;
  return { request: Buffer.from(request), head: Buffer.from(head), bodyStart, bodyBytes };
}

export class Connection {
  client = new Endpoint();
  server = new Endpoint();
  /** Octets of the body sent so far. */
  bodySent = 0;
  /** The plan of what is said; see planExchange. */
  exchange;
  #wire;

  /** `wire` has `pool`, and `send(sender, receiver, flags, octets, start, end, sum)`. */
  constructor(wire) {
    this.#wire = wire;
  }

  /** Begins a connection between two `{ address, port, isn }`. */
  begin(client, server, exchange) {
    this.client.reset(client.address, client.port, client.isn, client.isn & 0xffff);
    this.server.reset(server.address, server.port, server.isn, server.isn & 0xffff);
    this.exchange = exchange;
    this.bodySent = 0;
  }

  get bodyLeft() {
    return this.exchange.bodyBytes - this.bodySent;
  }

  /** Three packets. */
  sendHandshake() {
    this.#sendEmpty(this.client, this.server, SYN);
    this.#sendEmpty(this.server, this.client, SYN | ACK);
    this.acknowledge();
  }

  /** Two packets: the request, and the server's acknowledgment. */
  sendRequest() {
    this.#sendOctets(this.client, this.server, this.exchange.request);
    this.#sendEmpty(this.server, this.client, ACK);
  }

  /** Two packets: the head of the response, and the client's acknowledgment. */
  sendHead() {
    this.#sendOctets(this.server, this.client, this.exchange.head);
    this.acknowledge();
  }

  /** One packet with up to `most` octets of the body. */
  sendBody(most) {
    const pool = this.#wire.pool;
    const length = Math.min(most, this.bodyLeft);
    const start = pool.at(this.exchange.bodyStart, this.bodySent);
    const end = start + length;
    const flags = length === this.bodyLeft ? ACK | PSH : ACK;
    const sum = pool.sum(start, end);
    this.#wire.send(this.server, this.client, flags, pool.octets, start, end, sum);
    this.bodySent += length;
  }

  /** One packet: the client acknowledges all that the server has sent. */
  acknowledge() {
    this.#sendEmpty(this.client, this.server, ACK);
  }

  /** Three packets: the server closes first, as it does without keep-alive. */
  sendFins() {
    this.#sendEmpty(this.server, this.client, FIN | ACK);
    this.#sendEmpty(this.client, this.server, FIN | ACK);
    this.#sendEmpty(this.server, this.client, ACK);
  }

  #sendEmpty(sender, receiver, flags) {
    this.#wire.send(sender, receiver, flags, NOTHING, 0, 0, 0);
  }

  #sendOctets(sender, receiver, octets) {
    const sum = sumWords(octets, 0, octets.length);
    this.#wire.send(sender, receiver, ACK | PSH, octets, 0, octets.length, sum);
  }
}
