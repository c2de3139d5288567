// Every sample cut and flipped octet by octet: whatever comes out must be a result with a warning, or a
// clear error. A cut between two records is a whole, shorter capture and needs no warning; a flipped
// octet of a payload is nothing that a reader could know.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { FuzzCase } from "./fuzz-case.ts";
import { runCase } from "./run-case.ts";

/** Octets at the beginning that are cut one by one, and that are flipped. */
const CUT_BYTES = 16 * 1024;
const FLIPPED_BYTES = 4 * 1024;
/** Further boundaries around which cuts are made, and how far around each. */
const MOST_BOUNDARIES = 2000;
const AROUND_BYTES = 20;

export interface Sample {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Offsets between records or blocks, ascending; null where there are none to know (compressed). */
  readonly boundaries: readonly number[] | null;
  /** False: the whole sample has its warnings. */
  readonly isWhole: boolean;
}

export interface SweepStep {
  readonly sample: Sample;
  readonly kind: "cut" | "flip";
  readonly offset: number;
}

/** The samples that hold something, whole or not. */
export async function loadSamples(folder: string, scratch: string): Promise<Sample[]> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const samples: Sample[] = [];
  for (const name of names.filter((each) => /\.(pcap|pcapng)(\.gz)?$/.test(each)).sort()) {
    const bytes = readFileSync(join(folder, name));
    const { warnings } = await runCase(caseOf(bytes, false), scratch);
    const boundaries = name.endsWith(".gz") ? null : boundariesOf(bytes);
    samples.push({ name, bytes, boundaries, isWhole: warnings === 0 });
  }
  return samples;
}

/** Offsets at which records (pcap) or blocks (pcapng) end, as far as their lengths can be followed. */
export function boundariesOf(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 24) return [];
  const isBlocks = view.getUint32(0) === 0x0a0d_0d0a;
  const isLittle = isBlocks ? view.getUint8(8) === 0x4d : view.getUint8(3) === 0xa1;
  const boundaries = isBlocks ? [] : [24];
  for (let at = isBlocks ? 0 : 24; at + 16 <= bytes.length;) {
    const length = isBlocks
      ? view.getUint32(at + 4, isLittle)
      : 16 + view.getUint32(at + 8, isLittle);
    at += length;
    if (length < 12 || at > bytes.length) break;
    boundaries.push(at);
  }
  return boundaries;
}

/** Every step of the sweep over one sample; `every` leaves all but each so many out. */
export function* stepsOf(sample: Sample, every = 1): Generator<SweepStep> {
  const { bytes, boundaries } = sample;
  const cuts = new Set<number>();
  for (let offset = 0; offset < Math.min(bytes.length, CUT_BYTES); offset++) cuts.add(offset);
  for (const boundary of (boundaries ?? []).slice(0, MOST_BOUNDARIES)) {
    for (let offset = boundary - AROUND_BYTES; offset <= boundary + AROUND_BYTES; offset++) {
      if (offset >= 0 && offset < bytes.length) cuts.add(offset);
    }
  }
  let count = 0;
  for (const offset of cuts) if (count++ % every === 0) yield { sample, kind: "cut", offset };
  for (let offset = 0; offset < Math.min(bytes.length, FLIPPED_BYTES); offset++) {
    if (count++ % every === 0) yield { sample, kind: "flip", offset };
  }
}

/**
 * One step; `isExtract`: through the whole of `extract`.
 * @throws Error if anything comes out but a result with a warning or a clear error
 */
export async function runStep(step: SweepStep, isExtract: boolean, scratch: string): Promise<void> {
  const { sample, kind, offset } = step;
  const changed = kind === "cut" ? sample.bytes.subarray(0, offset) : sample.bytes.slice();
  if (kind === "flip") changed[offset]! ^= 0xff;
  const { warnings } = await runCase(caseOf(changed, isExtract), scratch);
  const mayBeSilent =
    kind === "flip" || sample.boundaries === null || sample.boundaries.includes(offset);
  const isSilent = warnings === 0 && !mayBeSilent && sample.isWhole;
  // What is compressed is never whole when cut.
  const isLost = kind === "cut" && sample.boundaries === null && warnings === 0;
  if (isSilent || isLost) throw new Error("the end is missing, and nobody says so");
}

function caseOf(capture: Uint8Array, isExtract: boolean): FuzzCase {
  return { capture, way: 65_536, run: isExtract ? "extract" : "engine", options: {}, output: {} };
}
