// Commands for the thread that writes files, in a ring in the memory that it shares with the run: the run
// puts them in, the thread does one after the other and leaves in each what came of it.
//
//     header   | SUBMITTED | DONE | SLEEPS | WAITS |
//     ring     | done | done | under way | waits | waits | free | ...     a slot: words, then a path or a reason
//                            ^ DONE                      ^ SUBMITTED      both count on and on

/** Words of the header. */
export const SUBMITTED = 0;
export const DONE = 1;
/** 1 while the thread sleeps on SUBMITTED, or is about to. */
export const SLEEPS = 2;
/** 1 while the run sleeps on DONE, or is about to. */
export const WAITS = 3;
export const HEADER_WORDS = 16;

/** Commands that the ring has room for: a power of two, so that counts may overflow. */
export const COMMANDS = 128;

/** Words of a command. */
export const KIND = 0;
export const DESCRIPTOR = 1;
/** Index into the memory, unsigned; octets. */
export const AT = 2;
export const LENGTH = 3;
/** Octets of the text: the path of WRITE_FILE, then the reason of what failed. */
export const TEXT_BYTES = 4;
/** Octets written. */
export const RESULT = 5;
/** One of MADE. */
export const OUTCOME = 6;
export const COMMAND_WORDS = 12;
/** In float64 units: offset in the file; size that the file is to have at least. */
export const POSITION = 4;
export const SIZE = 5;

export const TEXT_ROOM = 1024;
const SLOT_BYTES = COMMAND_WORDS * 4 + TEXT_ROOM;

/** Octets of header and ring. */
export const RING_BYTES = HEADER_WORDS * 4 + COMMANDS * SLOT_BYTES;

export const Kind = {
  /** Writes to the descriptor. */
  WRITE: 0,
  /** Makes a file, writes it, gives it its size and closes it. */
  WRITE_FILE: 1,
  /** The thread ends. */
  END: 2,
} as const;

export const Outcome = {
  DONE: 0,
  /** Failed, and no file was made. */
  FAILED: 1,
  /** Failed after the file was made. */
  FAILED_WITH_FILE: 2,
} as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

/** The ring as both sides see it. */
export class CommandRing {
  readonly header: Int32Array;
  /** All of the memory. */
  readonly octets: Buffer;
  readonly #words: Int32Array;
  readonly #floats: Float64Array;
  readonly #texts: number;

  /** `at`: where RING_BYTES of the memory begin; a multiple of 8. */
  constructor(memory: SharedArrayBuffer, at: number) {
    this.octets = Buffer.from(memory);
    this.header = new Int32Array(memory, at, HEADER_WORDS);
    const words = at + HEADER_WORDS * 4;
    this.#words = new Int32Array(memory, words, COMMANDS * COMMAND_WORDS);
    this.#floats = new Float64Array(memory, words, (COMMANDS * COMMAND_WORDS) / 2);
    this.#texts = words + COMMANDS * COMMAND_WORDS * 4;
  }

  /** The slot of a command by its number. */
  slotOf(number: number): number {
    return number & (COMMANDS - 1);
  }

  word(slot: number, field: number): number {
    return this.#words[slot * COMMAND_WORDS + field]!;
  }

  setWord(slot: number, field: number, value: number): void {
    this.#words[slot * COMMAND_WORDS + field] = value;
  }

  float(slot: number, field: number): number {
    return this.#floats[slot * (COMMAND_WORDS / 2) + field]!;
  }

  setFloat(slot: number, field: number, value: number): void {
    this.#floats[slot * (COMMAND_WORDS / 2) + field] = value;
  }

  text(slot: number): string {
    const at = this.#texts + slot * TEXT_ROOM;
    return this.octets.toString("utf8", at, at + this.word(slot, TEXT_BYTES));
  }

  /** False if the text is too long; of a reason as much is kept as there is room for. */
  setText(slot: number, text: string): boolean {
    const bytes = Buffer.byteLength(text);
    const kept = this.octets.write(text, this.#texts + slot * TEXT_ROOM, TEXT_ROOM);
    this.setWord(slot, TEXT_BYTES, kept);
    return kept === bytes;
  }
}
