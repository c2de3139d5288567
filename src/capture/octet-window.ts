// The octets of one capture that are at hand: a stretch of one reused buffer that readers parse in
// place. A feeder brings in more of them behind the unread ones; what was read may vanish then.
//
//     bytes   | read already | unread            | not filled |
//                            ^ at                ^ end
//
// `at` and `end` are public fields, not getters: they are read and moved once a record.

import { NO_BYTES } from "../bytes.ts";

/**
 * The longest record or block that is ever held in memory whole, whatever a file's snap length
 * claims; what says it is longer is damage.
 */
export const LONGEST_RECORD_BYTES = 16 * 1024 * 1024;

/** Where a window's octets come from. */
export interface WindowFeeder {
  /**
   * Moves the unread octets if it has to and appends at least one octet; false at the end.
   * @throws TcpxError READ_FAILED
   */
  feed(window: OctetWindow): Promise<boolean>;
  /** Gives back what it holds open. Closing twice is harmless. */
  close(): Promise<void>;
}

/** Unread octets `bytes[at, end)`. Views of them are valid until the next `fill`. */
export class OctetWindow {
  bytes: Uint8Array = NO_BYTES;
  at = 0;
  end = 0;
  /** Offset of `bytes[0]` in the (decompressed) file; negative while the front is unused room. */
  baseOffset = 0;
  /** True when the last octet of the input is in the window. */
  ended = false;
  /** True when reading was stopped: then `ended` says nothing about the input. */
  isClosed = false;
  readonly #feeder: WindowFeeder;

  constructor(feeder: WindowFeeder) {
    this.#feeder = feeder;
  }

  /** Offset of the first unread octet in the (decompressed) file. */
  get offset(): number {
    return this.baseOffset + this.at;
  }

  /** Unread octets at hand. */
  get length(): number {
    return this.end - this.at;
  }

  /** Brings more octets in; false at the end of the input, and from then on. */
  async fill(): Promise<boolean> {
    if (this.ended) return false;
    if (await this.#feeder.feed(this)) return true;
    this.ended = true;
    return false;
  }

  /** Fills until `count` unread octets are at hand; false if the input ends before. */
  async need(count: number): Promise<boolean> {
    while (this.end - this.at < count) {
      if (!(await this.fill())) return false;
    }
    return true;
  }

  close(): Promise<void> {
    this.ended = true;
    this.isClosed = true;
    return this.#feeder.close();
  }
}
