// A conversation in lines -> a run of the real engine with scripts in memory. A line is
//
//     TIME WHO FLAGS SEQ ACK PAYLOAD          "0.1 c PA 101 301 hello"
//
// WHO is c (10.0.0.1:40000, client) or s (10.0.0.2:80), or c2, s2, ... for further clients; ACK and PAYLOAD
// may be left out; w=N sets the window, cut=N cuts N octets off the packet's end. The ISNs of `handshake`
// are 100 and 300, so that position 0 has the sequence number 101 and 301.

import { Readable } from "node:stream";
import { extract } from "../../src/extract/extract.ts";
import type { RunOptions, RunResult } from "../../src/extract/run-options.ts";
import type { FlowSummary } from "../../src/report/flow-summary.ts";
import type { Script } from "../../src/script/script-api.ts";
import { pcapFile } from "../support/capture-builder.ts";
import type { BuiltPacket } from "../support/capture-builder.ts";
import { tcpPacket } from "../support/packet-builder.ts";

export const HANDSHAKE: readonly string[] = ["0.0 c S 100", "0.1 s SA 300 101", "0.2 c A 101 301"];

/** The handshake of a further client, `c2` say. */
export function handshakeOf(client: string, server: string, second: number): string[] {
  return [
    `${second}.0 ${client} S 100`,
    `${second}.1 ${server} SA 300 101`,
    `${second}.2 ${client} A 101 301`,
  ];
}

export function packetOf(line: string): BuiltPacket {
  const words = line.split(" ");
  const [time, who, flags, seq, ...rest] = words as [string, string, string, string, ...string[]];
  const options = new Map<string, number>();
  const plain: string[] = [];
  for (const word of rest) {
    const option = /^(w|cut)=(\d+)$/.exec(word);
    if (option === null) plain.push(word);
    else options.set(option[1]!, Number(option[2]));
  }
  const ack = flags.includes("A") ? Number(plain.shift() ?? 0) : 0;
  const number = Number(who.slice(1) || "1");
  const client = { address: "10.0.0.1", port: 39_999 + number };
  const server = { address: "10.0.0.2", port: 80 };
  const [from, to] = who.startsWith("c") ? [client, server] : [server, client];
  const bytes = tcpPacket({
    source: from.address,
    destination: to.address,
    sourcePort: from.port,
    destinationPort: to.port,
    flags,
    seq: Number(seq) >>> 0,
    ack: ack >>> 0,
    payload: plain.join(" "),
    ...(options.has("w") ? { window: options.get("w")! } : {}),
  });
  const [seconds, fraction = ""] = time.split(".");
  return {
    seconds: Number(seconds),
    nanos: Number(fraction.padEnd(9, "0")),
    bytes: bytes.subarray(0, bytes.length - (options.get("cut") ?? 0)),
    originalLength: bytes.length,
  };
}

export interface ScriptedRun extends RunResult {
  readonly flows: FlowSummary[];
}

export type ScriptedOptions = Omit<Partial<RunOptions>, "scripts">;

/** Runs scripts over lines; nothing is written unless `output` says so. */
export function runScripts(
  scripts: readonly (Script | string)[],
  lines: readonly string[],
  options: ScriptedOptions = {},
): Promise<ScriptedRun> {
  return runOverCapture(scripts, pcapFile(lines.map(packetOf), { resolution: "nano" }), options);
}

export async function runOverCapture(
  scripts: readonly (Script | string)[],
  capture: Uint8Array,
  options: ScriptedOptions = {},
): Promise<ScriptedRun> {
  const flows: FlowSummary[] = [];
  const result = await extract({
    captures: ["-"],
    standardInput: Readable.from([Buffer.from(capture)]),
    scripts,
    onFlow: (summary) => flows.push(summary),
    ...options,
  });
  return { ...result, flows };
}

/** A script that notes each event as a line of text. */
export function recorder(lines: string[], more: Script = {}): Script {
  return {
    onNewFlow: (_engine, time, flow) =>
      void lines.push(`${String(time)} new ${flow.id} ${flow.key}`),
    onPayload: (engine, _time, _flow, direction, position, buffer) => {
      lines.push(`${engine.now.toNumber()} ${direction} ${position} ${buffer.text()}`);
    },
    onGap: (_engine, _time, _flow, direction, position, length, cause) => {
      lines.push(`gap ${direction} ${position}+${length} ${cause}`);
    },
    onTerminateFlow: (_engine, _time, _flow, reason) => void lines.push(`end ${reason}`),
    ...more,
  };
}
