// What the programs of a recording wrote down about their own connection -> what must come out of the
// capture. No reassembly takes part: the octets are the programs' own record, and what the capture holds
// of them is asked of tshark.
//   node expect-recorded.js CAPTURE curl TRACE...       traces of `curl --trace`, one a connection
//   node expect-recorded.js CAPTURE openssl TRACE       output of `openssl s_client -debug`

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { expectedJson } from "./sample.js";

const PROGRAMS = {
  curl: {
    // "=> Send header, 78 bytes (0x4e)" before lines of "0000: 47 45 54 ...": the offset, the octets
    sent: /^=> Send (?:header|data), (\d+) bytes/,
    received: /^<= Recv (?:header|data), (\d+) bytes/,
    other: /^(?:==|=>|<=) /,
    octets: /^[0-9a-f]{4,}: ((?:[0-9a-f]{2} ){1,16})/,
  },
  openssl: {
    // "write to 0x55 [0x66] (317 bytes => 317 (0x13D))" before lines of "0000 - 16 03 01 01-38 ..."
    sent: /^write to .* => (\d+) \(/,
    received: /^read from .* => (\d+) \(/,
    other: /^(?:write to|read from) /,
    octets: /^[0-9a-f]{4,} - ((?:[0-9a-f]{2}[ -]){1,16})/,
  },
};

/** Octets that went from the client to the server and back, by the trace of one of them. */
function readTrace(path, { sent, received, other, octets }) {
  const streams = { c2s: [], s2c: [] };
  const stated = { c2s: 0, s2c: 0 };
  let current = null;
  for (const line of readFileSync(path, "latin1").split("\n")) {
    const out = sent.exec(line);
    const input = received.exec(line);
    if (out !== null || input !== null) {
      current = out === null ? "s2c" : "c2s";
      stated[current] += Number((out ?? input)[1]);
    } else if (other.test(line)) {
      current = null;
    } else if (current !== null) {
      const [, hex] = octets.exec(line) ?? [];
      if (hex === undefined) current = null;
      else streams[current].push(Buffer.from(hex.replaceAll(/[ -]/g, ""), "hex"));
    }
  }
  const result = { c2s: Buffer.concat(streams.c2s), s2c: Buffer.concat(streams.s2c) };
  for (const direction of ["c2s", "s2c"]) {
    if (result[direction].length === stated[direction]) continue;
    const found = `${result[direction].length} octets ${direction}`;
    throw new Error(`${path}: ${found}, but the trace speaks of ${stated[direction]}`);
  }
  return result;
}

/** Each TCP packet of a capture, as tshark decodes it; sequence numbers relative to the SYN's. */
function readPackets(capture) {
  const fields = ["ip.src", "ipv6.src", "tcp.srcport", "ip.dst", "ipv6.dst", "tcp.dstport"];
  fields.push("tcp.stream", "tcp.seq", "tcp.len", "tcp.ack", "tcp.flags", "frame.time_epoch");
  const names = fields.flatMap((field) => ["-e", field]);
  const text = execFileSync("tshark", ["-r", capture, "-T", "fields", ...names], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return text
    .trimEnd()
    .split("\n")
    .map((line) => {
      const values = line.split("\t");
      const [stream, seq, length, ack, flags] = values.slice(6).map(Number);
      return {
        source: values[0] || values[1],
        sourcePort: Number(values[2]),
        destination: values[3] || values[4],
        destinationPort: Number(values[5]),
        stream,
        // the first octet after the SYN is 0
        start: seq - 1,
        length,
        acked: ack - 1,
        hasFin: (flags & 1) !== 0,
        nanos: BigInt(values.at(-1).replace(".", "")),
      };
    });
}

/** Ranges of a stream that no packet carries: acknowledged by the peer, or not. */
function gapsOf(length, packets, acked) {
  const seen = new Uint8Array(length);
  for (const packet of packets) seen.fill(1, packet.start, packet.start + packet.length);
  const gaps = [];
  for (let at = 0; at < length; at++) {
    if (seen[at] === 1) continue;
    const cause = at < acked ? "ackedUnseen" : "neverAcked";
    const last = gaps.at(-1);
    if (last !== undefined && last[0] + last[1] === at && last[2] === cause) last[1]++;
    else gaps.push([at, 1, cause]);
  }
  return gaps;
}

function expectStream(direction, flow, octets, packets) {
  const isClient = direction === "c2s";
  const ofFlow = packets.filter(({ stream }) => stream === flow - 1);
  const clientPort = ofFlow[0].sourcePort;
  const own = ofFlow.filter(({ sourcePort }) => (sourcePort === clientPort) === isClient);
  const back = ofFlow.filter((packet) => !own.includes(packet));
  const acked = back.reduce((highest, packet) => Math.max(highest, packet.acked), 0);
  const gaps = gapsOf(octets.length, own, acked);
  const missing = gaps.reduce((sum, [, size]) => sum + size, 0);
  const kept = Buffer.from(octets);
  for (const [start, size] of gaps) kept.fill(0, start, start + size);
  const { source, sourcePort, destination, destinationPort } = own[0];
  return {
    flow,
    direction,
    source,
    sourcePort,
    destination,
    destinationPort,
    length: octets.length,
    present: octets.length - missing,
    gaps,
    sha256: createHash("sha256").update(kept).digest("hex"),
  };
}

/** True for a flow (from 1) of which the FINs of both directions were captured. */
function isClosed(flow, packets) {
  const fins = packets.filter(({ stream, hasFin }) => stream === flow - 1 && hasFin);
  return new Set(fins.map(({ sourcePort }) => sourcePort)).size === 2;
}

const [capture, program, ...traces] = process.argv.slice(2);
const packets = readPackets(capture);
const streams = traces.flatMap((path, index) => {
  const truth = readTrace(path, PROGRAMS[program]);
  return ["c2s", "s2c"].map((direction) =>
    expectStream(direction, index + 1, truth[direction], packets),
  );
});
const closed = traces.filter((_, index) => isClosed(index + 1, packets)).length;
/** Octets in gaps of the cause. */
function missing(cause) {
  const gaps = streams.flatMap((stream) => stream.gaps).filter((gap) => gap[2] === cause);
  return gaps.reduce((sum, [, size]) => sum + size, 0);
}
const warnings = ["ackedUnseen", "neverAcked"].filter((cause) => missing(cause) > 0);
const stepsBack = packets.filter(({ nanos }, index) => nanos < (packets[index - 1]?.nanos ?? 0n));
if (stepsBack.length > 0) warnings.push("timeBackwards");
console.log(
  expectedJson([
    {
      captures: [basename(capture)],
      streams,
      warnings,
      report: {
        "capture.packets": packets.length,
        "capture.timestampsBackwards.count": stepsBack.length,
        "flows.total": traces.length,
        "flows.start.handshake": traces.length,
        "flows.end.fin": closed,
        "flows.end.rst": traces.length - closed,
        "loss.missing.ackedUnseen.bytes": missing("ackedUnseen"),
        "loss.missing.neverAcked.bytes": missing("neverAcked"),
        "decode.checksum.bad": 0,
        "payload.conflictingBytes": 0,
      },
    },
  ]).trimEnd(),
);
