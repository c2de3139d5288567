// Reads whole captures for the tests of this folder: what came, as plain objects, and what was said.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { CaptureInput } from "../../src/capture/capture-input.ts";
import type { CaptureInputOptions } from "../../src/capture/capture-input.ts";
import type { ChunkSource } from "../../src/capture/chunk-source.ts";
import { PacketCursor } from "../../src/capture/packet-cursor.ts";
import type { Warning } from "../../src/errors.ts";
import type { BuiltPacket } from "../support/capture-builder.ts";

export interface ReadPacket {
  readonly number: number;
  readonly fileIndex: number;
  readonly seconds: number;
  readonly nanos: number;
  readonly octets: string;
  readonly originalLength: number;
  readonly linkType: number;
  readonly fcsLength: number;
  readonly interfaceIndex: number;
  readonly recordOffset: number;
  readonly followingSeconds: number;
}

export interface ReadResult {
  readonly input: CaptureInput;
  readonly packets: ReadPacket[];
  readonly warnings: Warning[];
}

/** Reads everything and closes the input. */
export async function readAll(
  paths: readonly string[],
  options: CaptureInputOptions = {},
): Promise<ReadResult> {
  const warnings: Warning[] = [];
  const onWarning = (warning: Warning): void => {
    warnings.push(warning);
  };
  const input = await CaptureInput.open(paths, { onWarning, ...options });
  const packets: ReadPacket[] = [];
  const cursor = new PacketCursor();
  try {
    do {
      while (input.next(cursor)) {
        const { bytes, start, end, ...rest } = cursor;
        packets.push({ ...rest, octets: Buffer.from(bytes.subarray(start, end)).toString("hex") });
      }
    } while (await input.fill());
  } finally {
    await input.close();
  }
  return { input, packets, warnings };
}

/** Standard input that delivers `octets` in chunks of `chunkBytes`. */
export function chunked(octets: Uint8Array, chunkBytes: number): Readable {
  function* chunks(): Generator<Buffer> {
    for (let at = 0; at < octets.length; at += chunkBytes) {
      yield Buffer.from(octets.subarray(at, at + chunkBytes));
    }
  }
  return Readable.from(chunks(), { objectMode: false });
}

/** Reads `octets` as standard input, whole or in chunks. */
export function readOctets(
  octets: Uint8Array,
  options: CaptureInputOptions = {},
  chunkBytes = 65_536,
): Promise<ReadResult> {
  return readAll(["-"], { ...options, standardInput: chunked(octets, chunkBytes) });
}

/** All octets of a source; none of its chunks is empty. */
export async function readChunks(source: ChunkSource): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let chunk = await source.read(); chunk !== null; chunk = await source.read()) {
    if (chunk.length === 0) throw new Error("an empty chunk");
    parts.push(Buffer.from(chunk));
  }
  return Buffer.concat(parts);
}

/** A temporary directory with these files; gone when `use` is done. */
export async function withFiles<Result>(
  files: Readonly<Record<string, Uint8Array>>,
  use: (directory: string) => Promise<Result>,
): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), "tcpx-capture-"));
  try {
    for (const [name, octets] of Object.entries(files)) {
      writeFileSync(join(directory, name), octets);
    }
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Packet N has 20 + N octets, all of them N, and is captured N seconds after `firstSeconds`. */
export function somePackets(count: number, firstSeconds = 1_700_000_000): BuiltPacket[] {
  return Array.from({ length: count }, (_, index) => ({
    seconds: firstSeconds + index,
    nanos: (index % 1000) * 1_000_000 + 5000,
    bytes: new Uint8Array(20 + (index % 200)).fill((index % 250) + 1),
  }));
}

/** The octets of packets as `ReadPacket.octets` has them. */
export function octetsOf(packets: readonly BuiltPacket[]): string[] {
  return packets.map(({ bytes }) => Buffer.from(bytes).toString("hex"));
}

/** `octets` with the 32-bit little-endian integer at `at` replaced. */
export function withUint32(octets: Uint8Array, at: number, value: number): Buffer {
  const copy = Buffer.from(octets);
  copy.writeUInt32LE(value >>> 0, at);
  return copy;
}
