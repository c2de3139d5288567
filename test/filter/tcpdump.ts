// tcpdump as the judge, where it is installed: which packets of a capture does an expression choose, and
// what program does it compile to.

import { spawnSync } from "node:child_process";
import { pcapFile } from "../support/capture-builder.ts";
import type { SamplePacket } from "./sample-packets.ts";

/** False where there is no tcpdump, or one that can't read a capture from its standard input. */
export const HAS_TCPDUMP: boolean = runTcpdump(pcapFile([]), ["-nn"]) === "";

/** The capture of these packets; packet N has the capture time N, which is how it is known again. */
export function captureOf(packets: readonly SamplePacket[]): Buffer {
  return pcapFile(
    packets.map(({ bytes, originalLength }, seconds) =>
      originalLength === undefined ? { seconds, bytes } : { seconds, bytes, originalLength },
    ),
  );
}

/** Names of the packets that tcpdump chooses, or `undefined` if it refuses the expression. */
export function chosenByTcpdump(
  packets: readonly SamplePacket[],
  expression: string,
): string | undefined {
  const output = runTcpdump(captureOf(packets), ["-nn", "-tt", "-q", expression]);
  if (output === undefined) return undefined;
  const chosen = new Set(Array.from(output.matchAll(/^([0-9]+)\.000000 /gm), ([, time]) => time));
  return namesOf(packets, (_, number) => chosen.has(String(number)));
}

/** The program that tcpdump compiles for an Ethernet capture. */
export function programByTcpdump(expression: string): string | undefined {
  return runTcpdump(pcapFile([]), ["-ddd", expression]);
}

export function namesOf(
  packets: readonly SamplePacket[],
  isChosen: (packet: SamplePacket, number: number) => boolean,
): string {
  return packets
    .filter((packet, number) => isChosen(packet, number))
    .map(({ name }) => name)
    .join(" ");
}

function runTcpdump(capture: Buffer, options: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync("tcpdump", ["-r", "-", ...options], {
    input: capture,
    encoding: "utf8",
    stdio: ["pipe", "pipe", "ignore"],
  });
  return status === 0 ? stdout : undefined;
}
