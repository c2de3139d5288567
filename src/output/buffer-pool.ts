// Buffers of a few sizes from one piece of memory of a stated size, for streams' windows and rings.
// The memory is cut into blocks; a block serves whole or is split into slots of one smaller class, and
// is whole again when its last slot comes back. A slot is named by the number of its first unit.
//
//     block 0 (class 0)        block 1 (class 1)      block 2 (the largest class)
//     |0|1|2|3|4|5|6|7|..|     |16  |20  |24  |28  |  |32                    |
//
// Victims are found by a clock hand (second chance): whoever uses a slot sets its `touched`, the hand
// clears it and takes the first slot it finds cleared. Close to least recently used, at one store a packet.

import { memoryOf } from "../memory/octet-memory.ts";

/** A slot's owner is a stream's handle; 0 is nobody, as NO_STREAM. */
const NOBODY = 0;
export const NO_SLOT = -1;
/** Each class is this many times as large as the one below. */
const CLASS_FACTOR = 4;

export interface BufferPoolOptions {
  /** Octets in all; rounded down to whole blocks, at least one. */
  readonly poolBytes?: number;
  /** Octets of the largest buffer: `unitBytes` times a power of four. */
  readonly blockBytes?: number;
  /** Octets of the smallest buffer. */
  readonly unitBytes?: number;
  /**
   * The memory to take, instead of an allocation of its own: at least `poolBytes`. If the capture's
   * blocks lie in the same ArrayBuffer, copies are cheaper (`copyBytes`).
   */
  readonly memory?: Uint8Array;
}

export class BufferPool {
  /** The whole ArrayBuffer; `offsetOf` gives indexes into it. */
  readonly arena: Buffer;
  readonly unitBytes: number;
  readonly blockBytes: number;
  readonly blocks: number;
  /** Sizes of the classes in octets, smallest first. */
  readonly classBytes: readonly number[];
  /** By slot: 1 if used since the hand passed. Set it whenever a slot is used. */
  readonly touched: Uint8Array;
  /** By slot: the handle that may be asked to give it up. */
  readonly owner: Int32Array;
  /** Blocks that nobody has a slot in. */
  freeBlocks: number;

  readonly #first: number;
  readonly #unitsPerBlock: number;
  readonly #freeBlockStack: Int32Array;
  /** By block: its class; meaningless while the block is free. */
  readonly #blockClass: Uint8Array;
  /** By block: slots in use; 0 exactly while the block is free. */
  readonly #used: Int32Array;
  /** By block: first free slot, chained by #nextFree; NO_SLOT at the end. */
  readonly #freeSlot: Int32Array;
  readonly #nextFree: Int32Array;
  /** By class: a block with free slots, in a list by #nextPartial and #previousPartial. */
  readonly #partial: Int32Array;
  readonly #nextPartial: Int32Array;
  readonly #previousPartial: Int32Array;
  #hand = 0;

  constructor(options: BufferPoolOptions = {}) {
    this.unitBytes = options.unitBytes ?? 1024;
    this.blockBytes = options.blockBytes ?? 1024 * 1024;
    const poolBytes = options.memory?.length ?? options.poolBytes ?? 32 * 1024 * 1024;
    this.blocks = Math.max(1, Math.floor(poolBytes / this.blockBytes));
    const classBytes: number[] = [];
    for (let size = this.unitBytes; size <= this.blockBytes; size *= CLASS_FACTOR) {
      classBytes.push(size);
    }
    this.classBytes = classBytes;
    this.#unitsPerBlock = this.blockBytes / this.unitBytes;
    const memory = options.memory ?? new Uint8Array(this.blocks * this.blockBytes);
    this.arena = Buffer.from(memory.buffer);
    this.#first = memory.byteOffset;
    const units = this.blocks * this.#unitsPerBlock;
    this.touched = memoryOf(memory.buffer)?.uint8(units) ?? new Uint8Array(units);
    this.owner = new Int32Array(units);
    this.#nextFree = new Int32Array(units);
    this.freeBlocks = this.blocks;
    // the lowest block on top: what is used stays together
    this.#freeBlockStack = Int32Array.from({ length: this.blocks }, (_, i) => this.blocks - 1 - i);
    this.#blockClass = new Uint8Array(this.blocks);
    this.#used = new Int32Array(this.blocks);
    this.#freeSlot = new Int32Array(this.blocks);
    this.#partial = new Int32Array(classBytes.length).fill(-1);
    this.#nextPartial = new Int32Array(this.blocks).fill(-1);
    this.#previousPartial = new Int32Array(this.blocks).fill(-1);
  }

  /** Index of the slot's first octet in `arena`. */
  offsetOf(slot: number): number {
    return this.#first + slot * this.unitBytes;
  }

  /** The smallest class with room for so many octets, or the largest. */
  classFor(bytes: number): number {
    let sizeClass = 0;
    while (sizeClass < this.classBytes.length - 1 && this.classBytes[sizeClass]! < bytes)
      sizeClass++;
    return sizeClass;
  }

  classOf(slot: number): number {
    return this.#blockClass[(slot / this.#unitsPerBlock) | 0]!;
  }

  /** Octets that a slot has room for. */
  capacityOf(slot: number): number {
    return this.classBytes[this.classOf(slot)]!;
  }

  /** A slot for this owner, or NO_SLOT if none of the class is free. */
  take(sizeClass: number, owner: number): number {
    let block = this.#partial[sizeClass]!;
    if (block < 0) {
      if (this.freeBlocks === 0) return NO_SLOT;
      block = this.#splitBlock(sizeClass);
    }
    const slot = this.#freeSlot[block]!;
    this.#freeSlot[block] = this.#nextFree[slot]!;
    this.#used[block]!++;
    if (this.#freeSlot[block] === NO_SLOT) this.#unlinkPartial(block, sizeClass);
    this.owner[slot] = owner;
    this.touched[slot] = 1;
    return slot;
  }

  /** The slot stays taken, but is no victim any more: its octets are on their way to the file. */
  disown(slot: number): void {
    this.owner[slot] = NOBODY;
  }

  giveBack(slot: number): void {
    const block = (slot / this.#unitsPerBlock) | 0;
    const sizeClass = this.#blockClass[block]!;
    this.owner[slot] = NOBODY;
    if (this.#freeSlot[block] === NO_SLOT) this.#linkPartial(block, sizeClass);
    this.#nextFree[slot] = this.#freeSlot[block]!;
    this.#freeSlot[block] = slot;
    if (--this.#used[block]! > 0) return;
    this.#unlinkPartial(block, sizeClass);
    this.#freeBlockStack[this.freeBlocks++] = block;
  }

  /** A slot that was not used for long and has an owner; NO_SLOT if none has. */
  victim(): number {
    const units = this.owner.length;
    // Twice around: the first turn may have to clear every mark.
    for (let passed = 0; passed <= 2 * units;) {
      const slot = this.#hand;
      const block = (slot / this.#unitsPerBlock) | 0;
      const isFree = this.#used[block] === 0;
      const step = isFree
        ? this.#unitsPerBlock - (slot % this.#unitsPerBlock)
        : this.capacityOf(slot) / this.unitBytes;
      this.#hand = slot + step === units ? 0 : slot + step;
      passed += step;
      if (isFree || this.owner[slot] === NOBODY) continue;
      if (this.touched[slot] === 0) return slot;
      this.touched[slot] = 0;
    }
    return NO_SLOT;
  }

  #splitBlock(sizeClass: number): number {
    const block = this.#freeBlockStack[--this.freeBlocks]!;
    const step = this.classBytes[sizeClass]! / this.unitBytes;
    const first = block * this.#unitsPerBlock;
    // The hand never stands inside a slot: a block that is split anew may have had smaller ones.
    if (this.#hand > first && this.#hand < first + this.#unitsPerBlock) this.#hand = first;
    this.#blockClass[block] = sizeClass;
    let next = NO_SLOT;
    for (let slot = first + this.#unitsPerBlock - step; slot >= first; slot -= step) {
      this.owner[slot] = NOBODY;
      this.#nextFree[slot] = next;
      next = slot;
    }
    this.#freeSlot[block] = first;
    this.#linkPartial(block, sizeClass);
    return block;
  }

  #linkPartial(block: number, sizeClass: number): void {
    const head = this.#partial[sizeClass]!;
    this.#nextPartial[block] = head;
    this.#previousPartial[block] = -1;
    if (head >= 0) this.#previousPartial[head] = block;
    this.#partial[sizeClass] = block;
  }

  #unlinkPartial(block: number, sizeClass: number): void {
    const next = this.#nextPartial[block]!;
    const previous = this.#previousPartial[block]!;
    if (next >= 0) this.#previousPartial[next] = previous;
    if (previous >= 0) this.#nextPartial[previous] = next;
    else this.#partial[sizeClass] = next;
  }
}
