// IP addresses as text: four int32 words in network order <-> dotted quad or RFC 5952 text. A leaf that
// everyone may import. Runs once a flow or once an option, never once a packet: it may allocate.
// An IPv4 address stands in word 3 and words 0 to 2 are 0, as in the segment cursor; it is told from the
// IPv6 address ::a.b.c.d by its version alone.

/** An address as the flow table holds it; a new object, safe to keep. */
export interface Address {
  readonly ipVersion: 4 | 6;
  /** Words in network order as int32; for IPv4 words 0 to 2 are 0. */
  readonly word0: number;
  readonly word1: number;
  readonly word2: number;
  readonly word3: number;
}

const IPV6_GROUPS = 8;
/** What an IPv4-mapped address has in its third word (RFC 4291 §2.5.5.2). */
const MAPPED_WORD = 0xffff;
/** The longest text of an address: six groups of four digits, and a dotted quad of three digits each. */
const MAX_ADDRESS_TEXT = 45;

/**
 * Dotted quad, or the one canonical text of an IPv6 address: lower case, the longest run of zero groups
 * (the first of equals, never a single group) as `::`, IPv4-mapped addresses as `::ffff:1.2.3.4`.
 * Words are taken modulo 2^32, signed or not. Source: RFC 5952 §4 and §5.
 */
export function formatAddress(
  ipVersion: number,
  word0: number,
  word1: number,
  word2: number,
  word3: number,
): string {
  if (ipVersion === 4) return formatDottedQuad(word3);
  if (word0 === 0 && word1 === 0 && word2 === MAPPED_WORD) {
    return `::ffff:${formatDottedQuad(word3)}`;
  }
  const groups: string[] = [];
  for (const word of [word0, word1, word2, word3]) {
    groups.push((word >>> 16).toString(16), (word & 0xffff).toString(16));
  }
  const [start, length] = longestZeroRun(groups);
  if (length < 2) return groups.join(":");
  return `${groups.slice(0, start).join(":")}::${groups.slice(start + length).join(":")}`;
}

/**
 * The inverse of `formatAddress`, for every text that RFC 4291 §2.2 allows: upper case, leading zeros in
 * a group, `::` anywhere, a dotted quad at the end. `undefined` for anything else: names, zones (`%eth0`),
 * prefix lengths, brackets, partial IPv4 addresses, and IPv4 parts with a leading zero, which some
 * read as octal (RFC 6943 §3.1.1).
 */
export function parseAddress(text: string): Address | undefined {
  if (text.length > MAX_ADDRESS_TEXT) return undefined;
  if (!text.includes(":")) {
    const word3 = parseDottedQuad(text);
    if (word3 === undefined) return undefined;
    return { ipVersion: 4, word0: 0, word1: 0, word2: 0, word3 };
  }
  const groups = parseGroups(text);
  if (groups === undefined) return undefined;
  return {
    ipVersion: 6,
    word0: wordOf(groups, 0),
    word1: wordOf(groups, 2),
    word2: wordOf(groups, 4),
    word3: wordOf(groups, 6),
  };
}

function formatDottedQuad(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 0xff}.${(word >>> 8) & 0xff}.${word & 0xff}`;
}

/** First group and length of the longest run of zero groups; the first one of several as long. */
function longestZeroRun(groups: readonly string[]): readonly [start: number, length: number] {
  let best = 0;
  let bestLength = 0;
  let length = 0;
  for (let at = 0; at < groups.length; at++) {
    length = groups[at] === "0" ? length + 1 : 0;
    if (length > bestLength) {
      bestLength = length;
      best = at + 1 - length;
    }
  }
  return [best, bestLength];
}

function parseDottedQuad(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let word = 0;
  for (const part of parts) {
    if (!/^(?:0|[1-9][0-9]{0,2})$/.test(part)) return undefined;
    const octet = Number(part);
    if (octet > 255) return undefined;
    word = (word << 8) | octet;
  }
  return word;
}

/** The eight groups of an IPv6 address, or `undefined`. */
function parseGroups(text: string): number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const isCompressed = halves.length === 2;
  const head = parseGroupList(halves[0]!, !isCompressed);
  const tail = isCompressed ? parseGroupList(halves[1]!, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = IPV6_GROUPS - head.length - tail.length;
  // `::` stands for at least one group; two colons for nothing are an error (RFC 4291 §2.2)
  if (isCompressed ? missing < 1 : missing !== 0) return undefined;
  return [...head, ...Array.from({ length: missing }, () => 0), ...tail];
}

/** Groups between colons; only the last piece of the whole address may be a dotted quad. */
function parseGroupList(text: string, mayEndInQuad: boolean): number[] | undefined {
  if (text === "") return [];
  const pieces = text.split(":");
  const groups: number[] = [];
  for (let at = 0; at < pieces.length; at++) {
    const piece = pieces[at]!;
    if (/^[0-9A-Fa-f]{1,4}$/.test(piece)) {
      groups.push(Number.parseInt(piece, 16));
      continue;
    }
    const quad = mayEndInQuad && at === pieces.length - 1 ? parseDottedQuad(piece) : undefined;
    if (quad === undefined) return undefined;
    groups.push(quad >>> 16, quad & 0xffff);
  }
  return groups;
}

function wordOf(groups: readonly number[], at: number): number {
  return (groups[at]! << 16) | groups[at + 1]!;
}
