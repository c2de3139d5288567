// VXLAN (RFC 7348, with the group policy extension) and VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe). A wrong
// reserved bit means that this is another protocol on the same port.

import { readUint16, readUint32 } from "../../bytes.ts";
import { Outcome } from "../outcome.ts";
import { Tunnel } from "../tunnel-kind.ts";
import { Next, type LayerReader } from "../walk.ts";

const HEADER_LENGTH = 8;
const HAS_NETWORK = 0x08;
/** Flags that VXLAN has: the network's, and the group policy's. */
const GROUP_POLICY = 0x80;

export const readVxlan: LayerReader = (walk) => {
  if (walk.lacks(HEADER_LENGTH, Outcome.NOT_TCP)) return Next.STOP;
  const { bytes, at } = walk;
  const flags = bytes[at]!;
  const hasPolicy = (flags & GROUP_POLICY) !== 0;
  const isVxlan =
    (flags & ~GROUP_POLICY) === HAS_NETWORK &&
    bytes[at + 7] === 0 &&
    (hasPolicy || (bytes[at + 1] === 0 && readUint16(bytes, at + 2) === 0));
  if (!isVxlan) return walk.stop(Outcome.NOT_TCP);
  if (!walk.enterWithId(Tunnel.VXLAN, readUint32(bytes, at + 4) >>> 8)) return Next.STOP;
  walk.at += HEADER_LENGTH;
  return Next.ETHERNET;
};

const GPE_VERSION_MASK = 0x30;
const GPE_HAS_PROTOCOL = 0x04;
const GPE_IS_OAM = 0x01;
const GPE_UNUSED_MASK = 0xc0;

const GpeProtocol = { IPV4: 1, IPV6: 2, ETHERNET: 3, NSH: 4, MPLS: 5 } as const;

export const readVxlanGpe: LayerReader = (walk) => {
  if (walk.lacks(HEADER_LENGTH, Outcome.NOT_TCP)) return Next.STOP;
  const { bytes, at } = walk;
  const flags = bytes[at]!;
  const isGpe =
    (flags & (GPE_VERSION_MASK | GPE_UNUSED_MASK | HAS_NETWORK)) === HAS_NETWORK &&
    readUint16(bytes, at + 1) === 0 &&
    bytes[at + 7] === 0;
  if (!isGpe || (flags & GPE_IS_OAM) !== 0) return walk.stop(Outcome.NOT_TCP);
  if (!walk.enterWithId(Tunnel.VXLAN_GPE, readUint32(bytes, at + 4) >>> 8)) return Next.STOP;
  walk.at += HEADER_LENGTH;
  if ((flags & GPE_HAS_PROTOCOL) === 0) return Next.ETHERNET;
  switch (bytes[at + 3]) {
    case GpeProtocol.IPV4:
      return Next.IPV4;
    case GpeProtocol.IPV6:
      return Next.IPV6;
    case GpeProtocol.ETHERNET:
      return Next.ETHERNET;
    case GpeProtocol.MPLS:
      return Next.MPLS;
    case GpeProtocol.NSH:
      return walk.stop(Outcome.UNSUPPORTED_ENCAPSULATION);
    default:
      return walk.stop(Outcome.NOT_TCP);
  }
};
