// Memory with a kernel: an ArrayBuffer that holds the blocks of a capture and the buffers of a sink, and
// the fast sum and copy that work on it. Where the engine has no WebAssembly it is plain memory, and
// whoever asks for a kernel gets null and goes the plain way.

import { openKernel } from "./octet-kernel.ts";
import type { OctetKernel } from "./octet-kernel.ts";

const kernels = new WeakMap<ArrayBufferLike, OctetKernel>();

/** Zeroed memory of `bytes` octets that begins where its ArrayBuffer begins. */
export function allocateOctets(bytes: number): Uint8Array<ArrayBuffer> {
  try {
    const { buffer, kernel } = openKernel(bytes);
    kernels.set(buffer, kernel);
    return new Uint8Array(buffer, 0, bytes);
  } catch {
    return new Uint8Array(bytes);
  }
}

/** The kernel of an ArrayBuffer made by `allocateOctets`, or null. */
export function kernelOf(buffer: ArrayBufferLike): OctetKernel | null {
  return kernels.get(buffer) ?? null;
}
