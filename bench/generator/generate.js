// Makes a capture of a kind and a size, and a manifest of what is in it. The same kind, size and seed give the
// same octets, on every machine.

import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { KINDS } from "./kinds.js";
import { Wire } from "./wire.js";

/** Part of a cached capture's name: to be raised with every change of what is generated. */
export const GENERATOR_VERSION = 1;
/** Streams are listed with their digests up to this many flows. */
const MOST_LISTED_FLOWS = 20_000;
const DEFAULT_SEED = 1;

/**
 * Generates into `emit(octets)`, a view valid during the call. Returns the manifest: `packets`, `bytes` of
 * the capture, `flows`, `streams` (those with octets), `streamBytes` planned, `capturedBytes` of them in
 * the capture at least once, and `listed`: each stream's ends, length and SHA-256, or null where they are
 * too many.
 */
export function generateCapture(kindName, sizes, emit, seed = DEFAULT_SEED) {
  const kind = KINDS[kindName];
  if (kind === undefined) throw new RangeError(`unknown kind of capture: ${kindName}`);
  const wire = new Wire(emit, seed, kind);
  let flows = 0;
  let streamBytes = 0;
  let listed = [];
  kind.send(wire, kind.options(sizes), (client, server, exchange) => {
    flows++;
    streamBytes += exchange.request.length + exchange.head.length + exchange.bodyBytes;
    if (flows > MOST_LISTED_FLOWS) listed = null;
    else listed?.push(...describeStreams(wire.pool, client, server, exchange));
  });
  return { kind: kindName, ...wire.end(), flows, streams: 2 * flows, streamBytes, listed };
}

/** The same into a file, which must not exist. */
export function writeCapture(path, kindName, sizes, seed = DEFAULT_SEED) {
  const file = openSync(path, "wx");
  try {
    const manifest = generateCapture(kindName, sizes, (octets) => writeAll(file, octets), seed);
    // Or the machine is still writing it back while the first programs are measured.
    fsyncSync(file);
    return manifest;
  } finally {
    closeSync(file);
  }
}

/** A write to a file may take less than it was given. */
function writeAll(file, octets) {
  let at = 0;
  while (at < octets.length) at += writeSync(file, octets, at);
}

function describeStreams(pool, client, server, { request, head, bodyStart, bodyBytes }) {
  const ends = {
    client: `${addressText(client.address)}:${client.port}`,
    server: `${addressText(server.address)}:${server.port}`,
  };
  const c2s = { head: request, bodyStart: 0, bodyBytes: 0 };
  const s2c = { head, bodyStart, bodyBytes };
  return [
    { ...ends, direction: "c2s", bytes: request.length, sha256: pool.sha256(c2s) },
    { ...ends, direction: "s2c", bytes: head.length + bodyBytes, sha256: pool.sha256(s2c) },
  ];
}

function addressText(address) {
  return [address >>> 24, (address >>> 16) & 0xff, (address >>> 8) & 0xff, address & 0xff].join(
    ".",
  );
}
