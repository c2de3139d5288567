// IEEE 802.11 data frames: header of 24 to 36 octets, mesh control where present, then LLC, or an A-MSDU
// of several subframes. Management and control frames carry no packets; encrypted ones cannot be read.

import { readUint16 } from "../../bytes.ts";
import { Outcome } from "../outcome.ts";
import { Next, type LayerReader, type Walk } from "../walk.ts";
import { isSnap } from "./llc.ts";

const HEADER_LENGTH = 24;
const FOURTH_ADDRESS_LENGTH = 6;
const QOS_LENGTH = 2;
const HT_CONTROL_LENGTH = 4;

/** Octet 0 of the frame control field: protocol version 0, type data; subtype bits. */
const VERSION_AND_TYPE_MASK = 0x0f;
const DATA = 0x08;
const SUBTYPE_NULL = 0x40;
const SUBTYPE_QOS = 0x80;
/** Octet 1: flags. */
const TO_AND_FROM_DS = 0x03;
const MORE_FRAGMENTS = 0x04;
const PROTECTED = 0x40;
const ORDER = 0x80;
/** QoS control. */
const A_MSDU_PRESENT = 0x80;
const MESH_CONTROL_PRESENT = 0x01;

const MESH_LENGTH = 6;
const MESH_ADDRESS_LENGTH = 6;
/** Initialisation vector that some drivers leave in frames they have decrypted. */
const CCMP_LENGTH = 8;

export const readWlan: LayerReader = (walk) => {
  if (walk.lacks(2, Outcome.MALFORMED_LINK)) return Next.STOP;
  const { bytes, at } = walk;
  const swap = walk.frameControlIsSwapped;
  walk.frameControlIsSwapped = false;
  const type = bytes[swap ? at + 1 : at]!;
  const flags = bytes[swap ? at : at + 1]!;
  if ((type & VERSION_AND_TYPE_MASK) !== DATA) return walk.stop(Outcome.NOT_IP);
  if ((type & SUBTYPE_NULL) !== 0) return walk.stop(Outcome.NOT_IP);

  let length = HEADER_LENGTH;
  if ((flags & TO_AND_FROM_DS) === TO_AND_FROM_DS) length += FOURTH_ADDRESS_LENGTH;
  const qosAt = at + length;
  const hasQos = (type & SUBTYPE_QOS) !== 0;
  if (hasQos) length += (flags & ORDER) === 0 ? QOS_LENGTH : QOS_LENGTH + HT_CONTROL_LENGTH;
  if (walk.wlanHeaderIsPadded) length = (length + 3) & ~3;
  walk.wlanHeaderIsPadded = false;
  if (walk.lacks(length, Outcome.MALFORMED_LINK)) return Next.STOP;
  walk.at += length;

  if ((flags & PROTECTED) !== 0 && !skipDecrypted(walk)) return walk.stop(Outcome.ENCRYPTED);
  if ((flags & MORE_FRAGMENTS) !== 0) return walk.stop(Outcome.UNSUPPORTED_ENCAPSULATION);
  if (hasQos && (bytes[qosAt]! & A_MSDU_PRESENT) !== 0) return beginAMsdu(walk);
  if (hasQos && (bytes[qosAt + 1]! & MESH_CONTROL_PRESENT) !== 0) skipMeshControl(walk);
  return Next.LLC;
};

/** Drivers that decrypt often leave the flag set: clear text shows by its LLC header. */
function skipDecrypted(walk: Walk): boolean {
  if (isSnap(walk.bytes, walk.at, walk.end)) return true;
  if (!isSnap(walk.bytes, walk.at + CCMP_LENGTH, walk.end)) return false;
  walk.at += CCMP_LENGTH;
  return true;
}

/** The bit means mesh control in a mesh only, and else a part of a number: LLC decides. */
function skipMeshControl(walk: Walk): void {
  if (isSnap(walk.bytes, walk.at, walk.end) || walk.at >= walk.end) return;
  const addresses = walk.bytes[walk.at]! & 0x03;
  const length = MESH_LENGTH + addresses * MESH_ADDRESS_LENGTH;
  if (isSnap(walk.bytes, walk.at + length, walk.end)) walk.at += length;
}

function beginAMsdu(walk: Walk): Next {
  if (walk.inAggregate) return walk.stop(Outcome.UNSUPPORTED_ENCAPSULATION);
  walk.beginAggregate();
  return Next.A_MSDU;
}

/** Two addresses and a length; every subframe but the last is padded to four octets. */
const SUBFRAME_HEADER_LENGTH = 14;

/** One subframe (IEEE 802.11 §9.3.2.2.2); `walk.aggregateStart` is moved to the next. */
export const readAMsdu: LayerReader = (walk) => {
  walk.aggregateStart = -1;
  if (walk.lacks(SUBFRAME_HEADER_LENGTH, Outcome.MALFORMED_LINK)) return Next.STOP;
  const length = readUint16(walk.bytes, walk.at + 12);
  const next = walk.at + ((SUBFRAME_HEADER_LENGTH + length + 3) & ~3);
  if (next + SUBFRAME_HEADER_LENGTH <= walk.end) walk.aggregateStart = next;
  walk.at += SUBFRAME_HEADER_LENGTH;
  walk.limitTo(length);
  return Next.LLC;
};
