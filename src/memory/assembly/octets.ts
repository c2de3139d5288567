// The loops over octets that cost most: the sum that Internet checksums are made of, the copy of a payload, and
// zeros for a hole.

/** Octets that are summed in 32-bit lanes at once: 16-bit words, signed, so that no lane overflows. */
const LONGEST_STRETCH: usize = 128 * 1024;
const STEP: usize = 64;

/**
 * Sum of the 16-bit little-endian words of `[start, end)`, the last one padded with 0, as an unsigned number
 * of 32 bits that is right modulo 65535; never 0 unless all octets are.
 */
export function sum(start: usize, end: usize): u32 {
  let total: u64 = 0;
  let at = start;
  while (at + STEP <= end) {
    const length = min(end - at, LONGEST_STRETCH) & ~(STEP - 1);
    total += sumSteps(at, at + length);
    at += length;
  }
  for (; at + 4 <= end; at += 4) total += load<u32>(at);
  if (at + 2 <= end) {
    total += load<u16>(at);
    at += 2;
  }
  if (at < end) total += load<u8>(at);
  // Twice: the first may carry again. It leaves at most 2^33 - 2, so that the second can't.
  total = (total & 0xffff_ffff) + (total >> 32);
  total = (total & 0xffff_ffff) + (total >> 32);
  return <u32>total;
}

/**
 * Of whole steps. The instruction that adds products of neighbouring words takes signed ones: each word is made
 * 32768 less, by its highest bit, and as much is added in the end.
 */
function sumSteps(start: usize, end: usize): u64 {
  const highBits = i16x8.splat(-0x8000);
  const ones = i16x8.splat(1);
  // Two of them, so that neither waits for the other.
  let lanes = i32x4.splat(0);
  let others = i32x4.splat(0);
  for (let at = start; at < end; at += STEP) {
    lanes = i32x4.add(lanes, i32x4.dot_i16x8_s(v128.xor(v128.load(at), highBits), ones));
    others = i32x4.add(others, i32x4.dot_i16x8_s(v128.xor(v128.load(at, 16), highBits), ones));
    lanes = i32x4.add(lanes, i32x4.dot_i16x8_s(v128.xor(v128.load(at, 32), highBits), ones));
    others = i32x4.add(others, i32x4.dot_i16x8_s(v128.xor(v128.load(at, 48), highBits), ones));
  }
  const both = i64x2.add(
    i64x2.add(i64x2.extend_low_i32x4_s(lanes), i64x2.extend_high_i32x4_s(lanes)),
    i64x2.add(i64x2.extend_low_i32x4_s(others), i64x2.extend_high_i32x4_s(others)),
  );
  const less: u64 = ((end - start) >> 1) * 0x8000;
  return less + i64x2.extract_lane(both, 0) + i64x2.extract_lane(both, 1);
}

/** Copies `[start, end)` to `target`; the two must not overlap. */
export function copy(target: usize, start: usize, end: usize): void {
  const length = end - start;
  if (length < 16) {
    for (let i: usize = 0; i < length; i++) store<u8>(target + i, load<u8>(start + i));
    return;
  }
  const last = length - 16;
  for (let i: usize = 0; i < last; i += 16) v128.store(target + i, v128.load(start + i));
  // What is left is the end of a last whole step, which begins inside the one before.
  v128.store(target + last, v128.load(start + last));
}

/** Makes the octets of `[start, end)` 0. */
export function clear(start: usize, end: usize): void {
  memory.fill(start, 0, end - start);
}
