// The parts of pcapng that come once an interface, not once a packet: interface description and
// interface statistics blocks with their options (draft-ietf-opsawg-pcapng §4.2, §4.6).

import { readUint16, readUint16LE, readUint32, readUint32LE } from "../bytes.ts";
import type { CaptureInterface } from "./capture-reader.ts";
import { longestRecord } from "./record-reader.ts";
import { DEFAULT_RESOLUTION, TimeScale } from "./time-scale.ts";

/** Longer names are cut: a hostile file may name 65,536 interfaces. */
const LONGEST_NAME_BYTES = 255;

const OPTION = {
  end: 0,
  interfaceName: 2,
  timeResolution: 9,
  fcsLength: 13,
  timeOffset: 14,
  received: 4,
  droppedByInterface: 5,
  droppedByKernel: 7,
} as const;

/** What a packet block needs to know of its interface. */
export interface PacketInterface {
  /** Index into the run's list. */
  readonly index: number;
  readonly linkType: number;
  readonly fcsLength: number;
  /** Octets; 0 where there is no limit. */
  readonly snapLength: number;
  /** Longest captured length that is believed. */
  readonly longest: number;
  readonly timeScale: TimeScale;
}

/** An option's code and where its value lies. */
interface FoundOption {
  readonly code: number;
  readonly at: number;
  readonly length: number;
}

/** The options in `[at, end)`; a list that is not whole ends where it stops making sense. */
function* optionsIn(
  bytes: Uint8Array,
  start: number,
  end: number,
  isLittle: boolean,
): Generator<FoundOption> {
  const uint16 = isLittle ? readUint16LE : readUint16;
  let at = start;
  while (at + 4 <= end) {
    const code = uint16(bytes, at);
    const length = uint16(bytes, at + 2);
    if (code === OPTION.end || at + 4 + length > end) return;
    yield { code, at: at + 4, length };
    at += 4 + length + (-length & 3);
  }
}

function readUint64(bytes: Uint8Array, at: number, isLittle: boolean): bigint {
  const low = isLittle ? readUint32LE(bytes, at) : readUint32(bytes, at + 4);
  const high = isLittle ? readUint32LE(bytes, at + 4) : readUint32(bytes, at);
  return (BigInt(high) << 32n) | BigInt(low);
}

/** Octets `[at, end)` of a block's body and their byte order. */
export interface BlockBody {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly end: number;
  readonly isLittle: boolean;
}

/** The body of an interface description block (at least 8 octets). */
export function readInterface(
  body: BlockBody,
  fileIndex: number,
  id: number,
  index: number,
): { listed: CaptureInterface; forPackets: PacketInterface } {
  const { bytes, at, end, isLittle } = body;
  const linkType = isLittle ? readUint16LE(bytes, at) : readUint16(bytes, at);
  const snapLength = isLittle ? readUint32LE(bytes, at + 4) : readUint32(bytes, at + 4);
  let name: string | null = null;
  let resolution: number = DEFAULT_RESOLUTION;
  let offsetSeconds = 0;
  let fcsLength = 0;
  for (const option of optionsIn(bytes, at + 8, end, isLittle)) {
    const { code, at, length } = option;
    if (code === OPTION.interfaceName) {
      const stored = bytes.subarray(at, at + Math.min(length, LONGEST_NAME_BYTES));
      name = new TextDecoder().decode(stored);
    } else if (code === OPTION.timeResolution && length >= 1) {
      resolution = bytes[at]!;
    } else if (code === OPTION.timeOffset && length >= 8) {
      offsetSeconds = Number(BigInt.asIntN(64, readUint64(bytes, at, isLittle)));
    } else if (code === OPTION.fcsLength && length >= 1) {
      fcsLength = bytes[at]!;
    }
  }
  const timeScale = new TimeScale(resolution, offsetSeconds);
  return {
    listed: {
      fileIndex,
      id,
      name,
      linkType,
      snapLength,
      ticksPerSecond: timeScale.ticksPerSecond,
      packets: 0,
      snappedPackets: 0,
      received: null,
      droppedByKernel: null,
      droppedByInterface: null,
    },
    forPackets: {
      index,
      linkType,
      fcsLength,
      snapLength,
      longest: longestRecord(snapLength),
      timeScale,
    },
  };
}

/** The options of an interface statistics block: the newest counters stand. */
export function readStatistics(body: BlockBody, counted: CaptureInterface): void {
  const { bytes, at, end, isLittle } = body;
  for (const option of optionsIn(bytes, at + 12, end, isLittle)) {
    if (option.length < 8) continue;
    const value = Number(readUint64(bytes, option.at, isLittle));
    if (option.code === OPTION.received) counted.received = value;
    else if (option.code === OPTION.droppedByInterface) counted.droppedByInterface = value;
    else if (option.code === OPTION.droppedByKernel) counted.droppedByKernel = value;
  }
}
