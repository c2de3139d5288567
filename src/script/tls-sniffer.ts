// The handshake of one TLS stream as attributes: records (RFC 8446 §5.1) -> handshake messages -> names,
// versions, ciphers. Ends where encryption begins.

import { readUint16 } from "../bytes.ts";
import { OctetBuffer } from "./octet-buffer.ts";
import type { Found, ProtocolReader } from "./stream-sniffer.ts";
import { readCertificates, readClientHello, readServerHello, versionText } from "./tls-messages.ts";

const HANDSHAKE = 22;
const RECORD_HEADER = 5;
/** 2^14 octets and what TLS 1.2 allows compression and encryption to add. */
const LONGEST_RECORD = 16_384 + 2048;
const LONGEST_MESSAGE = 256 * 1024;
const MESSAGE_HEADER = 4;
const CLIENT_HELLO = 1;
const SERVER_HELLO = 2;
const CERTIFICATE = 11;

export class TlsReader implements ProtocolReader {
  isMalformed = false;
  readonly #found: Found;
  readonly #record = new OctetBuffer();
  readonly #messages = new OctetBuffer();

  constructor(found: Found) {
    this.#found = found;
  }

  octets(bytes: Uint8Array, start: number, end: number): boolean {
    this.#record.append(bytes, start, end);
    for (;;) {
      if (this.#record.length < RECORD_HEADER) return true;
      const header = this.#record.view(0, RECORD_HEADER);
      const length = readUint16(header, 3);
      // Change of cipher, alerts, application data: what follows is encrypted.
      if (header[0] !== HANDSHAKE) return false;
      if (header[1] !== 3 || length > LONGEST_RECORD || length === 0) return this.#giveUp();
      if (this.#record.length < RECORD_HEADER + length) return true;
      const whole = this.#record.view(0, RECORD_HEADER + length);
      this.#found("TLS:Record", whole.toString("hex"), false);
      this.#messages.append(whole, RECORD_HEADER, whole.length);
      this.#record.drop(RECORD_HEADER + length);
      if (!this.#readMessages()) return this.#giveUp();
    }
  }

  /** Nothing in a handshake may be missing. */
  gap(): boolean {
    return false;
  }

  #giveUp(): boolean {
    this.isMalformed = true;
    return false;
  }

  #readMessages(): boolean {
    while (this.#messages.length >= MESSAGE_HEADER) {
      const header = this.#messages.view(0, MESSAGE_HEADER);
      const type = header[0]!;
      const length = header[1]! * 0x1_0000 + readUint16(header, 2);
      if (length > LONGEST_MESSAGE) return false;
      if (this.#messages.length < MESSAGE_HEADER + length) return true;
      const body = this.#messages.copy(MESSAGE_HEADER + length).subarray(MESSAGE_HEADER);
      this.#messages.drop(MESSAGE_HEADER + length);
      if (!this.#readMessage(type, body)) return false;
    }
    return true;
  }

  #readMessage(type: number, body: Uint8Array): boolean {
    if (type === CLIENT_HELLO) return this.#clientHello(body);
    if (type === SERVER_HELLO) return this.#serverHello(body);
    return type === CERTIFICATE ? this.#certificates(body) : true;
  }

  #clientHello(body: Uint8Array): boolean {
    const hello = readClientHello(body);
    if (hello === null) return false;
    if (hello.serverName !== null) this.#found("TLS:SNI", hello.serverName, true);
    for (const protocol of hello.protocols) this.#found("TLS:ALPN", protocol, true);
    return true;
  }

  #serverHello(body: Uint8Array): boolean {
    const hello = readServerHello(body);
    if (hello === null) return false;
    this.#found("TLS:VERSION", versionText(hello.version), true);
    this.#found("TLS:CIPHER", hello.cipher.toString(16).padStart(4, "0"), true);
    for (const protocol of hello.protocols) this.#found("TLS:ALPN", protocol, true);
    return true;
  }

  #certificates(body: Uint8Array): boolean {
    const chain = readCertificates(body);
    if (chain === null) return false;
    const [leaf] = chain;
    if (leaf === undefined) return true;
    if (leaf.commonName !== null) this.#found("TLS:CN", leaf.commonName, true);
    if (leaf.organization !== null) this.#found("TLS:O", leaf.organization, true);
    const top = chain.at(-1)!;
    for (const { commonName, isSelfIssued } of chain.slice(1)) {
      if (commonName !== null && !isSelfIssued) this.#found("TLS:CA:INTER", commonName, true);
    }
    const root = top.isSelfIssued ? top.commonName : top.issuerCommonName;
    if (root !== null) this.#found("TLS:CA:ROOT", root, true);
    return true;
  }
}
