// Link layers that say at one place what follows, and have nothing that varies before it: what the fast path sees of a
// packet's link layer.

export interface PlainLink {
  /** Where the ether type stands, octets from the beginning; NO_TYPE: IP follows, its version says which. */
  readonly typeAt: number;
  /** Where that which the type says begins. */
  readonly headerBytes: number;
}

const NO_TYPE = -1;
const RAW: PlainLink = { typeAt: NO_TYPE, headerBytes: 0 };
export const LINUX_COOKED: PlainLink = { typeAt: 14, headerBytes: 16 };
export const LINUX_COOKED_2: PlainLink = { typeAt: 0, headerBytes: 20 };

/** By link type (LINKTYPE_ values); link-types.ts has all of them. */
export const PLAIN_LINKS: ReadonlyMap<number, PlainLink> = new Map([
  [1, { typeAt: 12, headerBytes: 14 }], // ETHERNET
  [12, RAW],
  [14, RAW],
  [101, RAW],
  [113, LINUX_COOKED],
  [276, LINUX_COOKED_2],
]);
