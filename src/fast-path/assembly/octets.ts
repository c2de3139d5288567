// The loops over octets that cost most: the sum that Internet checksums are made of, the copy of a payload, and
// zeros for a hole.

/**
 * Sum of the 16-bit little-endian words of `[start, end)`, the last one padded with 0, as an unsigned number
 * of 32 bits that is right modulo 65535; never 0 unless all octets are.
 */
export function sum(start: usize, end: usize): u32 {
  // 32-bit words in 64-bit lanes, so that no carry is lost; two of them, so that neither waits for the other.
  let lanes = i64x2.splat(0);
  let otherLanes = i64x2.splat(0);
  let at = start;
  for (; at + 32 <= end; at += 32) {
    lanes = i64x2.add(lanes, v128.load_ext<u32>(at));
    otherLanes = i64x2.add(otherLanes, v128.load_ext<u32>(at, 8));
    lanes = i64x2.add(lanes, v128.load_ext<u32>(at, 16));
    otherLanes = i64x2.add(otherLanes, v128.load_ext<u32>(at, 24));
  }
  lanes = i64x2.add(lanes, otherLanes);
  let total: u64 = i64x2.extract_lane(lanes, 0) + i64x2.extract_lane(lanes, 1);
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
