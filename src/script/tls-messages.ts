// ClientHello, ServerHello and Certificate of TLS (RFC 8446 §4.1, RFC 5246 §7.4, RFC 6066 §3, RFC 7301).
// Each takes the body of a handshake message; null where a length in it leads out of it. Pure.

import { X509Certificate } from "node:crypto";
import { readUint16 } from "../bytes.ts";

export interface ClientHello {
  /** Highest version offered, as a number: 0x0303. */
  readonly version: number;
  readonly serverName: string | null;
  readonly protocols: readonly string[];
}

export interface ServerHello {
  readonly version: number;
  readonly cipher: number;
  readonly protocols: readonly string[];
}

export interface CertificateNames {
  readonly commonName: string | null;
  readonly organization: string | null;
  readonly issuerCommonName: string | null;
  readonly isSelfIssued: boolean;
}

const SERVER_NAME = 0;
const ALPN = 16;
const SUPPORTED_VERSIONS = 43;
const MOST_CERTIFICATES = 32;

/** Walks over octets; `isShort` once something was asked for that is not there. */
class Walk {
  isShort = false;
  readonly #bytes: Uint8Array;
  #at: number;
  readonly #end: number;

  constructor(bytes: Uint8Array, at = 0, end: number = bytes.length) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  get left(): number {
    return this.#end - this.#at;
  }

  number(octets: 1 | 2 | 3): number {
    let value = 0;
    const at = this.#skip(octets);
    if (at < 0) return 0;
    for (let i = 0; i < octets; i++) value = value * 256 + this.#bytes[at + i]!;
    return value;
  }

  skip(octets: number): void {
    this.#skip(octets);
  }

  /** A vector behind its length of `octets` octets. */
  vector(octets: 1 | 2 | 3): Walk {
    const length = this.number(octets);
    const at = this.#skip(length);
    return at < 0 ? new Walk(this.#bytes, 0, 0) : new Walk(this.#bytes, at, at + length);
  }

  rest(): Uint8Array {
    return this.#bytes.subarray(this.#at, this.#end);
  }

  text(): string {
    return Buffer.from(this.rest()).toString("latin1");
  }

  #skip(octets: number): number {
    if (this.isShort || octets > this.left) {
      this.isShort = true;
      return -1;
    }
    const at = this.#at;
    this.#at += octets;
    return at;
  }
}

export function readClientHello(body: Uint8Array): ClientHello | null {
  const walk = new Walk(body);
  let version = walk.number(2);
  walk.skip(32);
  walk.vector(1);
  walk.vector(2);
  walk.vector(1);
  let serverName: string | null = null;
  let protocols: readonly string[] = [];
  walkExtensions(walk, (type, extension) => {
    if (type === SERVER_NAME) {
      const list = extension.vector(2);
      if (list.number(1) === 0) serverName = list.vector(2).text();
    } else if (type === ALPN) {
      protocols = readProtocols(extension);
    } else if (type === SUPPORTED_VERSIONS) {
      const list = extension.vector(1).rest();
      for (let at = 0; at + 1 < list.length; at += 2) {
        const offered = readUint16(list, at);
        // Not GREASE (RFC 8701): those are 0x?a?a.
        if ((offered & 0x0f0f) !== 0x0a0a && offered > version) version = offered;
      }
    }
  });
  return walk.isShort ? null : { version, serverName, protocols };
}

export function readServerHello(body: Uint8Array): ServerHello | null {
  const walk = new Walk(body);
  let version = walk.number(2);
  walk.skip(32);
  walk.vector(1);
  const cipher = walk.number(2);
  walk.skip(1);
  let protocols: readonly string[] = [];
  walkExtensions(walk, (type, extension) => {
    if (type === SUPPORTED_VERSIONS) version = extension.number(2);
    else if (type === ALPN) protocols = readProtocols(extension);
  });
  return walk.isShort ? null : { version, cipher, protocols };
}

/** Names in a chain of certificates (before TLS 1.3), that of the server first. */
export function readCertificates(body: Uint8Array): CertificateNames[] | null {
  const walk = new Walk(body);
  const list = walk.vector(3);
  if (walk.isShort) return null;
  const names: CertificateNames[] = [];
  while (list.left > 0 && names.length < MOST_CERTIFICATES) {
    const octets = list.vector(3).rest();
    if (list.isShort) return null;
    try {
      const certificate = new X509Certificate(octets);
      names.push({
        commonName: nameOf(certificate.subject, "CN"),
        organization: nameOf(certificate.subject, "O"),
        issuerCommonName: nameOf(certificate.issuer, "CN"),
        isSelfIssued: certificate.subject === certificate.issuer,
      });
    } catch {
      return null;
    }
  }
  return names;
}

/** `TLS 1.2` and the like. */
export function versionText(version: number): string {
  if (version === 0x0300) return "SSL 3.0";
  if (version >= 0x0301 && version <= 0x0304) return `TLS 1.${version - 0x0301}`;
  return `0x${version.toString(16).padStart(4, "0")}`;
}

function walkExtensions(walk: Walk, visit: (type: number, extension: Walk) => void): void {
  if (walk.left === 0) return;
  const list = walk.vector(2);
  while (list.left > 0 && !list.isShort) {
    const type = list.number(2);
    const extension = list.vector(2);
    if (!list.isShort) visit(type, extension);
  }
  if (list.isShort) walk.isShort = true;
}

function readProtocols(extension: Walk): string[] {
  const list = extension.vector(2);
  const names: string[] = [];
  while (list.left > 0 && !list.isShort) names.push(list.vector(1).text());
  return names;
}

/** A part of a distinguished name as node:crypto writes it, one part a line. */
function nameOf(distinguished: string | undefined, part: string): string | null {
  const line = (distinguished ?? "").split("\n").find((each) => each.startsWith(`${part}=`));
  return line === undefined ? null : line.slice(part.length + 1);
}
