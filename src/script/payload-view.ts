// Octets as a script sees them: read-only, valid during one call. A new object a call, so that one that
// was kept can't come back to life over other octets; `bytes` is a copy, because octets that are
// handed out can be changed, and their block holds the next packets as well.

import type { PayloadBuffer } from "./script-api.ts";

/** Where `writeToFile` and `appendToFile` go. */
export interface FileTarget {
  write(name: string, seekPosition: number, bytes: Uint8Array, start: number, end: number): void;
  append(name: string, bytes: Uint8Array, start: number, end: number): void;
}

const OCTETS_A_LINE = 16;

export class PayloadView implements PayloadBuffer {
  readonly #files: FileTarget;
  #bytes: Uint8Array | null;
  readonly #start: number;
  readonly length: number;
  #copy: Buffer | null = null;
  /** Parts that are valid as long as the whole. */
  #parts: PayloadView[] | null = null;

  constructor(files: FileTarget, bytes: Uint8Array, start: number, end: number) {
    this.#files = files;
    this.#bytes = bytes;
    this.#start = start;
    this.length = end - start;
  }

  /** The call is over. */
  revoke(): void {
    this.#bytes = null;
    if (this.#parts === null) return;
    for (const part of this.#parts) part.revoke();
  }

  get bytes(): Uint8Array {
    return (this.#copy ??= this.copy());
  }

  copy(): Buffer {
    // Not from Node's pool, whose slabs are shared.
    const copy = Buffer.allocUnsafeSlow(this.length);
    this.#window().copy(copy);
    return copy;
  }

  u8(position: number): number {
    this.#check(position, 1);
    return this.#alive()[this.#start + position]!;
  }

  u16(position: number): number {
    this.#check(position, 2);
    const bytes = this.#alive();
    const at = this.#start + position;
    return bytes[at]! * 0x100 + bytes[at + 1]!;
  }

  u24(position: number): number {
    this.#check(position, 3);
    return this.u8(position) * 0x1_0000 + this.u16(position + 1);
  }

  u32(position: number): number {
    this.#check(position, 4);
    return this.u16(position) * 0x1_0000 + this.u16(position + 2);
  }

  text(encoding: BufferEncoding = "latin1", from = 0, to = this.length): string {
    return this.#window().toString(encoding, Math.max(0, from), Math.min(to, this.length));
  }

  slice(from = 0, to: number = this.length): PayloadBuffer {
    const first = Math.min(Math.max(0, Math.trunc(from)), this.length);
    const last = Math.min(Math.max(first, Math.trunc(to)), this.length);
    const part = new PayloadView(
      this.#files,
      this.#alive(),
      this.#start + first,
      this.#start + last,
    );
    (this.#parts ??= []).push(part);
    return part;
  }

  hexdump(): string {
    const window = this.#window();
    const lines: string[] = [];
    for (let at = 0; at < window.length; at += OCTETS_A_LINE) {
      const line = window.subarray(at, at + OCTETS_A_LINE);
      const hex = Array.from(line, (octet) => octet.toString(16).padStart(2, "0")).join(" ");
      const text = line.toString("latin1").replaceAll(/[^\x20-\x7e]/g, ".");
      lines.push(`${at.toString(16).padStart(8, "0")}  ${hex.padEnd(47)}  |${text}|`);
    }
    return lines.join("\n");
  }

  indexOf(what: string | Uint8Array, from = 0): number {
    return this.#window().indexOf(what, from, "latin1");
  }

  writeToFile(name: string, seekPosition: number): void {
    const bytes = this.#alive();
    this.#files.write(name, seekPosition, bytes, this.#start, this.#start + this.length);
  }

  appendToFile(name: string): void {
    const bytes = this.#alive();
    this.#files.append(name, bytes, this.#start, this.#start + this.length);
  }

  #check(position: number, octets: number): void {
    if (Number.isInteger(position) && position >= 0 && position + octets <= this.length) return;
    throw new RangeError(
      `${octets} octets at ${position} are not in a buffer of ${this.length} octets`,
    );
  }

  #alive(): Uint8Array {
    if (this.#bytes === null) {
      throw new TypeError("the buffer is valid during the call only: keep copy() of it instead");
    }
    return this.#bytes;
  }

  /** Never handed out. */
  #window(): Buffer {
    const { buffer, byteOffset } = this.#alive();
    return Buffer.from(buffer, byteOffset + this.#start, this.length);
  }
}
