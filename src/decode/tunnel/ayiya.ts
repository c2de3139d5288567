// AYIYA (draft-massar-v6ops-ayiya-02): IP in UDP, with an identity and a signature of stated lengths.

import { IpProtocol } from "../network/ip.ts";
import { Outcome } from "../outcome.ts";
import { Tunnel } from "../tunnel-kind.ts";
import { Next, type LayerReader } from "../walk.ts";

const FIXED_LENGTH = 8;
const OPERATION_FORWARD = 1;

export const readAyiya: LayerReader = (walk) => {
  if (walk.lacks(FIXED_LENGTH, Outcome.NOT_TCP)) return Next.STOP;
  const { bytes, at } = walk;
  const identityLength = 1 << (bytes[at]! >>> 4);
  const signatureLength = (bytes[at + 1]! >>> 4) * 4;
  const operation = bytes[at + 2]! & 0x0f;
  const nextHeader = bytes[at + 3]!;
  const version = nextHeader === IpProtocol.IPV6 ? 6 : nextHeader === IpProtocol.IPV4 ? 4 : 0;
  if (operation !== OPERATION_FORWARD || version === 0) return walk.stop(Outcome.NOT_TCP);
  const length = FIXED_LENGTH + identityLength + signatureLength;
  if (walk.lacks(length + 1, Outcome.NOT_TCP)) return Next.STOP;
  if (bytes[at + length]! >>> 4 !== version) return walk.stop(Outcome.NOT_TCP);
  if (!walk.enter(Tunnel.AYIYA)) return Next.STOP;
  walk.at += length;
  return Next.IP;
};
