// Which of two copies of an octet is kept (tcp.md §3.4). Whatever is decided here, copies that differ
// are a conflict and counted.

import type { StreamCursor } from "./stream-cursor.ts";

export const OVERLAP_POLICIES = ["first", "last"] as const;
export type OverlapPolicy = (typeof OVERLAP_POLICIES)[number];

/** True if the copy that arrives now replaces the one that is there. */
export function decideOverlap(
  policy: OverlapPolicy,
  _stream: StreamCursor,
  _position: number,
  _length: number,
): boolean {
  return policy === "last";
}
