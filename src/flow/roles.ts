// Who is the client, by the flow's first packet, and how that is known (tcp.md §2.3).

import type { SegmentCursor } from "../decode/segment-cursor.ts";
import { TcpFlag } from "../decode/segment-cursor.ts";

/** Index into ROLE_BASES. */
export const RoleBasis = { SYN: 0, SYN_ACK: 1, PORT: 2, FIRST_PACKET: 3 } as const;
export type RoleBasis = (typeof RoleBasis)[keyof typeof RoleBasis];

const FIRST_UNPRIVILEGED_PORT = 1024;

/** RST outranks SYN: a SYN with RST says nothing about roles. */
export function roleBasisOf(segment: SegmentCursor): RoleBasis {
  const { flags } = segment;
  if ((flags & TcpFlag.SYN) !== 0 && (flags & TcpFlag.RST) === 0) {
    return (flags & TcpFlag.ACK) === 0 ? RoleBasis.SYN : RoleBasis.SYN_ACK;
  }
  const isSourceLow = segment.sourcePort < FIRST_UNPRIVILEGED_PORT;
  const isDestinationLow = segment.destinationPort < FIRST_UNPRIVILEGED_PORT;
  return isSourceLow !== isDestinationLow ? RoleBasis.PORT : RoleBasis.FIRST_PACKET;
}

/** True if the sender of the flow's first packet is its client. */
export function senderIsClient(segment: SegmentCursor, basis: RoleBasis): boolean {
  if (basis === RoleBasis.SYN_ACK) return false;
  if (basis === RoleBasis.PORT) return segment.sourcePort >= FIRST_UNPRIVILEGED_PORT;
  return true;
}
