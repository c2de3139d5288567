// `--bpf FILE`: a packet filter compiled by `tcpdump -r CAPTURE -ddd EXPR` and run here as libpcap would: a
// classic BPF machine with accumulator A, index X and 16 words of memory over the octets of one packet.
//
//   23            number of instructions
//   40 0 0 12     code, jump if true, jump if false, k: load the 16 bits at 12 into A
//   21 0 7 34525  if A is 0x86dd go on, else skip 7
//   ...
//
// A program fits the link type it was compiled for. VLAN tags are octets of a captured packet, so no
// ancillary loads are needed; programs with them are refused. Runs once a packet: allocates nothing.
// Source: McCanne and Jacobson 1993 (The BSD Packet Filter), bpf(4).

import { readInt32, readUint16 } from "../bytes.ts";
import type { PacketCursor } from "../capture/packet-cursor.ts";
import { BPF_MEMORY_WORDS, BpfOpcode } from "./bpf-opcodes.ts";
import { type BpfInstruction, bpfError, validateBpf } from "./bpf-validator.ts";

/** Most instructions of a program; the kernel takes 4096, libpcap's own machine more. */
export const MAX_BPF_INSTRUCTIONS = 65_536;
const MAX_LINE = 64;
/** A constant of this module, so that the compiler sees numbers where the machine's cases name them. */
const Op = BpfOpcode;
const MAX_K = 2 ** 32 - 1;

/** A checked program. One instance must not run in two places at once: its memory is its own. */
export class BpfProgram {
  readonly #codes: Uint8Array;
  readonly #jumpsTrue: Uint8Array;
  readonly #jumpsFalse: Uint8Array;
  readonly #ks: Int32Array;
  readonly #memory = new Int32Array(BPF_MEMORY_WORDS);

  /** @throws BAD_FILTER if the program breaks a rule of bpf-validator.ts */
  constructor(program: readonly BpfInstruction[]) {
    validateBpf(program);
    this.#codes = Uint8Array.from(program, ({ code }) => code);
    this.#jumpsTrue = Uint8Array.from(program, ({ jumpTrue }) => jumpTrue);
    this.#jumpsFalse = Uint8Array.from(program, ({ jumpFalse }) => jumpFalse);
    this.#ks = Int32Array.from(program, ({ k }) => k | 0);
  }

  /** Number of instructions. */
  get length(): number {
    return this.#codes.length;
  }

  /**
   * True if the program accepts the packet (returns anything but 0). A load beyond the captured octets
   * and a division by a zero X reject it, as in libpcap.
   */
  matches(packet: PacketCursor): boolean {
    return this.run(packet.bytes, packet.start, packet.end, packet.originalLength) !== 0;
  }

  /** What the program returns for the packet `bytes[start, end)`, as int32. Jumps go forward: it ends. */
  run(bytes: Uint8Array, start: number, end: number, originalLength: number): number {
    const codes = this.#codes;
    const jumpsTrue = this.#jumpsTrue;
    const jumpsFalse = this.#jumpsFalse;
    const ks = this.#ks;
    const memory = this.#memory;
    const length = end - start;
    // both hold 32 bits as int32; unsigned where the instruction asks for it
    let a = 0;
    let x = 0;
    for (let at = 0; ; at++) {
      const k = ks[at]!;
      switch (codes[at]!) {
        case Op.LD_W_ABS: {
          const offset = k >>> 0;
          if (offset + 4 > length) return 0;
          a = readInt32(bytes, start + offset);
          break;
        }
        case Op.LD_H_ABS: {
          const offset = k >>> 0;
          if (offset + 2 > length) return 0;
          a = readUint16(bytes, start + offset);
          break;
        }
        case Op.LD_B_ABS: {
          const offset = k >>> 0;
          if (offset >= length) return 0;
          a = bytes[start + offset]!;
          break;
        }
        // the sum of two unsigned numbers, not reduced to 32 bits: what would wrap is out of bounds
        case Op.LD_W_IND: {
          const offset = (x >>> 0) + (k >>> 0);
          if (offset + 4 > length) return 0;
          a = readInt32(bytes, start + offset);
          break;
        }
        case Op.LD_H_IND: {
          const offset = (x >>> 0) + (k >>> 0);
          if (offset + 2 > length) return 0;
          a = readUint16(bytes, start + offset);
          break;
        }
        case Op.LD_B_IND: {
          const offset = (x >>> 0) + (k >>> 0);
          if (offset >= length) return 0;
          a = bytes[start + offset]!;
          break;
        }
        case Op.LDX_MSH: {
          // octets of an IPv4 header: four times the lower half of its first octet
          const offset = k >>> 0;
          if (offset >= length) return 0;
          x = (bytes[start + offset]! & 0x0f) << 2;
          break;
        }
        case Op.LD_IMM:
          a = k;
          break;
        case Op.LD_LEN:
          a = originalLength | 0;
          break;
        case Op.LD_MEM:
          a = memory[k]!;
          break;
        case Op.LDX_IMM:
          x = k;
          break;
        case Op.LDX_LEN:
          x = originalLength | 0;
          break;
        case Op.LDX_MEM:
          x = memory[k]!;
          break;
        case Op.ST:
          memory[k] = a;
          break;
        case Op.STX:
          memory[k] = x;
          break;

        case Op.JA:
          at += k;
          break;
        case Op.JEQ_K:
          at += a === k ? jumpsTrue[at]! : jumpsFalse[at]!;
          break;
        case Op.JEQ_X:
          at += a === x ? jumpsTrue[at]! : jumpsFalse[at]!;
          break;
        case Op.JGT_K:
          at += a >>> 0 > k >>> 0 ? jumpsTrue[at]! : jumpsFalse[at]!;
          break;
        case Op.JGT_X:
          at += a >>> 0 > x >>> 0 ? jumpsTrue[at]! : jumpsFalse[at]!;
          break;
        case Op.JGE_K:
          at += a >>> 0 >= k >>> 0 ? jumpsTrue[at]! : jumpsFalse[at]!;
          break;
        case Op.JGE_X:
          at += a >>> 0 >= x >>> 0 ? jumpsTrue[at]! : jumpsFalse[at]!;
          break;
        case Op.JSET_K:
          at += (a & k) === 0 ? jumpsFalse[at]! : jumpsTrue[at]!;
          break;
        case Op.JSET_X:
          at += (a & x) === 0 ? jumpsFalse[at]! : jumpsTrue[at]!;
          break;

        case Op.ADD_K:
          a = (a + k) | 0;
          break;
        case Op.ADD_X:
          a = (a + x) | 0;
          break;
        case Op.SUB_K:
          a = (a - k) | 0;
          break;
        case Op.SUB_X:
          a = (a - x) | 0;
          break;
        case Op.MUL_K:
          a = Math.imul(a, k);
          break;
        case Op.MUL_X:
          a = Math.imul(a, x);
          break;
        case Op.DIV_K:
          a = ((a >>> 0) / (k >>> 0)) | 0;
          break;
        case Op.DIV_X:
          if (x === 0) return 0;
          a = ((a >>> 0) / (x >>> 0)) | 0;
          break;
        case Op.MOD_K:
          a = ((a >>> 0) % (k >>> 0)) | 0;
          break;
        case Op.MOD_X:
          if (x === 0) return 0;
          a = ((a >>> 0) % (x >>> 0)) | 0;
          break;
        case Op.OR_K:
          a |= k;
          break;
        case Op.OR_X:
          a |= x;
          break;
        case Op.AND_K:
          a &= k;
          break;
        case Op.AND_X:
          a &= x;
          break;
        case Op.XOR_K:
          a ^= k;
          break;
        case Op.XOR_X:
          a ^= x;
          break;
        case Op.LSH_K:
          a <<= k;
          break;
        case Op.LSH_X:
          a = x >>> 0 < 32 ? a << x : 0;
          break;
        case Op.RSH_K:
          a >>>= k;
          a |= 0;
          break;
        case Op.RSH_X:
          a = x >>> 0 < 32 ? (a >>> x) | 0 : 0;
          break;
        case Op.NEG:
          a = -a | 0;
          break;

        case Op.TAX:
          x = a;
          break;
        case Op.TXA:
          a = x;
          break;
        case Op.RET_A:
          return a;
        default: // RET_K: the validator lets no other code through
          return k;
      }
    }
  }
}

/**
 * Reads the output of `tcpdump -ddd`: a line with the number of instructions, then one line each of
 * `code jt jf k` in decimal. Either line end; blank lines at the end are allowed.
 * @throws BAD_FILTER naming the line: not this format, count wrong, or a rule of bpf-validator.ts broken
 * Limit: 65,536 instructions.
 */
export function parseBpfProgram(text: string): BpfProgram {
  if (text.length > (MAX_BPF_INSTRUCTIONS + 2) * MAX_LINE) throw tooLong(1);
  const lines = text.trimEnd().split(/\r?\n/);
  const count = parseCount(lines[0]!);
  if (count > MAX_BPF_INSTRUCTIONS) throw tooLong(1);
  if (lines.length - 1 < count) {
    throw bpfError(lines.length, `ends after ${lines.length - 1} of ${count} instructions`);
  }
  if (lines.length - 1 > count) {
    throw bpfError(count + 2, `goes on after the ${count} instructions that line 1 announces`);
  }
  return new BpfProgram(lines.slice(1).map((line, index) => parseInstruction(line, index + 2)));
}

function tooLong(line: number): Error {
  return bpfError(line, `more than ${MAX_BPF_INSTRUCTIONS} instructions`);
}

function parseCount(line: string): number {
  if (/^\s*[1-9][0-9]{0,6}\s*$/.test(line)) return Number(line);
  const hint = /^\s*(?:\{|\(000\))/.test(line)
    ? "this is the output of tcpdump -d or -dd"
    : "expected the number of instructions";
  throw bpfError(1, `${hint} (write the program with tcpdump -r CAPTURE -ddd 'EXPR')`);
}

function parseInstruction(text: string, line: number): BpfInstruction {
  const match = /^\s*([0-9]{1,5})\s+([0-9]{1,3})\s+([0-9]{1,3})\s+([0-9]{1,10})\s*$/.exec(text);
  if (match === null) {
    throw bpfError(line, "expected four numbers: code, jump if true, jump if false, k");
  }
  const numbers = match.slice(1).map(Number);
  const [code, jumpTrue, jumpFalse, k] = [numbers[0]!, numbers[1]!, numbers[2]!, numbers[3]!];
  if (jumpTrue > 255 || jumpFalse > 255) throw bpfError(line, "a jump is 0 to 255");
  if (k > MAX_K) throw bpfError(line, `k is ${k}, at most ${MAX_K} is possible`);
  return { code, jumpTrue, jumpFalse, k, line };
}
