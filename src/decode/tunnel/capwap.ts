// CAPWAP data channel (RFC 5415 §4.3): 802.11 or Ethernet frames between access point and controller.
//
//     preamble 8 | HLEN 5 | RID 5 | WBID 5 | T F L W M K | flags 3 | fragment id 16 | offset 13 | 3

import { Outcome } from "../outcome.ts";
import { Tunnel } from "../tunnel-kind.ts";
import { Next, type LayerReader, type Walk } from "../walk.ts";

const MIN_HEADER_LENGTH = 8;
/** Preamble: version 0 and type 0 is clear text, type 1 DTLS. */
const PREAMBLE_CLEAR = 0x00;
const PREAMBLE_DTLS = 0x01;
const BINDING_WLAN = 1;
const IS_NATIVE = 0x01;
const IS_FRAGMENT = 0x80;
const IS_KEEP_ALIVE = 0x08;
const RESERVED_MASK = 0x07;

export const readCapwap: LayerReader = (walk) => {
  if (walk.lacks(MIN_HEADER_LENGTH, Outcome.NOT_TCP)) return Next.STOP;
  const { bytes, at } = walk;
  const preamble = bytes[at]!;
  if (preamble === PREAMBLE_DTLS)
    return walk.stop(isDtls(walk) ? Outcome.ENCRYPTED : Outcome.NOT_TCP);
  const length = (bytes[at + 1]! >>> 3) * 4;
  const flags = bytes[at + 3]!;
  const isCapwap =
    preamble === PREAMBLE_CLEAR && length >= MIN_HEADER_LENGTH && (flags & RESERVED_MASK) === 0;
  if (!isCapwap || (flags & IS_KEEP_ALIVE) !== 0) return walk.stop(Outcome.NOT_TCP);
  if ((flags & IS_FRAGMENT) !== 0) return walk.stop(Outcome.UNSUPPORTED_ENCAPSULATION);
  if (walk.lacks(length + 2, Outcome.NOT_TCP)) return Next.STOP;
  if (!walk.enter(Tunnel.CAPWAP)) return Next.STOP;
  walk.at += length;
  if ((bytes[at + 2]! & IS_NATIVE) === 0) return Next.ETHERNET;
  const binding = (bytes[at + 2]! >>> 1) & 0x1f;
  if (binding !== BINDING_WLAN) return walk.stop(Outcome.UNSUPPORTED_ENCAPSULATION);
  walk.frameControlIsSwapped = hasSwappedFrameControl(walk);
  return Next.WLAN;
};

/** Some controllers write the two octets of the frame control field the other way round. */
function hasSwappedFrameControl(walk: Walk): boolean {
  const isData = (octet: number): boolean => (octet & 0x0f) === 0x08;
  return !isData(walk.bytes[walk.at]!) && isData(walk.bytes[walk.at + 1]!);
}

/** Three octets of zeros, then a DTLS record: content type 20 to 26 and version 254.x (RFC 6347 §4.1). */
function isDtls(walk: Walk): boolean {
  const { bytes, at } = walk;
  const contentType = bytes[at + 4]!;
  return contentType >= 20 && contentType <= 26 && bytes[at + 5] === 254;
}
