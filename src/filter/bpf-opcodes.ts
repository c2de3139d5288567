// The instructions of classic BPF and their numbers, which are fixed (they are what `tcpdump -ddd` prints).
// Only those that a filter on captured octets may use. Source: bpf(4), Linux
// Documentation/networking/filter.rst.

/** Instruction codes: class, size or operation, mode or operand source. */
export const BpfOpcode = {
  LD_W_ABS: 0x20,
  LD_H_ABS: 0x28,
  LD_B_ABS: 0x30,
  LD_W_IND: 0x40,
  LD_H_IND: 0x48,
  LD_B_IND: 0x50,
  LD_IMM: 0x00,
  LD_MEM: 0x60,
  LD_LEN: 0x80,
  LDX_IMM: 0x01,
  LDX_MEM: 0x61,
  LDX_LEN: 0x81,
  LDX_MSH: 0xb1,
  ST: 0x02,
  STX: 0x03,
  ADD_K: 0x04,
  ADD_X: 0x0c,
  SUB_K: 0x14,
  SUB_X: 0x1c,
  MUL_K: 0x24,
  MUL_X: 0x2c,
  DIV_K: 0x34,
  DIV_X: 0x3c,
  OR_K: 0x44,
  OR_X: 0x4c,
  AND_K: 0x54,
  AND_X: 0x5c,
  LSH_K: 0x64,
  LSH_X: 0x6c,
  RSH_K: 0x74,
  RSH_X: 0x7c,
  NEG: 0x84,
  MOD_K: 0x94,
  MOD_X: 0x9c,
  XOR_K: 0xa4,
  XOR_X: 0xac,
  JA: 0x05,
  JEQ_K: 0x15,
  JEQ_X: 0x1d,
  JGT_K: 0x25,
  JGT_X: 0x2d,
  JGE_K: 0x35,
  JGE_X: 0x3d,
  JSET_K: 0x45,
  JSET_X: 0x4d,
  RET_K: 0x06,
  RET_A: 0x16,
  TAX: 0x07,
  TXA: 0x87,
} as const;

const KNOWN_OPCODES: ReadonlySet<number> = new Set(Object.values(BpfOpcode));

export function isBpfOpcode(code: number): boolean {
  return KNOWN_OPCODES.has(code);
}

/** The class of an instruction is its lowest three bits. */
export const BpfClass = { LD: 0, LDX: 1, ST: 2, STX: 3, ALU: 4, JMP: 5, RET: 6, MISC: 7 } as const;

export function bpfClassOf(code: number): number {
  return code & 0x07;
}

/** Words of scratch memory, M[0] to M[15]. */
export const BPF_MEMORY_WORDS = 16;
