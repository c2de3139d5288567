// UDP, where its port is that of a tunnel. Whatever else uses such a port must not be mistaken: each
// reader checks the bits that its protocol fixes, and an inside that does not parse is just UDP.

import { readUint16 } from "../../bytes.ts";
import { TcpxError } from "../../errors.ts";
import { Outcome } from "../outcome.ts";
import { Next, type LayerReader } from "../walk.ts";

/** Tunnels that `--decap-port` may name, and their registered ports. */
export const UDP_TUNNELS = [
  { kind: "vxlan", port: 4789, next: Next.VXLAN },
  { kind: "vxlan-gpe", port: 4790, next: Next.VXLAN_GPE },
  { kind: "geneve", port: 6081, next: Next.GENEVE },
  { kind: "gtp-u", port: 2152, next: Next.GTP_U },
  { kind: "teredo", port: 3544, next: Next.TEREDO },
  { kind: "mpls", port: 6635, next: Next.MPLS_IN_UDP },
  { kind: "gre", port: 4754, next: Next.GRE_IN_UDP },
  { kind: "ayiya", port: 5072, next: Next.AYIYA },
  { kind: "capwap", port: 5247, next: Next.CAPWAP },
] as const;

/** A further port for a kind of tunnel. */
export interface DecapPort {
  readonly kind: string;
  readonly port: number;
}

/**
 * Next by port, 0 where there is no tunnel.
 * @throws TcpxError BAD_OPTION where a kind is unknown or a port is none.
 */
export function udpTunnelPorts(further: readonly DecapPort[]): Uint8Array {
  const ports = new Uint8Array(65_536);
  for (const { port, next } of UDP_TUNNELS) ports[port] = next;
  for (const { kind, port } of further) {
    const tunnel = UDP_TUNNELS.find((known) => known.kind === kind);
    if (tunnel === undefined) {
      const kinds = UDP_TUNNELS.map((known) => known.kind).join(", ");
      throw new TcpxError("BAD_OPTION", `no tunnel is called "${kind}": known are ${kinds}`);
    }
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      throw new TcpxError("BAD_OPTION", `${port} is no UDP port: expected 1 to 65535`);
    }
    ports[port] = tunnel.next;
  }
  return ports;
}

const HEADER_LENGTH = 8;

/** The destination's port decides, then the source's, for answers. */
export const readUdp: LayerReader = (walk) => {
  if (walk.lacks(HEADER_LENGTH, Outcome.NOT_TCP)) return walk.stop(Outcome.NOT_TCP);
  const { bytes, at } = walk;
  const next =
    walk.udpTunnels[readUint16(bytes, at + 2)]! || walk.udpTunnels[readUint16(bytes, at)]!;
  if (next === 0 || !walk.decapsulate) return walk.stop(Outcome.NOT_TCP);
  const length = readUint16(bytes, at + 4);
  // With an IP length of 0 (segmentation offload) UDP's own is not right either.
  if (!walk.lengthWasZero) {
    if (length < HEADER_LENGTH || at + length > walk.wireEnd) return walk.stop(Outcome.NOT_TCP);
    walk.endAt(at + length);
  }
  walk.at += HEADER_LENGTH;
  walk.beginGuess();
  return next as Next;
};

/** MPLS in UDP (RFC 7510). */
export const readMplsInUdp: LayerReader = (walk) =>
  walk.lacks(4, Outcome.NOT_TCP) ? Next.STOP : Next.MPLS;
