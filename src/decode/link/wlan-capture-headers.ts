// What capture drivers put before an 802.11 frame: radiotap, Prism and AVS. Each tells its own length;
// radiotap also tells whether a frame check sequence follows and whether the header is padded.

import { readUint16LE, readUint32, readUint32LE } from "../../bytes.ts";
import { Outcome } from "../outcome.ts";
import { Next, type LayerReader, type Walk } from "../walk.ts";

const RADIOTAP_LENGTH = 8;
const PRESENT_TSFT = 0x01;
const PRESENT_FLAGS = 0x02;
const PRESENT_MORE = 0x8000_0000;
const FLAG_FCS = 0x10;
const FLAG_PADDED = 0x20;
const FCS_LENGTH = 4;

/** Radiotap (radiotap.org): version 0, length, bit masks of what is present, then the fields. */
export const readRadiotap: LayerReader = (walk) => {
  if (walk.lacks(RADIOTAP_LENGTH, Outcome.MALFORMED_LINK)) return Next.STOP;
  const { bytes, at } = walk;
  const length = readUint16LE(bytes, at + 2);
  if (bytes[at]! !== 0 || length < RADIOTAP_LENGTH) return walk.stop(Outcome.MALFORMED_LINK);
  if (walk.lacks(length, Outcome.MALFORMED_LINK)) return Next.STOP;
  const flags = radiotapFlags(bytes, at, at + length);
  walk.at += length;
  walk.wlanHeaderIsPadded = (flags & FLAG_PADDED) !== 0;
  if ((flags & FLAG_FCS) !== 0) walk.endAt(Math.max(walk.at, walk.wireEnd - FCS_LENGTH));
  return Next.WLAN;
};

/** The flags field, the second there is; 0 where it is absent. */
function radiotapFlags(bytes: Uint8Array, at: number, headerEnd: number): number {
  const present = readUint32LE(bytes, at + 4);
  if ((present & PRESENT_FLAGS) === 0) return 0;
  let fieldAt = at + RADIOTAP_LENGTH;
  let mask = present;
  while ((mask & PRESENT_MORE) !== 0) {
    if (fieldAt + 4 > headerEnd) return 0;
    mask = readUint32LE(bytes, fieldAt);
    fieldAt += 4;
  }
  // Fields are aligned to their size, counted from the first octet of the header.
  if ((present & PRESENT_TSFT) !== 0) fieldAt = at + ((fieldAt - at + 7) & ~7) + 8;
  return fieldAt < headerEnd ? bytes[fieldAt]! : 0;
}

const MESSAGE_HEADER_LENGTH = 8;
const PRISM_LENGTH = 144;
const MAX_MESSAGE_LENGTH = 0xffff;
const AVS_MAGIC_MASK = 0xffff_f000;
const AVS_MAGIC = 0x8021_1000;

/** Message code and length in the order of the host; some drivers write AVS under this link type. */
export const readPrism: LayerReader = (walk) => {
  if (walk.lacks(MESSAGE_HEADER_LENGTH, Outcome.MALFORMED_LINK)) return Next.STOP;
  const { bytes, at } = walk;
  if (isAvs(walk)) return Next.AVS;
  const little = readUint32LE(bytes, at + 4);
  const length = little > MAX_MESSAGE_LENGTH ? readUint32(bytes, at + 4) : little;
  const known =
    length < MESSAGE_HEADER_LENGTH || length > MAX_MESSAGE_LENGTH ? PRISM_LENGTH : length;
  if (walk.lacks(known, Outcome.MALFORMED_LINK)) return Next.STOP;
  walk.at += known;
  return Next.WLAN;
};

/** AVS: magic with a version in its last digits, and length, in network order. */
export const readAvs: LayerReader = (walk) => {
  if (walk.lacks(MESSAGE_HEADER_LENGTH, Outcome.MALFORMED_LINK)) return Next.STOP;
  if (!isAvs(walk)) return walk.stop(Outcome.MALFORMED_LINK);
  const length = readUint32(walk.bytes, walk.at + 4);
  if (length < MESSAGE_HEADER_LENGTH) return walk.stop(Outcome.MALFORMED_LINK);
  if (walk.lacks(length, Outcome.MALFORMED_LINK)) return Next.STOP;
  walk.at += length;
  return Next.WLAN;
};

function isAvs(walk: Walk): boolean {
  return (readUint32(walk.bytes, walk.at) & AVS_MAGIC_MASK) >>> 0 === AVS_MAGIC;
}
