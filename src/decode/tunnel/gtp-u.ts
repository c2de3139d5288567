// GTP-U version 1 (3GPP TS 29.281): user packets of a mobile network. Tunnel ids are chosen by the
// receiver, so they are no part of the path.

import { readUint16 } from "../../bytes.ts";
import { Outcome } from "../outcome.ts";
import { Tunnel } from "../tunnel-kind.ts";
import { Next, type LayerReader } from "../walk.ts";

const HEADER_LENGTH = 8;
const OPTIONAL_LENGTH = 4;
/** Version 1, protocol type GTP, and the reserved bit 0. */
const FIXED_MASK = 0xf8;
const FIXED_BITS = 0x30;
const HAS_OPTIONAL_MASK = 0x07;
const HAS_EXTENSIONS = 0x04;
const MESSAGE_USER_PACKET = 0xff;
const NO_MORE_EXTENSIONS = 0;

export const readGtpU: LayerReader = (walk) => {
  if (walk.lacks(HEADER_LENGTH, Outcome.NOT_TCP)) return Next.STOP;
  const { bytes, at } = walk;
  const flags = bytes[at]!;
  const length = readUint16(bytes, at + 2);
  const isUserPacket =
    (flags & FIXED_MASK) === FIXED_BITS &&
    bytes[at + 1] === MESSAGE_USER_PACKET &&
    at + HEADER_LENGTH + length <= walk.wireEnd;
  if (!isUserPacket) return walk.stop(Outcome.NOT_TCP);
  if (!walk.enter(Tunnel.GTP_U)) return Next.STOP;
  walk.at += HEADER_LENGTH;
  walk.limitTo(length);
  if ((flags & HAS_OPTIONAL_MASK) === 0) return Next.IP;

  if (walk.lacks(OPTIONAL_LENGTH, Outcome.NOT_TCP)) return Next.STOP;
  let extension = (flags & HAS_EXTENSIONS) === 0 ? NO_MORE_EXTENSIONS : bytes[walk.at + 3]!;
  walk.at += OPTIONAL_LENGTH;
  // Each says its length in units of four octets, and its last octet what comes next.
  while (extension !== NO_MORE_EXTENSIONS) {
    if (walk.lacks(1, Outcome.NOT_TCP)) return Next.STOP;
    const extensionLength = bytes[walk.at]! * 4;
    if (extensionLength === 0) return walk.stop(Outcome.NOT_TCP);
    if (walk.lacks(extensionLength, Outcome.NOT_TCP)) return Next.STOP;
    extension = bytes[walk.at + extensionLength - 1]!;
    walk.at += extensionLength;
  }
  return Next.IP;
};
