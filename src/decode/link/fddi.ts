// FDDI (ISO 9314-2): frame control, two addresses, LLC.

import { Outcome } from "../outcome.ts";
import { Next, type LayerReader } from "../walk.ts";

const HEADER_LENGTH = 13;
/** Asynchronous and synchronous LLC frames: `L` is not looked at. */
const FRAME_FORMAT_MASK = 0x70;
const FRAME_FORMAT_LLC = 0x50;

export const readFddi: LayerReader = (walk) => {
  if (walk.lacks(HEADER_LENGTH, Outcome.MALFORMED_LINK)) return Next.STOP;
  const frameControl = walk.bytes[walk.at]!;
  if ((frameControl & FRAME_FORMAT_MASK) !== FRAME_FORMAT_LLC) return walk.stop(Outcome.NOT_IP);
  walk.at += HEADER_LENGTH;
  return Next.LLC;
};
