// `--bpf FILE`: a program from a file or, with `--bpf <(tcpdump -ddd ...)`, from a pipe.

import { createReadStream } from "node:fs";
import { TcpxError } from "../errors.ts";
import type { BpfProgram } from "../filter/bpf.ts";
import { parseBpfProgram } from "../filter/bpf.ts";

/** Far more than the longest program takes; keeps `--bpf /dev/zero` from filling the memory. */
const MOST_OCTETS = 4 * 1024 * 1024;

/** @throws TcpxError BAD_OPTION if the file can't be read; BAD_FILTER naming file and line */
export async function readBpfProgram(path: string): Promise<BpfProgram> {
  const text = await readText(path);
  try {
    return parseBpfProgram(text);
  } catch (error) {
    if (!(error instanceof TcpxError)) throw error;
    throw new TcpxError(error.code, `--bpf ${path}: ${error.message}`, {
      file: path,
      cause: error,
    });
  }
}

async function readText(path: string): Promise<string> {
  const chunks: Buffer[] = [];
  let octets = 0;
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      octets += chunk.length;
      if (octets > MOST_OCTETS) break;
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TcpxError("BAD_OPTION", `--bpf ${path}: can't be read: ${reason}`, {
      file: path,
      cause,
    });
  }
  return Buffer.concat(chunks).toString("latin1");
}
