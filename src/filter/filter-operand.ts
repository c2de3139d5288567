// What stands behind the qualifiers of a primitive: an address, a network or a port, as text -> the test of
// an endpoint. Host and network names are never resolved: a filter asks no name server.

import { type Address, parseAddress } from "../address.ts";
import { type EndpointTest, NetworkTest, PortTest } from "./filter-condition.ts";
import { didYouMean, filterError, packetFilterError, quote } from "./filter-error.ts";
import type { Token } from "./filter-scanner.ts";
import { SERVICE_PORTS } from "./service-ports.ts";
import { suggestWord } from "./suggestion.ts";

const MAX_PORT = 65_535;
const NUMBER = /^(?:0[xX][0-9A-Fa-f]+|[0-9]+)$/;
const DOTTED = /^[0-9]+(?:\.[0-9]+)*$/;
const ETHERNET_ADDRESS = /^[0-9A-Fa-f]{1,2}(?:[:.-][0-9A-Fa-f]{1,2}){5}$/;

/** A number as pcap-filter writes it: decimal, or hexadecimal behind `0x`. `undefined` for other words. */
export function parseNumber(token: Token): number | undefined {
  if (token.kind !== "word" || !NUMBER.test(token.text)) return undefined;
  if (/^0[0-9]/.test(token.text)) {
    throw filterError(
      `leading zero in ${quote(token.text)} at column ${token.column} (tcpdump would read it as octal)`,
    );
  }
  return Number(token.text);
}

/** `port N`, `port NAME`. @throws BAD_FILTER */
export function portTest(token: Token): PortTest {
  const port = portOf(token, token.text);
  return new PortTest(port, port);
}

/** `portrange N-M`, either way round, ends included; `portrange N` is one port. @throws BAD_FILTER */
export function portRangeTest(token: Token): PortTest {
  const dash = token.text.indexOf("-");
  if (dash < 0 || SERVICE_PORTS.has(token.text)) return portTest(token);
  const one = portOf(token, token.text.slice(0, dash));
  const other = portOf(token, token.text.slice(dash + 1));
  return new PortTest(Math.min(one, other), Math.max(one, other));
}

function portOf(token: Token, text: string): number {
  const number = parseNumber({ ...token, kind: "word", text });
  if (number !== undefined) {
    if (number <= MAX_PORT) return number;
    throw filterError(`port ${quote(text)} at column ${token.column} is above ${MAX_PORT}`);
  }
  const port = SERVICE_PORTS.get(text.toLowerCase());
  if (port !== undefined) return port;
  throw filterError(`no port ${quote(text)} at column ${token.column}${portHint(text)}`);
}

function portHint(text: string): string {
  if (/^[0-9]+-[0-9]+$/.test(text)) return didYouMean(`portrange ${text}`);
  if (parseAddress(text) !== undefined) return didYouMean(`host ${text}`);
  const suggestion = suggestWord(text, SERVICE_PORTS.keys());
  if (suggestion !== undefined) return didYouMean(suggestion);
  return " (give its number; only names of well-known services are known)";
}

/** What follows an address: nothing, `/ LENGTH`, or `mask MASK`. */
export interface AddressSuffix {
  readonly kind: "/" | "mask";
  readonly token: Token;
}

/**
 * An address or network: `10.0.0.1`, `10.1` (as libpcap: 10.1.0.0/16), `10.0.0.0/8`,
 * `10.0.0.0 mask 255.0.0.0`, `2001:db8::/32`. Only `net` takes a mask, and a bare number.
 * @throws BAD_FILTER
 */
export function addressTest(
  token: Token,
  suffix: AddressSuffix | undefined,
  isNet: boolean,
): { readonly test: EndpointTest; readonly ipVersion: 4 | 6 } {
  const { text } = token;
  const address = text.includes(":") ? parseAddress(text) : undefined;
  if (address !== undefined) {
    return { test: ipv6Test(token, address, suffix, isNet), ipVersion: 6 };
  }
  if (ETHERNET_ADDRESS.test(text)) throw packetFilterError(text, token.column);
  if (!DOTTED.test(text)) {
    throw filterError(
      `${quote(text)} at column ${token.column} is no IP address` +
        (/[:]|^0[xX]/.test(text) ? "" : " (names are not resolved; write the address)"),
    );
  }
  const partial = partialIpv4(token);
  if (suffix !== undefined && !isNet) throw maskNeedsNet(token, suffix);
  if (suffix === undefined && partial.bits === 8 && !isNet) {
    throw filterError(
      `${quote(text)} at column ${token.column} is no IP address ` +
        `(did you mean ${quote(`port ${text}`)} or ${quote(`net ${text}`)}?)`,
    );
  }
  const mask = suffix === undefined ? maskOfLength(partial.bits) : ipv4Mask(suffix);
  if ((partial.word & ~mask) !== 0) throw hostBitsSet(token, suffix);
  return { test: new NetworkTest(4, [0, 0, 0, partial.word], [0, 0, 0, mask]), ipVersion: 4 };
}

/** One to four decimal parts, padded with zeros at the right; `bits` counts those given. */
function partialIpv4(token: Token): { readonly word: number; readonly bits: number } {
  const parts = token.text.split(".");
  const padded = [...parts, "0", "0", "0"].slice(0, 4).join(".");
  const address = parts.length > 4 ? undefined : parseAddress(padded);
  if (address === undefined) {
    const reason = parts.some((part) => /^0[0-9]/.test(part)) ? " (leading zero)" : "";
    throw filterError(`${quote(token.text)} at column ${token.column} is no IP address${reason}`);
  }
  return { word: address.word3, bits: 8 * parts.length };
}

/** Mask of the highest `bits` bits, 0 to 32; `<< 32` would be `<< 0`. */
function maskOfLength(bits: number): number {
  return bits === 0 ? 0 : -1 << (32 - bits);
}

function ipv4Mask(suffix: AddressSuffix): number {
  if (suffix.kind === "/") return maskOfLength(prefixLength(suffix.token, 32));
  if (!DOTTED.test(suffix.token.text) || !suffix.token.text.includes(".")) {
    throw filterError(
      `${quote(suffix.token.text)} at column ${suffix.token.column} is no mask ` +
        `(expected one like 255.255.0.0)`,
    );
  }
  return partialIpv4(suffix.token).word;
}

function ipv6Test(
  token: Token,
  address: Address,
  suffix: AddressSuffix | undefined,
  isNet: boolean,
): NetworkTest {
  if (suffix?.kind === "mask") {
    throw filterError(
      `"mask" is for IPv4 only; write ${quote(`${token.text}/LENGTH`)} at column ${token.column}`,
    );
  }
  const length = suffix === undefined ? 128 : prefixLength(suffix.token, 128);
  if (suffix !== undefined && !isNet && length !== 128) throw maskNeedsNet(token, suffix);
  const words = [address.word0, address.word1, address.word2, address.word3];
  const masks = words.map((_, index) =>
    maskOfLength(Math.min(32, Math.max(0, length - 32 * index))),
  );
  if (words.some((word, index) => (word & ~masks[index]!) !== 0)) throw hostBitsSet(token, suffix);
  return new NetworkTest(6, words, masks);
}

function prefixLength(token: Token, most: number): number {
  const length = parseNumber(token);
  if (length === undefined || length > most) {
    throw filterError(
      `prefix length ${quote(token.text)} at column ${token.column} is not 0 to ${most}`,
    );
  }
  return length;
}

function withSuffix(token: Token, suffix: AddressSuffix | undefined): string {
  if (suffix === undefined) return token.text;
  const between = suffix.kind === "/" ? "/" : " mask ";
  return `${token.text}${between}${suffix.token.text}`;
}

function maskNeedsNet(token: Token, suffix: AddressSuffix): Error {
  const network = withSuffix(token, suffix);
  return filterError(
    `a mask is for networks only at column ${suffix.token.column}${didYouMean(`net ${network}`)}`,
  );
}

function hostBitsSet(token: Token, suffix: AddressSuffix | undefined): Error {
  return filterError(
    `${quote(withSuffix(token, suffix))} at column ${token.column} has bits set outside its mask`,
  );
}
