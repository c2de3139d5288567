// The loops over octets that cost most, as a WebAssembly module: the sum that Internet checksums are made
// of, the copy of a payload, and zeros for a hole. Fast from their first call on, which loops in JavaScript
// are not.
//
//     sum(start, end)              of 16-bit little-endian words, taken two at a time, carries folded in
//     copy(target, start, end)     ranges that do not overlap
//     clear(start, end)            zeros
//
// All take indexes into the one memory they were made for. Written out opcode by opcode: three short
// functions earn no compiler (docs/decisions.md). WebAssembly Core Specification 2.0, §5 Binary Format.

/** Octets of a page of WebAssembly memory. */
const PAGE_BYTES = 65_536;

export interface OctetKernel {
  /**
   * Sum of the 16-bit little-endian words of `[start, end)`, the last one padded with 0, as an unsigned
   * number of 32 bits in an int32 that is right modulo 65535; never 0 unless
   * all octets are. No bounds are checked but those of the memory.
   */
  readonly sum: (start: number, end: number) => number;
  /** Copies `[start, end)` to `target`; the two must not overlap. */
  readonly copy: (target: number, start: number, end: number) => void;
  /** Makes the octets of `[start, end)` 0. */
  readonly clear: (start: number, end: number) => void;
}

/** Value types and opcodes (§5.3, §5.4), as many as the two functions take. */
const I32 = 0x7f;
const I64 = 0x7e;
const V128 = 0x7b;
const NO_RESULT = 0x40;
const BLOCK = 0x02;
const LOOP = 0x03;
const IF = 0x04;
const ELSE = 0x05;
const END = 0x0b;
const BR = 0x0c;
const BR_IF = 0x0d;
const GET = 0x20;
const SET = 0x21;
const I32_LOAD8_U = 0x2d;
const I64_LOAD8_U = 0x31;
const I64_LOAD16_U = 0x33;
const I64_LOAD32_U = 0x35;
const I32_STORE8 = 0x3a;
const I32_CONST = 0x41;
const I64_CONST = 0x42;
const I32_GT_S = 0x4a;
const I32_GE_S = 0x4e;
const I32_ADD = 0x6a;
const I32_SUB = 0x6b;
const I64_ADD = 0x7c;
const I64_AND = 0x83;
const I64_SHR_U = 0x88;
const I32_WRAP_I64 = 0xa7;
/** Of memory 0: the instruction ends with its index. */
const MEMORY_FILL = [0xfc, 0x0b, 0x00];
/** Two 32-bit words, each made a 64-bit lane. */
const V128_LOAD32X2_U = [0xfd, 0x06];
const V128_LOAD = [0xfd, 0x00];
const V128_STORE = [0xfd, 0x0b];
const I64X2_EXTRACT_LANE = [0xfd, 0x1d];
const I64X2_ADD = [0xfd, 0xce, 0x01];

/** Operand of a load or store: no alignment promised, an offset below 128. */
function at(offset: number): number[] {
  return [0, offset];
}

/** `local += step`, a step below 64. */
function advance(local: number, step: number): number[] {
  return [GET, local, I32_CONST, step, I32_ADD, SET, local];
}

/** Repeats `body` until `first > second`, two int32 locals. */
function untilGreater(first: number, second: number, body: number[]): number[] {
  const leaves = [GET, first, GET, second, I32_GT_S, BR_IF, 1];
  return [BLOCK, NO_RESULT, LOOP, NO_RESULT, ...leaves, ...body, BR, 0, END, END];
}

/** Half the octets of a step of `sum`: one addition of two lanes for every eight of them. */
const SUM_STEP = 32;

function sumBody(): number[] {
  // Parameters and locals.
  const [START, STOP, LAST, LANES, OTHER_LANES, SUM] = [0, 1, 2, 3, 4, 5];
  const addLanes = (lanes: number, offset: number): number[] =>
    [GET, lanes, GET, START, V128_LOAD32X2_U, at(offset), I64X2_ADD, SET, lanes].flat();
  const lastStep = (bytes: number): number[] => [GET, STOP, I32_CONST, bytes, I32_SUB, SET, LAST];
  const addWord = (load: number): number[] =>
    [GET, SUM, GET, START, load, at(0), I64_ADD, SET, SUM].flat();
  const whereLeft = (bytes: number, body: number[]): number[] =>
    [GET, STOP, GET, START, I32_SUB, I32_CONST, bytes, I32_GE_S, IF, NO_RESULT, body, END].flat();
  const lowHalf = [GET, SUM, I64_CONST, 0xff, 0xff, 0xff, 0xff, 0x0f, I64_AND];
  const highHalf = [GET, SUM, I64_CONST, 32, I64_SHR_U];
  const foldCarries = [...lowHalf, ...highHalf, I64_ADD, SET, SUM];
  return [
    // One int32, two pairs of lanes, one int64.
    [3, 1, I32, 2, V128, 1, I64],
    lastStep(SUM_STEP),
    untilGreater(START, LAST, [
      ...addLanes(LANES, 0),
      ...addLanes(OTHER_LANES, 8),
      ...addLanes(LANES, 16),
      ...addLanes(OTHER_LANES, 24),
      ...advance(START, SUM_STEP),
    ]),
    [GET, LANES, GET, OTHER_LANES, ...I64X2_ADD, SET, LANES],
    [GET, LANES, ...I64X2_EXTRACT_LANE, 0, GET, LANES, ...I64X2_EXTRACT_LANE, 1],
    [I64_ADD, SET, SUM],
    lastStep(4),
    untilGreater(START, LAST, [...addWord(I64_LOAD32_U), ...advance(START, 4)]),
    whereLeft(2, [...addWord(I64_LOAD16_U), ...advance(START, 2)]),
    whereLeft(1, addWord(I64_LOAD8_U)),
    // Twice: the first may carry again. It leaves at most 2^33 - 2, so that the second can't.
    foldCarries,
    foldCarries,
    [GET, SUM, I32_WRAP_I64, END],
  ].flat();
}

/** Octets of a step of `copy`. */
const COPY_STEP = 16;

function copyBody(): number[] {
  const [TARGET, START, STOP, LAST] = [0, 1, 2, 3];
  const copyStep = [GET, TARGET, GET, START, ...V128_LOAD, ...at(0), ...V128_STORE, ...at(0)];
  const copyOctet = [GET, TARGET, GET, START, I32_LOAD8_U, ...at(0), I32_STORE8, ...at(0)];
  const lastStep = (bytes: number): number[] => [GET, STOP, I32_CONST, bytes, I32_SUB, SET, LAST];
  return [
    [1, 1, I32],
    lastStep(COPY_STEP),
    [GET, LAST, GET, START, I32_GE_S, IF, NO_RESULT],
    untilGreater(START, LAST, [
      ...copyStep,
      ...advance(TARGET, COPY_STEP),
      ...advance(START, COPY_STEP),
    ]),
    // What is left is the end of a last whole step, which begins inside the one before.
    [GET, TARGET, GET, LAST, GET, START, I32_SUB, I32_ADD, SET, TARGET],
    [GET, LAST, SET, START, ...copyStep],
    [ELSE],
    lastStep(1),
    untilGreater(START, LAST, [...copyOctet, ...advance(TARGET, 1), ...advance(START, 1)]),
    [END, END],
  ].flat();
}

function clearBody(): number[] {
  const [START, STOP] = [0, 1];
  const length = [GET, STOP, GET, START, I32_SUB];
  return [0, GET, START, I32_CONST, 0, ...length, ...MEMORY_FILL, END];
}

/** A number in the binary format: seven bits an octet, the lowest first. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function section(id: number, content: number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function text(value: string): number[] {
  return [value.length, ...Buffer.from(value, "latin1")];
}

function code(body: number[]): number[] {
  return [...unsigned(body.length), ...body];
}

function moduleBytes(): Uint8Array<ArrayBuffer> {
  const magicAndVersion = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const sumType = [0x60, 2, I32, I32, 1, I32];
  const copyType = [0x60, 3, I32, I32, I32, 0];
  const clearType = [0x60, 2, I32, I32, 0];
  // Any memory with at least one page.
  const memoryImport = [...text("octets"), ...text("memory"), 2, 0, 1];
  const sumExport = [...text("sum"), 0, 0];
  const copyExport = [...text("copy"), 0, 1];
  const clearExport = [...text("clear"), 0, 2];
  return Uint8Array.from([
    ...magicAndVersion,
    ...section(1, [3, ...sumType, ...copyType, ...clearType]),
    ...section(2, [1, ...memoryImport]),
    ...section(3, [3, 0, 1, 2]),
    ...section(7, [3, ...sumExport, ...copyExport, ...clearExport]),
    ...section(10, [3, ...code(sumBody()), ...code(copyBody()), ...code(clearBody())]),
  ]);
}

/** What is used of the engine's WebAssembly; Node's types leave it out. */
interface WasmEngine {
  readonly Memory: new (pages: { initial: number; maximum: number }) => { buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { exports: OctetKernel };
}

/**
 * Memory of at least `bytes` octets, all zero, and the functions for it.
 * @throws where the engine has no WebAssembly, or none with vectors
 */
export function openKernel(bytes: number): { buffer: ArrayBuffer; kernel: OctetKernel } {
  const engine = WebAssembly as unknown as WasmEngine;
  const pages = Math.ceil(bytes / PAGE_BYTES);
  const memory = new engine.Memory({ initial: pages, maximum: pages });
  const module = new engine.Module(moduleBytes());
  const { exports } = new engine.Instance(module, { octets: { memory } });
  // A plain object: the exports of an instance are looked up by name at each call.
  const { sum, copy, clear } = exports;
  return { buffer: memory.buffer, kernel: { sum, copy, clear } };
}
