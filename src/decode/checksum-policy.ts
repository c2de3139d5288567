// Which segments with a wrong checksum are refused (tcp.md §1.4). A host that leaves checksums to its
// network card shows only wrong ones in its own captures, so by default an address is held to them once
// it was seen to send a right one.

import { AddressSet } from "./address-set.ts";
import type { SegmentCursor } from "./segment-cursor.ts";

export const CHECKSUM_MODES = ["auto", "verify", "count", "ignore"] as const;
export type ChecksumMode = (typeof CHECKSUM_MODES)[number];

/** Addresses remembered under `auto`; 32 octets each. */
const DEFAULT_ADDRESS_LIMIT = 65_536;

export class ChecksumPolicy {
  readonly #mode: ChecksumMode;
  readonly #confirmed: AddressSet;

  constructor(mode: ChecksumMode, addressLimit = DEFAULT_ADDRESS_LIMIT) {
    this.#mode = mode;
    this.#confirmed = new AddressSet(mode === "auto" ? addressLimit : 1);
  }

  /** Whether the segment, whose checksum is BAD, is refused. Allocates nothing. */
  refuses(segment: SegmentCursor): boolean {
    switch (this.#mode) {
      case "verify":
        return true;
      case "auto":
        return this.#confirmed.has(
          segment.source0,
          segment.source1,
          segment.source2,
          segment.source3,
        );
      default:
        return false;
    }
  }

  /** The segment's checksum is GOOD: its source sends right ones. Once a stream is enough. */
  confirm(segment: SegmentCursor): void {
    if (this.#mode !== "auto") return;
    this.#confirmed.add(segment.source0, segment.source1, segment.source2, segment.source3);
  }
}
