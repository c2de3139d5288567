// The WebAssembly of the fast path (assembly/), made ready for one memory: the loops over octets that cost most
// and the packets that are just what their flows expect. Fast from the first call on, which loops in JavaScript
// are not.

import { FAST_PATH_BINARY, SHARED_FAST_PATH_BINARY } from "./generated/fast-path-binary.ts";

/** Octets of a page of WebAssembly memory. */
const PAGE_BYTES = 65_536;

/** Sums, copies and zeros by indexes into the one memory. */
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

/** What assembly/index.ts exports; addresses are indexes into the memory. */
export interface FastPathModule extends OctetKernel {
  readonly openFlows: (firstRecord: number, slotLimit: number, hashSeed: number) => void;
  readonly openIndex: (table: number, mask: number, oldTable: number, oldMask: number) => void;
  readonly openHeads: (
    ends: number,
    targets: number,
    rooms: number,
    windows: number,
    rings: number,
    holes: number,
    touched: number,
  ) => void;
  readonly openRules: (verifies: boolean, maxJump: number, maxStreamBytes: number) => void;
  readonly openLink: (typeAt: number, headerBytes: number) => void;
  readonly openTags: (pathsById: number, areSeparate: boolean) => void;
  readonly openRecords: (
    arePcapng: boolean,
    interfaceId: number,
    ticksPerSecond: number,
    nanosPerTick: number,
    longest: number,
  ) => void;
  readonly takePackets: (
    start: number,
    end: number,
    result: number,
    clockSeconds: number,
    clockNanos: number,
    limitSeconds: number,
    limitNanos: number,
    payloadLimit: number,
  ) => number;
}

/** What is used of the engine's WebAssembly; Node's types leave it out. */
interface WasmEngine {
  readonly Memory: new (pages: { initial: number; maximum: number; shared: boolean }) => {
    buffer: ArrayBufferLike;
  };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { exports: FastPathModule };
}

/** Once a process, whatever the runs: for memory that is a thread's alone, and for shared one. */
const compiled: { own: object | null; shared: object | null } = { own: null, shared: null };

/**
 * Memory of at least `bytes` octets, all zero, and the functions for it. Pages that nobody writes to take no
 * memory. `isShared`: threads may share it; its buffer is a SharedArrayBuffer.
 * @throws where the engine has no WebAssembly, or none with vectors
 */
export function openFastPathModule(
  bytes: number,
  isShared: boolean,
): {
  buffer: ArrayBufferLike;
  module: FastPathModule;
} {
  const engine = WebAssembly as unknown as WasmEngine;
  const kind = isShared ? "shared" : "own";
  const binary = isShared ? SHARED_FAST_PATH_BINARY : FAST_PATH_BINARY;
  const code = (compiled[kind] ??= new engine.Module(Buffer.from(binary, "base64")));
  const pages = Math.ceil(bytes / PAGE_BYTES);
  const memory = new engine.Memory({ initial: pages, maximum: pages, shared: isShared });
  const { exports } = new engine.Instance(code, { env: { memory } });
  // A plain object: the exports of an instance are looked up by name at each call.
  return { buffer: memory.buffer, module: { ...exports } };
}
