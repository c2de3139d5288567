// What pcapng's blocks are: their types and the octets of their fixed parts (draft-ietf-opsawg-pcapng §4).

import { SECTION_HEADER_TYPE } from "./capture-format.ts";

export const BLOCK = {
  interface: 1,
  obsoletePacket: 2,
  simplePacket: 3,
  names: 4,
  statistics: 5,
  enhancedPacket: 6,
  /** Types known beyond these are only passed over: 7 to 11 and custom blocks. */
  lastStandard: 11,
  custom: 0xbad,
  customNotCopied: 0x40000bad,
} as const;

/** Type, length and the length again. */
export const BLOCK_FRAME_BYTES = 12;
export const SECTION_HEADER_BYTES = 28;
export const ENHANCED_HEADER_BYTES = 28;
export const SIMPLE_HEADER_BYTES = 12;
/** Smallest length of a block by its type: frame and fixed part of the body. */
export function shortestBlock(type: number): number {
  switch (type) {
    case SECTION_HEADER_TYPE:
      return SECTION_HEADER_BYTES;
    case BLOCK.interface:
      return 20;
    case BLOCK.statistics:
      return 24;
    case BLOCK.enhancedPacket:
    case BLOCK.obsoletePacket:
      return ENHANCED_HEADER_BYTES + 4;
    case BLOCK.simplePacket:
      return SIMPLE_HEADER_BYTES + 4;
    default:
      return BLOCK_FRAME_BYTES;
  }
}
